// One step from condition to verdict: intent before act, read back after, retries by class, and never a success
// that was not seen in the world.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Emit, Fault, ShownOperation } from '../events.ts';
import type { Clock, Log } from '../ports.ts';
import type { JsonObject } from '../values/json.ts';
import type { Captured, Operation, OperationResult, Prepared } from '../values/operation.ts';
import type { BoundStep, CourseStep, StepRecords } from './course.ts';
import { type Perform, type Performed, showOperation } from './perform.ts';

/** What a dry run needs: nothing that could perform. */
export type PlanDeps = {
  readonly emit: Emit;
  readonly redact: (text: string) => string;
  readonly records: StepRecords;
};

export type EngineDeps = PlanDeps & {
  readonly clock: Clock;
  readonly log: Log;
  readonly perform: Perform;
  /** Aborts on cancellation and when the whole run's time is up. */
  readonly signal: AbortSignal;
};

export type StepResult = {
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'unknown';
  readonly fault: Fault | undefined;
};

const defaultRetries = { read: 3, idempotent: 2, once: 0 } as const;
const firstPollMs = 100;
const slowestPollMs = 2_000;

type Progress = {
  captured: Captured | undefined;
  before: string | undefined;
  after: string | undefined;
  evidence: string;
  outputs: JsonObject;
};

/** Performs the step and emits its events. Never throws for anything the step or its kind does. */
export async function runStep(phase: string, step: CourseStep, deps: EngineDeps): Promise<StepResult> {
  const started = deps.clock.monotonicMs();
  const deadline = started + step.timeoutMs;
  const progress: Progress = {
    captured: undefined,
    before: undefined,
    after: undefined,
    evidence: '',
    outputs: {},
  };
  let status: StepResult['status'] = 'failed';
  let fault: Fault | undefined;
  let bound: BoundStep | undefined;

  try {
    bound = await step.bind();
    progress.before = bound.before;
    const prepared = await bound.prepare();
    await deps.emit({
      type: 'step-started',
      phase,
      ...describe(step),
      before: bound.before,
      timeoutMs: step.timeoutMs,
      notes: prepared.notes,
    });
    progress.captured = await bound.capture();
    if (progress.captured !== undefined) await emitCaptured(step, progress.captured, deps);
    const results = await performAll(step, bound, prepared, deadline, deps);
    await settle(step, bound, results, deadline, progress, deps);
    status = 'succeeded';
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    fault = { code: error.code, message: deps.redact(error.message), hint: deps.redact(error.hint) };
    status = error.code === 'step-unknown' ? 'unknown' : 'failed';
  }

  if (
    status !== 'succeeded' &&
    step.onFailure === 'compensate' &&
    bound?.compensate !== undefined &&
    !deps.signal.aborted
  ) {
    await compensate(step, bound.compensate, progress.captured, deps);
  }
  await deps.emit({
    type: 'step-finished',
    phase,
    ...describe(step),
    status,
    before: progress.before,
    after: progress.after,
    evidence: progress.evidence,
    durationMs: deps.clock.monotonicMs() - started,
    fault,
    ...(status === 'succeeded' ? {} : { onFailure: step.onFailure }),
    outputs: progress.outputs,
  });
  deps.records.set(step.id ?? step.key, {
    outcome: status === 'succeeded' ? 'success' : 'failure',
    outputs: progress.outputs,
  });
  return { status, fault };
}

/** Runs the operations in order; the first that fails for good ends the step. */
async function performAll(
  step: CourseStep,
  bound: BoundStep,
  prepared: Prepared,
  deadline: number,
  deps: EngineDeps,
): Promise<readonly OperationResult[]> {
  const results: OperationResult[] = [];
  for (const operation of prepared.operations) {
    results.push(await performOne(step, bound, operation, deadline, deps));
  }
  return results;
}

async function performOne(
  step: CourseStep,
  bound: BoundStep,
  operation: Operation,
  deadline: number,
  deps: EngineDeps,
): Promise<Performed> {
  const tries = 1 + (operation.retry === 'once' ? 0 : (step.retries ?? defaultRetries[operation.retry]));
  for (let attempt = 1; ; attempt++) {
    if (deps.signal.aborted) throw cancelled(step.key);
    const deadlineMs = Math.min(operation.deadlineMs, deadline - deps.clock.monotonicMs());
    if (deadlineMs <= 0) throw timedOut(step, operation, 'no time was left to start it');
    const performed = await attemptOperation(step, bound, operation, attempt, deadlineMs, deps);
    if (performed.ended === 'succeeded') return performed;
    if (performed.ended === 'cancelled' || deps.signal.aborted) throw cancelled(step.key);

    // An exit code is not the world: a command may fail after its work was done.
    const probe = operation.mutates ? await bound.probe() : undefined;
    if (probe?.state === 'done') {
      deps.log.warning(
        `${step.key}: ${operation.title} ${performed.sentence}, but its work is done: ${probe.evidence}`,
      );
      await deps.emit({
        type: 'note',
        level: 'warning',
        text: `${operation.title} ${performed.sentence}, but its work is done: ${probe.evidence}`,
      });
      return performed;
    }
    if (performed.ended === 'not-started' || attempt >= tries)
      throw failure(step, operation, performed, probe?.evidence, deps);
    deps.log.warning(
      `${step.key}: ${operation.title} ${performed.sentence}; trying again (${attempt + 1} of ${tries})`,
    );
    await deps.clock.sleep(Math.min(500 * 2 ** attempt, 5_000), deps.signal);
  }
}

