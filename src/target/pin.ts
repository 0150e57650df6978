// Pins every component's `from` and `to` before anything changes: read what is live, read where it could go, choose,
// and prepare the exact operations. All refusals are collected, so that a person mends them in one go.

import { createHash } from 'node:crypto';
import type { ComponentKind } from '../components/component-kind.ts';
import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { ComponentChange } from '../events.ts';
import type { KindContext } from '../ports.ts';
import type { Quarantined, Snapshot } from '../state/ledger.ts';
import { quarantinedAs } from '../state/ledger-page.ts';
import type { Json } from '../values/json.ts';
import type { Prepared, Requirement } from '../values/operation.ts';
import type { PinnedChange, Reading } from '../values/version.ts';
import { chooseVersion, type Wish } from './choose-version.ts';
import type { Destination } from './destination.ts';
import { chooseFixed, type FixedEnds } from './fixed-version.ts';
import type { Surveyed } from './last-good.ts';
import type { Standing } from './refuse-version.ts';
import type { Bystander } from './together.ts';
import { wishesFor } from './wishes.ts';

/** A component of the plan with its kind and its settled settings. */
export type BoundComponent = {
  readonly name: string;
  readonly kind: ComponentKind<unknown>;
  readonly settings: unknown;
};

export type Pin = BoundComponent & {
  readonly reading: Reading;
  readonly change: ComponentChange;
  /**
   * What its kind's verbs are given: from what is live now to where it goes by today's name. The same as `change`, except
   * in a continued incident, whose `from` and `to` are those of its first press.
   */
  readonly way: PinnedChange;
  /** An earlier run of this incident began to move it, and nobody saw the end of that: what is pending is our own. */
  readonly begun?: true;
  /** Other words for where it goes. */
  readonly names?: readonly string[] | undefined;
  /** Empty operations when the component is already there. */
  readonly prepared: Prepared;
};

/** What the ledger says, newest first, and what this run leaves alone; or why the ledger can't be had. */
export type KnownLedger =
  | {
      readonly readable: true;
      readonly snapshots: readonly Snapshot[];
      readonly quarantine: readonly Quarantined[];
      readonly bystanders: readonly Bystander[];
      /** Components that stay as they are and could not be read, each with why. */
      readonly unread: readonly string[];
      readonly liftCommand: (entry: Quarantined) => string;
    }
  | {
      readonly readable: false;
      readonly why: string;
      /** A drill takes back to what was there, and asks nobody whether that was good. */
      readonly ofNoMatter?: true;
    };

export type PinOutcome =
  | { readonly type: 'pinned'; readonly pin: Pin; readonly warnings: readonly string[] }
  | { readonly type: 'refused'; readonly component: string; readonly error: RollbackPlanError };

export type PinOptions = {
  readonly destination: Destination;
  /** What `last-good` chooses from. */
  readonly ledger: KnownLedger;
  readonly context: KindContext;
  /** The person said: go on although another operation seems to be in flight. */
  readonly ignorePending: boolean;
  /** The person said: go on although the server would refuse a part of it. */
  readonly ignoreServerRefusal: boolean;
  /** The person said: go on to versions that were never verified together, or that were rolled back from. */
  readonly unverifiedTarget: boolean;
  /** Ends that were pinned when the incident was opened, by component; nothing is chosen then. */
  readonly fixed?: ReadonlyMap<string, FixedEnds> | undefined;
};

/** Reads all components at once and decides for each. Throws nothing: a fault is that component's refusal. */
export async function pinComponents(
  components: readonly BoundComponent[],
  options: PinOptions,
): Promise<readonly PinOutcome[]> {
  const surveys = await Promise.all(components.map((component) => survey(component, options.context)));
  // One snapshot for all: chosen once everything is known, before anything is decided for one component.
  const wishes = wishesFor(
    options,
    surveys.flatMap((each) => (each.type === 'surveyed' ? [each] : [])),
  );
  return await Promise.all(
    surveys.map((each) =>
      each.type === 'refused' ? each : pinOne(each.component, each, wishes(each.name), options),
    ),
  );
}

type Survey =
  | (Surveyed & { readonly type: 'surveyed'; readonly component: BoundComponent })
  | Extract<PinOutcome, { readonly type: 'refused' }>;

async function survey(component: BoundComponent, context: KindContext): Promise<Survey> {
  const { name, kind, settings } = component;
  try {
    const [reading, history] = await Promise.all([
      kind.read(context, settings),
      kind.history(context, settings),
    ]);
    return { type: 'surveyed', name, component, reading, history };
  } catch (thrown) {
    return { type: 'refused', component: name, error: toRollbackPlanError(thrown) };
  }
}

async function pinOne(
  component: BoundComponent,
  { reading, history }: Surveyed,
  wish: Wish,
  options: PinOptions,
): Promise<PinOutcome> {
  const { name, kind, settings } = component;
  try {
    const fixed = options.fixed?.get(name);
    const ownBusy = reading.busy !== undefined && fixed?.begun === true;
    if (reading.busy !== undefined && !options.ignorePending && !ownBusy) {
      throw new RollbackPlanError('operation-pending', `${name}: ${reading.busy}`, {
        hint: `Wait until it has ended. If it is dead (its job was killed), press again with override: ignore-pending`,
      });
    }
    const standing = standingOf(name, options);
    const choice =
      fixed === undefined
        ? chooseVersion(name, wish, reading, history, standing)
        : chooseFixed(name, fixed, reading, history);
    if (choice.type === 'refuse')
      throw new RollbackPlanError(choice.code, choice.message, { hint: choice.hint });

    const alreadyThere = choice.type === 'already-there';
    const change: ComponentChange = {
      component: name,
      kind: kind.name,
      from: fixed?.from ?? reading.version,
      to: fixed?.to ?? choice.to,
      alreadyThere,
      because: choice.because,
    };
    const entry = alreadyThere ? undefined : standing.quarantined(choice.to.digest);
    const names = history.find(({ id }) => id === choice.to.id)?.names;
    const way = { component: name, from: reading.version, to: choice.to };
    const prepared = alreadyThere ? nothingToDo : await kind.goTo(options.context, settings, way);
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
        : [
            ownBusy
              ? `${name}: ${reading.busy}; going on because an earlier run of this incident began it and is over`
              : `${name}: ${reading.busy}; going on because of override ignore-pending`,
          ]),
      ...refusals.map(
        (refusal) =>
          `${name}: the server would refuse ${refusal}; going on because of override server-refusal`,
      ),
      ...(entry === undefined
        ? []
        : [
            `${name}: ${choice.to.label} is in quarantine since incident ${entry.incident} rolled back from it; going there because of override unverified-target`,
          ]),
    ];
    const begun = fixed?.begun === true ? { begun: true as const } : {};
    return {
      type: 'pinned',
      pin: { ...component, reading, change, way, ...begun, names, prepared },
      warnings,
    };
  } catch (thrown) {
    return { type: 'refused', component: name, error: toRollbackPlanError(thrown) };
  }
}

const nothingToDo: Prepared = { operations: [], preview: '', notes: [] };

/** What ledger and person say about one component's versions. */
function standingOf(component: string, { ledger, unverifiedTarget }: PinOptions): Standing {
  return {
    quarantined: (digest) =>
      ledger.readable ? quarantinedAs(ledger.quarantine, { component, digest }) : undefined,
    unverifiedTarget,
    liftCommand: (entry) => (ledger.readable ? ledger.liftCommand(entry) : ''),
  };
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
