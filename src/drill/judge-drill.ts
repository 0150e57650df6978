// The verdict on a drill: facts in, verdict out. A drill that did not notice, did not recover or left something behind
// has failed, and says which: each would have been an incident that went on.

import type { CourseResult } from '../engine/run-course.ts';
import type { WatchResult } from '../events.ts';
import { formatDuration } from '../values/durations.ts';
import { type Interruption, interrupted, type Verdict } from '../verify/verdict.ts';

export type DrillFacts = {
  readonly broke: CourseResult;
  /** Absent when the bad version could not be put out. */
  readonly seen: WatchResult | undefined;
  readonly taken: Verdict;
  /** Absent when the plan has no `restore`. */
  readonly restored: CourseResult | undefined;
  /** Components that are not what they were before: `api is revision 3 and was revision 2`. */
  readonly changed: readonly string[];
  /** Checks that do not pass after `restore`. */
  readonly unwell: readonly string[];
  /** Set when it was noticed, but later than the plan gives. */
  readonly late: { readonly tookMs: number; readonly limitMs: number } | undefined;
  readonly interruption: Interruption | undefined;
};

export function judgeDrill(facts: DrillFacts): Verdict {
  const { broke, seen, taken, restored, changed, unwell, late, interruption } = facts;
  if (interruption !== undefined) {
    const hint =
      'The bad version may still be live in the drill target. Press the button there, or run the drill again.';
    return interrupted(interruption, hint, broke.failedStep);
  }
  // The gravest first: what is still broken now.
  if (changed.length > 0) {
    const why = taken.fault === undefined ? '' : `; ${taken.fault.message}`;
    return failed(
      'drill-not-restored',
      `the drill did not leave everything as it was: ${changed.join('; ')}${why}`,
      'Take it back by hand, or press the button in the drill target; then mend the plan.',
      taken.failedStep ?? restored?.failedStep,
    );
  }
  if (unwell.length > 0 && taken.outcome === 'rolled-back') {
    return failed(
      'drill-not-restored',
      `after drill.restore the drill target is not well: ${unwell.join('; ')}`,
      'Mend the drill target by hand, then the steps under drill.restore.',
      restored?.failedStep,
    );
  }
  if (broke.ended !== 'completed') {
    return {
      outcome: 'failed',
      fault: {
        code: broke.fault?.code ?? 'internal',
        message: `the known-bad version could not be put out: ${broke.fault?.message ?? 'no reason given'}`,
        hint: broke.fault?.hint ?? 'Look at the steps under drill.break.',
      },
      failedStep: broke.failedStep,
    };
  }
  if (seen?.state !== 'bad') {
    const why =
      seen === undefined || seen.state === 'quiet' ? 'every check stayed healthy' : seen.because.join('; ');
    return failed(
      'drill-not-noticed',
      `nothing noticed the bad version within the time the plan gives: ${why}`,
      'In an incident nobody would have been told. Give the plan a check or trigger that sees what this version breaks.',
      undefined,
    );
  }
  if (taken.outcome === 'already-there') {
    return failed(
      'drill-not-noticed',
      'drill.break changed no component, so nothing was rolled back',
      'Let drill.break put another version of a component out, for instance with `uses: deploy`.',
      undefined,
    );
  }
  if (taken.outcome !== 'rolled-back') return { ...taken, outcome: 'failed' };
  if (late !== undefined) {
    return failed(
      'drill-not-noticed',
      `the bad version was noticed only after ${formatDuration(late.tookMs)}, and the plan gives ${formatDuration(late.limitMs)}`,
      'Look more often (`every`), ask for fewer failures, or give drill.detect-within more time.',
      undefined,
    );
  }
  if (restored !== undefined && restored.ended !== 'completed') {
    return failed(
      'drill-not-restored',
      `drill.restore failed: ${restored.fault?.message ?? 'no reason given'}`,
      restored.fault?.hint ?? 'Look at the steps under drill.restore.',
      restored.failedStep,
    );
  }
  return { outcome: 'verified', fault: undefined, failedStep: undefined };
}

function failed(
  code: 'drill-not-restored' | 'drill-not-noticed',
  message: string,
  hint: string,
  failedStep: string | undefined,
): Verdict {
  return { outcome: 'failed', fault: { code, message, hint }, failedStep };
}
