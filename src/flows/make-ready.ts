// The last look before anything changes: what speaks against it, what is to be done of what earlier runs left, and state
// and evidence as they are now.

import { bindCourse, onlyComponents } from '../engine/bind-course.ts';
import { beginCapture } from '../engine/capture-all.ts';
import type { Course } from '../engine/course.ts';
import { settleSteps } from '../engine/settle-steps.ts';
import type { Aimed } from './aim-run.ts';
import { proveGates } from './prove-gates.ts';
import type { Order, Stage } from './stage.ts';

export type Ready = {
  readonly course: Course;
  /** Writes what was captured, and tells of it. Never throws. */
  keep(): Promise<void>;
  /** For a run that does not act after all. Harmless later. */
  drop(): void;
};

/** Throws `not-ready` and `step-undecided`, each with everything that it is about. */
export async function makeReady(aimed: Aimed, order: Order, stage: Omit<Stage, 'takeBack'>): Promise<Ready> {
  const { request, world } = stage;
  const { run, context, incident, components, aim, scope, deps, nothingToDo } = aimed;
  const { phases } = run;
  const whole = bindCourse({ phases, pins: aim.pins, stepKinds: world.kinds.steps, context, scope });
  const gates =
    nothingToDo && request.mode !== 'preflight'
      ? undefined
      : proveGates(components, aim.pins, { ...stage, run });
  // Reads like those of the gates, and none of them waits for another; kept once nothing speaks against it.
  const capturing = nothingToDo || order.dryRun ? undefined : beginCapture(aim.pins, context, deps);
  try {
    await gates;
    const earlier = { histories: incident.histories, overrides: request.overrides };
    const course = nothingToDo ? onlyComponents(whole) : await settleSteps(whole, earlier, deps);
    return { course, keep: async () => capturing?.keep(), drop: () => capturing?.drop() };
  } catch (thrown) {
    capturing?.drop();
    throw thrown;
  }
}
