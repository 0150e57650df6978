// `mode: drill`: rehearse the plan where it can do no harm. Steady, then broken on purpose, noticed, taken back, put
// back as it was, and measured. Whatever fails once something is broken, the way back is still tried.

import { judgeDrill } from '../drill/judge-drill.ts';
import { namespacesIn, proveMarked } from '../drill/marked-target.ts';
import { bindCourse } from '../engine/bind-course.ts';
import type { Course, StepRecords } from '../engine/course.ts';
import { planCourse } from '../engine/plan-course.ts';
import { runCourse } from '../engine/run-course.ts';
import { RollbackPlanError } from '../errors.ts';
import type { DrillMeasure, WatchResult } from '../events.ts';
import { phasesFor, severityFor } from '../plan/choose.ts';
import type { DrillSpec, Phase } from '../plan/plan.ts';
import { proveConfirmation } from '../preflight/gates.ts';
import { bindNamed, componentsOf, createScope } from '../target/aim.ts';
import type { BoundComponent } from '../target/pin.ts';
import { formatDuration } from '../values/durations.ts';
import type { Scope } from '../values/expression-evaluation.ts';
import { evaluateTree } from '../values/expression-evaluation.ts';
import type { Json, JsonObject } from '../values/json.ts';
import type { Reading } from '../values/version.ts';
import type { BeforeDeploy } from '../verify/bind-checks.ts';
import { judgeDryRun, type Verdict } from '../verify/verdict.ts';
import { lookAgain, measureNow, notice, proveSteady } from './rehearsal-looks.ts';
import { bindAll, engineDeps, noFailure, pinsOf, readAll, type Stage, type TakenBack } from './stage.ts';

export async function rehearse(stage: Stage): Promise<Verdict> {
  const { request, run, world, journal } = stage;
  const { plan, target } = run;
  proveConfirmation(request.confirm, target.name);
  const drill = plan.drill ?? missing(plan.file);
  proveTime(drill, request.timeoutMs);
  const components = await bindAll(stage);
  await proveSafe(components, drill, stage);

  const before = await readAll(components, stage);
  const records: StepRecords = new Map();
  const scope = createScope(run, pinsOf(before), records);
  const deps = engineDeps(stage, records);
  const courseOf = (phase: Phase): Course =>
    bindCourse({
      phases: [phase],
      pins: new Map(),
      stepKinds: world.kinds.steps,
      context: run.site.context,
      scope,
    });
  // The drill's own, in memory: the ledger's is of the next deploy.
  await proveSteady(before, scope, await measureNow(scope, stage), stage);
  if (request.dryRun) {
    const phases = [drill.break, ...(drill.restore === undefined ? [] : [drill.restore])];
    return judgeDryRun(await planCourse(phases.flatMap(courseOf), deps));
  }

  // From the breaking to the restoring nobody else acts here.
  await stage.hold.take();
  // Again, because it may have become steady only meanwhile.
  const baseline = await measureNow(scope, stage);
  const broke = await runCourse(courseOf(drill.break), deps);
  const brokenAt = journal.elapsedMs();
  const seen = broke.ended === 'completed' ? await notice(drill, scope, baseline, stage) : undefined;
  const noticedAt = journal.elapsedMs();
  const taken = await recover(before, drill, { seen, baseline }, stage);
  const servedAt = journal.elapsedMs();
  const restored = drill.restore === undefined ? undefined : await runCourse(courseOf(drill.restore), deps);
  const changed = await compare(before, components, stage);
  const unwell = drill.restore === undefined ? [] : await lookAgain(scope, baseline, stage);

  if (seen?.state === 'bad') {
    const detail = seen.because.join('; ');
    await say('noticed', noticedAt - brokenAt, drill.detectWithinMs, detail);
  }
  if (taken.verdict.outcome === 'rolled-back') {
    const steps = (taken.steppedAtMs ?? servedAt) - noticedAt;
    await say('rolled-back', steps, undefined, 'from notice to the last step');
    const limit = severityFor(plan, seen?.severity ?? request.severity)?.recoverWithinMs;
    await say('served-again', servedAt - brokenAt, limit, 'from the bad version to passing checks');
  }
  return judgeDrill({
    broke,
    seen,
    taken: taken.verdict,
    restored,
    changed,
    unwell,
    late:
      seen?.state === 'bad' && noticedAt - brokenAt > drill.detectWithinMs
        ? { tookMs: noticedAt - brokenAt, limitMs: drill.detectWithinMs }
        : undefined,
    interruption: world.interruption(),
  });

  async function say(
    name: DrillMeasure,
    durationMs: number,
    limitMs: number | undefined,
    detail: string,
  ): Promise<void> {
    await journal.emit({ type: 'drill-measured', name, durationMs: Math.round(durationMs), limitMs, detail });
  }
}

function missing(file: string): never {
  throw new RollbackPlanError(
    'drill-missing',
    `the plan ${file} has no \`drill\`, so nobody knows how to break it`,
    {
      hint: 'Add to the plan: drill: { target: …, break: [{ uses: deploy, with: … }] }. docs/plan-reference.md has the keys.',
    },
  );
}

