// Undoes a step that failed half-way, where its kind knows how.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Captured, Prepared } from '../values/operation.ts';
import type { BoundStep, CourseStep } from './course.ts';
import type { EngineDeps } from './engine-deps.ts';
import { attemptOperation } from './perform-operation.ts';
import { operationFault } from './step-faults.ts';

/** Compensation has the step's own limits; its failure is said, and never hides the first one. */
export async function compensateStep(
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
      if (performed.ended !== 'succeeded')
        throw operationFault({ step, operation, performed, probe: undefined, redact: deps.redact });
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
