// What people still have to do after rollbacks, and by when: as the ledger's page keeps it, and what may become of it. Pure
// functions from page to page, like those of `rechecks.ts`; the time is the caller's.

import { z } from 'zod';
import type { LedgerPage } from './ledger.ts';

const taskSchema = z.object({
  name: z.string().min(1),
  title: z.string(),
  owner: z.string().exactOptional(),
  /** RFC 3339, UTC, as all times here. */
  due: z.string().min(1),
  overdue: z.enum(['warn', 'fail']),
  /** When it was noted as done, and who said so. */
  done: z.object({ at: z.string().min(1), by: z.string() }).exactOptional(),
  /** When a heartbeat first found it overdue. */
  toldAt: z.string().exactOptional(),
});
export const followUpsSchema = z.object({
  incident: z.string().min(1),
  /** When its rollback ended, green or not. */
  at: z.string().min(1),
  /** Ids under which records of it were written: the incident's own, and those of presses that continued it; newest first. */
  records: z.array(z.string()),
  tasks: z.array(taskSchema),
});

/** What is to be done after one rollback. */
export type FollowUps = z.infer<typeof followUpsSchema>;
export type FollowUpTask = FollowUps['tasks'][number];

const kept = { incidents: 20, records: 5 } as const;
/** From when on it is said that it is due soon, ms. */
const soonMs = 24 * 3_600_000;

/** As the plan has it for one severity. */
export type AskedFollowUp = {
  readonly name: string;
  readonly title: string;
  readonly owner?: string | undefined;
  readonly withinMs: number;
  readonly overdue: 'warn' | 'fail';
};

export function followUpsOf(
  ended: { readonly incident: string; readonly record: string; readonly at: string },
  asked: readonly AskedFollowUp[],
): FollowUps {
  const tasks = asked.map(({ name, title, owner, withinMs, overdue }) => ({
    name,
    title,
    ...(owner === undefined ? {} : { owner }),
    due: new Date(Date.parse(ended.at) + withinMs).toISOString(),
    overdue,
  }));
  return { incident: ended.incident, at: ended.at, records: [ended.record], tasks };
}

/**
 * A rollback ended. The first end of an incident counts: a press that continues it gets no more time, and only adds its
 * record. `undefined` when the page says so already.
 */
export function withFollowUps(page: LedgerPage, fresh: FollowUps): LedgerPage | undefined {
  if (fresh.tasks.length === 0) return undefined;
  const known = page.followUps.find(({ incident }) => incident === fresh.incident);
  const records = [...new Set([...fresh.records, ...(known?.records ?? [])])].slice(0, kept.records);
  if (known !== undefined && records.length === known.records.length) return undefined;
  const others = page.followUps.filter((one) => one !== known);
  const all = [{ ...(known ?? fresh), records }, ...others];
  // What is done goes first: what is open must not be forgotten because much happened since.
  const finished = all.filter((one) => openTasks(one).length === 0);
  const surplus = Math.min(finished.length, Math.max(0, all.length - kept.incidents));
  const gone = finished.slice(finished.length - surplus);
  return { ...page, followUps: all.filter((one) => !gone.includes(one)).slice(0, kept.incidents) };
}

export function openTasks({ tasks }: FollowUps): readonly FollowUpTask[] {
  return tasks.filter(({ done }) => done === undefined);
}

/** Somebody says that it is done. `undefined` where that is no open task. */
export function withDone(
  page: LedgerPage,
  which: { readonly incident: string; readonly name: string },
  done: NonNullable<FollowUpTask['done']>,
): LedgerPage | undefined {
  return changed(page, (task, { incident }) =>
    incident === which.incident && task.name === which.name && task.done === undefined
      ? { ...task, done }
      : task,
  );
}

/**
 * What a heartbeat found out: tasks that are ticked in a record are done, and those that are overdue were told.
 * `undefined` when there is nothing new.
 */
export function withBeat(
  page: LedgerPage,
  ticked: ReadonlyMap<string, Ticked>,
  now: Date,
): LedgerPage | undefined {
  const at = now.toISOString();
  return changed(page, (task, { incident }) => {
    if (task.done !== undefined) return task;
    const by = ticked.get(incident)?.get(task.name);
    if (by !== undefined) return { ...task, done: { at, by } };
    return task.toldAt === undefined && standingOf(task, now).state === 'overdue'
      ? { ...task, toldAt: at }
      : task;
  });
}

/** Names of the tasks that are ticked, with the record that says so. */
export type Ticked = ReadonlyMap<string, string>;

function changed(
  page: LedgerPage,
  change: (task: FollowUpTask, of: FollowUps) => FollowUpTask,
): LedgerPage | undefined {
  let any = false;
  const followUps = page.followUps.map((of) => ({
    ...of,
    tasks: of.tasks.map((task) => {
      const now = change(task, of);
      any ||= now !== task;
      return now;
    }),
  }));
  return any ? { ...page, followUps } : undefined;
}

export type Standing =
  | { readonly state: 'done' | 'open' | 'soon' }
  | { readonly state: 'overdue'; readonly lateMs: number };

export function standingOf(task: Pick<FollowUpTask, 'due' | 'done'>, now: Date): Standing {
  if (task.done !== undefined) return { state: 'done' };
  const leftMs = Date.parse(task.due) - now.getTime();
  if (leftMs <= 0) return { state: 'overdue', lateMs: -leftMs };
  return { state: leftMs <= soonMs ? 'soon' : 'open' };
}
