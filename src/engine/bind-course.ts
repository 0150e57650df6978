// Turns the plan's phases into a course: each step gets its kind, and evaluates its own expressions when its turn comes,
// because only then are the outputs of the steps before it known.

import { createHash } from 'node:crypto';
import { RollbackPlanError } from '../errors.ts';
import type { Phase, Step } from '../plan/plan.ts';
import { settle } from '../plan/settle.ts';
import type { KindContext } from '../ports.ts';
import type { StepKind } from '../steps/step-kind.ts';
import type { Pin } from '../target/pin.ts';
import { conditionUsesStatus, evaluateCondition, type Scope } from '../values/expression-evaluation.ts';
import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import type { BoundStep, Course, CourseStep, Decision, RunState } from './course.ts';

export type CourseSource = {
  readonly phases: readonly Phase[];
  /** Components that this run takes somewhere, by name; one that the input `to` leaves out is not among them. */
  readonly pins: ReadonlyMap<string, Pin>;
  readonly stepKinds: ReadonlyMap<string, StepKind<unknown>>;
  readonly context: KindContext;
  /** What expressions see at this moment. */
  readonly scope: (status: Scope['status']) => Scope;
};

export function bindCourse(source: CourseSource): Course {
  return source.phases.map((phase) => ({
    name: phase.name,
    parallel: phase.parallel,
    estimateMs: phase.estimateMs,
    budgetMs: phase.budgetMs,
    shouldRun: (state: RunState) => decide(phase.if, state, source, phase.where),
    steps: phase.steps.map((step) => bindStep(step, phase.if, source)),
  }));
}

function bindStep(step: Step, phaseIf: Phase['if'], source: CourseSource): CourseStep {
  const base = {
    key: step.key,
    id: step.id,
    title: step.title,
    retries: step.retries,
    onFailure: step.onFailure,
    cleanup: [phaseIf, step.if].some(
      (condition) => condition !== undefined && conditionUsesStatus(condition),
    ),
  };
  if (step.type === 'act') {
    const kind = source.stepKinds.get(step.uses);
    if (kind === undefined)
      throw new Error(`the linter lets no unknown kind through, but ${step.uses} is one`);
    return {
      ...base,
      kind: kind.name,
      component: undefined,
      timeoutMs: step.timeoutMs ?? kind.timeoutMs,
      shouldRun: (state) => decide(step.if, state, source, step.where),
      bind: async () => {
        const scope = source.scope({ failed: false, cancelled: false });
        const settings = settle(step, scope, kind);
        return actStep(
          kind,
          settings,
          identityOf(kind, lastingSettings(step, scope, kind, settings)),
          source,
        );
      },
    };
  }
  const pin = source.pins.get(step.component);
  return {
    ...base,
    kind: pin?.kind.name ?? 'rollback',
    component: step.component,
    timeoutMs: step.timeoutMs ?? pin?.kind.timeoutMs ?? 0,
    shouldRun: (state) =>
      pin === undefined
        ? { run: false, because: `"to" does not name ${step.component}, so it stays as it is` }
        : decide(step.if, state, source, step.where),
    bind: async () => {
      if (pin === undefined) throw new Error(`${step.component} is not pinned and must not run`);
      return rollbackStep(pin, source);
    },
  };
}

/** The versions were pinned and the operations prepared before anything changed; here they are only handed over. */
function rollbackStep(pin: Pin, { context }: CourseSource): BoundStep {
  const { kind, settings, change, way } = pin;
  return {
    before: change.from.label,
    to: change.to.label,
    prepare: async () => {
      await stillAsPinned(pin, context);
      return pin.prepared;
    },
    // All of them were captured before the first step.
    capture: async () => undefined,
    probe: () => kind.probe(context, settings, way),
    verify: () => kind.verify(context, settings, way),
    outputs: () => ({ version: change.to.id }),
    compensate:
      kind.compensate === undefined
        ? undefined
        : async () => (await kind.compensate?.(context, settings, way)) ?? nothing,
  };
}

/** Somebody may have deployed between the pin and the act; what was decided for another world is not carried out. */
async function stillAsPinned(
  { kind, settings, reading, name, change }: Pin,
  context: KindContext,
): Promise<void> {
  // Where nothing is going to be done nothing can be done to another world, and `verify` tells what is live.
  if (change.alreadyThere) return;
  const { version } = await kind.read(context, settings);
  const { version: read } = reading;
  if (version.id === read.id && version.digest === read.digest) return;
  throw new RollbackPlanError(
    'live-changed',
    `${name} was at ${read.label} when this run decided, and is at ${version.label} now`,
    {
      hint: 'Somebody else is deploying. Stop that first (cancel its job), then press again: versions are pinned anew.',
    },
  );
}

function actStep(
  kind: StepKind<unknown>,
  settings: unknown,
  identity: string,
  { context }: CourseSource,
): BoundStep {
  return {
    before: undefined,
    to: undefined,
    prepare: () => kind.prepare(context, settings),
    capture: () => kind.capture(context, settings),
    probe: () => kind.probe(context, settings),
    verify: (results) => kind.verify(context, settings, results),
    outputs: (results) => kind.outputs?.(results, settings) ?? {},
    compensate:
      kind.compensate === undefined
        ? undefined
        : async (captured) => (await kind.compensate?.(context, settings, captured)) ?? nothing,
    identity,
  };
}

/**
 * The settings without what differs from press to press of one incident: who pressed and why, and what is live by then.
 * Another person's press does not make it another step.
 */
function lastingSettings(
  step: Extract<Step, { readonly type: 'act' }>,
  { contexts, status }: Scope,
  kind: StepKind<unknown>,
  settings: unknown,
): unknown {
  const incident = objectOf(contexts['incident']);
  const components = Object.entries(objectOf(contexts['components'])).map(([name, ends]) => {
    const { from = null } = objectOf(ends);
    return [name, { ...objectOf(ends), live: from }] as const;
  });
  const lasting = {
    ...contexts,
    incident: { ...incident, actor: '-', reason: '-' },
    components: Object.fromEntries(components),
  };
  try {
    return settle(step, { contexts: lasting, status }, kind);
  } catch {
    // The kind takes no such text in that place; then its settings as they are tell which step it is.
    return settings;
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Short, because it stands with every start of a step. */
function identityOf(kind: StepKind<unknown>, settings: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([kind.name, settings]))
    .digest('hex')
    .slice(0, 16);
}

const nothing = { operations: [], preview: undefined, notes: [] };

/**
 * A condition that names a status function sees the whole run; one that doesn't sees its own phase, so that the steps
 * of a phase with `if: ${{ always() }}` run after a failure elsewhere.
 */
function decide(
  condition: string | undefined,
  state: RunState,
  source: CourseSource,
  where: Step['where'],
): Decision {
  const asks = condition !== undefined && conditionUsesStatus(condition);
  const status = { failed: asks ? state.failed : state.phaseFailed, cancelled: state.cancelled };
  if (evaluateCondition(condition, source.scope(status), where)) return { run: true };
  return {
    run: false,
    because: condition === undefined ? 'a step before it failed' : `its condition is not met: ${condition}`,
  };
}

/** What is left to do when every component is already there: look at each of them, and perform nothing else. */
export function onlyComponents(course: Course): Course {
  return course
    .map((phase) => ({ ...phase, steps: phase.steps.filter((step) => step.component !== undefined) }))
    .filter((phase) => phase.steps.length > 0);
}
