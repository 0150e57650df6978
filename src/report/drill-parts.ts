// A drill's parts, in order: which one failed, what that means when it is no drill. Pure.

import type { Report } from './model.ts';
import { stepsOf } from './model.ts';
import { formatDuration, measureWords } from './wording.ts';

/** `before`: it never began. `passed`: none failed. */
export type DrillPart =
  | 'passed'
  | 'before'
  | 'break'
  | 'notice'
  | 'roll back'
  | 'serve again'
  | 'restore'
  | 'in time'
  | 'unknown';

/** The first part that failed: whatever failed after it may be its fault. */
export function failedPart(report: Report): DrillPart {
  const { verdict, measures, compared } = report;
  if (!verdict.green && !report.changedAnything) return 'before';
  // Somebody stopped it: that says nothing about the plan.
  if (verdict.outcome === 'interrupted') return 'unknown';
  const failed = stepsOf(report).find(
    ({ step, status }) => step === verdict.failedStep || status === 'failed' || status === 'unknown',
  );
  if (failed?.phase === 'break') return 'break';
  if (verdict.fault?.code === 'drill-not-noticed') return 'notice';
  if (failed !== undefined && failed.phase !== 'restore') return 'roll back';
  const { watch } = report;
  if (watch?.result !== undefined && watch.result.state !== 'bad') return 'notice';
  const checks = ['check-failed', 'check-inconclusive', 'component-not-moved'];
  if (verdict.fault !== undefined && checks.includes(verdict.fault.code)) {
    return verdict.fault.code === 'component-not-moved' ? 'roll back' : 'serve again';
  }
  const restored =
    failed === undefined &&
    verdict.fault?.code !== 'drill-not-restored' &&
    compared.every(({ same }) => same);
  if (!restored) return 'restore';
  if (measures.some(({ durationMs, limitMs }) => limitMs !== undefined && durationMs > limitMs))
    return 'in time';
  return verdict.green ? 'passed' : 'unknown';
}

/** What failed, as the end of a headline. */
export function partText(report: Report, part: DrillPart): string {
  switch (part) {
    case 'passed':
      return 'every part of it worked';
    case 'before':
      return 'it never began, and nothing was changed';
    case 'break':
      return 'the known-bad version could not be put out, so nothing was rehearsed';
    case 'notice':
      return 'nothing noticed the known-bad version';
    case 'roll back':
      return 'the rollback did not work';
    case 'serve again':
      return 'users were not served again after the rollback';
    case 'restore':
      return report.compared.some(({ same }) => !same)
        ? 'the target is not as it was before'
        : 'nobody can tell whether the target is as it was before';
    case 'in time':
      return `it took too long (${tooLong(report)})`;
    case 'unknown':
      return 'it did not come to its end';
  }
}

/** What that means when it is no drill. */
export function meaningText(part: DrillPart): string | undefined {
  switch (part) {
    case 'passed':
      return 'the same plan would be expected to notice, roll back and serve again in about these times.';
    case 'before':
    case 'break':
      return 'this says nothing: no rollback was rehearsed. Until a drill gets further, the plan is unproven.';
    case 'notice':
      return 'a bad deploy like this one would stay live until a person notices. Sharpen the checks and triggers of the plan, or give `detect-within` more time.';
    case 'roll back':
      return 'the button would fail in the same place, with users waiting. Mend the plan before it is needed.';
    case 'serve again':
      return 'the versions would be back, and users would still not be served. Something besides the versions has to go back, too.';
    case 'restore':
      return 'the rollback may leave something behind. Find out what differs; the next drill starts from what is there now.';
    case 'in time':
      return 'users would wait longer than the plan allows. Make the slow part faster, or correct the limit.';
    case 'unknown':
      return undefined;
  }
}

function tooLong(report: Report): string {
  return report.measures
    .flatMap(({ name, durationMs, limitMs }) =>
      limitMs !== undefined && durationMs > limitMs
        ? [`${measureWords[name]} after ${formatDuration(durationMs)} of ${formatDuration(limitMs)}`]
        : [],
    )
    .join(', ');
}