/** A drill that is cut off while it watches leaves the bad version where it is. */
function proveTime({ detectWithinMs }: DrillSpec, timeoutMs: number): void {
  if (detectWithinMs < timeoutMs) return;
  throw new RollbackPlanError(
    'input-invalid',
    `the drill may watch for ${formatDuration(detectWithinMs)}, and the whole run may take ${formatDuration(timeoutMs)}`,
    { hint: 'Give a longer timeout, with room for the rollback, or a shorter drill.detect-within.' },
  );
}

/** The scenarios that this drill may roll back with: a trigger names its own. */
function scenariosOf({ request, run }: Stage, drill: DrillSpec): readonly string[] {
  const wanted = [
    request.scenario ?? drill.scenario,
    ...[...run.plan.triggers.values()].map(({ scenario }) => scenario),
  ];
  return [...new Set(wanted.map((name) => phasesFor(run.plan, name).scenario))];
}

/** Only where the cluster's owner allows it, whatever namespace a setting of the plan names. */
async function proveSafe(
  components: readonly BoundComponent[],
  drill: DrillSpec,
  stage: Stage,
): Promise<void> {
  const { run, world, journal } = stage;
  const { cluster } = run.site.context;
  const phases = [drill.break, ...(drill.restore === undefined ? [] : [drill.restore]), ...run.plan.phases];
  const acts = phases
    .flatMap((phase) => phase.steps)
    .flatMap((step) => (step.type === 'act' ? [step.with] : []));
  const names = components.map(({ name }) => name);
  const perScenario = scenariosOf(stage, drill).map((scenario) => {
    const incident = { ...run.incident, scenario };
    const scope = createScope({ ...run, incident }, new Map(), new Map())(noFailure);
    const bound = bindNamed(names, run.plan, world.kinds.components, scope);
    return { bound, steps: acts.map((settings) => settingsOf(settings, scope)) };
  });
  // What was looked at before the drill has to be what the way back acts on, whichever scenario a trigger calls for.
  const other = components.find(({ name, settings }) =>
    perScenario.some(
      ({ bound }) =>
        JSON.stringify(bound.find((each) => each.name === name)?.settings) !== JSON.stringify(settings),
    ),
  );
  if (other !== undefined) {
    throw new RollbackPlanError(
      'drill-target-unmarked',
      `component ${other.name} means another thing in another scenario, so nobody knows what a drill would take back`,
      { hint: 'Keep `incident.scenario` out of the settings of components in a plan that is drilled.' },
    );
  }
  const named = [
    ...components.map(({ settings }) => settings),
    ...perScenario.flatMap(({ steps }) => steps),
  ].flatMap(namespacesIn);
  const namespaces = new Set([cluster.namespace, ...named]);
  await proveMarked(cluster, namespaces);
  const detail = `${[...namespaces].join(', ')}: marked for drills`;
  await journal.emit({ type: 'gate', name: 'drill target', state: 'pass', detail });
}

/** As far as can be known before the run; what only a step will tell stays text, which is no namespace and is refused. */
function settingsOf(settings: JsonObject, scope: Scope): Json {
  try {
    return evaluateTree(settings, scope, () => ({ file: '', line: 1, column: 1 }));
  } catch {
    return settings;
  }
}

/** The plan's own way back, to where everything was. */
async function recover(
  before: ReadonlyMap<string, Reading>,
  drill: DrillSpec,
  { seen, baseline }: { readonly seen: WatchResult | undefined; readonly baseline: BeforeDeploy },
  { request, run, takeBack }: Stage,
): Promise<TakenBack> {
  const { scenario, phases } = phasesFor(run.plan, seen?.scenario ?? request.scenario ?? drill.scenario);
  const versions = new Map(
    componentsOf(phases).flatMap((name) => {
      const reading = before.get(name);
      return reading === undefined ? [] : [[name, reading.version.id] as const];
    }),
  );
  const destination = { type: 'explicit', versions } as const;
  return await takeBack({
    destination,
    scenario,
    phases,
    approved: undefined,
    dryRun: false,
    called: seen?.triggers,
    before: baseline,
  });
}

/** What is not as it was, or half-way. A component that can't be read is not. */
async function compare(
  before: ReadonlyMap<string, Reading>,
  components: readonly BoundComponent[],
  stage: Stage,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const component of components) {
    const was = before.get(component.name)?.version;
    if (was === undefined) continue;
    const now = await readAll([component], stage).then(
      (readings) => readings.get(component.name),
      () => undefined,
    );
    const halfWay = now?.busy ?? now?.partial ?? now?.unfinished?.because;
    const same = now?.version.digest === was.digest && halfWay === undefined;
    const label = now?.version.label ?? 'not readable';
    const shown = halfWay === undefined ? label : `${label}, half-way: ${halfWay}`;
    await stage.journal.emit({
      type: 'drill-compared',
      component: component.name,
      before: was.label,
      now: shown,
      same,
    });
    if (!same) changed.push(`${component.name} was ${was.label} and is ${shown}`);
  }
  return changed;
}
