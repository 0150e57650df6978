// In a continued incident: which steps are done already and are not to be done again. Decided for all of them before
// anything changes, so that a person is asked once, and with everything at stake still open.

import { messageOf, RollbackPlanError } from '../errors.ts';
import { openQuestions, type StepHistory } from '../state/step-histories.ts';
import { decideStep, type StepDecision, type StepFacts } from '../target/continue-step.ts';
import type { Probe } from '../values/operation.ts';
import type { BoundStep, Course, CourseStep } from './course.ts';
import type { PlanDeps } from './engine-deps.ts';
import { matchHistories } from './match-histories.ts';

export type SettleFacts = {
  readonly histories: ReadonlyMap<string, StepHistory>;
  /** As given; `skip-step:KEY` and `repeat-step:KEY` are what counts here, and `rerun`, which does again what is done. */
  readonly overrides: readonly string[];
};

/** Changes nothing. Throws `step-undecided` for all steps that a person has to decide on. */
export async function settleSteps(
  course: Course,
  { histories, overrides }: SettleFacts,
  deps: PlanDeps,
): Promise<Course> {
  proveKnown(course, overrides);
  const historyOf = await matchHistories(course, histories);
  const undecided: { readonly step: CourseStep; readonly evidence: string }[] = [];
  const settle = async (step: CourseStep): Promise<CourseStep> => {
    const history = await historyOf(step);
    if (history === undefined) return step;
    if (history.state === 'succeeded' && overrides.includes('rerun')) return step;
    const decision = await decide(step, { history, override: overrideFor(step.key, overrides) }, deps);
    if (decision.type === 'undecided') undecided.push({ step, evidence: decision.evidence });
    if ('overridden' in decision) {
      const text = `${step.key}: ${decision.because}; what was known: ${history.evidence}`;
      await deps.emit({ type: 'note', level: 'warning', text });
    }
    if (decision.type !== 'leave') return step;
    const { because: evidence, outputs } = decision;
    // Later steps are decided by their settings, and these may hold what this one gave.
    deps.records.set(step.id ?? step.key, { outcome: 'success', outputs });
    const { identity } = history;
    return { ...step, settled: { evidence, outputs, ...(identity === undefined ? {} : { identity }) } };
  };

  const settled = [];
  for (const phase of course) {
    const steps: CourseStep[] = [];
    for (const step of phase.steps) steps.push(await settle(step));
    settled.push({ ...phase, steps });
  }
  deps.records.clear();
  for (const question of openQuestions(historyOf.forgotten())) {
    const text = `${question}; the plan has no such step any more, so nothing is done about it`;
    await deps.emit({ type: 'note', level: 'warning', text });
  }
  if (undecided.length === 0) return settled;
  throw new RollbackPlanError(
    'step-undecided',
    undecided.map(({ step, evidence }) => `${step.key}: ${deps.redact(evidence)}`).join('; '),
    {
      hint: [
        'Nothing was changed by this press. Look whether it happened, where it takes effect and in the log of the run before; then press again and say so:',
        ...undecided.flatMap(({ step: { key } }) => [
          `  it happened:        override: skip-step:${key}`,
          `  it did not happen:  override: repeat-step:${key}`,
        ]),
      ].join('\n'),
    },
  );
}

async function decide(
  step: CourseStep,
  { history, override }: Pick<StepFacts, 'history' | 'override'>,
  deps: PlanDeps,
): Promise<Exclude<StepDecision, { readonly type: 'ask-kind' }>> {
  // Its settings may need what only the run will know; then the key alone says which step it is.
  const bound = await step.bind().catch(() => undefined);
  const facts = { history, override, cleanup: step.cleanup, identity: bound?.identity };
  const first = decideStep({ ...facts, probe: undefined });
  if (first.type !== 'ask-kind') return first;
  const second = decideStep({ ...facts, probe: await probe(bound, deps) });
  if (second.type === 'ask-kind') throw new Error('a step that was asked about is decided');
  return second;
}

async function probe(bound: BoundStep | undefined, deps: PlanDeps): Promise<Probe> {
  if (bound === undefined)
    return { state: 'unknown', evidence: 'its settings can’t be computed before the run' };
  return await bound.probe().catch((thrown: unknown) => ({
    state: 'unknown' as const,
    evidence: `it could not be asked: ${deps.redact(messageOf(thrown))}`,
  }));
}

function overrideFor(key: string, overrides: readonly string[]): StepFacts['override'] {
  if (overrides.includes(`skip-step:${key}`)) return 'skip';
  return overrides.includes(`repeat-step:${key}`) ? 'repeat' : undefined;
}

/** A word with a typing error in it must not pass for an answer. Throws `override-unknown`. */
function proveKnown(course: Course, overrides: readonly string[]): void {
  const keys = course.flatMap(({ steps }) => steps.flatMap((step) => (step.component ? [] : [step.key])));
  const unknown = overrides.find((word) => {
    const [, key] = /^(?:skip|repeat)-step:(.*)$/s.exec(word) ?? [];
    return key !== undefined && !keys.includes(key);
  });
  if (unknown === undefined) return;
  throw new RollbackPlanError('override-unknown', `override ${unknown} names no step of this scenario`, {
    hint:
      keys.length === 0
        ? 'It has no steps besides those that take components back, and these are read anew. Leave the override out.'
        : `Nothing was changed. Its steps are: ${keys.join(', ')}.`,
  });
}
