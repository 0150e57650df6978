// The flow, in one direction and on one screen:
// inputs → plan → target (now, where to) → preflight → engine (journal) → verify → report → publish.
// Every stage lives in the room of its name; here stands only the order. What `verify` and `drill` do around it is in
// `flows/`: both call the same way back.

import { bindCourse, onlyComponents } from './engine/bind-course.ts';
import { beginCapture } from './engine/capture-all.ts';
import type { StepRecords } from './engine/course.ts';
import { planCourse } from './engine/plan-course.ts';
import { runCourse } from './engine/run-course.ts';
import { settleSteps } from './engine/settle-steps.ts';
import { holdIncident } from './flows/hold-incident.ts';
import { createHold, type Hold } from './flows/hold-target.ts';
import { knownLedger } from './flows/known-ledger.ts';
import { preflight } from './flows/preflight.ts';
import { proveGates } from './flows/prove-gates.ts';
import { quarantineLeft } from './flows/quarantine.ts';
import { rehearse } from './flows/rehearse.ts';
import {
  engineDeps,
  noFailure,
  type Order,
  type Stage,
  type TakenBack,
  underIncident,
} from './flows/stage.ts';
import { verifyDeploy } from './flows/verify-deploy.ts';
import { proveEnvironment } from './preflight/environment.ts';
import { createToolProof, proveApproval, proveConfirmation } from './preflight/gates.ts';
import { withMemory } from './preflight/one-look.ts';
import { publishRun } from './publish/publish-run.ts';
import { type Conclusion, writeReports } from './report/write-reports.ts';
import type { Request } from './request.ts';
import { openJournal } from './state/journal.ts';
import { bindComponents, createScope, readDestination, takeAim } from './target/aim.ts';
import { loadRun, type PlannedRun } from './target/load-run.ts';
import { type BoundComponent, requirementsOf } from './target/pin.ts';
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
  let hold: Hold | undefined;
  const verdict = await (async () => {
    run = await loadRun(request, world, journal.emit);
    const { caller } = request;
    const watching = mode === 'verify';
    await proveEnvironment({ watching, target: run.target, told: caller.environment }, journal.emit);
    const proveTools = createToolProof(run.site.processes, journal.emit);
    hold = createHold({ request, run, world, journal });
    const stage = { request, run, world, journal, proveTools, hold };
    const way = (order: Order): Promise<TakenBack> =>
      takeBack(order, stage).catch((thrown: unknown) => ({
        verdict: refused(thrown, world.interruption()),
        steppedAtMs: undefined,
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
  const { emit } = journal;
  const records: StepRecords = new Map();
  const { destination } = order;
  const { overrides } = request;

  // the incident in the target: the lock, and whether an earlier press is continued
  const asked = withScenario(stage.run, order, request.incident);
  const bind = (run: PlannedRun<Site>): readonly BoundComponent[] =>
    bindComponents(run, destination, world.kinds.components, createScope(run, new Map(), records)(noFailure));
  await stage.proveTools(requirementsOf(bind(asked)));
  const incident = await holdIncident(order, bind(asked), stage);
  const run = withScenario(stage.run, order, incident.id);
  const context = underIncident(run.site.context, incident.id);

  // target: what is live, where it goes, and the exact operations
  const components = bind(run);
  const ledger = await knownLedger(components, { ...stage, run });
  const wish = {
    destination,
    ledger,
    // One look for all that is decided from it: which version, whether it is free, what would change.
    context: withMemory(context),
    fixed: incident.fixed,
    ignorePending: overrides.includes('ignore-pending'),
    ignoreServerRefusal: overrides.includes('server-refusal'),
    unverifiedTarget: overrides.includes('unverified-target'),
  };
  const aim = await takeAim(components, run, wish, emit);

  // preflight: nothing has changed yet, and everything that speaks against it is said here
  proveApproval(order.approved, aim.digest);
  const { phases } = run;
  const scope = createScope(run, aim.pins, records);
  const whole = bindCourse({ phases, pins: aim.pins, stepKinds: world.kinds.steps, context, scope });
  const nothingToDo = aim.allThere && !incident.continued && !overrides.includes('rerun');
  const deps = engineDeps(stage, records);
  const gates =
    !nothingToDo || request.mode === 'preflight'
      ? proveGates(components, aim.pins, { ...stage, run })
      : undefined;
  // Reads like those of the gates, and none of them waits for another; kept once nothing speaks against it.
  const capturing = nothingToDo || order.dryRun ? undefined : beginCapture(aim.pins, context, deps);
  try {
    await gates;
    const earlier = { histories: incident.histories, overrides };
    const course = nothingToDo ? onlyComponents(whole) : await settleSteps(whole, earlier, deps);
    if (order.dryRun) {
      return { verdict: judgeDryRun(await planCourse(course, deps)), steppedAtMs: undefined };
    }

    // engine, then what users see; after a halt they are looked at once, so that the record tells the measured state
    if (incident.known || !nothingToDo) await incident.begin(aim);
    await quarantineLeft([...aim.pins.values()], { ...stage, run });
    await capturing?.keep();
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
    await incident.end(verdict);
    return { verdict, steppedAtMs };
  } finally {
    capturing?.drop();
  }
}

function withScenario(
  run: PlannedRun<Site>,
  { scenario, phases }: Order,
  incident: string,
): PlannedRun<Site> {
  return { ...run, scenario, phases, incident: { ...run.incident, id: incident, scenario } };
}
