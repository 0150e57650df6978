// A visitor who looks at the shop all the time, and remembers: what users saw before, during and after the rollback.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Look {
  /** Milliseconds since the visitor came. */
  readonly at: number;
  readonly ok: boolean;
}

export interface Visitor {
  /** By path. */
  readonly looks: ReadonlyMap<string, readonly Look[]>;
  /** Milliseconds since the visitor came. */
  now(): number;
  leave(): Promise<void>;
}

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const everyMs = 100;

/** One request. A shop that can't be reached counts as status 0. */
export async function ask(url: string): Promise<Answered> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const body: unknown = await response.json();
    return { status: response.status, body: isRecord(body) ? body : {} };
  } catch (error) {
    return { status: 0, body: { because: String(error) } };
  }
}

/** Comes to stay: looks at each path ten times a second. */
export function invite(url: string, paths: readonly string[]): Visitor {
  const began = performance.now();
  const now = (): number => performance.now() - began;
  const looks = new Map<string, Look[]>(paths.map((path) => [path, []]));
  let here = true;
  const visit = (async () => {
    while (here) {
      await Promise.all(
        paths.map(async (path) => {
          const at = now();
          const { status } = await ask(`${url}${path}`);
          looks.get(path)?.push({ at, ok: status === 200 });
        }),
      );
      await sleep(everyMs);
    }
  })();
  return {
    looks,
    now,
    async leave() {
      here = false;
      await visit;
    },
  };
}

/** Twenty requests to one path, told in a line: `12 × 200 order taken…, 8 × 500 api 1.2.0: internal error`. */
export async function tally(url: string, path: string): Promise<string> {
  const count = 20;
  const answers = new Map<string, number>();
  for (let request = 0; request < count; request++) {
    const { status, body } = await ask(`${url}${path}`);
    const said = `${status} ${sentence(body)}`;
    answers.set(said, (answers.get(said) ?? 0) + 1);
  }
  return [...answers].map(([said, times]) => `${times} × ${said}`).join('; ');
}

/** What a body says, in a few words. */
function sentence(body: Readonly<Record<string, unknown>>): string {
  if (body['because'] !== undefined) return String(body['because']);
  if (body['shop'] !== undefined)
    return `“${body['banner']}”, free shipping from ${body['free-shipping-from']}`;
  if (body['order'] !== undefined)
    return `order of ${body['total']} ${body['currency']} taken, shipping ${body['shipping']}`;
  if (Array.isArray(body['problems']))
    return body['problems'].length === 0 ? 'ok' : body['problems'].join('; ');
  return JSON.stringify(body);
}

/** One sign per stretch of time: `✓` all was well in it, `✗` something was not, a space: not there yet. */
export function strip(
  looks: readonly Look[],
  span: { readonly from: number; readonly to: number },
  signs: number,
): string {
  const stretch = (span.to - span.from) / signs;
  return Array.from({ length: signs }, (_, index) => {
    const from = span.from + index * stretch;
    const within = looks.filter(({ at }) => at >= from && at < from + stretch);
    const seen = within.length > 0 ? within : looks.filter(({ at }) => at < from).slice(-1);
    if (seen.length === 0) return ' ';
    return seen.every(({ ok }) => ok) ? '✓' : '✗';
  }).join('');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
