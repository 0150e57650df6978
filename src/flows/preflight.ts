// `mode: preflight`: would a rollback work now? Pins like a dry run, asks every gate, changes nothing.

import { proveConfirmation } from '../preflight/gates.ts';
import { bindComponents, createScope, readDestination } from '../target/aim.ts';
import type { Verdict } from '../verify/verdict.ts';
import { askWithoutPins } from './prove-gates.ts';
import { noFailure, type Stage } from './stage.ts';

export async function preflight(stage: Stage): Promise<Verdict> {
  const { request, run, world } = stage;
  proveConfirmation(request.confirm, run.target.name);
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
