// What people have to do after a rollback: boxes to tick in the incident record, and how a tick is found again; the table
// in summaries, and in the file beside the record.

import type { FollowUpsResult } from '../events.ts';
import { escapeText } from '../values/markdown.ts';
import type { Report } from './model.ts';
import { peopleMarker } from './record-format.ts';
import { type Extent, table, text } from './table-cells.ts';
import { utc } from './wording.ts';

type Task = FollowUpsResult['tasks'][number];

export const followUpWords = {
  open: 'due',
  soon: 'due soon,',
  overdue: 'overdue since',
  done: 'done',
} as const satisfies Record<Task['state'], string>;

const marks = { open: '▫️', soon: '🕒', overdue: '⚠️', done: '✅' } as const satisfies Record<
  Task['state'],
  string
>;

/** Invisible where the record is read, and how a heartbeat finds the line again. Part of the record's format. */
function tag(name: string): string {
  return `<!-- rollback-plan: follow-up ${name} -->`;
}

/** Boxes for people to tick; empty where the plan asks for nothing. */
export function followUpBoxes(report: Report): readonly string[] {
  const noted = [report, ...report.earlier.toReversed()].find((run) => run.followUps.length > 0);
  return (noted?.followUps.at(-1)?.tasks ?? []).map(({ name, title, owner, due, state }) => {
    const box = state === 'done' ? '[x]' : '[ ]';
    const who = owner === undefined ? '**TODO**' : escapeText(owner);
    return `- ${box} ${escapeText(title)} (who: ${who}, by: ${utc(due)} UTC) ${tag(name)}`;
  });
}

/**
 * Names of the boxes that are ticked in a record, whatever people made of the words between box and tag. Only in the part
 * that is people's: above it stands output, and that may say anything.
 */
export function tickedIn(record: string): readonly string[] {
  const at = record.indexOf(peopleMarker);
  if (at === -1) return [];
  const line = /^[ \t]*[-*+][ \t]+\[[xX]\][ \t].*<!-- rollback-plan: follow-up ([A-Za-z0-9][\w.-]*) -->/gm;
  return [...record.slice(at).matchAll(line)].map(([, name = '']) => name);
}

export function followUpsPart({ followUps }: Report, extent: Extent): string | undefined {
  return followUps.length === 0 ? undefined : followUpsTable(followUps, extent);
}

export function followUpsTable(followUps: readonly FollowUpsResult[], extent: Extent): string {
  const rows = followUps.flatMap(({ incident, tasks }) =>
    tasks.map((task) => () => [
      marks[task.state],
      text(incident, extent),
      text(task.title, extent),
      text(task.owner, extent),
      utc(task.due),
      standing(task, extent),
    ]),
  );
  return table(['', 'after', 'what', 'who', 'by (UTC)', 'how it stands'], rows, extent);
}

function standing({ state, doneAt, doneBy }: Task, extent: Extent): string {
  if (state === 'overdue') return '**overdue**';
  if (state !== 'done') return state === 'soon' ? 'due soon' : 'open';
  return `done, noted at ${utc(doneAt ?? '')} (${text(doneBy, extent)})`;
}
