// The flow, in one direction and on one screen:
// inputs → plan → target (now, where to) → preflight → engine (journal) → verify → report → publish.
// Every stage lives in the room of its name; here stands only the order. What `verify` and `drill` do around it is in
// `flows/`: both call the same way back.

import { bindCourse, onlyComponents } from './engine/bind-course.ts';
import { captureAll } from './engine/capture-all.ts';
import type { StepRecords } from './engine/course.ts';
import { planCourse } from './engine/plan-course.ts';
import { runCourse } from './engine/run-course.ts';
import { knownLedger } from './flows/known-ledger.ts';
import { preflight } from './flows/preflight.ts';
import { proveGates } from './flows/prove-gates.ts';
import { rehearse } from './flows/rehearse.ts';
import { engineDeps, noFailure, type Order, type Stage, type TakenBack } from './flows/stage.ts';
import { verifyDeploy } from './flows/verify-deploy.ts';
import { proveEnvironment } from './preflight/environment.ts';
import { createToolProof, proveApproval, proveConfirmation } from './preflight/gates.ts';
import { publishRun } from './publish/publish-run.ts';
import { type Conclusion, writeReports } from './report/write-reports.ts';
import type { Request } from './request.ts';
import { openJournal } from './state/journal.ts';
import { bindComponents, createScope, readDestination, takeAim } from './target/aim.ts';
import { loadRun, type PlannedRun } from './target/load-run.ts';
import { requirementsOf } from './target/pin.ts';
import { bindChecks } from './verify/bind-checks.ts';
import { runChecks } from './verify/run-checks.ts';
import { isGreenVerdict, judge, judgeDryRun, refused, type Verdict } from './verify/verdict.ts';
import type { Site, World } from './world.ts';

/** What each mode does once plan and target are known. */
const flows = {
  rollback: pressButton,
  verify: verifyDeploy,
  drill: rehearse,
  preflight,
} as const satisfies Record<string, (stage: Stage) => Promise<Verdict>>;

/** One run from request to record. Never throws: whatever happens becomes verdict, record and result. */
export async function conduct(mode: keyof typeof flows, request: Request, world: World): Promise<Conclusion> {
  const journal = await openJournal(request.incident, world);
  world.limitTime(request.timeoutMs);
  let run: PlannedRun<Site> | undefined;
  const verdict = await (async () => {
    run = await loadRun(request, world, journal.emit);
    const { caller } = request;
    const watching = mode === 'verify';
    await proveEnvironment({ watching, target: run.target, told: caller.environment }, journal.emit);
    const proveTools = createToolProof(run.site.processes, journal.emit);
    const stage = { request, run, world, journal, proveTools };
    const way = (order: Order): Promise<TakenBack> =>
      takeBack(order, stage).catch((thrown: unknown) => ({
        verdict: refused(thrown, world.interruption()),
        steppedAtMs: undefined,
      }));
    return await flows[mode]({ ...stage, takeBack: way });
  })().catch((thrown: unknown) => refused(thrown, world.interruption()));
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
  return await writeReports(verdict, journal, world);
}

async function pressButton({ request, run, takeBack: press }: Stage): Promise<Verdict> {
  proveConfirmation(request.confirm, run.target.name);
  const { verdict } = await press({
    destination: readDestination(request.to, run.plan),
    scenario: run.scenario,
    phases: run.phases,
    approved: request.digest,
    dryRun: request.dryRun,
  });
  return verdict;
}

/** The way back. What speaks against it before anything is changed is thrown, and becomes the verdict `refused`. */
async function takeBack(order: Order, stage: Omit<Stage, 'takeBack'>): Promise<TakenBack> {
  const { request, world, journal } = stage;
  const run = withScenario(stage.run, order);
  const { emit } = journal;
  const { context } = run.site;

  // target: what is live, where it goes, and the exact operations
  const records: StepRecords = new Map();
  const startScope = createScope(run, new Map(), records);
  const { destination } = order;
  const components = bindComponents(run, destination, world.kinds.components, startScope(noFailure));
  await stage.proveTools(requirementsOf(components));
  const ledger = await knownLedger(destination, run);
  const ignorePending = request.overrides.includes('ignore-pending');
  const ignoreServerRefusal = request.overrides.includes('server-refusal');
  const wish = { destination, ledger, context, ignorePending, ignoreServerRefusal };
  const aim = await takeAim(components, run, wish, emit);

  // preflight: nothing has changed yet, and everything that speaks against it is said here
  proveApproval(order.approved, aim.digest);
  const { phases } = run;
  const scope = createScope(run, aim.pins, records);
  const whole = bindCourse({ phases, pins: aim.pins, stepKinds: world.kinds.steps, context, scope });
  const nothingToDo = aim.allThere && !request.overrides.includes('rerun');
  const course = nothingToDo ? onlyComponents(whole) : whole;
  if (!nothingToDo || request.mode === 'preflight') await proveGates(components, aim.pins, { ...stage, run });
  const deps = engineDeps(stage, records);
  if (order.dryRun) {
    return { verdict: judgeDryRun(await planCourse(course, deps)), steppedAtMs: undefined };
  }

  if (!nothingToDo) await captureAll(aim.pins, context, deps);

  // engine, then what users see; after a halt they are looked at once, so that the record tells the measured state
  const result = await runCourse(course, deps);
  const steppedAtMs = journal.elapsedMs();
  const checks = bindChecks(run.plan, world.kinds.checks, scope);
  const patience = result.ended === 'completed' ? 'full' : 'one-look';
  const seen = world.signal.aborted
    ? []
    : await runChecks(checks, { context, emit, log: world.log, patience });
  const verdict = judge({
    course: result,
    checks: seen,
    changed: !nothingToDo,
    unmoved: [...aim.pins.keys()].filter((name) => !result.seenThere.has(name)),
    interruption: world.interruption(),
  });
  return { verdict, steppedAtMs };
}

function withScenario(run: PlannedRun<Site>, { scenario, phases }: Order): PlannedRun<Site> {
  return { ...run, scenario, phases, incident: { ...run.incident, scenario } };
}
