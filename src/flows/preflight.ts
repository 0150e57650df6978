// `mode: preflight`: would a rollback work now? Pins like a dry run, asks every gate, and keeps the baseline that the
// verification of the next deploy compares with. Changes nothing else.

import { proveConfirmation } from '../preflight/gates.ts';
import { bindComponents, createScope, readDestination } from '../target/aim.ts';
import type { Verdict } from '../verify/verdict.ts';
import { outdateBaseline, takeBaseline } from './baseline.ts';
import { askWithoutPins } from './prove-gates.ts';
import { bindAll, noFailure, pinsOf, readAll, type Stage } from './stage.ts';
import { whoWorks } from './who-works.ts';

export async function preflight(stage: Stage): Promise<Verdict> {
  proveConfirmation(stage.request.confirm, stage.run.target.name);
  await outdateBaseline(stage);
  const verdict = await proveRollback(stage);
  if (verdict.outcome !== 'interrupted') await keepBaseline(stage);
  return verdict;
}

/** What can't be read is told by the gates; then there is nothing to compare with. */
async function keepBaseline(stage: Stage): Promise<void> {
  const working = await whoWorks(stage);
  if (working !== undefined) {
    const text = `no baseline was taken, and what was found may change at once: ${working} is at work in the target`;
    await stage.journal.emit({ type: 'note', level: 'warning', text });
    return;
  }
  const readings = await bindAll(stage)
    .then((components) => readAll(components, stage))
    .catch(() => undefined);
  if (readings === undefined) return;
  await takeBaseline(readings, createScope(stage.run, pinsOf(readings), new Map()), stage);
}

async function proveRollback(stage: Stage): Promise<Verdict> {
  const { request, run, world } = stage;
  const destination = readDestination(request.to, run.plan);
  const { scenario, phases } = run;
  const { verdict } = await stage.takeBack({
    destination,
    scenario,
    phases,
    approved: undefined,
    dryRun: true,
  });
  if (verdict.outcome === 'planned') return { ...verdict, outcome: 'ready' };
  if (gatesWereAsked(verdict)) return verdict;
  // Why it can't be pinned is told already. Whoever mends that should not meet the gates only afterwards.
  const scope = createScope(run, new Map(), new Map());
  const components = bindComponents(run, destination, world.kinds.components, scope(noFailure));
  const error = await askWithoutPins(components, stage);
  const { fault } = verdict;
  if (error === undefined || fault === undefined) return verdict;
  return {
    ...verdict,
    fault: {
      code: fault.code,
      message: `${fault.message}; ${error.message}`,
      hint: `${fault.hint}\n\n${error.hint}`,
    },
  };
}

/** A run that was stopped asks nothing more. What refuses a step's preparation comes after the gates. */
function gatesWereAsked({ outcome, fault, failedStep }: Verdict): boolean {
  return outcome !== 'refused' || fault?.code === 'not-ready' || failedStep !== undefined;
}
