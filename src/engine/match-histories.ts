// Which history of the page is which step's: by its key, and where a step was renamed or others were put before it, by what
// it does. Otherwise what is done already would be done again under its new key.

import type { StepHistory } from '../state/step-histories.ts';
import type { Course, CourseStep } from './course.ts';

export type Matched = {
  (step: CourseStep): Promise<StepHistory | undefined>;
  /** Histories that no step was given. */
  forgotten(): ReadonlyMap<string, StepHistory>;
};

/** To be asked step by step in the order of the course, since settings may need the outputs of steps before. */
export async function matchHistories(
  course: Course,
  histories: ReadonlyMap<string, StepHistory>,
): Promise<Matched> {
  const free = new Map(histories);
  const given = new Map<string, StepHistory>();
  const give = (step: CourseStep, key: string | undefined): void => {
    const history = key === undefined ? undefined : free.get(key);
    if (key === undefined || history === undefined) return;
    free.delete(key);
    given.set(step.key, history);
  };
  const byIdentity = (identity: string | undefined): string | undefined =>
    identity === undefined ? undefined : [...free].find(([, each]) => each.identity === identity)?.[0];

  // What a component is, its kind has just read; and a cleanup is performed at every press.
  const steps = course.flatMap((phase) => phase.steps).filter((step) => step.component === undefined);
  const known = await Promise.all(
    steps.map(async (step) => ({ step, identity: step.cleanup ? undefined : await identityOf(step) })),
  );
  // First of all the key: what it is certain of is nobody else's, also where the step comes later.
  for (const { step, identity } of known) {
    const own = histories.get(step.key)?.identity;
    if (identity === undefined || own === undefined || identity === own) give(step, step.key);
  }
  for (const { step, identity } of known) if (!given.has(step.key)) give(step, byIdentity(identity));

  const match = async (step: CourseStep): Promise<StepHistory | undefined> => {
    if (step.component !== undefined) return undefined;
    if (!given.has(step.key) && !step.cleanup) give(step, byIdentity(await identityOf(step)));
    if (!given.has(step.key)) give(step, step.key);
    return given.get(step.key);
  };
  return Object.assign(match, { forgotten: () => free });
}

/** `undefined` where its settings need what only the run will know. */
async function identityOf(step: CourseStep): Promise<string | undefined> {
  return (await step.bind().catch(() => undefined))?.identity;
}
