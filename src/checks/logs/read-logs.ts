// Reads the logs of pods, bounded in bytes and in time, and counts their lines one log at a time.

import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { toRollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import { countLines, type LineCounts, type LinePatterns } from '../../values/pattern-matching.ts';
import { withTimeLimit } from '../../values/time-limit.ts';

const mostBytesOfALog = 8 * 1024 * 1024;
const mostLogs = 100;
const atATime = 4;
/** For all logs together: less than a check may take. */
const readMs = 45_000;

export type LogRequest = { readonly pod: string; readonly container: string; readonly previous: boolean };

export type LogWish = {
  readonly namespace?: string | undefined;
  readonly container?: string | undefined;
  readonly since: number;
  readonly previous: boolean;
  readonly match: string;
  readonly allow?: string | undefined;
  readonly ratio?: { readonly of: string } | undefined;
};

/** What the logs hold together. With `lacking` it is what they hold at least. */
export type LogsRead = LineCounts & {
  readonly pods: number;
  /** Logs that were read, in whole or in part. */
  readonly logs: number;
  /** What was not looked at, and why; a line each. */
  readonly lacking: readonly string[];
};

const containerStatus = z.object({
  name: z.string(),
  restartCount: z.number().default(0),
  state: z.object({ waiting: z.looseObject({}).nullish() }).nullish(),
  lastState: z.object({ terminated: z.looseObject({}).nullish() }).nullish(),
});
const statuses = z.array(containerStatus).nullish();
const podSchema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ containerStatuses: statuses, initContainerStatuses: statuses }).nullish(),
});

/** The logs that there can be: a container that never started has none. Pods on their way out still have theirs. Pure. */
export function logsOf(
  pods: readonly JsonObject[],
  wish: Pick<LogWish, 'container' | 'previous'>,
): { readonly requests: readonly LogRequest[]; readonly unreadable: number } {
  const parsed = pods.map((pod) => podSchema.safeParse(pod));
  const requests = parsed.flatMap(({ data }) =>
    data === undefined
      ? []
      : [...(data.status?.initContainerStatuses ?? []), ...(data.status?.containerStatuses ?? [])]
          .filter(({ name }) => wish.container === undefined || name === wish.container)
          .flatMap(({ name, restartCount, state, lastState }): readonly LogRequest[] => {
            const earlier = restartCount > 0 || Boolean(lastState?.terminated);
            const request = { pod: data.metadata.name, container: name };
            return [
              ...(state?.waiting && !earlier ? [] : [{ ...request, previous: false }]),
              ...(wish.previous && earlier ? [{ ...request, previous: true }] : []),
            ];
          }),
  );
  return { requests, unreadable: parsed.filter(({ success }) => !success).length };
}

/** Throws nothing: a log that can't be had is `lacking`. */
export async function readLogs(
  context: Pick<KindContext, 'cluster' | 'signal'>,
  pods: readonly JsonObject[],
  wish: LogWish,
): Promise<LogsRead> {
  const { requests, unreadable } = logsOf(pods, wish);
  const lacking: string[] = [];
  if (unreadable > 0) lacking.push(`no sense can be made of ${unreadable} of the pods`);
  if (requests.length > mostLogs)
    lacking.push(`${requests.length - mostLogs} more logs: at most ${mostLogs} are read`);
  const patterns: LinePatterns = { match: wish.match, allow: wish.allow, of: wish.ratio?.of };
  const found: LineCounts[] = [];
  const waiting = requests.slice(0, mostLogs);
  const work = async (signal: AbortSignal): Promise<void> => {
    for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
      const { counts, lacks } = await readLog({ ...context, signal }, request, wish, patterns);
      if (counts !== undefined) found.push(counts);
      if (lacks !== undefined) lacking.push(lacks);
    }
  };
  await withTimeLimit(readMs, [context.signal], (signal) =>
    Promise.all(Array.from({ length: atATime }, () => work(signal))),
  );
  const sum = (of: (counts: LineCounts) => number): number => found.reduce((all, each) => all + of(each), 0);
  return {
    pods: pods.length,
    logs: found.length,
    lines: sum(({ lines }) => lines),
    matched: sum(({ matched }) => matched),
    of: sum((counts) => counts.of),
    examples: found.flatMap(({ examples }) => examples).slice(0, 3),
    lacking,
  };
}

async function readLog(
  { cluster, signal }: Pick<KindContext, 'cluster' | 'signal'>,
  { pod, container, previous }: LogRequest,
  wish: LogWish,
  patterns: LinePatterns,
): Promise<{ readonly counts?: LineCounts; readonly lacks?: string }> {
  const what = `the ${previous ? 'previous ' : ''}log of ${pod} (${container})`;
  const query = new URLSearchParams({
    container,
    sinceSeconds: String(Math.ceil(wish.since / 1_000)),
    ...(previous ? { previous: 'true' } : {}),
  });
  const path = `/api/v1/namespaces/${wish.namespace ?? cluster.namespace}/pods/${pod}/log?${query.toString()}`;
  try {
    const { text, whole } = await cluster.text(path, { keepBytes: mostBytesOfALog, signal });
    // Looking through megabytes holds up everybody else in this process.
    await setImmediate();
    const counts = countLines(patterns, text);
    if (counts === 'undecided') return { lacks: `${what}: the patterns took too long` };
    const cut = signal.aborted
      ? 'only what came in time'
      : `only its last ${mostBytesOfALog / 1024 / 1024} MiB`;
    return whole ? { counts } : { counts, lacks: `${what}: ${cut}` };
  } catch (thrown) {
    return { lacks: `${what}: ${toRollbackPlanError(thrown).message}` };
  }
}
