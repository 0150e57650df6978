// `mode: verify`: watch what was just deployed. Quiet for the whole window: its versions are noted as good. Bad: the
// button's own rollback, and the run is red, because the deploy failed. Nothing to see: nothing is done about it.

import { RollbackPlanError } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import { phasesFor } from '../plan/plan.ts';
import { proveConfirmation } from '../preflight/gates.ts';
import { createScope, proveUsed, readDestination } from '../target/aim.ts';
import type { Destination } from '../target/destination.ts';
import type { BoundComponent } from '../target/pin.ts';
import type { Reading } from '../values/version.ts';
import { bindConditions } from '../verify/bind-checks.ts';
import { judgeBadDeploy, judgeBlind, judgeMoved } from '../verify/judge-deploy.ts';
import { type Interruption, interrupted, refused, type Verdict } from '../verify/verdict.ts';
import { watch } from '../verify/watch.ts';
import { askBrake } from './brake.ts';
import { noteVerified } from './note-verified.ts';
import { proveNotQuarantined } from './prove-not-quarantined.ts';
import { bindAll, pinsOf, readAll, type Stage } from './stage.ts';

export async function verifyDeploy(stage: Stage): Promise<Verdict> {
  const { request, run, world, journal } = stage;
  proveConfirmation(request.confirm, run.target.name);
  // Asked before the watch: a destination that makes no sense should not be found out at the end of it.
  const destination = readDestination(request.to, run.plan);
  proveDestination(destination, stage);
  const components = await bindAll(stage);
  const deployed = await readAll(components, stage);
  await proveNotQuarantined(deployed, stage);
  const scope = createScope(run, pinsOf(deployed), new Map());
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, { steady: false });
  if (conditions.length === 0) throw nothingToWatch(run.plan.file);

  const seen = await watch(conditions, request.windowMs, {
    context: run.site.context,
    emit: journal.emit,
    log: world.log,
    progress: stage.progress,
  });
  if (seen.state === 'stopped') return interrupted(stoppedBy(world.interruption()), 'Nothing was changed.');
  if (seen.state === 'blind') return judgeBlind(seen);
  if (seen.state === 'bad') {
    const scenario = seen.scenario ?? request.scenario;
    const order = {
      destination,
      approved: undefined,
      dryRun: request.dryRun,
      ...phasesFor(run.plan, scenario),
    };
    const braked = request.dryRun ? undefined : await askBrake(stage, order.scenario);
    const taken =
      braked === undefined ? await stage.takeBack(order) : { verdict: refused(braked, world.interruption()) };
    return judgeBadDeploy(seen, taken.verdict, { failOnRollback: request.failOnRollback });
  }
  return await settleQuiet(components, deployed, seen, stage);
}

/** Versions by name have to fit every scenario that a trigger may call for. */
function proveDestination(destination: Destination, { request, run }: Stage): void {
  if (destination.type !== 'explicit') return;
  const wanted = [request.scenario, ...[...run.plan.triggers.values()].map(({ scenario }) => scenario)];
  for (const name of wanted) {
    const { scenario, phases } = phasesFor(run.plan, name);
    proveUsed(destination, scenario, phases);
  }
}

/** All was well for the whole window; now it has to be one and the same thing that was. */
async function settleQuiet(
  components: readonly BoundComponent[],
  deployed: ReadonlyMap<string, Reading>,
  seen: WatchResult,
  stage: Stage,
): Promise<Verdict> {
  const now = await readAll(components, stage);
  const moved = judgeMoved(deployed, now, seen);
  if (moved !== undefined) return moved;
  if (stage.request.dryRun) {
    const text = 'a dry run: these versions would be noted in the ledger as verified together';
    await stage.journal.emit({ type: 'note', level: 'info', text });
  } else {
    await noteVerified(components, now, stage);
  }
  return { outcome: 'verified', fault: undefined, failedStep: undefined };
}

function stoppedBy(interruption: Interruption | undefined): Interruption {
  return interruption ?? { code: 'cancelled', message: 'the watch was stopped' };
}

function nothingToWatch(file: string): RollbackPlanError {
  return new RollbackPlanError(
    'plan-invalid',
    'the plan has neither checks nor triggers, so there is nothing to watch',
    {
      hint: `Add \`verify\` or \`triggers\` to ${file}: without a measurement no deploy can be called good.`,
    },
  );
}
