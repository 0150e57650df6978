// A deploy is bad: decide, ask the brake, press the button's own way back; and where the machine may not act, say what a
// person presses and keep watching. ADR 0021.

import { messageOf } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import { phasesFor } from '../plan/choose.ts';
import { type Destination, tellDestination } from '../target/destination.ts';
import { formatDuration } from '../values/durations.ts';
import { lastingTriggers } from '../verify/bind-checks.ts';
import { type DeployDecision, decideDeploy } from '../verify/decide.ts';
import { judgeBadDeploy, judgeLeftToPerson, judgeMended } from '../verify/judge-deploy.ts';
import { interrupted, refused, type Verdict } from '../verify/verdict.ts';
import { type Condition, type Watched, watch } from '../verify/watch.ts';
import { askBrake } from './brake.ts';
import { pressCommand } from './ledger-command.ts';
import type { Blamed, Order, Stage } from './stage.ts';

export type BadDeploy = {
  readonly seen: WatchResult;
  readonly destination: Destination;
  /** What is being watched, and how long yet. */
  readonly rest: Rest;
  /** What is watched on instead where nothing is changed, for whoever did not watch before. */
  readonly lookOn?: () => Promise<Rest>;
  readonly blamed: Blamed;
  /** Told how it ended before anything is watched on, and where something was changed while the lock is held. */
  readonly settled?: (verdict: Verdict) => Promise<void>;
};

export type Rest = {
  readonly conditions: readonly Condition[];
  readonly leftMs: number;
  /** Those of them that were found bad. */
  readonly bad?: readonly Condition[] | undefined;
};

export async function answerBadDeploy(
  { seen, destination, rest, lookOn, blamed, settled }: BadDeploy,
  stage: Stage,
): Promise<Verdict> {
  const { request, run, journal, world } = stage;
  const decision = decideDeploy({
    seen,
    given: request,
    severities: run.plan.severities,
    watchable: rest.conditions.length > 0,
  });
  const { scenario, phases } = phasesFor(run.plan, decision.scenario);
  const { type, trigger, severity, reasons, withinMs } = decision;
  const until =
    withinMs === undefined ? undefined : new Date(world.clock.now().getTime() + withinMs).toISOString();
  await journal.emit({ type: 'decided', decision: type, trigger, severity, scenario, reasons, until });

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
    if (type === 'wait' && !request.dryRun) {
      const ill = await letMend(rest, withinMs ?? 0, stage);
      const interruption = world.interruption();
      if (interruption !== undefined) return interrupted(interruption, 'Nothing was changed.');
      if (ill.length === 0) return judgeMended(seen, formatDuration(withinMs ?? 0));
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
  const after =
    lookOn === undefined ? rest : await lookOn().catch((thrown: unknown) => unwatched(thrown, stage));
  const decideWithinMs = type === 'prepare' || type === 'tell' ? withinMs : undefined;
  await Promise.all([keepWatching(after, verdict, stage), sayOverdue(decideWithinMs, after.leftMs, stage)]);
  return verdict;
}

async function unwatched(thrown: unknown, { journal }: Stage): Promise<Rest> {
  const text = `nobody watches on, because it can't be looked at: ${messageOf(thrown)}`;
  await journal.emit({ type: 'note', level: 'warning', text });
  return { conditions: [], leftMs: 0 };
}

/** What is still bad when the time is over that people had to mend it. */
async function letMend(
  { conditions, bad }: Rest,
  withinMs: number,
  stage: Stage,
): Promise<readonly string[]> {
  const { world, journal } = stage;
  const time = formatDuration(withinMs);
  world.log.warning(`the deploy is bad; people have ${time} to mend it, then it is rolled back`);
  const { stillBad: ill } = await watchOn({ conditions, leftMs: withinMs, bad }, stage);
  const text =
    ill.length === 0 ? `${time} later all is well again` : `${time} later it is still bad: ${ill.join('; ')}`;
  if (!world.signal.aborted) await journal.emit({ type: 'note', level: 'warning', text });
  return ill;
}

/** Only while it is watched on: nobody else is awake in this run. */
async function sayOverdue(
  decideWithinMs: number | undefined,
  leftMs: number,
  { world, journal }: Stage,
): Promise<void> {
  if (decideWithinMs === undefined || decideWithinMs > leftMs) return;
  await world.clock.sleep(decideWithinMs, world.signal);
  if (world.signal.aborted) return;
  const text = `overdue: it was to be decided within ${formatDuration(decideWithinMs)}, and from here nothing was changed`;
  await journal.emit({ type: 'note', level: 'warning', text });
  world.log.warning(text);
}

/** Nothing was changed: whether users recover by themselves is what the person who presses wants to know. */
async function keepWatching(rest: Rest, { fault }: Verdict, stage: Stage): Promise<void> {
  const { conditions, leftMs } = rest;
  const { world, journal } = stage;
  if (leftMs <= 0 || conditions.length === 0) return;
  // At once, not only when the window is over: until then users wait for whoever reads it.
  if (fault !== undefined) world.log.warning(`${fault.message}\n${fault.hint}`);
  const { ill } = await watchOn(rest, stage);
  if (world.signal.aborted) return;
  const time = formatDuration(leftMs);
  const text =
    ill.length === 0
      ? `watched for another ${time}: at its end all is well, and nobody changed it from here`
      : `watched for another ${time}: it is still bad: ${ill.join('; ')}`;
  await journal.emit({ type: 'note', level: 'warning', text });
  world.log.warning(text);
}

/** The watch that decided is on record; of this one only the end is told. */
async function watchOn({ conditions, leftMs, bad }: Rest, { run, world, progress }: Stage): Promise<Watched> {
  return await watch(conditions, leftMs, {
    context: run.site.context,
    emit: async () => undefined,
    log: world.log,
    passingScore: run.plan.passingScore,
    toTheEnd: true,
    wasBad: bad,
    progress,
  });
}

function wordsFor(
  { reasons, withinMs }: DeployDecision,
  { scenario, destination }: Pick<Order, 'scenario' | 'destination'>,
  { request, run }: Stage,
): { readonly because: string; readonly press: string } {
  const reason = request.reason === '' ? 'the deploy is bad' : request.reason;
  const deadline = withinMs === undefined ? '' : `, to be decided within ${formatDuration(withinMs)}`;
  const because = `${reasons.at(-1) ?? 'a person decides'}${deadline}`;
  return {
    because,
    press: pressCommand(request, run, { scenario, to: tellDestination(destination), reason }),
  };
}
