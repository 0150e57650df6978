// One step from condition to verdict: intent before act, read back after, retries by class, and never a success
// that was not seen in the world.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Fault } from '../events.ts';
import type { JsonObject } from '../values/json.ts';
import type { Captured, OperationResult, Prepared, Verification } from '../values/operation.ts';
import { compensateStep } from './compensate-step.ts';
import type { BoundStep, CourseStep } from './course.ts';
import type { EngineDeps } from './engine-deps.ts';
import { performOperation } from './perform-operation.ts';
import { happensAgain, lookHint, stoppedFault, twiceHint } from './step-faults.ts';

export type StepResult = {
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'unknown';
  readonly fault: Fault | undefined;
};

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
      ...(bound.identity === undefined ? {} : { identity: bound.identity }),
      ...(step.cleanup ? { cleanup: true } : {}),
    });
    progress.captured = await bound.capture();
    if (progress.captured !== undefined) await emitCaptured(step, progress.captured, deps);
    const results = await performAll(step, bound, prepared, deadline, deps);
    await settle(step, bound, prepared, results, deadline, progress, deps);
    status = 'succeeded';
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    fault = { code: error.code, message: deps.redact(error.message), hint: deps.redact(error.hint) };
    status = error.code === 'step-unknown' || error.facts['unknown'] === true ? 'unknown' : 'failed';
  }

  if (
    status !== 'succeeded' &&
    step.onFailure === 'compensate' &&
    bound?.compensate !== undefined &&
    !deps.signal.aborted
  ) {
    await compensateStep(step, bound.compensate, progress.captured, deps);
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
    results.push(await performOperation(step, bound, operation, deadline, deps));
  }
  return results;
}

/** Looks until the step's promise is kept, broken, or time is up. */
async function settle(
  step: CourseStep,
  bound: BoundStep,
  prepared: Prepared,
  results: readonly OperationResult[],
  deadline: number,
  progress: Progress,
  deps: EngineDeps,
): Promise<void> {
  const twice = prepared.operations.some((operation) => happensAgain(step, operation));
  for (let wait = firstPollMs; ; wait = Math.min(wait * 1.5, slowestPollMs)) {
    if (deps.signal.aborted) throw stoppedFault(step, { lost: deps.lock?.lost });
    const seen = await look(bound, results);
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
        { hint: code === 'step-unknown' && twice ? twiceHint(step) : lookHint(step) },
      );
    }
    await deps.clock.sleep(wait, deps.signal);
  }
}

/** A server that can't be asked just now has not said that the step failed: there is time to look again. */
async function look(bound: BoundStep, results: readonly OperationResult[]): Promise<Verification> {
  try {
    return await bound.verify(results);
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    if (error.code !== 'cluster-unreachable') throw error;
    return { state: 'unknown', evidence: `it could not be looked at: ${error.message}` };
  }
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
