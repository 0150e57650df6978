// Pins every component's `from` and `to` before anything changes: read what is live, read where it could go, choose,
// and prepare the exact operations. All refusals are collected, so that a person mends them in one go.

import { createHash } from 'node:crypto';
import type { ComponentKind } from '../components/component-kind.ts';
import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { ComponentChange } from '../events.ts';
import type { KindContext } from '../ports.ts';
import type { Json } from '../values/json.ts';
import type { Prepared, Requirement } from '../values/operation.ts';
import type { Reading } from '../values/version.ts';
import { chooseVersion, type Wish } from './choose-version.ts';
import type { Destination } from './destination.ts';

/** A component of the plan with its kind and its settled settings. */
export type BoundComponent = {
  readonly name: string;
  readonly kind: ComponentKind<unknown>;
  readonly settings: unknown;
};

export type Pin = BoundComponent & {
  readonly reading: Reading;
  readonly change: ComponentChange;
  /** Empty operations when the component is already there. */
  readonly prepared: Prepared;
};

export type PinOutcome =
  | { readonly type: 'pinned'; readonly pin: Pin; readonly warnings: readonly string[] }
  | { readonly type: 'refused'; readonly component: string; readonly error: RollbackPlanError };

export type PinOptions = {
  readonly destination: Destination;
  readonly context: KindContext;
  /** The person said: go on although another operation seems to be in flight. */
  readonly ignorePending: boolean;
  /** The person said: go on although the server would refuse a part of it. */
  readonly ignoreServerRefusal: boolean;
};

/** Reads all components at once and decides for each. Throws nothing: a fault is that component's refusal. */
export async function pinComponents(
  components: readonly BoundComponent[],
  options: PinOptions,
): Promise<readonly PinOutcome[]> {
  return await Promise.all(components.map((component) => pinOne(component, options)));
}

async function pinOne(component: BoundComponent, options: PinOptions): Promise<PinOutcome> {
  const { name, kind, settings } = component;
  try {
    const [reading, history] = await Promise.all([
      kind.read(options.context, settings),
      kind.history(options.context, settings),
    ]);
    if (reading.busy !== undefined && !options.ignorePending) {
      throw new RollbackPlanError('operation-pending', `${name}: ${reading.busy}`, {
        hint: `Wait until it has ended. If it is dead (its job was killed), press again with override: ignore-pending`,
      });
    }
    const choice = chooseVersion(name, wishFor(name, options.destination), reading, history);
    if (choice.type === 'refuse')
      throw new RollbackPlanError(choice.code, choice.message, { hint: choice.hint });

    const alreadyThere = choice.type === 'already-there';
    const change: ComponentChange = {
      component: name,
      kind: kind.name,
      from: reading.version,
      to: choice.to,
      alreadyThere,
      because: choice.because,
    };
    const prepared = alreadyThere ? nothingToDo : await kind.goTo(options.context, settings, change);
    const refusals = prepared.refusals ?? [];
    if (refusals.length > 0 && !options.ignoreServerRefusal) {
      throw new RollbackPlanError('server-refusal', `${name}: the API server would refuse this rollback`, {
        hint: [
          'Nothing was changed. The server says:',
          ...refusals.map((refusal) => `  ${refusal}`),
          'Mend what it names, or choose another version. To try all the same: override: server-refusal',
        ].join('\n'),
      });
    }
    const warnings = [
      ...(reading.busy === undefined
        ? []
        : [`${name}: ${reading.busy}; going on because of override ignore-pending`]),
      ...refusals.map(
        (refusal) =>
          `${name}: the server would refuse ${refusal}; going on because of override server-refusal`,
      ),
    ];
    return { type: 'pinned', pin: { ...component, reading, change, prepared }, warnings };
  } catch (thrown) {
    return { type: 'refused', component: name, error: toRollbackPlanError(thrown) };
  }
}

const nothingToDo: Prepared = { operations: [], preview: '', notes: [] };

function wishFor(component: string, destination: Destination): Wish {
  if (destination.type !== 'explicit') return destination.type;
  const version = destination.versions.get(component);
  if (version === undefined) throw new Error(`${component} has no version and should not be pinned`);
  return { version };
}

/** One error for all refusals; the first one's code leads. */
export function refusalOf(outcomes: readonly PinOutcome[]): RollbackPlanError | undefined {
  const errors = outcomes.flatMap((outcome) => (outcome.type === 'refused' ? [outcome.error] : []));
  const [first, ...others] = errors;
  if (first === undefined) return undefined;
  if (others.length === 0) return first;
  return new RollbackPlanError(first.code, errors.map((error) => error.message).join('; '), {
    hint: errors.map((error) => error.hint).join('\n\n'),
    cause: first,
  });
}

/**
 * What an approval is of: the plan's text, the target, the inputs, and the pinned versions by content. Two runs have the same
 * digest only if they would do the same thing.
 */
export function approvalDigest(facts: {
  readonly plan: string;
  readonly target: {
    readonly name: string;
    readonly context: string | undefined;
    readonly namespace: string | undefined;
  };
  readonly scenario: string;
  /** As given and defaulted: expressions make other commands of other inputs. */
  readonly inputs: Readonly<Record<string, Json>>;
  readonly overrides: readonly string[];
  readonly changes: readonly ComponentChange[];
}): string {
  const changes = facts.changes.map(({ component, kind, from, to }) => [
    component,
    kind,
    from.id,
    from.digest,
    to.id,
    to.digest,
  ]);
  const text = JSON.stringify([
    'rollback-plan approval 2',
    facts.plan,
    [facts.target.name, facts.target.context ?? null, facts.target.namespace ?? null],
    facts.scenario,
    Object.entries(facts.inputs).sort(([a], [b]) => (a < b ? -1 : 1)),
    [...facts.overrides].sort(),
    changes,
  ]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Everything the components need. Proven before they are read, because reading takes the tools, too. */
export function requirementsOf(components: readonly BoundComponent[]): readonly Requirement[] {
  return components.flatMap(({ kind, settings }) => kind.requires(settings));
}
