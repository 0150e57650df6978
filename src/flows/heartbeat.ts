// `mode: heartbeat`: does what is due. Looks again after rollbacks, says which drill or follow-up is overdue, writes down what it saw,
// and changes nothing else: it never rolls back by itself.

import { messageOf, RollbackPlanError } from '../errors.ts';
import type { LedgerPage } from '../state/ledger.ts';
import { readLedger } from '../state/ledger.ts';
import { type Due, drillStanding, dueNow, nextDue, withLooked } from '../state/rechecks.ts';
import { createScope } from '../target/aim.ts';
import { formatDuration } from '../values/durations.ts';
import type { Reading } from '../values/version.ts';
import { bindChecks } from '../verify/bind-checks.ts';
import { decidingChecks } from '../verify/deciding.ts';
import { judgeHeartbeat, judgeLook, lateWords, type Overdue } from '../verify/judge-heartbeat.ts';
import { runChecks } from '../verify/run-checks.ts';
import { interrupted, type Verdict } from '../verify/verdict.ts';
import { changeLedger } from './change-ledger.ts';
import { askFollowUps } from './follow-ups.ts';
import { measuredBefore } from './kept-baseline.ts';
import { bindAll, keepsLedger, pinsOf, readAll, type Stage } from './stage.ts';
import { whoWorks } from './who-works.ts';

export async function heartbeat(stage: Stage): Promise<Verdict> {
  const { run, world } = stage;
  if (!keepsLedger(stage)) {
    throw new RollbackPlanError(
      'ledger-unreadable',
      'a target without a cluster has no ledger, so nothing can be due',
      {
        hint: 'Run `mode: heartbeat` for a target that has one.',
      },
    );
  }
  const { page } = await readLedger(run.site.context.cluster, run.service);
  const drill = await askDrill(page, stage);
  const followUps = await askFollowUps(page, stage);
  const due = dueNow(page, world.clock.now());
  const working = due.length === 0 ? undefined : await whoWorks(stage);
  if (due.length === 0 || working !== undefined) {
    const next = nextDue(page);
    await say(
      stage,
      working !== undefined
        ? `${due.length} looks are due, but ${working} is at work in the target: they are left to the next heartbeat`
        : `no look is due${next === undefined ? '' : `; the next one is at ${next}`}`,
    );
    return judgeHeartbeat({ look: undefined, incidents: [], drill, followUps });
  }
  const { look, readings } = await lookOnce(due, stage);
  const interruption = world.interruption();
  if (interruption !== undefined)
    return interrupted(interruption, 'Nothing was changed. What is due stays due.');
  await noteLooked(due, look, readings, stage);
  return judgeHeartbeat({ look, incidents: due.map(({ incident }) => incident), drill, followUps });
}

/** One look at what users see serves every incident that is due: it is the same target. */
async function lookOnce(
  due: readonly Due[],
  stage: Stage,
): Promise<{
  readonly look: ReturnType<typeof judgeLook>;
  readonly readings: ReadonlyMap<string, Reading>;
}> {
  const { run, world, journal } = stage;
  const { context } = run.site;
  const readings = await readAll(await bindAll(stage), stage);
  const scope = createScope(run, pinsOf(readings), new Map());
  const newest = Math.max(...due.map(({ rolledBackAt }) => Date.parse(rolledBackAt)));
  const before = await measuredBefore(
    { at: new Date(newest), from: new Map(), incidents: due.map(({ incident }) => incident) },
    stage,
  );
  const checks = bindChecks(run.plan, world.kinds.checks, scope, before);
  const results = await runChecks(checks, {
    context,
    emit: journal.emit,
    log: world.log,
    patience: 'one-look',
  });
  const { checks: decide, warnings } = decidingChecks(results, checks, run.plan.passingScore);
  for (const text of warnings) await journal.emit({ type: 'note', level: 'warning', text });
  return { look: judgeLook(decide), readings };
}

async function noteLooked(
  due: readonly Due[],
  look: ReturnType<typeof judgeLook>,
  readings: ReadonlyMap<string, Reading>,
  stage: Stage,
): Promise<void> {
  const { request, run, world, journal } = stage;
  const at = world.clock.now().toISOString();
  const done = { at, state: look.state, evidence: world.redact(look.evidence) };
  const { clock, signal } = world;
  const title = 'note in the ledger what a look found';
  let page: LedgerPage | undefined;
  if (!request.dryRun) {
    try {
      const asked = { site: run.site, service: run.service, title, clock, signal };
      page = (await changeLedger(asked, (now) => withLooked(now, due, done))).page;
    } catch (thrown) {
      const text = `what was found could not be noted in the ledger, so the next heartbeat looks again: ${messageOf(thrown)}`;
      await journal.emit({ type: 'note', level: 'warning', text });
    }
  }
  for (const { incident, rolledBackAt, times, lateMs, components } of due) {
    const entry = page?.rechecks.find((each) => each.incident === incident);
    await journal.emit({
      type: 'rechecked',
      incident,
      rolledBackAt,
      due: times,
      late: lateWords(lateMs),
      state: look.state,
      evidence: look.evidence,
      changed: changedSince(components, readings),
      looks: (entry?.due ?? times.map((when) => ({ at: when, done }))).map((one) => ({
        due: one.at,
        at: one.done?.at,
        state: one.done?.state,
        evidence: one.done?.evidence,
      })),
    });
  }
}

/** Components that are not what the rollback left: then the look is about a later deploy. */
function changedSince(left: Due['components'], readings: ReadonlyMap<string, Reading>): readonly string[] {
  return [...readings].flatMap(([name, { version }]) =>
    left[name] === undefined || left[name] === version.digest ? [] : [`${name} is ${version.label}`],
  );
}

/** A gate, so that it stands in the summary; only for the target that the plan drills. */
async function askDrill(page: LedgerPage, { run, world, journal }: Stage): Promise<Overdue | undefined> {
  const { drill } = run.plan;
  if (drill?.everyMs === undefined) return undefined;
  const [only] = run.plan.targets.keys();
  if ((drill.target ?? only) !== run.target.name) return undefined;
  const standing = drillStanding(page, drill.everyMs, world.clock.now());
  if (standing.state === 'fresh') {
    const detail = `the last drill passed at ${standing.last}; the next is due by ${standing.dueAt}`;
    await journal.emit({ type: 'gate', name: 'drill', state: 'pass', detail });
    return undefined;
  }
  const overdue =
    standing.state === 'never'
      ? `no drill has passed here as far as the ledger knows, and the plan wants one every ${formatDuration(drill.everyMs)}`
      : `the last drill passed at ${standing.last}, so the next is overdue for ${formatDuration(standing.lateMs)}`;
  const red = drill.overdue === 'fail';
  const hint = 'Drill, and look whether its schedule still runs.';
  await journal.emit({ type: 'gate', name: 'drill', state: red ? 'refuse' : 'warn', detail: overdue, hint });
  world.log.warning(overdue);
  return { overdue, red };
}

async function say({ journal, world }: Stage, text: string): Promise<void> {
  world.log.info(text);
  await journal.emit({ type: 'note', level: 'info', text });
}
