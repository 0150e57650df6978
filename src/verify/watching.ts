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
  /** Looks with data that it takes until its silence says anything; see `looksNeeded`. */
  readonly needed: number;
  /** It was bad when the watch began. */
  readonly wasBad: boolean;
};

/**
 * As many as it takes to find the condition bad: with fewer it could not have been. No more than fit in the window, so
 * that what is looked at once an hour does not hold up a deploy for hours.
 */
export function looksNeeded(
  { failures, everyMs, delayMs }: Pick<PatienceSpec, 'failures' | 'delayMs'> & { readonly everyMs: number },
  windowMs: number,
): number {
  const fit = 1 + Math.max(0, Math.floor((windowMs - delayMs) / everyMs));
  return Math.min(failures.limit, fit);
}

export type Observed = {
  readonly name: string;
  readonly last: Measurement | undefined;
  readonly healthyOnce: boolean;
  /** The last looks that had data and count, newest last, no more than its rule needs: whether they failed. */
  readonly counted: readonly boolean[];
  /** Looks that had data and count, since the beginning or since it was last blind. */
  readonly answered: number;
  /** Looks in a row without data up to now, and errors in a row. */
  readonly withoutData: number;
  readonly errors: number;
  /** Why it is bad; it stays so. */
  readonly bad: 'failed' | 'no-data' | undefined;
  /** It failed before the deploy already, and has not passed since. What got worse counts all the same. */
  readonly excused: boolean;
  readonly looks: number;
};

export function unobserved(name: string, { excused = false } = {}): Observed {
  return {
    name,
    last: undefined,
    healthyOnce: false,
    counted: [],
    answered: 0,
    withoutData: 0,
    errors: 0,
    bad: undefined,
    excused,
    looks: 0,
  };
}

/** `elapsedMs` since the watch began. A condition that is bad stays bad. */
export function observe(
  seen: Observed,
  look: Measurement,
  patience: Omit<Patience, 'needed' | 'wasBad' | 'vote'>,
  elapsedMs: number,
): Observed {
  const next = { ...seen, last: look, looks: seen.looks + 1 };
  switch (look.state) {
    case 'pass':
      return counting({ ...next, healthyOnce: true, excused: false }, false, patience.failures);
    case 'fail': {
      const stillStarting = !seen.healthyOnce && elapsedMs < patience.graceMs;
      if (stillStarting || isAsBefore(next)) return { ...next, withoutData: 0, errors: 0 };
      return counting(next, true, patience.failures);
    }
    case 'inconclusive':
    case 'error': {
      const withoutData = seen.withoutData + 1;
      const errors = look.state === 'error' ? seen.errors + 1 : 0;
      const after = { ...next, withoutData, errors };
      if (!isBlind(after, patience)) return after;
      const calls = patience.onNoData === 'rollback';
      return { ...after, answered: 0, bad: seen.bad ?? (calls ? 'no-data' : undefined) };
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
    answered: seen.answered + 1,
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

/** Whether it is failing, and may still turn bad. */
export function isFailing(seen: Observed): boolean {
  return seen.bad === undefined && !isAsBefore(seen) && seen.last?.state === 'fail';
}

/** It fails, and did so before the deploy, no better than now. */
export function isAsBefore({ excused, last }: Pick<Observed, 'excused' | 'last'>): boolean {
  return excused && last?.state === 'fail' && last.worse !== true;
}

/** It passes, but was not looked at often enough to have been found bad: its silence says nothing. */
function isUnproven({ bad, last, answered }: Observed, { needed }: Pick<Patience, 'needed'>): boolean {
  return bad === undefined && last?.state === 'pass' && answered < needed;
}

/** Whether a few more looks can still change the answer once the window is over. */
export function undecided(seen: Observed, patience: Pick<Patience, 'needed'>): boolean {
  return isFailing(seen) || isUnproven(seen, patience);
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

/**
 * What is bad at this very moment, whatever it was before, as sentences; empty where the deploy is borne with it. Only a
 * look with data makes it bad; without any, what was bad when the watch began still is.
 */
export function stillBad(voices: readonly Voice[], passingScore: number): readonly string[] {
  const now = voices.map(({ seen, patience }): Voice => {
    const bad = failsNow(seen, patience) ? ('failed' as const) : undefined;
    return { seen: { ...seen, bad }, patience };
  });
  if (!isBad(now, passingScore)) return [];
  return now.flatMap(({ seen, patience }) =>
    seen.bad === undefined || patience.vote === 0
      ? []
      : [`${seen.name}: ${seen.last?.evidence ?? 'never looked at'}`],
  );
}

function failsNow(seen: Observed, { wasBad }: Pick<Patience, 'wasBad'>): boolean {
  if (seen.last?.state === 'fail') return !isAsBefore(seen);
  if (seen.last?.state === 'pass') return false;
  return seen.counted.at(-1) ?? (!seen.healthyOnce && wasBad);
}

export type Concluded = Pick<WatchResult, 'state' | 'because' | 'warnings' | 'score'> & {
  readonly looks: number;
};

/** What all conditions together say at the end. The worst wins: bad, then no data, then quiet. */
export function concludeWatch(voices: readonly Voice[], passingScore: number): Concluded {
  const looks = voices.reduce((sum, { seen }) => sum + seen.looks, 0);
  const score = Math.floor(scoreOf(voices));
  const badOnes = voices.filter(({ seen }) => seen.bad !== undefined);
  const why = ({ seen, patience }: Voice): string => `${seen.name}: ${badness(seen, patience)}`;
  if (isBad(voices, passingScore)) {
    // What only warns is not to blame.
    const because = badOnes.filter(({ patience }) => patience.vote !== 0).map(why);
    const warnings = badOnes.filter(({ patience }) => patience.vote === 0).map(why);
    return { state: 'bad', because, warnings, score, looks };
  }
  const dark = voices.filter(
    ({ seen, patience }) =>
      seen.bad === undefined && (seen.last?.state !== 'pass' || isUnproven(seen, patience)),
  );
  const blind = dark.filter(({ patience }) => patience.vote !== 0);
  const warnings = [...badOnes.map(why), ...dark.filter((each) => !blind.includes(each)).map(darkness)];
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

function darkness({ seen, patience }: Voice): string {
  const evidence = seen.last?.evidence ?? 'never looked at';
  if (isUnproven(seen, patience)) {
    const share = `${seen.answered} of ${patience.needed} looks with data`;
    return `${seen.name}: too little was seen to believe it (${share}): ${evidence}`;
  }
  if (isAsBefore(seen)) {
    return `${seen.name}: failed before the deploy already, so it says nothing about it: ${evidence}`;
  }
  return `${seen.name}: could not be measured: ${evidence}`;
}
