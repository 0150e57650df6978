// Phases, steps, operations and attempts of one run, kept while its events go by. Internal to the model.

import type { RunEvent, ShownOperation } from '../events.ts';
import type { Attempt, OperationReport, PhaseReport, StepReport } from './model.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type PhaseDraft = Omit<Writable<PhaseReport>, 'steps'> & { startedMs: number | undefined };
type StepDraft = Omit<Writable<StepReport>, 'operations'> & {
  startedMs: number | undefined;
  readonly operations: Map<
    string,
    { readonly shown: ShownOperation; readonly attempts: Writable<Attempt>[] }
  >;
};
type StepFacts = Pick<StepReport, 'phase' | 'step' | 'title' | 'kind'> & {
  readonly component?: string | undefined;
};

export class StepLedger {
  readonly #phases = new Map<string, PhaseDraft>();
  readonly #steps = new Map<string, StepDraft>();
  #changedAnything = false;

  get changedAnything(): boolean {
    return this.#changedAnything;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case 'phase-started': {
        const phase = this.#phase(event.phase);
        phase.parallel = event.parallel;
        phase.status = 'running';
        phase.startedAt = event.at;
        phase.startedMs = event.elapsedMs;
        phase.estimateMs = event.estimateMs;
        phase.budgetMs = event.budgetMs;
        return;
      }
      case 'budget-exceeded': {
        const phase = this.#phase(event.phase);
        phase.overBudget = true;
        phase.budgetMs = event.budgetMs;
        return;
      }
      case 'phase-finished': {
        const phase = this.#phase(event.phase);
        phase.status = event.status;
        phase.durationMs = event.durationMs;
        phase.overBudget ||= event.overBudget;
        return;
      }
      case 'step-planned': {
        const step = this.#step(event);
        step.notes = event.notes;
        step.preview = event.preview;
        step.outputsKnownAfter = event.outputs;
        step.skipped = event.skipped;
        for (const operation of event.operations) this.#operation(step, operation);
        return;
      }
      case 'step-started': {
        const step = this.#step(event);
        step.status = 'running';
        step.startedAt = event.at;
        step.startedMs = event.elapsedMs;
        step.before = event.before;
        step.timeoutMs = event.timeoutMs;
        step.notes = event.notes;
        return;
      }
      case 'intent': {
        if (event.operation.mutates) this.#changedAnything = true;
        const step = this.#knownStep(event.step);
        this.#operation(step, event.operation).attempts.push({
          attempt: event.attempt,
          at: event.at,
          to: event.to,
          precondition: event.precondition,
          done: undefined,
        });
        return;
      }
      case 'done': {
        const { ended, durationMs, stdout, stderr, evidence } = event;
        const attempts = this.#knownStep(event.step).operations.get(event.operation)?.attempts ?? [];
        const attempt = attempts.findLast((one) => one.attempt === event.attempt);
        if (attempt !== undefined) {
          attempt.done = { ended, exitCode: event.exitCode, durationMs, stdout, stderr, evidence };
        }
        return;
      }
      case 'step-finished': {
        const step = this.#step(event);
        step.status = event.status;
        step.before = event.before ?? step.before;
        step.after = event.after;
        step.evidence = event.evidence;
        step.durationMs = event.durationMs;
        step.fault = event.fault;
        step.onFailure = event.onFailure;
        step.outputs = event.outputs;
        if (event.status === 'skipped') step.skipped = event.evidence;
        return;
      }
      default:
        return;
    }
  }

  /** `endMs`: elapsed time at the last event, for whatever was still under way. */
  phases(endMs: number): readonly PhaseReport[] {
    return [...this.#phases.values()].map(({ startedMs, ...phase }) => ({
      ...phase,
      durationMs: phase.durationMs ?? (startedMs === undefined ? undefined : Math.max(0, endMs - startedMs)),
      steps: [...this.#steps.values()]
        .filter((step) => step.phase === phase.name)
        .map((step) => stepReportOf(step, endMs)),
    }));
  }

  #phase(name: string): PhaseDraft {
    const known = this.#phases.get(name);
    if (known !== undefined) return known;
    const phase: PhaseDraft = {
      name,
      parallel: false,
      status: 'planned',
      startedAt: undefined,
      startedMs: undefined,
      durationMs: undefined,
      estimateMs: undefined,
      budgetMs: undefined,
      overBudget: false,
    };
    this.#phases.set(name, phase);
    return phase;
  }

  #step(facts: StepFacts): StepDraft {
    this.#phase(facts.phase);
    const known = this.#steps.get(facts.step);
    if (known !== undefined) return Object.assign(known, pick(facts));
    const step: StepDraft = {
      ...pick(facts),
      status: 'planned',
      before: undefined,
      after: undefined,
      evidence: undefined,
      startedAt: undefined,
      startedMs: undefined,
      durationMs: undefined,
      timeoutMs: undefined,
      fault: undefined,
      onFailure: undefined,
      outputs: {},
      outputsKnownAfter: [],
      notes: [],
      preview: undefined,
      skipped: undefined,
      operations: new Map(),
    };
    this.#steps.set(facts.step, step);
    return step;
  }

  /** The step an operation belongs to; a journal whose beginning is lost still shows what was done. */
  #knownStep(id: string): StepDraft {
    return (
      this.#steps.get(id) ?? this.#step({ phase: 'unknown phase', step: id, title: id, kind: 'unknown' })
    );
  }

  #operation(step: StepDraft, shown: ShownOperation): { readonly attempts: Writable<Attempt>[] } {
    const known = step.operations.get(shown.id);
    if (known !== undefined) return known;
    const operation = { shown, attempts: [] };
    step.operations.set(shown.id, operation);
    return operation;
  }
}

function pick(facts: StepFacts): Pick<StepReport, 'phase' | 'step' | 'title' | 'kind' | 'component'> {
  const { phase, step, title, kind, component } = facts;
  return { phase, step, title, kind, component };
}

function stepReportOf(draft: StepDraft, endMs: number): StepReport {
  const { startedMs, operations, ...step } = draft;
  const shown: readonly OperationReport[] = [...operations.values()].map((one) => ({
    ...one.shown,
    attempts: one.attempts,
  }));
  const underWay = startedMs === undefined ? undefined : Math.max(0, endMs - startedMs);
  return {
    ...step,
    operations: shown,
    status: concluded(step.status, shown),
    durationMs: step.durationMs ?? underWay,
  };
}

/**
 * A step that never finished and had begun to change something is unknown: even if its commands came back,
 * nobody looked whether they did what they promised.
 */
function concluded(
  status: StepReport['status'],
  operations: readonly OperationReport[],
): StepReport['status'] {
  if (status !== 'running' && status !== 'planned') return status;
  const began = operations.some((operation) => operation.mutates && operation.attempts.length > 0);
  return began ? 'unknown' : status;
}
