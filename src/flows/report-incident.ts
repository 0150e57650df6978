// `mode: report`: tell what became of an incident from the journals its runs left, also when the run that should have
// told it was killed. Looks at the target with whatever credentials it has, changes nothing but records.

import { toRollbackPlanError } from '../errors.ts';
import { publishRun } from '../publish/publish-run.ts';
import { reportOf } from '../report/model.ts';
import { type Conclusion, writeReports } from '../report/write-reports.ts';
import type { Request } from '../request.ts';
import { readEarlierJournals } from '../state/earlier-journals.ts';
import { type Journal, openJournal } from '../state/journal.ts';
import { bindNamed, createScope } from '../target/aim.ts';
import { type LoadPorts, loadRun, type PlannedRun } from '../target/load-run.ts';
import type { Verdict } from '../verify/verdict.ts';
import type { Site, World } from '../world.ts';
import { noFailure } from './stage.ts';

/** Never throws. The verdict is the incident's; `green` tells whether the report could be made. */
export async function reportIncident(request: Request, world: World): Promise<Conclusion> {
  const earlier = await readEarlierJournals(request.incident, world);
  const journal = await openJournal(request.incident, world, earlier);
  world.limitTime(request.timeoutMs);
  const lost = earlier.length === 0;
  // With a journal the run has introduced itself already; without one, the request is all there is to say who it was.
  const run = await loadRun(
    request,
    withoutSecrets(world),
    lost ? journal.emit : async () => undefined,
  ).catch(async (thrown: unknown) => {
    const { message } = toRollbackPlanError(thrown);
    await journal.emit({
      type: 'note',
      level: 'warning',
      text: `the plan could not be loaded: ${message}`,
    });
    return undefined;
  });
  if (!reportOf(journal.events).verdict.said && run !== undefined) await lookAround(run, world, journal);
  await run?.site.close();
  if (lost) {
    const verdict = runLost();
    await journal.emit({ type: 'run-finished', ...verdict, green: false, durationMs: journal.elapsedMs() });
  }
  await publishRun(request, run?.plan, journal, world);
  const { verdict } = reportOf(journal.events);
  const told: Verdict = { ...verdict, green: true };
  const conclusion = await writeReports(told, journal, world);
  const recorded = conclusion.incidentPath !== '' && conclusion.report.published.at(-1)?.ok !== false;
  return { ...conclusion, verdict: { ...told, green: recorded }, green: recorded };
}

/** Whoever reports needs none of the plan's secrets; those that are there are redacted all the same. */
function withoutSecrets(world: World): LoadPorts<Site> {
  return {
    ...world,
    declareSecrets(names) {
      for (const name of names) {
        try {
          world.declareSecrets([name]);
        } catch {
          // Not handed to this job, so it can't get into what this job writes either.
        }
      }
    },
  };
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
