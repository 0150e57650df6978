// What people have to do after a rollback: noted when it ended, and asked about by every heartbeat. Boxes that are ticked in
// an incident's record count as done. ADR 0023.

import { messageOf } from '../errors.ts';
import type { FollowUpsResult } from '../events.ts';
import { readTicks } from '../publish/read-ticks.ts';
import { reportOf } from '../report/model.ts';
import { severityOf } from '../report/wording.ts';
import {
  type FollowUps,
  followUpsOf,
  openTasks,
  standingOf,
  type Ticked,
  withBeat,
  withFollowUps,
} from '../state/follow-ups.ts';
import type { LedgerPage } from '../state/ledger.ts';
import { formatDuration } from '../values/durations.ts';
import { withTimeLimit } from '../values/time-limit.ts';
import type { Overdue } from '../verify/judge-heartbeat.ts';
import { changeLedger } from './change-ledger.ts';
import { doneCommand } from './ledger-command.ts';
import { type Noting, note } from './note-due.ts';
import type { Stage } from './stage.ts';

/** After a cancellation the runner leaves us seconds. */
const hurriedMs = 4_000;
/** Records that one heartbeat reads. */
const longestReading = 12;
const readingMs = 20_000;

/** At the end of a rollback that had something to do, green or not. The first end of an incident counts. */
export async function noteFollowUps(incident: string, stage: Noting): Promise<void> {
  const { request, run, world, journal } = stage;
  if (request.mode === 'drill' || run.plan.followUps.size === 0) return;
  const severity = severityOf(reportOf(journal.events)) ?? '';
  const asked = [...run.plan.followUps.values()].map(({ bySeverityMs, ...spec }) => ({
    ...spec,
    withinMs: bySeverityMs.get(severity) ?? spec.withinMs,
  }));
  const now = world.clock.now();
  const ended = { incident, record: request.incident, at: now.toISOString() };
  const fresh = followUpsOf(ended, asked);
  const noteWithin = (signal: AbortSignal): Promise<LedgerPage | undefined> =>
    note('what is to be done after it', { ...stage, signal }, (known) => withFollowUps(known, fresh));
  const page = await (world.signal.aborted
    ? withTimeLimit(hurriedMs, [], noteWithin)
    : noteWithin(world.signal));
  const noted = page?.followUps.find((one) => one.incident === incident) ?? fresh;
  await journal.emit({ type: 'follow-ups', ...told(noted, page, now), fresh: [] });
}

/** What a heartbeat makes of what people have to do: tells all of it that is open, or new. */
export async function askFollowUps(page: LedgerPage, stage: Stage): Promise<Overdue | undefined> {
  const { request, run, world, journal } = stage;
  const open = page.followUps.filter((one) => openTasks(one).length > 0);
  if (open.length === 0) return undefined;
  const now = world.clock.now();
  const ticked = await ticksOf(open, stage);
  const decide = (known: LedgerPage): LedgerPage | undefined => withBeat(known, ticked, now);
  let after = decide(page) ?? page;
  if (after !== page && !request.dryRun) {
    try {
      const { clock, signal } = world;
      const title = 'note in the ledger which follow-ups are done';
      after = (await changeLedger({ site: run.site, service: run.service, title, clock, signal }, decide))
        .page;
    } catch (thrown) {
      await warn(
        stage,
        `how the follow-ups stand could not be noted in the ledger, so the next heartbeat asks again: ${messageOf(thrown)}`,
      );
    }
  }
  const at = now.toISOString();
  const command = doneCommand(request, run);
  const overdue: { readonly said: string; readonly red: boolean }[] = [];
  for (const was of open) {
    const one = after.followUps.find(({ incident }) => incident === was.incident) ?? was;
    const fresh = one.tasks.filter(({ done, toldAt }) => done?.at === at || (!done && toldAt === at));
    await journal.emit({
      type: 'follow-ups',
      ...told(one, after, now),
      fresh: fresh.map(({ name }) => name),
    });
    for (const task of openTasks(one)) {
      const standing = standingOf(task, now);
      const who = task.owner === undefined ? '' : `, ${task.owner}`;
      if (standing.state === 'soon') {
        const text = `${task.title} (after ${one.incident}${who}) is due by ${task.due}`;
        await journal.emit({ type: 'note', level: 'info', text });
      }
      if (standing.state !== 'overdue') continue;
      const said = `${task.title} (after ${one.incident}${who}) is overdue for ${formatDuration(standing.lateMs)}`;
      const red = task.overdue === 'fail';
      const subject = `${one.incident} ${task.name}`;
      const hint = `Do it, then tick its box in the incident's record, or: ${command({ incident: one.incident, name: task.name })}`;
      await journal.emit({
        type: 'gate',
        name: 'follow-up',
        subject,
        state: red ? 'refuse' : 'warn',
        detail: said,
        hint,
      });
      world.log.warning(said);
      overdue.push({ said, red });
    }
  }
  if (overdue.length === 0) return undefined;
  // What makes it red comes first.
  const sorted = overdue.toSorted((one, other) => Number(other.red) - Number(one.red));
  return { overdue: sorted.map(({ said }) => said).join('; '), red: sorted.some(({ red }) => red) };
}

/** By incident. What can't be read is said, and has no ticks. */
async function ticksOf(open: readonly FollowUps[], stage: Stage): Promise<ReadonlyMap<string, Ticked>> {
  const { run, world } = stage;
  const forge = await world.forge();
  if (forge === undefined) return new Map();
  const ids = open.flatMap(({ records }) => records).slice(0, longestReading);
  const { clock, signal } = world;
  const { ticked, fault } = await withTimeLimit(readingMs, [signal], (inTime) =>
    readTicks({ forge, records: run.plan.records, ids, clock, signal: inTime }),
  );
  if (fault !== undefined)
    await warn(stage, `ticks in the incident's record could not be read: ${world.redact(fault.message)}`);
  return new Map(
    open.map(({ incident, records }) => [
      incident,
      new Map(
        records
          .flatMap((id) => [...(ticked.get(id) ?? [])])
          .map(([name, path]) => [name, `ticked in ${path}`]),
      ),
    ]),
  );
}

function told(
  { incident, at, tasks }: FollowUps,
  page: LedgerPage | undefined,
  now: Date,
): Omit<FollowUpsResult, 'fresh'> {
  const looks = page?.rechecks.find((each) => each.incident === incident)?.due ?? [];
  return {
    incident,
    rolledBackAt: at,
    tasks: tasks.map((task) => ({
      name: task.name,
      title: task.title,
      owner: task.owner,
      due: task.due,
      state: standingOf(task, now).state,
      doneAt: task.done?.at,
      doneBy: task.done?.by,
    })),
    looks: looks.map((one) => ({
      due: one.at,
      at: one.done?.at,
      state: one.done?.state,
      evidence: one.done?.evidence,
    })),
  };
}

async function warn({ journal, world }: Stage, text: string): Promise<void> {
  await journal.emit({ type: 'note', level: 'warning', text });
  world.log.warning(text);
}