async function attemptOperation(
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
  deps.log.info(`${step.key}: $ ${shown.shown}`);
  const performed = await deps.perform(operation, {
    deadlineMs,
    signal: deps.signal,
    onLine: (line) => deps.log.info(`${step.key} │ ${line}`),
  });
  await deps.emit({
    type: 'done',
    step: step.key,
    operation: operation.id,
    attempt,
    ended: performed.ended,
    exitCode: performed.exitCode,
    durationMs: performed.durationMs,
    stdout: performed.stdout,
    stderr: performed.stderr,
    evidence: performed.sentence,
  });
  return performed;
}

/** Looks until the step's promise is kept, broken, or time is up. */
async function settle(
  step: CourseStep,
  bound: BoundStep,
  results: readonly OperationResult[],
  deadline: number,
  progress: Progress,
  deps: EngineDeps,
): Promise<void> {
  for (let wait = firstPollMs; ; wait = Math.min(wait * 1.5, slowestPollMs)) {
    if (deps.signal.aborted) throw cancelled(step.key);
    const seen = await bound.verify(results);
    progress.evidence = deps.redact(seen.evidence);
    if (seen.state === 'verified') {
      progress.after = bound.to;
      progress.outputs = bound.outputs(results);
      return;
    }
    if (seen.state === 'failed') {
      throw new RollbackPlanError('step-not-verified', `${step.title}: ${seen.evidence}`, {
        hint: lookHint(step),
      });
    }
    if (deps.clock.monotonicMs() + wait > deadline) {
      const code = seen.state === 'unknown' ? 'step-unknown' : 'step-not-verified';
      throw new RollbackPlanError(
        code,
        `${step.title}: not settled within ${step.timeoutMs / 1000} s: ${seen.evidence}`,
        {
          hint: lookHint(step),
        },
      );
    }
    await deps.clock.sleep(wait, deps.signal);
  }
}

/** Compensation has the step's own limits; its failure is said, and never hides the first one. */
async function compensate(
  step: CourseStep,
  verb: (captured: Captured | undefined) => Promise<Prepared>,
  captured: Captured | undefined,
  deps: EngineDeps,
): Promise<void> {
  try {
    const prepared = await verb(captured);
    for (const operation of prepared.operations) {
      const bound: BoundStep = silentStep(`undo ${step.title}`);
      const performed = await attemptOperation(step, bound, operation, 1, operation.deadlineMs, deps);
      if (performed.ended !== 'succeeded') throw failure(step, operation, performed, undefined, deps);
    }
    await deps.emit({ type: 'note', level: 'warning', text: `${step.title} failed and was compensated` });
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    await deps.emit({
      type: 'note',
      level: 'warning',
      text: `compensating ${step.title} failed as well: ${deps.redact(error.message)}`,
    });
  }
}

function silentStep(to: string): BoundStep {
  const unused = async (): Promise<never> => {
    throw new RollbackPlanError('internal', 'a compensation has no verbs of its own', {
      hint: 'Report this.',
    });
  };
  return {
    before: undefined,
    to,
    prepare: unused,
    capture: unused,
    probe: unused,
    verify: unused,
    outputs: () => ({}),
    compensate: undefined,
  };
}

async function emitCaptured(step: CourseStep, captured: Captured, deps: EngineDeps): Promise<void> {
  await deps.emit({ type: 'captured', of: step.key, label: captured.label, data: { state: captured.data } });
}

function describe(step: CourseStep): {
  step: string;
  title: string;
  kind: string;
  component: string | undefined;
} {
  return { step: step.key, title: step.title, kind: step.kind, component: step.component };
}

function failure(
  step: CourseStep,
  operation: Operation,
  performed: Performed,
  probed: string | undefined,
  deps: EngineDeps,
): RollbackPlanError {
  const code =
    performed.ended === 'timed-out'
      ? 'command-timeout'
      : performed.ended === 'not-started'
        ? 'command-not-started'
        : 'command-failed';
  const said = lastLine(performed.stderr) ?? lastLine(performed.stdout);
  const parts = [
    `${operation.title} ${performed.sentence}`,
    ...(said === undefined ? [] : [said]),
    ...(probed === undefined ? [] : [`now: ${probed}`]),
  ];
  return new RollbackPlanError(code, parts.join('; '), {
    hint: `${lookHint(step)}\nThe command was: ${showOperation(operation, deps.redact)}`,
    facts: { exitCode: performed.exitCode },
  });
}

function timedOut(step: CourseStep, operation: Operation, detail: string): RollbackPlanError {
  return new RollbackPlanError(
    'command-timeout',
    `${operation.title}: ${detail} within the step's ${step.timeoutMs / 1000} s`,
    { hint: lookHint(step) },
  );
}

function cancelled(step: string): RollbackPlanError {
  return new RollbackPlanError('cancelled', `${step} was interrupted`, {
    hint: 'What was started is in the journal; run the same command again to find out where things stand.',
  });
}

function lookHint(step: CourseStep): string {
  const what =
    step.component === undefined
      ? `the log of ${step.key}`
      : `component ${step.component} and the log of ${step.key}`;
  return `Look at ${what}, mend the cause, and run the same command again: what is already back stays untouched.`;
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1)?.trim() || undefined;
}
