// Requests one after the other: register, login, the protected call. The first that is not as expected ends it, because
// the next would be about something else.

import type { KindContext } from '../../ports.ts';
import { formatDuration } from '../../values/durations.ts';
import type { Json } from '../../values/json.ts';
import { createRedactor } from '../../values/redaction.ts';
import type { Measurement } from '../check-kind.ts';
import { type Exchanged, exchange, withoutCredentials } from './exchange.ts';
import { keepFrom } from './kept-values.ts';
import type { HttpCheckSettings, HttpStep } from './settings.ts';

export async function measureSequence(
  context: KindContext,
  settings: HttpCheckSettings,
  requests: readonly HttpStep[],
): Promise<Omit<Measurement, 'expected'>> {
  const kept = new Map<string, string>();
  const done: { readonly name: string; readonly seen: Exchanged }[] = [];
  for (const request of requests) {
    const name = nameOf(request);
    const seen = withKept(
      request,
      await exchange(
        context,
        { ...request, headers: { ...settings.headers, ...request.headers } },
        settings,
        kept,
      ),
      kept,
    );
    done.push({ name, seen });
    if (seen.state !== 'pass') break;
  }
  const hide = createRedactor([...kept.values()]);
  const last = done.at(-1);
  const state = last?.seen.state ?? 'error';
  const unsent = requests.slice(done.length).map(nameOf);
  const told = done.map(({ name, seen: { response, state: each, evidence } }) =>
    each === 'pass'
      ? `${name}: ${response?.status} after ${formatDuration(response?.durationMs ?? 0)}`
      : `${name}: ${evidence}`,
  );
  return {
    state,
    value: done.map(({ name, seen }): Json => ({ name, state: seen.state, ...factsOf(seen) })),
    evidence: hide([...told, ...(unsent.length === 0 ? [] : [`not sent: ${unsent.join(', ')}`])].join('; ')),
  };
}

/** Takes what later requests need into `kept`. A login without a token is none, whatever its status. */
function withKept(request: HttpStep, seen: Exchanged, kept: Map<string, string>): Exchanged {
  if (seen.response === undefined) return seen;
  const taken = keepFrom(request, seen.response, seen.json);
  for (const [name, value] of taken.kept) kept.set(name, value);
  if (seen.state !== 'pass' || taken.missing.length === 0) return seen;
  const why = taken.missing.join('; ');
  return { ...seen, state: 'fail', why, evidence: `${seen.evidence}: ${why}` };
}

/** Never a body: it may hold what was kept. */
function factsOf({ response, fault }: Exchanged): Readonly<Record<string, Json>> {
  if (response === undefined) return { fault: fault ?? 'other' };
  return { status: response.status, 'latency-ms': Math.round(response.durationMs) };
}

function nameOf({ name, method, url }: HttpStep): string {
  return name ?? `${method} ${withoutCredentials(url)}`;
}
