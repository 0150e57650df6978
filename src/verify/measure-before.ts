// What a condition is before the deploy. One that fails at first is looked at until its own rule says that it fails: a
// single bad look must not excuse whatever the deploy does to it. ADR 0022.

import type { Measurement } from '../checks/check-kind.ts';
import type { KindContext } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import type { Json } from '../values/json.ts';
import { measure } from './run-checks.ts';
import type { Condition } from './watch.ts';

/** A preflight must not hold up the deploy for longer. */
const longestMs = 30_000;

export type MeasuredBefore = {
  /** `fail` only by the condition's own rule. */
  readonly state: Measurement['state'];
  /** Of the last look. */
  readonly value: Json;
  /** Of the last look, one line. */
  readonly evidence: string;
  /** Why a condition that failed at the last look does not count as failing: for people. */
  readonly unsettled?: string;
};

/** Never throws. A condition that passes takes a single look. */
export async function measureBefore(condition: Condition, context: KindContext): Promise<MeasuredBefore> {
  const { clock, signal } = context;
  const started = clock.monotonicMs();
  const states: Measurement['state'][] = [];
  for (;;) {
    const begun = clock.monotonicMs();
    const { state, value, evidence } = await measure(condition, context);
    states.push(state);
    const now = clock.monotonicMs();
    const standing = standingBefore(states, condition, now - started);
    if (standing.type === 'settled') return { state: standing.state, value, evidence };
    if (standing.type === 'unsettled' || signal.aborted) {
      const unsettled = standing.type === 'unsettled' ? standing.why : 'stopped';
      return { state: 'inconclusive', value, evidence, unsettled };
    }
    await clock.sleep(Math.max(0, condition.everyMs - (now - begun)), signal);
  }
}

export type StandingBefore =
  | { readonly type: 'settled'; readonly state: Measurement['state'] }
  | { readonly type: 'again' }
  | { readonly type: 'unsettled'; readonly why: string };

/** Pure. `states` of all looks, oldest first, never empty; `elapsedMs` since the first one began. */
export function standingBefore(
  states: readonly Measurement['state'][],
  { failures, everyMs }: Pick<Condition, 'failures' | 'everyMs'>,
  elapsedMs: number,
): StandingBefore {
  const last = states.at(-1) ?? 'error';
  // A pass at any time says that it can pass; and what gave no data at first is simply that.
  if (last === 'pass' || states[0] !== 'fail') return { type: 'settled', state: last };
  const failed = states.filter((state) => state === 'fail').length;
  if (failed >= failures.limit) return { type: 'settled', state: 'fail' };
  const wanted = `${failed} of the ${failures.limit} failing looks that its rule wants`;
  if (states.length >= failures.of) return { type: 'unsettled', why: `${wanted} in ${states.length} looks` };
  if (elapsedMs + (failures.limit - failed) * everyMs > longestMs)
    return {
      type: 'unsettled',
      why: `${wanted}, and more would take longer than ${formatDuration(longestMs)}`,
    };
  return { type: 'again' };
}
