// A dry run: walks the course without performing it and says for each step what would run. Never touches `perform`.

import { toRollbackPlanError } from '../errors.ts';
import type { Fault } from '../events.ts';
import type { Course, CourseStep } from './course.ts';
import type { PlanDeps } from './engine-deps.ts';
import { showOperation } from './perform.ts';

/** Emits `step-planned` for every step. A step that can't be prepared makes the whole dry run a refusal. */
export async function planCourse(
  course: Course,
  deps: PlanDeps,
): Promise<{ readonly fault: Fault | undefined; readonly failedStep: string | undefined }> {
  let first: { fault: Fault; step: string } | undefined;
  const success = { failed: false, phaseFailed: false, cancelled: false };
  for (const phase of course) {
    const phaseRuns = phase.shouldRun(success);
    for (const step of phase.steps) {
      const runs = phaseRuns.run ? step.shouldRun(success) : phaseRuns;
      const fault = await planStep(phase.name, step, runs.run ? undefined : runs.because, deps);
      if (fault !== undefined) first ??= { fault, step: step.key };
    }
  }
  return { fault: first?.fault, failedStep: first?.step };
}

async function planStep(
  phase: string,
  step: CourseStep,
  skipped: string | undefined,
  deps: PlanDeps,
): Promise<Fault | undefined> {
  const base = {
    type: 'step-planned',
    phase,
    step: step.key,
    title: step.title,
    kind: step.kind,
    component: step.component,
  } as const;
  if (skipped !== undefined) {
    await deps.emit({ ...base, operations: [], notes: [], outputs: [], skipped });
    return undefined;
  }
  if (step.settled !== undefined) {
    const { evidence, outputs } = step.settled;
    deps.records.set(step.id ?? step.key, { outcome: 'success', outputs });
    await deps.emit({ ...base, operations: [], notes: [], outputs: [], skipped: evidence });
    return undefined;
  }
  try {
    const bound = await step.bind();
    const prepared = await bound.prepare();
    const operations = prepared.operations.map((operation) => ({
      id: operation.id,
      title: operation.title,
      shown: showOperation(operation, deps.redact),
      mutates: operation.mutates,
    }));
    const outputs = prepared.outputs ?? [];
    // Later steps may refer to what only the real run will know.
    const placeholders = Object.fromEntries(
      outputs.map((name) => [name, `<known after ${step.id ?? step.key}>`]),
    );
    deps.records.set(step.id ?? step.key, { outcome: 'success', outputs: placeholders });
    await deps.emit({ ...base, operations, preview: prepared.preview, notes: prepared.notes, outputs });
    return undefined;
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    const fault = { code: error.code, message: deps.redact(error.message), hint: deps.redact(error.hint) };
    await deps.emit({
      ...base,
      operations: [],
      notes: [`cannot be prepared: ${fault.message}`],
      outputs: [],
    });
    return fault;
  }
}
