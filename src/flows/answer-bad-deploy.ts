// A deploy is bad: decide, ask the brake, press the button's own way back; and where the machine may not act, say what a
// person presses and keep watching. ADR 0021.

import { messageOf } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import { phasesFor } from '../plan/choose.ts';
import { type Destination, tellDestination } from '../target/destination.ts';
import { formatDuration } from '../values/durations.ts';
import { lastingTriggers } from '../verify/bind-checks.ts';
import { type DeployDecision, decideDeploy } from '../verify/decide.ts';
import { judgeBadDeploy, judgeLeftToPerson } from '../verify/judge-deploy.ts';
import { refused, type Verdict } from '../verify/verdict.ts';
import { type Condition, watch } from '../verify/watch.ts';
import { askBrake } from './brake.ts';
import { pressCommand } from './ledger-command.ts';
import type { Blamed, Order, Stage } from './stage.ts';

export type BadDeploy = {
  readonly seen: WatchResult;
  readonly destination: Destination;
  /** What is watched on, and for how long, where nothing is changed. */
  readonly rest: () => Promise<Rest>;
  readonly blamed: Blamed;
  /** Told how it ended before anything is watched on, and where something was changed while the lock is held. */
  readonly settled?: (verdict: Verdict) => Promise<void>;
};

export type Rest = { readonly conditions: readonly Condition[]; readonly leftMs: number };

export async function answerBadDeploy(
  { seen, destination, rest, blamed, settled }: BadDeploy,
  stage: Stage,
): Promise<Verdict> {
  const { request, run, journal, world } = stage;
  const decision = decideDeploy({ seen, given: request, severities: run.plan.severities });
  const { scenario, phases } = phasesFor(run.plan, decision.scenario);
  const { type, trigger, severity, reasons } = decision;
  await journal.emit({ type: 'decided', decision: type, trigger, severity, scenario, reasons });

  let acted = false;
  const verdict = await (async (): Promise<Verdict> => {
    const order = {
      destination,
      approved: undefined,
      dryRun: request.dryRun,
      scenario,
      phases,
      blamed,
      called: lastingTriggers(seen.triggers ?? [], run.plan),
    };
    if (type === 'tell') return judgeLeftToPerson(seen, undefined, wordsFor(decision, order, stage));
    if (type === 'prepare') {
      const { verdict: prepared } = await stage.takeBack({ ...order, dryRun: true });
      return judgeLeftToPerson(seen, prepared, wordsFor(decision, order, stage));
    }
    const braked = request.dryRun ? undefined : await askBrake(stage, scenario);
    const taken = braked === undefined ? await stage.takeBack(order) : undefined;
    acted = taken?.acted ?? false;
    return judgeBadDeploy(seen, taken?.verdict ?? refused(braked, world.interruption()), {
      failOnRollback: request.failOnRollback,
    });
  })();

  await settled?.(verdict);
  if (acted || request.dryRun || world.signal.aborted) return verdict;
  // The person who presses instead must not have to wait until this run has watched to its end.
  await stage.hold.release();
  await keepWatching(await rest().catch((thrown: unknown) => unwatched(thrown, stage)), verdict, stage);
  return verdict;
}

async function unwatched(thrown: unknown, { journal }: Stage): Promise<Rest> {
  const text = `nobody watches on, because it can't be looked at: ${messageOf(thrown)}`;
  await journal.emit({ type: 'note', level: 'warning', text });
  return { conditions: [], leftMs: 0 };
}

/** Nothing was changed: whether users recover by themselves is what the person who presses wants to know. */
async function keepWatching(
  { conditions, leftMs }: Rest,
  { fault }: Verdict,
  { run, world, journal, progress }: Stage,
): Promise<void> {
  if (leftMs <= 0 || conditions.length === 0) return;
  // At once, not only when the window is over: until then users wait for whoever reads it.
  if (fault !== undefined) world.log.warning(`${fault.message}\n${fault.hint}`);
  const { ill } = await watch(conditions, leftMs, {
    context: run.site.context,
    // The watch that decided is on record; of this one only the end is.
    emit: async () => undefined,
    log: world.log,
    passingScore: run.plan.passingScore,
    toTheEnd: true,
    progress,
  });
  if (world.signal.aborted) return;
  const time = formatDuration(leftMs);
  const text =
    ill.length === 0
      ? `watched for another ${time}: at its end all is well, and nobody changed it from here`
      : `watched for another ${time}: it is still bad: ${ill.join('; ')}`;
  await journal.emit({ type: 'note', level: 'warning', text });
  world.log.warning(text);
}

function wordsFor(
  { reasons }: DeployDecision,
  { scenario, destination }: Pick<Order, 'scenario' | 'destination'>,
  { request, run }: Stage,
): { readonly because: string; readonly press: string } {
  const reason = request.reason === '' ? 'the deploy is bad' : request.reason;
  const because = reasons.at(-1) ?? 'a person decides';
  return {
    because,
    press: pressCommand(request, run, { scenario, to: tellDestination(destination), reason }),
  };
}
