// The errors of a step, each with what happened, what is known now, and what to do.

import { RollbackPlanError } from '../errors.ts';
import type { Operation, Probe } from '../values/operation.ts';
import type { CourseStep } from './course.ts';
import { type Performed, showOperation } from './perform.ts';

/** `facts.unknown` says that nobody knows whether the operation took effect. */
export function operationFault(facts: {
  readonly step: CourseStep;
  readonly operation: Operation;
  readonly performed: Performed;
  readonly probe: Probe | undefined;
  readonly redact: (text: string) => string;
}): RollbackPlanError {
  const { step, operation, performed, probe } = facts;
  const code = codes[performed.ended];
  const said = lastLine(performed.stderr) ?? lastLine(performed.stdout);
  const message = [
    `${operation.title} ${performed.sentence}`,
    ...(said === undefined ? [] : [said]),
    ...(probe === undefined ? [] : [`now: ${probe.evidence}`]),
  ].join('; ');
  return new RollbackPlanError(code, message, {
    hint: `${lookHint(step)}\nThe command was: ${showOperation(operation, facts.redact)}`,
    facts: {
      exitCode: performed.exitCode,
      unknown:
        (performed.ended === 'timed-out' || performed.uncertain === true) && probe?.state === 'unknown',
    },
  });
}

const codes = {
  succeeded: 'internal',
  failed: 'command-failed',
  'timed-out': 'command-timeout',
  cancelled: 'cancelled',
  'not-started': 'command-not-started',
} as const;

export function timeUpFault(step: CourseStep, operation: Operation): RollbackPlanError {
  const message = `${operation.title}: no time was left to start it within the step's ${step.timeoutMs / 1000} s`;
  return new RollbackPlanError('command-timeout', message, { hint: lookHint(step) });
}

export function cancelledFault(step: CourseStep): RollbackPlanError {
  return new RollbackPlanError('cancelled', `${step.key} was interrupted`, {
    hint: 'What was started is in the journal; run the same command again to find out where things stand.',
  });
}

export function lookHint(step: CourseStep): string {
  const what =
    step.component === undefined
      ? `the log of ${step.key}`
      : `component ${step.component} and the log of ${step.key}`;
  const further =
    step.component === undefined
      ? ''
      : ` If that version is bad as well, name an older one: to: ${step.component}=VERSION`;
  return `Look at ${what}, mend the cause, and run the same command again: what is already back stays untouched.${further}`;
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1)?.trim() || undefined;
}
