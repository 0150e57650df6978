// `mode: report`: tell what became of an incident from the journals its runs left, also when the run that should have
// told it was killed. Looks at the target with whatever credentials it has, changes nothing but records.

import { messageOf, toRollbackPlanError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { readTrustedPlan } from '../plan/trusted-plan.ts';
import { publishRun } from '../publish/publish-run.ts';
import { renderIncident } from '../report/incident.ts';
import { reportOf } from '../report/model.ts';
import { renderResult } from '../report/result.ts';
import { renderSummary } from '../report/summary.ts';
import { renderTerminal } from '../report/terminal.ts';
import { type Conclusion, writeReports } from '../report/write-reports.ts';
import type { Request } from '../request.ts';
import { type EarlierJournals, readEarlierJournals } from '../state/earlier-journals.ts';
import { type Journal, openJournal } from '../state/journal.ts';
import { bindNamed, createScope } from '../target/aim.ts';
import { loadRun, type PlannedRun } from '../target/load-run.ts';
import type { Verdict } from '../verify/verdict.ts';
import type { Site, World } from '../world.ts';
import { noFailure } from './stage.ts';
import { withoutSecrets } from './without-secrets.ts';

/** Never throws. The verdict is the incident's; `green` tells whether the record is where it was wanted. */
export async function reportIncident(request: Request, world: World): Promise<Conclusion> {
  const earlier = await readEarlierJournals(request.incident, world)
    .then(tellable)
    .catch((thrown: unknown) => nothingTold(thrown));
  const journal = await openJournal(request.incident, world, earlier.events);
  world.limitTime(request.timeoutMs);
  const lost = earlier.events.length === 0;
  const notes = [...earlier.notes];
  // With a journal the run has introduced itself already; without one, the request is all there is to say who it was.
  const run = await loadRun(
    request,
    withoutSecrets(world),
    lost ? journal.emit : async () => undefined,
  ).catch((thrown: unknown) => {
    notes.push(`the plan could not be loaded: ${toRollbackPlanError(thrown).message}`);
    return undefined;
  });
  await noteAll(notes, journal);
  if (!reportOf(journal.events).verdict.said && run !== undefined) await lookAround(run, world, journal);
  await run?.site.close();
  if (lost) {
    const verdict = runLost();
    await journal.emit({ type: 'run-finished', ...verdict, green: false, durationMs: journal.elapsedMs() });
  }
  const before = journal.events.length;
  // A target that can't be reached is no reason to forget where the plan wants its records.
  await publishRun(request, run?.plan ?? (await trustedPlan(request, world)), journal, world);
  const published = journal.events.slice(before).find((event) => event.type === 'published');
  const { verdict } = reportOf(journal.events);
  const told: Verdict = { ...verdict, green: true };
  const conclusion = await writeReports(told, journal, world);
  const recorded = conclusion.incidentPath !== '' && (published === undefined || published.ok);
  return { ...conclusion, verdict: { ...told, green: recorded }, green: recorded };
}

/** What can't be told would leave no record at all; then it is better to tell that. Throws nothing. */
function tellable(earlier: EarlierJournals): EarlierJournals {
  try {
    const report = reportOf(earlier.events);
    for (const render of [renderIncident, renderSummary, renderResult]) render(report);
    renderTerminal(report, { color: false });
    return earlier;
  } catch (thrown) {
    return nothingTold(thrown, earlier.notes);
  }
}

function nothingTold(thrown: unknown, notes: readonly string[] = []): EarlierJournals {
  return { events: [], notes: [...notes, `the journals can't be told: ${messageOf(thrown)}`] };
}

/** A report of a report says nothing twice. */
async function noteAll(texts: readonly string[], journal: Journal): Promise<void> {
  for (const text of texts) {
    const said = journal.events.some((event) => event.type === 'note' && event.text === text);
    if (!said) await journal.emit({ type: 'note', level: 'warning', text, afterwards: true });
  }
}

async function trustedPlan(request: Request, world: World): Promise<Plan | undefined> {
  try {
    const { read, trust } = await readTrustedPlan({
      path: request.plan,
      ref: request.planRef,
      overridden: request.overrides.includes('untrusted-plan'),
      source: world.planSource,
      checkedOut: world.checkedOutPlans,
      kinds: world.kinds,
    });
    return trust.ok ? read.plan : undefined;
  } catch {
    return undefined;
  }
}

function runLost(): Verdict {
  return {
    outcome: 'interrupted',
    fault: {
      code: 'run-lost',
      message: 'the acting run left no journal, so nobody can say what it started',
      hint: 'Look at the facts about the target here and at the log of the acting job, then press again: what is already back stays untouched.',
    },
    failedStep: undefined,
  };
}

/** What the components are now. One that can't be read is said, too. */
async function lookAround(run: PlannedRun<Site>, world: World, journal: Journal): Promise<void> {
  const scope = createScope(run, new Map(), new Map())(noFailure);
  for (const name of run.plan.components.keys()) {
    try {
      const [component] = bindNamed([name], run.plan, world.kinds.components, scope);
      if (component === undefined) continue;
      const { version, detail, busy, partial, unfinished } = await component.kind.read(
        run.site.context,
        component.settings,
      );
      const open = busy ?? partial ?? unfinished?.because;
      await journal.emit({
        type: 'found',
        component: name,
        version: version.label,
        detail: open === undefined ? detail : `${detail}; ${open}`,
      });
    } catch (thrown) {
      const { message } = toRollbackPlanError(thrown);
      await journal.emit({ type: 'found', component: name, version: 'unknown', detail: message });
    }
  }
}
