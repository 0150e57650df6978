// One operation of a step: intent before act, read back after, tried again only where its class allows it and the world
// does not already hold what it was to bring about.

import { messageOf } from '../errors.ts';
import type { ShownOperation } from '../events.ts';
import type { Operation, Probe } from '../values/operation.ts';
import type { BoundStep, CourseStep } from './course.ts';
import type { EngineDeps } from './engine-deps.ts';
import { type Performed, showOperation } from './perform.ts';
import { happensAgain, operationFault, stoppedFault, timeUpFault } from './step-faults.ts';

const defaultRetries = { read: 3, idempotent: 2, once: 0 } as const;

export async function performOperation(
  step: CourseStep,
  bound: BoundStep,
  operation: Operation,
  deadline: number,
  deps: EngineDeps,
): Promise<Performed> {
  const tries = 1 + (operation.retry === 'once' ? 0 : (step.retries ?? defaultRetries[operation.retry]));
  for (let attempt = 1; ; attempt++) {
    if (deps.signal.aborted) throw stoppedFault(step, { lost: deps.lock?.lost });
    const deadlineMs = Math.min(operation.deadlineMs, deadline - deps.clock.monotonicMs());
    if (deadlineMs <= 0) throw timeUpFault(step, operation);
    const performed = await attemptOperation(step, bound, operation, attempt, deadlineMs, deps);
    if (performed.ended === 'succeeded') return performed;
    if (performed.ended === 'cancelled' || deps.signal.aborted)
      throw stoppedFault(step, { lost: deps.lock?.lost }, operation);

    // An exit code is not the world: a command may fail after its work was done.
    const found = operation.mutates ? await probe(bound) : undefined;
    if (found?.state === 'done') {
      deps.log.warning(
        `${step.key}: ${operation.title} ${performed.sentence}, but its work is done: ${found.evidence}`,
      );
      await deps.emit({
        type: 'note',
        level: 'warning',
        text: `${operation.title} ${performed.sentence}, but its work is done: ${found.evidence}`,
      });
      return performed;
    }
    // A command that was cut off and whose effect can't be seen may still be taking effect: never twice.
    const uncertain = performed.ended === 'timed-out' && found?.state === 'unknown';
    if (uncertain || found?.final === true || performed.ended === 'not-started' || attempt >= tries)
      throw operationFault({ step, operation, performed, probe: found, redact: deps.redact });
    deps.log.warning(
      `${step.key}: ${operation.title} ${performed.sentence}; trying again (${attempt + 1} of ${tries})`,
    );
    await deps.clock.sleep(Math.min(500 * 2 ** attempt, 5_000), deps.signal);
  }
}

/** What can't be looked at is not known, and not repeated either. */
async function probe(bound: BoundStep): Promise<Probe> {
  try {
    return await bound.probe();
  } catch (thrown) {
    return { state: 'unknown', final: true, evidence: `it could not be asked: ${messageOf(thrown)}` };
  }
}

export async function attemptOperation(
  step: CourseStep,
  bound: BoundStep,
  operation: Operation,
  attempt: number,
  deadlineMs: number,
  deps: EngineDeps,
): Promise<Performed> {
  const shown: ShownOperation = {
    id: operation.id,
    title: operation.title,
    shown: showOperation(operation, deps.redact),
    mutates: operation.mutates,
    ...(happensAgain(step, operation) ? { once: true } : {}),
  };
  await deps.emit({
    type: 'intent',
    step: step.key,
    operation: shown,
    attempt,
    to: bound.to,
    precondition: bound.before,
    deadlineMs,
  });
  if (operation.mutates) await proveLock(step, operation, attempt, deps);
  deps.log.info(`${step.key}: $ ${shown.shown}`);
  const performed = await deps.perform(operation, {
    deadlineMs,
    signal: deps.signal,
    onLine: boundedLines((line) => deps.log.info(`${step.key} │ ${line}`)),
  });
  await deps.emit({
    type: 'done',
    step: step.key,
    operation: operation.id,
    attempt,
    ended: performed.ended,
    ...(performed.uncertain === true ? { uncertain: true } : {}),
    exitCode: performed.exitCode,
    durationMs: performed.durationMs,
    stdout: performed.stdout,
    stderr: performed.stderr,
    evidence: performed.sentence,
  });
  return performed;
}

/**
 * The last look before something changes. The second half of it and the start of the act are one turn of the event loop:
 * however long the process was stopped before, the term is looked at after.
 */
async function proveLock(
  step: CourseStep,
  operation: Operation,
  attempt: number,
  deps: EngineDeps,
): Promise<void> {
  try {
    await deps.lock?.prove();
    deps.lock?.assertInTime();
    // Stopped while the intent was written or the lock was asked: it has not begun, and the next press need not wonder.
    if (deps.signal.aborted) throw stoppedFault(step, { lost: deps.lock?.lost });
  } catch (thrown) {
    await deps.emit({
      type: 'done',
      step: step.key,
      operation: operation.id,
      attempt,
      ended: 'not-started',
      durationMs: 0,
      stdout: '',
      stderr: '',
      evidence: `was not started: ${deps.redact(messageOf(thrown))}`,
    });
    throw thrown;
  }
}

/** A command that floods its output must not fill the job's log; its end is kept with the step in any case. */
const longestLog = 1024 * 1024;

function boundedLines(print: (line: string) => void): (line: string) => void {
  let printed = 0;
  return (line) => {
    if (printed > longestLog) return;
    printed += line.length + 1;
    print(
      printed > longestLog
        ? '… more output follows and is left out here; its end stands with the step'
        : line,
    );
  };
}
