// The verdict of a heartbeat: facts in, verdict out. It never rolls back; a person who reads red decides.

import type { CheckResult } from '../events.ts';
import { formatDuration } from '../values/durations.ts';
import type { Verdict } from './verdict.ts';

/** What one look at the checks says about a rollback that was green. */
export function judgeLook(checks: readonly Pick<CheckResult, 'name' | 'state' | 'evidence'>[]): {
  readonly state: CheckResult['state'];
  readonly evidence: string;
} {
  const failed = checks.filter(({ state }) => state === 'fail');
  const blind = checks.filter(({ state }) => state === 'inconclusive' || state === 'error');
  const said = (some: typeof checks): string =>
    some.map(({ name, evidence }) => `${name}: ${evidence}`).join('; ');
  if (failed.length > 0) return { state: 'fail', evidence: said(failed) };
  if (blind.length > 0) return { state: 'inconclusive', evidence: said(blind) };
  if (checks.length === 0)
    return {
      state: 'inconclusive',
      evidence: 'no check under `verify` is for after a rollback, so nothing was measured',
    };
  return { state: 'pass', evidence: `${checks.length} of ${checks.length} checks passed` };
}

/** What is overdue, and whether the plan calls that red. */
export type Overdue = { readonly overdue: string; readonly red: boolean };

/** An overdue drill or follow-up is red only where the plan says so. Health comes first. */
export function judgeHeartbeat(facts: {
  /** Of the look, where one was due. */
  readonly look: ReturnType<typeof judgeLook> | undefined;
  readonly incidents: readonly string[];
  readonly drill: Overdue | undefined;
  readonly followUps: Overdue | undefined;
}): Verdict {
  const { look, incidents, drill, followUps } = facts;
  const after = `after the rollback of ${incidents.join(', ')}`;
  if (look?.state === 'fail') {
    return {
      outcome: 'failed',
      fault: {
        code: 'check-failed',
        message: `${after} users do not see what the plan expects: ${look.evidence}`,
        hint: 'Nothing was changed, because a heartbeat never rolls back. Look at the checks; if users suffer, press the button and name where to go: to: component=version',
      },
      failedStep: undefined,
    };
  }
  if (look !== undefined && look.state !== 'pass') {
    return {
      outcome: 'inconclusive',
      fault: {
        code: 'check-inconclusive',
        message: `${after} nobody can tell what users see: ${look.evidence}`,
        hint: 'Nothing was changed. Mend the measurement; the next look that is due measures again.',
      },
      failedStep: undefined,
    };
  }
  if (drill?.red === true) {
    return {
      outcome: 'failed',
      fault: {
        code: 'drill-overdue',
        message: drill.overdue,
        hint: 'Drill: start the workflow "Drill" by hand, or `rollback-plan drill`. GitHub disables a file with a schedule after 60 days without a commit: look under Actions whether it still runs.',
      },
      failedStep: undefined,
    };
  }
  if (followUps?.red === true) {
    return {
      outcome: 'failed',
      fault: {
        code: 'follow-up-overdue',
        message: followUps.overdue,
        hint: 'Do it, then tick its box in the incident’s record, or say so in the ledger: rollback-plan ledger shows what is open, with the line to type.',
      },
      failedStep: undefined,
    };
  }
  return { outcome: 'verified', fault: undefined, failedStep: undefined };
}

/** `looked at 2 h late` is worth saying; a schedule that runs every few minutes is always a little late. */
export function lateWords(lateMs: number): string {
  return lateMs < 60_000 ? 'on time' : `${formatDuration(Math.round(lateMs / 60_000) * 60_000)} late`;
}
