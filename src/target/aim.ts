// Takes aim: binds the components of a scenario, pins where each goes, and refuses before anything changes
// when one of them can't be decided.

import type { ComponentKind } from '../components/component-kind.ts';
import { RollbackPlanError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Phase, Plan, TargetSpec } from '../plan/plan.ts';
import { type ScopeFacts, scopeFor } from '../plan/scope.ts';
import { settle } from '../plan/settle.ts';
import type { Scope } from '../values/expression-evaluation.ts';
import type { Json } from '../values/json.ts';
import { type Destination, parseDestination } from './destination.ts';
import type { PinnedSite } from './load-run.ts';
import {
  approvalDigest,
  type BoundComponent,
  type Pin,
  type PinOptions,
  pinComponents,
  refusalOf,
} from './pin.ts';
import { proveTogether } from './prove-together.ts';

export type Aim = {
  /** By component. A component that `to` leaves out has no pin. */
  readonly pins: ReadonlyMap<string, Pin>;
  /** Digest that an approval is of. */
  readonly digest: string;
  /** Whether this run has a component to change. */
  readonly allThere: boolean;
};

export type AimFacts = {
  readonly plan: Plan;
  readonly target: TargetSpec;
  readonly scenario: string;
  readonly phases: readonly Phase[];
  readonly inputs: Readonly<Record<string, Json>>;
  readonly overrides: readonly string[];
};

/** Components that the phases roll back and `to` does not leave out, in the order they come, with settled settings. */
export function bindComponents(
  facts: AimFacts,
  destination: Destination,
  kinds: ReadonlyMap<string, ComponentKind<unknown>>,
  scope: Scope,
): readonly BoundComponent[] {
  const used = componentsOf(facts.phases);
  if (destination.type !== 'explicit') return bindNamed(used, facts.plan, kinds, scope);
  proveUsed(destination, facts.scenario, facts.phases);
  const named = used.filter((name) => destination.versions.has(name));
  return bindNamed(named, facts.plan, kinds, scope);
}

/** Throws `to-invalid` for versions of components that the phases leave alone. */
export function proveUsed(
  destination: Extract<Destination, { readonly type: 'explicit' }>,
  scenario: string,
  phases: readonly Phase[],
): void {
  const used = componentsOf(phases);
  const unused = [...destination.versions.keys()].filter((name) => !used.includes(name));
  if (unused.length === 0) return;
  throw new RollbackPlanError(
    'to-invalid',
    `to: scenario ${scenario} does not roll back ${unused.join(', ')}`,
    {
      hint: `It rolls back ${used.join(', ') || 'no component'}. Choose a scenario whose phases have a step for ${unused.join(', ')}.`,
    },
  );
}

/** Components that phases take back, each once. */
export function componentsOf(phases: readonly Phase[]): readonly string[] {
  const steps = phases.flatMap((phase) => phase.steps);
  return [...new Set(steps.flatMap((step) => (step.type === 'rollback' ? [step.component] : [])))];
}

export function bindNamed(
  names: readonly string[],
  plan: Plan,
  kinds: ReadonlyMap<string, ComponentKind<unknown>>,
  scope: Scope,
): readonly BoundComponent[] {
  return names.map((name) => {
    const spec = plan.components.get(name);
    const kind = spec === undefined ? undefined : kinds.get(spec.uses);
    if (spec === undefined || kind === undefined) throw new Error(`the linter let component ${name} through`);
    return { name, kind, settings: settle(spec, scope, kind) };
  });
}

export function readDestination(to: string, plan: Plan): Destination {
  return parseDestination(to, [...plan.components.keys()]);
}

/** Pins all components, says so in the journal, and throws when one is refused. */
export async function takeAim(
  components: readonly BoundComponent[],
  facts: AimFacts & { readonly site: PinnedSite },
  options: PinOptions,
  emit: Emit,
): Promise<Aim> {
  const outcomes = await pinComponents(components, options);
  for (const outcome of outcomes) {
    if (outcome.type === 'pinned') {
      for (const warning of outcome.warnings) await emit({ type: 'note', level: 'warning', text: warning });
    } else {
      await emit({
        type: 'gate',
        name: `target of ${outcome.component}`,
        state: 'refuse',
        detail: outcome.error.message,
        hint: outcome.error.hint,
      });
    }
  }
  const refusal = refusalOf(outcomes) ?? (await proveTogether(outcomes, options, emit));
  const pins = new Map(
    outcomes.flatMap((outcome) =>
      outcome.type === 'pinned' ? [[outcome.pin.name, outcome.pin] as const] : [],
    ),
  );
  const changes = [...pins.values()].map((pin) => pin.change);
  const digest = approvalDigest({
    plan: facts.plan.digest,
    target: {
      name: facts.target.name,
      context: facts.site.pinned.context,
      namespace: facts.site.pinned.namespace,
    },
    scenario: facts.scenario,
    inputs: facts.inputs,
    overrides: facts.overrides,
    changes,
  });
  await emit({ type: 'pinned', changes, digest });
  if (refusal !== undefined) throw refusal;
  return { pins, digest, allThere: pins.size > 0 && changes.every((change) => change.alreadyThere) };
}

/** What expressions need to know of a pin. */
export type ScopePins = ReadonlyMap<
  string,
  { readonly change: PinnedEnds; readonly reading: Pick<Pin['reading'], 'version'> }
>;
type PinnedEnds = Pick<Pin['change'], 'from' | 'to'>;

/** What expressions see at this moment of the run. */
export function createScope(
  facts: Omit<ScopeFacts, 'components' | 'steps' | 'status'>,
  pins: ScopePins,
  records: NonNullable<ScopeFacts['steps']>,
): (status: Scope['status']) => Scope {
  return (status) => {
    const components = new Map(
      [...pins].map(([name, pin]) => [
        name,
        { from: pin.change.from, to: pin.change.to, live: pin.reading.version },
      ]),
    );
    return scopeFor({ ...facts, components, steps: records, status });
  };
}
