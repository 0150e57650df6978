// `mode: verify`: watch what was just deployed. Quiet for the whole window: its versions are noted as good. Bad: the
// button's own rollback, and the run is red, because the deploy failed. Nothing to see: nothing is done about it.

import { formatLocation, RollbackPlanError } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import { proveConfirmation } from '../preflight/gates.ts';
import { createScope, readDestination } from '../target/aim.ts';
import { parseDeployed } from '../target/destination.ts';
import type { BoundComponent } from '../target/pin.ts';
import { formatDuration } from '../values/durations.ts';
import type { Reading } from '../values/version.ts';
import { bindConditions, lookedAtTooLate } from '../verify/bind-checks.ts';
import { judgeBlind, judgeMoved } from '../verify/judge-deploy.ts';
import { type Interruption, interrupted, type Verdict } from '../verify/verdict.ts';
import { watch } from '../verify/watch.ts';
import { answerBadDeploy } from './answer-bad-deploy.ts';
import { awaitDeployed } from './await-deployed.ts';
import { readBaseline } from './baseline.ts';
import { noteVerified } from './note-verified.ts';
import { proveNotQuarantined } from './prove-not-quarantined.ts';
import { bindAll, pinsOf, readAll, type Stage } from './stage.ts';

export async function verifyDeploy(stage: Stage): Promise<Verdict> {
  const { request, run, world, journal } = stage;
  proveConfirmation(request.confirm, run.target.name);
  // Asked before the watch: a destination that makes no sense should not be found out at the end of it.
  const destination = readDestination(request.to, run.plan);
  if (destination.type === 'explicit') throw notWhereTo(request.to);
  proveTimeToMend(stage);
  proveTimeToLook(stage);
  const versions = parseDeployed(request.deployed, [...run.plan.components.keys()]);
  const components = await bindAll(stage);
  const deployed = await awaitDeployed(components, versions, stage);
  await proveNotQuarantined(deployed, stage);
  const deploy = { commit: request.caller.commit, versions: Object.fromEntries(versions) };
  const scope = createScope({ ...run, deploy }, pinsOf(deployed), new Map());
  const before = await readBaseline(deployed, components, stage);
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, {
    steady: false,
    before,
    occasion: 'deploy',
  });
  if (conditions.every(({ vote }) => vote === 0)) throw nothingToWatch(run.plan.file);

  const { result: seen, bad } = await watch(conditions, request.windowMs, {
    context: run.site.context,
    emit: journal.emit,
    log: world.log,
    passingScore: run.plan.passingScore,
    progress: stage.progress,
  });
  if (seen.state === 'stopped') return interrupted(stoppedBy(world.interruption()), 'Nothing was changed.');
  if (seen.state === 'blind') return judgeBlind(seen);
  if (seen.state === 'bad') {
    const rest = { conditions, leftMs: request.windowMs - seen.durationMs, bad };
    return await answerBadDeploy({ seen, destination, rest, blamed: { watched: deployed } }, stage);
  }
  return await settleQuiet(components, deployed, seen, stage);
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

/** What was live before the deploy is for the history to say; a version that somebody typed beforehand may be any. */
function notWhereTo(to: string): RollbackPlanError {
  const given = to.trim().replaceAll(/\s*\n\s*/g, ', ');
  return new RollbackPlanError(
    'to-invalid',
    `to: ${given}: verify goes back to last-good, previous or a snapshot, not to versions by name`,
    {
      hint: `If that is what the deploy has put out, write deployed: ${given}. To go to a version by name, press the button.`,
    },
  );
}

/** A run that ends while people still mend it would leave the bad deploy live, and nobody rolls it back. */
function proveTimeToMend({ request, run }: Stage): void {
  const { severities, triggers } = run.plan;
  const called = [request.severity, ...[...triggers.values()].map(({ severity }) => severity)];
  for (const name of called) {
    const { action, approvals = 0, fixWithinMs } = severities.get(name ?? '') ?? {};
    if (action !== 'rollback' || approvals > 0 || fixWithinMs === undefined) continue;
    const longestMs = request.windowMs + fixWithinMs;
    if (longestMs < request.timeoutMs) continue;
    throw new RollbackPlanError(
      'input-invalid',
      `window and fix-within of severity ${name} are ${formatDuration(longestMs)} together, and the whole run may take ${formatDuration(request.timeoutMs)}: nothing would be rolled back any more`,
      { hint: 'Give a longer timeout, with room for the rollback, or a shorter fix-within.' },
    );
  }
}

/** What the window leaves no time to look at would be believed after one look that its delay forbids. */
function proveTimeToLook({ request: { windowMs }, run: { plan } }: Stage): void {
  const [late] = lookedAtTooLate(plan, windowMs);
  if (late === undefined) return;
  const { name, where, delayMs } = late;
  throw new RollbackPlanError(
    'input-invalid',
    `${name} (${formatLocation(where)}) has a delay of ${formatDuration(delayMs)}, and the window is ${formatDuration(windowMs)}: nobody would look at it`,
    { hint: `Give a window longer than ${formatDuration(delayMs)}, or a shorter delay.`, where },
  );
}

function nothingToWatch(file: string): RollbackPlanError {
  return new RollbackPlanError(
    'plan-invalid',
    'the plan has neither checks nor triggers that count, so there is nothing to watch',
    {
      hint: `Add \`verify\` or \`triggers\` to ${file}, or give a check more than \`weight: 0\`: without a measurement that counts no deploy can be called good.`,
    },
  );
}
