// Performs a course: phases in order, steps in order or side by side. A step that fails stops what follows it, except
// what says `if: ${{ always() }}`; a cancellation stops everything, since the runner leaves seconds, not minutes.

import { type RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Fault } from '../events.ts';
import type { Course, CoursePhase, CourseStep, Decision, RunState, Settled } from './course.ts';
import type { EngineDeps } from './engine-deps.ts';
import { runStep, type StepResult } from './run-step.ts';

export type CourseResult = {
  readonly ended: 'completed' | 'halted' | 'interrupted';
  readonly failedStep: string | undefined;
  readonly fault: Fault | undefined;
  /** Components whose step succeeded, which means: was seen at its version. */
  readonly seenThere: ReadonlySet<string>;
};

export async function runCourse(course: Course, deps: EngineDeps): Promise<CourseResult> {
  let first: { step: string; fault: Fault | undefined } | undefined;
  const noteFailure = (step: CourseStep, result: StepResult): void => {
    if (step.onFailure !== 'continue') first ??= { step: step.key, fault: result.fault };
  };
  const seenThere = new Set<string>();
  const noteSuccess = (step: CourseStep): void => {
    if (step.component !== undefined) seenThere.add(step.component);
  };
  const state = (phaseFailed: boolean): RunState => ({
    failed: first !== undefined,
    phaseFailed,
    cancelled: deps.signal.aborted,
  });

  for (const phase of course) {
    await runPhase(phase, { state, noteFailure, noteSuccess }, deps);
  }
  const ended = deps.signal.aborted ? 'interrupted' : first === undefined ? 'completed' : 'halted';
  return { ended, failedStep: first?.step, fault: first?.fault ?? faultOf(deps.lock?.lost), seenThere };
}

/** What the phases of one run write down together. */
type RunBooks = {
  readonly state: (phaseFailed: boolean) => RunState;
  readonly noteFailure: (step: CourseStep, result: StepResult) => void;
  readonly noteSuccess: (step: CourseStep) => void;
};

async function runPhase(
  phase: CoursePhase,
  { state, noteFailure, noteSuccess }: RunBooks,
  deps: EngineDeps,
): Promise<void> {
  // Between phases "its own phase" is everything before: a phase without `if:` stops at any failure.
  const decision = decide(phase, state(state(false).failed));
  if (!decision.run) {
    for (const step of phase.steps) await leaveOut(phase.name, step, decision, noteFailure, deps);
    const status = decision.fault === undefined ? 'skipped' : 'failed';
    await deps.emit({ type: 'phase-finished', phase: phase.name, status, durationMs: 0, overBudget: false });
    return;
  }

  const started = deps.clock.monotonicMs();
  deps.log.group(phase.name);
  await deps.emit({
    type: 'phase-started',
    phase: phase.name,
    parallel: phase.parallel,
    ...(phase.estimateMs === undefined ? {} : { estimateMs: phase.estimateMs }),
    ...(phase.budgetMs === undefined ? {} : { budgetMs: phase.budgetMs }),
  });
  const budget = watchBudget(phase, deps);
  let failed = false;
  const perform = async (step: CourseStep): Promise<void> => {
    const wanted = decide(step, state(failed));
    if (!wanted.run) {
      await leaveOut(phase.name, step, wanted, noteFailure, deps);
      if (wanted.fault !== undefined) failed = true;
      return;
    }
    if (step.settled !== undefined) {
      await leaveSettled(phase.name, step, step.settled, deps);
      return;
    }
    const result = await runStep(phase.name, step, deps);
    if (result.status === 'succeeded') {
      noteSuccess(step);
      return;
    }
    noteFailure(step, result);
    if (step.onFailure !== 'continue') failed = true;
  };

  if (phase.parallel) await Promise.all(phase.steps.map(perform));
  else for (const step of phase.steps) await perform(step);

  budget.stop();
  const durationMs = deps.clock.monotonicMs() - started;
  await deps.emit({
    type: 'phase-finished',
    phase: phase.name,
    status: failed ? 'failed' : 'succeeded',
    durationMs,
    overBudget: phase.budgetMs !== undefined && durationMs > phase.budgetMs,
  });
  deps.log.endGroup();
}

function faultOf(error: RollbackPlanError | undefined): Fault | undefined {
  return error === undefined ? undefined : { code: error.code, message: error.message, hint: error.hint };
}

/** Done already, by an earlier run of the incident: its outputs are there for later steps as if it had run. */
async function leaveSettled(
  phase: string,
  { key, id, title, kind, component }: CourseStep,
  { evidence, outputs, identity }: Settled,
  deps: EngineDeps,
): Promise<void> {
  deps.log.info(`${key}: not again, ${evidence}`);
  deps.records.set(id ?? key, { outcome: 'success', outputs });
  const step = { phase, step: key, title, kind, component };
  const told = { status: 'skipped', settled: true, identity, evidence, durationMs: 0, outputs } as const;
  await deps.emit({ type: 'step-finished', ...step, ...told });
}

/** A condition that can't be evaluated is no reason to skip silently: the step fails with it. */
function decide(subject: { shouldRun(state: RunState): Decision }, state: RunState): Decision {
  if (state.cancelled) return { run: false, because: 'the run was cancelled' };
  try {
    return subject.shouldRun(state);
  } catch (thrown) {
    const { code, message, hint } = toRollbackPlanError(thrown);
    return { run: false, because: message, fault: { code, message, hint } };
  }
}

async function leaveOut(
  phase: string,
  step: CourseStep,
  decision: Exclude<Decision, { run: true }>,
  noteFailure: (step: CourseStep, result: StepResult) => void,
  deps: EngineDeps,
): Promise<void> {
  const status = decision.fault === undefined ? 'skipped' : 'failed';
  if (decision.fault !== undefined) noteFailure(step, { status, fault: decision.fault });
  deps.records.set(step.id ?? step.key, { outcome: 'skipped', outputs: {} });
  await deps.emit({
    type: 'step-finished',
    phase,
    step: step.key,
    title: step.title,
    kind: step.kind,
    component: step.component,
    status,
    fault: decision.fault,
    evidence: decision.because,
    durationMs: 0,
    outputs: {},
  });
}

/** Says aloud, while it happens, that a phase takes longer than it may. It stops nothing: a half-done phase is worse. */
function watchBudget(phase: CoursePhase, deps: EngineDeps): { stop(): void } {
  const { budgetMs } = phase;
  if (budgetMs === undefined) return { stop: () => undefined };
  const over = new AbortController();
  void deps.clock.sleep(budgetMs, over.signal).then(async () => {
    if (over.signal.aborted) return;
    deps.log.warning(`${phase.name} is over its budget of ${budgetMs / 1000} s and goes on`);
    await deps.emit({ type: 'budget-exceeded', phase: phase.name, budgetMs });
  });
  return { stop: () => over.abort() };
}
