// The verdict of a rollback, as a pure function of what was measured: never green without having verified.

import type { CourseResult } from '../engine/run-course.ts';
import { type ReasonCode, toRollbackPlanError } from '../errors.ts';
import { type CheckResult, type Fault, isGreen, type Outcome } from '../events.ts';

export type Verdict = {
  readonly outcome: Outcome;
  readonly fault: Fault | undefined;
  readonly failedStep: string | undefined;
  /** Where colour and outcome part: a deploy that was rolled back is red although the rollback succeeded. */
  readonly green?: boolean;
};

/** Whether the run is green. A fault never is, unless the caller said so beforehand. */
export function isGreenVerdict({ outcome, fault, green }: Verdict): boolean {
  return green ?? (isGreen(outcome) && fault === undefined);
}

/** The verdict of a run that was stopped. */
export function interrupted(interruption: Interruption, hint: string, failedStep?: string): Verdict {
  return { outcome: 'interrupted', fault: { ...interruption, hint }, failedStep };
}

/** Why the run was aborted. */
export type Interruption = { readonly code: 'cancelled' | 'run-timeout'; readonly message: string };

export function judge(facts: {
  readonly course: CourseResult;
  readonly checks: readonly CheckResult[];
  /** Whether this run had anything to change. */
  readonly changed: boolean;
  /** Components that were to go somewhere, by whether their step really took them there. */
  readonly unmoved: readonly string[];
  /** Why the run was aborted, if it was. */
  readonly interruption: Interruption | undefined;
}): Verdict {
  const { course, checks, interruption } = facts;
  if (interruption !== undefined) {
    const hint =
      'The journal says what was started. Run the same command again: what is already back stays untouched. Only a request or a script that was under way may happen a second time.';
    return interrupted(interruption, hint, course.failedStep);
  }
  if (course.ended !== 'completed') {
    return { outcome: 'halted', fault: course.fault, failedStep: course.failedStep };
  }
  if (facts.unmoved.length > 0) {
    return {
      outcome: 'failed',
      fault: {
        code: 'component-not-moved',
        message: `${facts.unmoved.join(', ')} did not go back: no step of this run took it there`,
        hint: 'The table of steps says why (a condition, or a failure that the plan ignores). Leave a component out on purpose with `to` or a scenario, not with a condition.',
      },
      failedStep: undefined,
    };
  }
  const failed = checks.filter((check) => check.state === 'fail');
  if (failed.length > 0)
    return red('failed', 'check-failed', failed, 'users do not see what the plan expects');
  const blind = checks.filter((check) => check.state !== 'pass');
  if (blind.length > 0)
    return red('inconclusive', 'check-inconclusive', blind, 'what users see could not be measured');
  if (checks.length === 0 && course.seenThere.size === 0) {
    return {
      outcome: 'inconclusive',
      fault: {
        code: 'check-inconclusive',
        message:
          'the steps ran, but nothing was measured: no component was taken back, and the plan has no checks',
        hint: 'Add `verify` to the plan, so that a run can tell whether users are served.',
      },
      failedStep: undefined,
    };
  }
  return {
    outcome: facts.changed ? 'rolled-back' : 'already-there',
    fault: undefined,
    failedStep: undefined,
  };
}

function red(outcome: Outcome, code: ReasonCode, checks: readonly CheckResult[], meaning: string): Verdict {
  const lines = checks.map((check) => `${check.name}: ${check.evidence}`);
  return {
    outcome,
    fault: {
      code,
      message: `${meaning}: ${lines.join('; ')}`,
      hint: 'The versions are pinned and live as the table says. Look at the checks; to go further back, name the versions: to: component=version',
    },
    failedStep: undefined,
  };
}

/** A dry run is green only if every step could be prepared. */
export function judgeDryRun(result: {
  readonly fault: Fault | undefined;
  readonly failedStep: string | undefined;
}): Verdict {
  return {
    outcome: result.fault === undefined ? 'planned' : 'refused',
    fault: result.fault,
    failedStep: result.failedStep,
  };
}

/** What was thrown before anything changed. After an interruption the error is only its echo. */
export function refused(thrown: unknown, interruption: Interruption | undefined): Verdict {
  if (interruption !== undefined) {
    return interrupted(interruption, 'Nothing was changed yet. Run the same command again.');
  }
  const { code, message, hint } = toRollbackPlanError(thrown);
  return { outcome: 'refused', fault: { code, message, hint }, failedStep: undefined };
}
