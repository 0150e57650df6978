// The flow, in one direction and on one screen:
// inputs → plan → target (now, where to) → preflight → engine (journal) → verify → report → publish.
// Every stage lives in the room of its name; here stands only the order.

import { bindCourse, onlyComponents } from './engine/bind-course.ts';
import type { StepRecords } from './engine/course.ts';
import { planCourse } from './engine/plan-course.ts';
import { runCourse } from './engine/run-course.ts';
import { proveApproval, proveConfirmation, proveTools } from './preflight/gates.ts';
import { publishRun } from './publish/publish-run.ts';
import { type Conclusion, writeReports } from './report/write-reports.ts';
import type { Request } from './request.ts';
import { type Journal, openJournal } from './state/journal.ts';
import { bindComponents, createScope, readDestination, takeAim } from './target/aim.ts';
import { loadRun, type PlannedRun } from './target/load-run.ts';
import { requirementsOf } from './target/pin.ts';
import { bindChecks } from './verify/bind-checks.ts';
import { runChecks } from './verify/run-checks.ts';
import { judge, judgeDryRun, refused, type Verdict } from './verify/verdict.ts';
import type { Site, World } from './world.ts';

/** `mode: rollback`. Never throws: whatever happens becomes verdict, record and result. */
export async function rollback(request: Request, world: World): Promise<Conclusion> {
  const journal = await openJournal(request.incident, world);
  world.limitTime(request.timeoutMs);
  let run: PlannedRun<Site> | undefined;
  const verdict = await (async () => {
    run = await loadRun(request, world, journal.emit);
    return await act(request, run, world, journal);
  })().catch((thrown: unknown) => refused(thrown, world.interruption()));
  await journal.emit({ type: 'run-finished', ...verdict, durationMs: journal.elapsedMs() });
  await publishRun(request, run?.plan, journal, world);
  return await writeReports(verdict, journal, world);
}

async function act(
  request: Request,
  run: PlannedRun<Site>,
  world: World,
  journal: Journal,
): Promise<Verdict> {
  const { plan, target, phases, site } = run;
  const { emit } = journal;
  const { context } = site;
  try {
    // target: what is live, where it goes, and the exact operations
    proveConfirmation(request.confirm, target.name);
    const records: StepRecords = new Map();
    const destination = readDestination(request.to, plan);
    const startScope = createScope(run, new Map(), records);
    const components = bindComponents(run, destination, world.kinds.components, startScope(quiet));
    await proveTools(requirementsOf(components), site.processes, emit);
    const ignorePending = request.overrides.includes('ignore-pending');
    const ignoreServerRefusal = request.overrides.includes('server-refusal');
    const aim = await takeAim(
      components,
      run,
      { destination, context, ignorePending, ignoreServerRefusal },
      emit,
    );

    // preflight: nothing has changed yet, and everything that speaks against it is said here
    proveApproval(request.digest, aim.digest);
    const scope = createScope(run, aim.pins, records);
    const whole = bindCourse({ phases, pins: aim.pins, stepKinds: world.kinds.steps, context, scope });
    const nothingToDo = aim.allThere && !request.overrides.includes('rerun');
    const course = nothingToDo ? onlyComponents(whole) : whole;
    const deps = {
      emit,
      clock: world.clock,
      log: world.log,
      perform: site.perform,
      redact: world.redact,
      signal: world.signal,
      records,
    };
    if (request.dryRun) return judgeDryRun(await planCourse(course, deps));

    // engine, then what users see; after a halt they are looked at once, so that the record tells the measured state
    const result = await runCourse(course, deps);
    const checks = bindChecks(plan, world.kinds.checks, scope);
    const patience = result.ended === 'completed' ? 'full' : 'one-look';
    const seen = world.signal.aborted
      ? []
      : await runChecks(checks, { context, emit, log: world.log, patience });
    return judge({
      course: result,
      checks: seen,
      changed: !nothingToDo,
      unmoved: [...aim.pins.keys()].filter((name) => !result.seenThere.has(name)),
      interruption: world.interruption(),
    });
  } finally {
    await site.close();
  }
}

const quiet = { failed: false, cancelled: false };
