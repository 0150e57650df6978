// How looks at conditions add up while a deploy is watched. Pure: a look in, what is known now out. ADR 0020.
// Four answers stay four: no data neither fails nor heals, and is never taken for health.

import type { Measurement } from '../checks/check-kind.ts';
import type { WatchResult } from '../events.ts';
import type { FailureRule, PatienceSpec } from '../plan/plan.ts';

/** How patient a condition is, and what it has to say. */
export type Patience = Omit<PatienceSpec, 'delayMs'> & {
  /** How long it may take to become healthy the first time, ms; failing looks in that time do not count. */
  readonly graceMs: number;
  /** `alone`: the deploy is bad with this condition. Else what it counts in the score; 0 only warns. */
  readonly vote: 'alone' | number;
};

export type Observed = {
  readonly name: string;
  readonly last: Measurement | undefined;
  readonly healthyOnce: boolean;
  /** The last looks that had data and count, newest last, no more than its rule needs: whether they failed. */
  readonly counted: readonly boolean[];
  /** Looks in a row without data up to now, and errors in a row. */
  readonly withoutData: number;
  readonly errors: number;
  /** Why it is bad; it stays so. */
  readonly bad: 'failed' | 'no-data' | undefined;
  /** It failed before the deploy already, and has not passed since. */
  readonly excused: boolean;
  readonly looks: number;
};

export function unobserved(name: string, { excused = false } = {}): Observed {
  return {
    name,
    last: undefined,
    healthyOnce: false,
    counted: [],
    withoutData: 0,
    errors: 0,
    bad: undefined,
    excused,
    looks: 0,
  };
}

/** `elapsedMs` since the watch began. A condition that is bad stays bad. */
export function observe(seen: Observed, look: Measurement, patience: Patience, elapsedMs: number): Observed {
  const next = { ...seen, last: look, looks: seen.looks + 1 };
  switch (look.state) {
    case 'pass':
      return counting({ ...next, healthyOnce: true, excused: false }, false, patience.failures);
    case 'fail': {
      const stillStarting = !seen.healthyOnce && elapsedMs < patience.graceMs;
      if (stillStarting || seen.excused) return { ...next, withoutData: 0, errors: 0 };
      return counting(next, true, patience.failures);
    }
    case 'inconclusive':
    case 'error': {
      const withoutData = seen.withoutData + 1;
      const errors = look.state === 'error' ? seen.errors + 1 : 0;
      const after = { ...next, withoutData, errors };
      const calls = patience.onNoData === 'rollback' && isBlind(after, patience);
      return { ...after, bad: seen.bad ?? (calls ? 'no-data' : undefined) };
    }
  }
}

function counting(seen: Observed, failed: boolean, { limit, of }: FailureRule): Observed {
  // In a row means that a pass ends the row at once.
  const before = limit === of && !failed ? [] : seen.counted;
  const counted = [...before, failed].slice(-of);
  const reached = counted.filter((each) => each).length >= limit;
  return {
    ...seen,
    counted,
    withoutData: 0,
    errors: 0,
    bad: seen.bad ?? (failed && reached ? 'failed' : undefined),
  };
}

/** Whether it went without data for longer than the plan allows. Data ends it. */
export function isBlind(
  { withoutData, errors }: Pick<Observed, 'withoutData' | 'errors'>,
  { inconclusiveLimit, errorLimit }: Pick<Patience, 'inconclusiveLimit' | 'errorLimit'>,
): boolean {
  return withoutData >= inconclusiveLimit || errors >= errorLimit;
}

/** Failing looks that count now: `2 of 3`. */
export function failing({ counted }: Pick<Observed, 'counted'>): number {
  return counted.filter((failed) => failed).length;
}

/** Whether more looks could still change the answer once the window is over: only where the last look failed. */
export function undecided({ bad, last, excused }: Observed): boolean {
  return bad === undefined && !excused && last?.state === 'fail';
}

/** An observed condition with what it has to say. */
export type Voice = { readonly seen: Observed; readonly patience: Patience };

/** The passing share of the weights, percent; 100 where nothing has a weight. */
export function scoreOf(voices: readonly Voice[]): number {
  const weights = voices.map(({ seen, patience }) => ({
    weight: patience.vote === 'alone' ? 0 : patience.vote,
    bad: seen.bad !== undefined,
  }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const lost = weights.reduce((sum, { weight, bad }) => sum + (bad ? weight : 0), 0);
  return total === 0 ? 100 : (100 * (total - lost)) / total;
}

/** Whether the deploy is bad by what is known up to now. */
export function isBad(voices: readonly Voice[], passingScore: number): boolean {
  const alone = voices.some(({ seen, patience }) => patience.vote === 'alone' && seen.bad !== undefined);
  return alone || scoreOf(voices) < passingScore;
}

export type Concluded = Pick<WatchResult, 'state' | 'because' | 'warnings' | 'score'> & {
  readonly looks: number;
};

/** What all conditions together say at the end. The worst wins: bad, then no data, then quiet. */
export function concludeWatch(voices: readonly Voice[], passingScore: number): Concluded {
  const looks = voices.reduce((sum, { seen }) => sum + seen.looks, 0);
  const score = Math.floor(scoreOf(voices));
  const badOnes = voices.filter(({ seen }) => seen.bad !== undefined);
  const whyBad = badOnes.map(({ seen, patience }) => `${seen.name}: ${badness(seen, patience)}`);
  if (isBad(voices, passingScore)) return { state: 'bad', because: whyBad, warnings: [], score, looks };
  const dark = voices.filter(({ seen }) => seen.bad === undefined && seen.last?.state !== 'pass');
  const blind = dark.filter(({ patience }) => patience.vote !== 0);
  const warnings = [...whyBad, ...dark.filter((each) => !blind.includes(each)).map(darkness)];
  return blind.length > 0
    ? { state: 'blind', because: blind.map(darkness), warnings, score, looks }
    : { state: 'quiet', because: [], warnings, score, looks };
}

function badness(seen: Observed, { failures }: Patience): string {
  const evidence = seen.last?.evidence ?? 'never looked at';
  if (seen.bad === 'no-data')
    return `${seen.withoutData} looks in a row had no data, which the plan takes for bad: ${evidence}`;
  const count = failing(seen);
  if (failures.limit !== failures.of)
    return `${count} of the last ${seen.counted.length} looks failed: ${evidence}`;
  return `${count === 1 ? 'a look failed' : `${count} looks in a row failed`}: ${evidence}`;
}

function darkness({ seen }: Voice): string {
  const evidence = seen.last?.evidence ?? 'never looked at';
  if (seen.excused && seen.last?.state === 'fail') {
    return `${seen.name}: failed before the deploy already, so it says nothing about it: ${evidence}`;
  }
  return `${seen.name}: could not be measured: ${evidence}`;
}
