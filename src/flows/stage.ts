// What the flows of the modes share: one planned run on one connected target, and the way back.

import { basename, join } from 'node:path';
import type { StepRecords } from '../engine/course.ts';
import type { EngineDeps } from '../engine/engine-deps.ts';
import type { Phase } from '../plan/plan.ts';
import type { KindContext } from '../ports.ts';
import type { ProveTools } from '../preflight/gates.ts';
import type { Request } from '../request.ts';
import type { Journal } from '../state/journal.ts';
import { bindNamed, createScope, type ScopePins } from '../target/aim.ts';
import type { Destination } from '../target/destination.ts';
import type { PlannedRun } from '../target/load-run.ts';
import { type BoundComponent, requirementsOf } from '../target/pin.ts';
import type { Scope } from '../values/expression-evaluation.ts';
import type { Reading } from '../values/version.ts';
import type { BeforeDeploy } from '../verify/bind-checks.ts';
import type { WatchProgress } from '../verify/follow-watch.ts';
import type { Verdict } from '../verify/verdict.ts';
import type { Site, World } from '../world.ts';
import type { Hold } from './hold-target.ts';

export type Stage = {
  readonly request: Request;
  readonly run: PlannedRun<Site>;
  readonly world: World;
  readonly journal: Journal;
  /** The lock of this run. */
  readonly hold: Hold;
  /** What was proven once is not asked again. */
  readonly proveTools: ProveTools;
  /** Tells people how a watch goes while it does; not waited for. */
  readonly progress?: ((now: WatchProgress) => void) | undefined;
  /** Takes the target back: the button's own way, for whoever decided that it is to be pressed. Never throws. */
  readonly takeBack: (order: Order) => Promise<TakenBack>;
};

export type Order = {
  readonly destination: Destination;
  readonly scenario: string;
  readonly phases: readonly Phase[];
  /** Digest that was approved, if one was. */
  readonly approved: string | undefined;
  readonly dryRun: boolean;
  /** What was measured before the deploy, where that is not the ledger's baseline: a drill takes its own. */
  readonly before?: BeforeDeploy | undefined;
  /** What was found bad, where a machine found it: what else is live by then is left alone. */
  readonly blamed?: Blamed | undefined;
  /** Names of the triggers that called for it: they have to be quiet afterwards. */
  readonly called?: readonly string[] | undefined;
};

/** What was watched, or what was live when an alert began to fire (RFC 3339). */
export type Blamed =
  | { readonly watched: ReadonlyMap<string, Reading> }
  | {
      readonly since: string;
      /** As sentences; empty while something still calls. */
      readonly answeredMeanwhile: () => Promise<readonly string[]>;
    };

export type TakenBack = {
  readonly verdict: Verdict;
  /** When all steps were over, before users were looked at; in the journal's time, ms. `undefined` if none began. */
  readonly steppedAtMs: number | undefined;
  /** Whether it had anything to change, and began to. */
  readonly acted: boolean;
};

export type Scopes = (status: Scope['status']) => Scope;

/** Every component of the plan with its settings, its tools proven. Throws before anything is read. */
export async function bindAll(
  stage: Pick<Stage, 'run' | 'world' | 'proveTools'>,
): Promise<readonly BoundComponent[]> {
  const { run, world } = stage;
  const scope = createScope(run, new Map(), new Map());
  const names = [...run.plan.components.keys()];
  const components = bindNamed(names, run.plan, world.kinds.components, scope(noFailure));
  await stage.proveTools(requirementsOf(components));
  return components;
}

/** What is live now, by component. Throws what the first unreadable one throws. */
export async function readAll(
  components: readonly BoundComponent[],
  { run }: Pick<Stage, 'run'>,
): Promise<ReadonlyMap<string, Reading>> {
  const readings = await Promise.all(
    components.map(
      async ({ name, kind, settings }) => [name, await kind.read(run.site.context, settings)] as const,
    ),
  );
  return new Map(readings);
}

/** Scope of a target that is as it should be: every component goes from where it is to where it is. */
export function pinsOf(readings: ReadonlyMap<string, Reading>): ScopePins {
  return new Map(
    [...readings].map(([name, reading]) => [
      name,
      { change: { from: reading.version, to: reading.version }, reading },
    ]),
  );
}

export function engineDeps(
  { run, world, journal, hold }: Omit<Stage, 'takeBack'>,
  records: StepRecords,
): EngineDeps {
  return {
    emit: journal.emit,
    clock: world.clock,
    log: world.log,
    perform: run.site.perform,
    runFolder: basename(journal.folder),
    keep: (path, text) => world.files.write(join(journal.folder, path), text),
    redact: world.redact,
    signal: hold.signal,
    lock: hold.lock,
    records,
  };
}

/** The same context for an incident that was opened by an earlier press. */
export function underIncident(context: KindContext, incident: string): KindContext {
  // Not spread: that would ask for the cluster, which throws where there is none.
  const own: KindContext = Object.create(context, { incident: { value: incident, enumerable: true } });
  return own;
}

export const noFailure = { failed: false, cancelled: false };

/** Whether the target has a place for the ledger, readable or not: one without a cluster has none. */
export function keepsLedger({ run }: Pick<Stage, 'run'>): boolean {
  return run.site.clustered;
}
