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
  const unknown =
    (performed.ended === 'timed-out' || performed.uncertain === true) && probe?.state === 'unknown';
  const hint = unknown && happensAgain(step, operation) ? twiceHint(step) : lookHint(step);
  return new RollbackPlanError(code, message, {
    hint: `${hint}\nThe command was: ${showOperation(operation, facts.redact)}`,
    facts: { exitCode: performed.exitCode, unknown },
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

/** `operation`: the one that was under way, if one was. */
export function cancelledFault(step: CourseStep, operation?: Operation): RollbackPlanError {
  return new RollbackPlanError('cancelled', `${step.key} was interrupted`, {
    hint:
      operation !== undefined && happensAgain(step, operation)
        ? twiceHint(step)
        : 'What was started is in the journal; run the same command again to find out where things stand.',
  });
}

/** Why a step does not go on: the lock is lost, or the run was stopped. */
export function stoppedFault(
  step: CourseStep,
  { lost }: { readonly lost: RollbackPlanError | undefined },
  operation?: Operation,
): RollbackPlanError {
  return lost ?? cancelledFault(step, operation);
}

/** Whether the next run would do it once more: what takes a component back looks first where that is, anything else does not. */
export function happensAgain(step: CourseStep, operation: Operation): boolean {
  return step.component === undefined && operation.mutates && operation.retry === 'once';
}

/** For what is done once and may have been done: only a person, or `done-if`, can tell the next press. */
export function twiceHint(step: CourseStep): string {
  return `It may have arrived and taken effect. Look first, where it takes effect and in the log of ${step.key}. Then run the same command again: where a journal is kept in the target, it asks before anything changes, unless the step has a \`done-if\` (\`run\` and \`http\` have it); without one it does it a second time. If it did happen: --override skip-step:${step.key}. If it did not: --override repeat-step:${step.key}.`;
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
