// Whether the machine may press the button by itself once more: counts and times in, a reason out.

import type { BrakeSpec } from '../plan/plan.ts';
import type { Automatic } from '../state/ledger.ts';
import { formatDuration } from '../values/durations.ts';

export type BrakeFacts = {
  readonly spec: BrakeSpec;
  /** Automatic rollbacks so far, in any order. */
  readonly automatic: readonly Automatic[];
  readonly now: Date;
  /** What `ROLLBACK_PLAN_STOP` says; absent or empty: nothing. */
  readonly stop: string | undefined;
};

/** Why a person has to press, `undefined` when the machine may. A time ahead of `now`, or none at all, counts as now: clocks differ, and people edit. */
export function judgeBrake({ spec, automatic, now, stop }: BrakeFacts): string | undefined {
  if (stop !== undefined && stop !== '') return `ROLLBACK_PLAN_STOP is set (${stop})`;
  if (spec.rollbacks === 0) return 'the plan allows no automatic rollback (brake.rollbacks: 0)';
  const ages = automatic
    .map(({ at }) => now.getTime() - Date.parse(at))
    .map((age) => (Number.isNaN(age) ? 0 : Math.max(0, age)))
    .sort((a, b) => a - b);
  const recent = ages.filter((age) => age < spec.withinMs).length;
  if (recent >= spec.rollbacks) {
    const times = recent === 1 ? 'once' : `${recent} times`;
    return `it has rolled back by itself ${times} within ${formatDuration(spec.withinMs)}, and brake.rollbacks is ${spec.rollbacks}`;
  }
  const [last] = ages;
  if (last !== undefined && last < spec.cooldownMs) {
    return `it rolled back by itself ${formatDuration(Math.round(last / 1000) * 1000)} ago, and brake.cooldown is ${formatDuration(spec.cooldownMs)}`;
  }
  return undefined;
}
