// What the gates are asked about: the components that this run binds, where they go, and what steps and checks require.

import type { StepRecords } from '../engine/course.ts';
import type { RollbackPlanError } from '../errors.ts';
import { settle } from '../plan/settle.ts';
import type { GateSubject } from '../preflight/gates/gate.ts';
import { proveReady, tellGates } from '../preflight/prove-ready.ts';
import { readLedger } from '../state/ledger.ts';
import { createScope } from '../target/aim.ts';
import { type BoundComponent, requirementsOf } from '../target/pin.ts';
import { evaluateCondition } from '../values/expression-evaluation.ts';
import type { Requirement } from '../values/operation.ts';
import { keepsLedger, noFailure, type Scopes, type Stage } from './stage.ts';

type Asking = Pick<Stage, 'request' | 'run' | 'world' | 'journal'>;

/** Throws `not-ready` with everything that refuses, once everything that was found is told. */
export async function proveGates(
  components: readonly BoundComponent[],
  pins: GateSubject['pins'],
  stage: Asking,
): Promise<void> {
  await proveReady(subjectOf(components, pins, stage), optionsOf(stage));
}

/** For a target that can't be pinned: the gates that need no pins have something to say all the same. */
export async function askWithoutPins(
  components: readonly BoundComponent[],
  stage: Asking,
): Promise<RollbackPlanError | undefined> {
  return await tellGates(subjectOf(components, new Map(), stage), optionsOf(stage));
}

function optionsOf({ request, journal }: Asking) {
  return { overrides: request.overrides, emit: journal.emit };
}

function subjectOf(
  components: readonly BoundComponent[],
  pins: GateSubject['pins'],
  stage: Asking,
): Omit<GateSubject, 'signal'> {
  const { run, request, world } = stage;
  const records: StepRecords = new Map();
  const scope = createScope(run, pins, records);
  return {
    context: run.site.context,
    plan: run.plan,
    components,
    pins,
    requirements: [
      ...requirementsOf(components),
      ...stepRequirements(stage, scope),
      ...checkRequirements(stage, scope),
    ],
    overrides: request.overrides,
    planOnly: request.mode === 'rollback' && request.dryRun,
    files: world.fileFacts,
    async measure(check) {
      const kind = world.kinds.checks.get(check.uses);
      if (kind === undefined) throw new Error(`the linter let check ${check.uses} through`);
      return await kind.measure(run.site.context, settle(check, scope(noFailure), kind));
    },
    snapshots: async () =>
      keepsLedger(stage) ? (await readLedger(run.site.context.cluster, run.plan.service)).page.snapshots : [],
  };
}

/** Of the steps that are going to run, as far as that is known before the first of them. */
function stepRequirements({ run, world }: Asking, scope: Scopes): readonly Requirement[] {
  const now = scope(noFailure);
  return run.phases.flatMap((phase) =>
    phase.steps.flatMap((step) => {
      const kind = step.type === 'act' ? world.kinds.steps.get(step.uses) : undefined;
      if (step.type !== 'act' || kind === undefined) return [];
      return known(() =>
        evaluateCondition(phase.if, now, phase.where) && evaluateCondition(step.if, now, step.where)
          ? kind.requires(settle(step, now, kind))
          : [],
      );
    }),
  );
}

/**
 * A preflight asks for triggers, too: one whose tool is not there would be blind after the deploy. A rollback does not look
 * at them, and is not held up by them.
 */
function checkRequirements({ request, run, world }: Asking, scope: Scopes): readonly Requirement[] {
  const { verify, triggers } = run.plan;
  const watched = request.mode === 'preflight' ? [...triggers.values()].flatMap(({ checks }) => checks) : [];
  const parts = [...verify, ...watched];
  return parts.flatMap((check) => {
    const kind = world.kinds.checks.get(check.uses);
    return kind === undefined ? [] : known(() => kind.requires(settle(check, scope(noFailure), kind)));
  });
}

/** Settings that take an output of an earlier step have no value yet, and what they require is not known. */
function known(requirements: () => readonly Requirement[]): readonly Requirement[] {
  try {
    return requirements();
  } catch {
    return [];
  }
}
