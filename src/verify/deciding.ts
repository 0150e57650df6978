// Which of the checks after a rollback decide, and which only warn: weights and the score of the plan. Pure. ADR 0020.

import type { CheckResult } from '../events.ts';
import type { BoundCheck } from './run-checks.ts';

export type Deciding = {
  /** What the verdict is about. */
  readonly checks: readonly CheckResult[];
  /** What went wrong and is borne: `docs page: GET … answered 503`. */
  readonly warnings: readonly string[];
};

/** `results` in the order of `checks`. */
export function decidingChecks(
  results: readonly CheckResult[],
  checks: readonly Pick<BoundCheck, 'vote'>[],
  passingScore: number,
): Deciding {
  const voices = results.map((result, index) => ({ result, vote: checks[index]?.vote ?? 1 }));
  const weigh = (some: typeof voices): number =>
    some.reduce((sum, { vote }) => sum + (vote === 'alone' ? 0 : vote), 0);
  const failed = voices.filter(({ result }) => result.state === 'fail');
  const total = weigh(voices);
  const score = total === 0 ? 100 : (100 * (total - weigh(failed))) / total;
  const borne = voices.filter(
    ({ result, vote }) =>
      result.state !== 'pass' &&
      (vote === 0 || (vote !== 'alone' && result.state === 'fail' && score >= passingScore)),
  );
  return {
    checks: voices.filter((each) => !borne.includes(each)).map(({ result }) => result),
    warnings: borne.map(({ result: { name, state, evidence } }) => `${name}: ${state}: ${evidence}`),
  };
}
