// What a drill looks at: its own baseline, whether all is well to begin with, what notices the bad version, and what users
// see at the very end.

import { RollbackPlanError } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import type { DrillSpec } from '../plan/plan.ts';
import type { Reading } from '../values/version.ts';
import { type BeforeDeploy, bindChecks, bindConditions } from '../verify/bind-checks.ts';
import { runChecks } from '../verify/run-checks.ts';
import { watch } from '../verify/watch.ts';
import { measureAll } from './baseline.ts';
import type { Scopes, Stage } from './stage.ts';

type Looking = Pick<Stage, 'run' | 'world' | 'journal'>;

/** What a preflight would measure now. Nothing of it goes to the ledger. */
export async function measureNow(
  scope: Scopes,
  { run, world }: Pick<Stage, 'run' | 'world'>,
): Promise<BeforeDeploy> {
  const at = world.clock.now().toISOString();
  const measured = await measureAll(scope, { run, world });
  return new Map(measured.map(({ key, state, value }) => [key, { at, state, value }]));
}

/** A drill that begins in trouble measures nothing. */
export async function proveSteady(
  readings: ReadonlyMap<string, Reading>,
  scope: Scopes,
  before: BeforeDeploy,
  { run, world, journal }: Looking,
): Promise<void> {
  const { context } = run.site;
  const halfWay = [...readings].flatMap(([name, { busy, partial, unfinished }]) => {
    const why = busy ?? partial ?? unfinished?.because;
    return why === undefined ? [] : [`${name}: ${why}`];
  });
  // Triggers, too: one that is failing before anything is broken would notice nothing.
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, {
    steady: false,
    before,
    occasion: 'deploy',
    nothingDeployed: true,
  }).map((condition) => ({
    ...condition,
    withinMs: condition.graceMs || condition.everyMs * condition.failures.of,
    passes: 1,
  }));
  const seen =
    halfWay.length > 0
      ? []
      : await runChecks(conditions, { context, emit: journal.emit, log: world.log, patience: 'full' });
  const unhealthy = seen
    .filter(({ state }) => state !== 'pass')
    .map(({ name, evidence }) => `${name}: ${evidence}`);
  const because = [...halfWay, ...unhealthy];
  if (because.length === 0) return;
  throw new RollbackPlanError(
    'drill-not-steady',
    `the drill target is not well to begin with: ${because.join('; ')}`,
    { hint: 'Nothing was changed. Bring the drill target in order (the button may help), then drill.' },
  );
}

export async function notice(
  drill: DrillSpec,
  scope: Scopes,
  before: BeforeDeploy,
  { run, world, journal }: Looking,
): Promise<WatchResult> {
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, {
    steady: true,
    before,
    occasion: 'deploy',
    nothingDeployed: true,
  });
  const { context } = run.site;
  const { result } = await watch(conditions, drill.detectWithinMs, {
    context,
    emit: journal.emit,
    log: world.log,
    passingScore: run.plan.passingScore,
  });
  return result;
}

/** `restore` may have broken what the rollback mended: what users see counts at the very end. */
export async function lookAgain(
  scope: Scopes,
  before: BeforeDeploy,
  { run, world, journal }: Looking,
): Promise<readonly string[]> {
  if (world.signal.aborted) return [];
  const checks = bindChecks(run.plan, world.kinds.checks, scope, before);
  const { context } = run.site;
  const seen = await runChecks(checks, { context, emit: journal.emit, log: world.log, patience: 'full' });
  return seen.filter(({ state }) => state !== 'pass').map(({ name, evidence }) => `${name}: ${evidence}`);
}
