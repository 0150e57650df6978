// The flow, in one direction and on one screen:
// inputs → plan → target (now, where to) → preflight → engine (journal) → verify → report → publish.
// Every stage lives in the room of its name; here stands only the order. What `verify` and `drill` do around it is in
// `flows/`: both call the same way back.

import { planCourse } from './engine/plan-course.ts';
import { runCourse } from './engine/run-course.ts';
import { aimRun } from './flows/aim-run.ts';
import { answerAlert } from './flows/answer-alert.ts';
import { noteBaselineUsed } from './flows/baseline.ts';
import { noteFollowUps } from './flows/follow-ups.ts';
import { heartbeat } from './flows/heartbeat.ts';
import { createHold, type Hold } from './flows/hold-target.ts';
import { lookAtUsers } from './flows/look-at-users.ts';
import { makeReady } from './flows/make-ready.ts';
import { noteDrill, noteRechecks } from './flows/note-due.ts';
import { preflight } from './flows/preflight.ts';
import { proveBlamed } from './flows/prove-blamed.ts';
import { isAutomatic, quarantineLeft } from './flows/quarantine.ts';
import { rehearse } from './flows/rehearse.ts';
import type { Order, Stage, TakenBack } from './flows/stage.ts';
import { endWatchComment, watchCommentOf } from './flows/tell-watch.ts';
import { verifyDeploy } from './flows/verify-deploy.ts';
import { proveEnvironment } from './preflight/environment.ts';
import { createToolProof, proveApproval, proveConfirmation } from './preflight/gates.ts';
import { publishRun } from './publish/publish-run.ts';
import type { WatchComment } from './publish/watch-comment.ts';
import { type Conclusion, writeReports } from './report/write-reports.ts';
import type { Request } from './request.ts';
import { openJournal } from './state/journal.ts';
import { readDestination } from './target/aim.ts';
import { loadRun, type PlannedRun } from './target/load-run.ts';
import { lastingTriggers } from './verify/bind-checks.ts';
import { isGreenVerdict, judge, judgeDryRun, refused, type Verdict } from './verify/verdict.ts';
import type { Site, World } from './world.ts';

/** What each mode does once plan and target are known. */
const flows = {
  rollback: pressButton,
  verify: verifyDeploy,
  drill: async (stage: Stage) => await noteDrill(await rehearse(stage), stage),
  alert: answerAlert,
  heartbeat,
  preflight,
} as const satisfies Record<string, (stage: Stage) => Promise<Verdict>>;

/** One run from request to record. Never throws: whatever happens becomes verdict, record and result. */
export async function conduct(mode: keyof typeof flows, request: Request, world: World): Promise<Conclusion> {
  const journal = await openJournal(request.incident, world);
  world.limitTime(request.timeoutMs);
  let run: PlannedRun<Site> | undefined;
  let hold: Hold | undefined;
  let comment: WatchComment | undefined;
  const verdict = await (async () => {
    run = await loadRun(request, world, journal.emit);
    const { caller } = request;
    // Nobody approves these beforehand: the one looks, and the others act on what they see.
    const watching = mode === 'verify' || mode === 'alert' || mode === 'heartbeat';
    await proveEnvironment({ watching, target: run.target, told: caller.environment }, journal.emit);
    const proveTools = createToolProof(run.site.processes, journal.emit);
    hold = createHold({ request, run, world, journal });
    comment = watchCommentOf({ request, run, world });
    const stage = { request, run, world, journal, proveTools, hold, progress: comment?.progress };
    const way = (order: Order): Promise<TakenBack> =>
      takeBack(order, stage).catch((thrown: unknown) => ({
        verdict: refused(thrown, world.interruption()),
        steppedAtMs: undefined,
        acted: false,
      }));
    return await flows[mode]({ ...stage, takeBack: way });
  })().catch((thrown: unknown) => refused(thrown, world.interruption()));
  await hold?.release();
  await run?.site.close();
  const { outcome, fault, failedStep } = verdict;
  await journal.emit({
    type: 'run-finished',
    outcome,
    green: isGreenVerdict(verdict),
    fault,
    failedStep,
    durationMs: journal.elapsedMs(),
  });
  await publishRun(request, run?.plan, journal, world);
  await endWatchComment(comment, { journal, world });
  return await writeReports(verdict, journal, world);
}

async function pressButton({ request, run, journal, takeBack: press }: Stage): Promise<Verdict> {
  proveConfirmation(request.confirm, run.target.name);
  const { trigger, scenario } = run;
  if (trigger !== undefined) {
    const reasons = [`${request.caller.actor} says so: ${trigger.means}`];
    const { name, severity = run.severity?.name } = trigger;
    await journal.emit({
      type: 'decided',
      decision: 'roll-back',
      trigger: name,
      severity,
      scenario,
      reasons,
    });
  }
  const { verdict } = await press({
    destination: readDestination(request.to, run.plan),
    scenario,
    phases: run.phases,
    approved: request.digest,
    dryRun: request.dryRun,
    called: lastingTriggers(trigger === undefined ? [] : [trigger.name], run.plan),
  });
  return verdict;
}

/** The way back. What speaks against it before anything is changed is thrown, and becomes the verdict `refused`. */
async function takeBack(order: Order, stage: Omit<Stage, 'takeBack'>): Promise<TakenBack> {
  // target: the incident, what is live, where it goes, and the exact operations
  const aimed = await aimRun(order, stage);
  const { aim, incident, deps, nothingToDo } = aimed;
  const pins = [...aim.pins.values()];

  // preflight: nothing has changed yet, and everything that speaks against it is said here
  proveApproval(order.approved, aim.digest);
  await proveBlamed(order, aimed, stage);
  const ready = await makeReady(aimed, order, stage);
  if (order.dryRun) {
    const verdict = judgeDryRun(await planCourse(ready.course, deps));
    return { verdict, steppedAtMs: undefined, acted: false };
  }
  try {
    // engine: from here on the incident is open, and what it leaves is in quarantine
    const leave = async (): Promise<void> => await quarantineLeft(pins, { ...stage, run: aimed.run });
    // The machine's is counted first: one that the brake refuses after all must leave no incident open.
    const automatic = isAutomatic(stage.request);
    if (automatic) await leave();
    if (incident.known || !nothingToDo) await incident.begin(aim);
    if (!automatic) await leave();
    await ready.keep();
    const result = await runCourse(ready.course, deps);
    const steppedAtMs = stage.journal.elapsedMs();

    // verify: what users see
    const verdict = judge({
      course: result,
      checks: await lookAtUsers(result, order, aimed, stage),
      changed: !nothingToDo,
      unmoved: pins.map(({ name }) => name).filter((name) => !result.seenThere.has(name)),
      interruption: stage.world.interruption(),
    });
    await incident.end(verdict);
    await noteRechecks(verdict, incident.id, pins, stage);
    if (!nothingToDo) await noteFollowUps(incident.id, stage);
    if (!nothingToDo) await noteBaselineUsed(incident.id, pins, stage);
    return { verdict, steppedAtMs, acted: !nothingToDo };
  } finally {
    ready.drop();
  }
}
