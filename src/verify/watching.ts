// How looks at one condition add up while a deploy is watched. Pure: a look in, what is known now out.
// Four answers stay four: no data neither fails nor heals, and is never taken for health.

import type { Measurement } from '../checks/check-kind.ts';
import type { WatchResult } from '../events.ts';

/** How patient a condition is. */
export type Patience = {
  /** Looks in a row that have to fail before the condition is bad. */
  readonly failures: number;
  /** How long it may take to become healthy the first time, ms; failing looks in that time do not count. */
  readonly graceMs: number;
};

export type Observed = {
  readonly name: string;
  readonly last: Measurement | undefined;
  readonly healthyOnce: boolean;
  /** Failing looks in a row that count. */
  readonly streak: number;
  readonly bad: boolean;
  readonly looks: number;
};

export function unobserved(name: string): Observed {
  return { name, last: undefined, healthyOnce: false, streak: 0, bad: false, looks: 0 };
}

/** `elapsedMs` since the watch began. A condition that is bad stays bad. */
export function observe(seen: Observed, look: Measurement, patience: Patience, elapsedMs: number): Observed {
  const next = { ...seen, last: look, looks: seen.looks + 1 };
  switch (look.state) {
    case 'pass':
      return { ...next, healthyOnce: true, streak: 0 };
    case 'fail': {
      const stillStarting = !seen.healthyOnce && elapsedMs < patience.graceMs;
      const streak = stillStarting ? 0 : seen.streak + 1;
      return { ...next, streak, bad: seen.bad || streak >= patience.failures };
    }
    case 'inconclusive':
    case 'error':
      return next;
  }
}

/** Whether more looks could still change the answer once the window is over: only where the last look failed. */
export function undecided({ bad, last }: Observed): boolean {
  return !bad && last?.state === 'fail';
}

/** What all conditions together say at the end. The worst wins: bad, then no data, then quiet. */
export function concludeWatch(
  observed: readonly Observed[],
  durationMs: number,
): Omit<WatchResult, 'trigger' | 'severity' | 'scenario'> {
  const looks = observed.reduce((sum, each) => sum + each.looks, 0);
  const say = (each: Observed, what: string): string =>
    `${each.name}: ${what}: ${each.last?.evidence ?? 'never looked at'}`;
  const bad = observed.filter((each) => each.bad);
  if (bad.length > 0) {
    const because = bad.map((each) =>
      say(each, each.streak === 1 ? 'a look failed' : `${each.streak} looks in a row failed`),
    );
    return { state: 'bad', because, durationMs, looks };
  }
  const blind = observed.filter((each) => each.last?.state !== 'pass');
  if (blind.length > 0) {
    return {
      state: 'blind',
      because: blind.map((each) => say(each, 'could not be measured')),
      durationMs,
      looks,
    };
  }
  return { state: 'quiet', because: [], durationMs, looks };
}
