// From an order to what this run is about: the incident in the target, what is live, where it goes, and the exact
// operations. Changes nothing but the lock.

import type { StepRecords } from '../engine/course.ts';
import type { EngineDeps } from '../engine/engine-deps.ts';
import type { KindContext } from '../ports.ts';
import { withMemory } from '../preflight/one-look.ts';
import { type Aim, bindComponents, createScope, takeAim } from '../target/aim.ts';
import type { PlannedRun } from '../target/load-run.ts';
import { type BoundComponent, requirementsOf } from '../target/pin.ts';
import type { Site } from '../world.ts';
import { type HeldIncident, holdIncident } from './hold-incident.ts';
import { knownLedger } from './known-ledger.ts';
import { engineDeps, noFailure, type Order, type Scopes, type Stage, underIncident } from './stage.ts';

export type Aimed = {
  /** With the order's scenario and phases, under the id of the incident that is open. */
  readonly run: PlannedRun<Site>;
  readonly context: KindContext;
  readonly incident: HeldIncident;
  readonly components: readonly BoundComponent[];
  readonly aim: Aim;
  /** What expressions see; outputs of steps join as they are done. */
  readonly scope: Scopes;
  readonly deps: EngineDeps;
  /** All is there already, and nobody asked for it again: it is only looked at. */
  readonly nothingToDo: boolean;
};

/** Throws what speaks against it: the lock, the page, a component that can't be read or has nowhere to go. */
export async function aimRun(order: Order, stage: Omit<Stage, 'takeBack'>): Promise<Aimed> {
  const { request, world, journal } = stage;
  const { destination } = order;
  const { overrides } = request;
  const records: StepRecords = new Map();
  const bind = (run: PlannedRun<Site>): readonly BoundComponent[] =>
    bindComponents(run, destination, world.kinds.components, createScope(run, new Map(), records)(noFailure));

  const asked = ordered(stage.run, order, request.incident);
  await stage.proveTools(requirementsOf(bind(asked)));
  const incident = await holdIncident(order, bind(asked), stage);

  const run = ordered(stage.run, order, incident.id);
  const context = underIncident(run.site.context, incident.id);
  const components = bind(run);
  const wish = {
    destination,
    ledger: await knownLedger(components, { ...stage, run }),
    // One look for all that is decided from it: which version, whether it is free, what would change.
    context: withMemory(context),
    fixed: incident.fixed,
    ignorePending: overrides.includes('ignore-pending'),
    ignoreServerRefusal: overrides.includes('server-refusal'),
    unverifiedTarget: overrides.includes('unverified-target'),
  };
  const aim = await takeAim(components, run, wish, journal.emit);
  return {
    run,
    context,
    incident,
    components,
    aim,
    scope: createScope(run, aim.pins, records),
    deps: engineDeps(stage, records),
    nothingToDo: aim.allThere && !incident.continued && !overrides.includes('rerun'),
  };
}

function ordered(run: PlannedRun<Site>, { scenario, phases }: Order, incident: string): PlannedRun<Site> {
  return { ...run, scenario, phases, incident: { ...run.incident, id: incident, scenario } };
}
