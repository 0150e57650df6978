// One incident, one file, several runs, and people who write in it: how a new record and the one that is there become
// one text. What people wrote is kept, whatever happens; without a sign of whose a file is, it isn't touched.

import { peopleMarker, runsHead } from '../report/record-format.ts';

/** Whose story the merged record tells: this run's, or that of the run that was recorded before. */
export type Teller = 'ours' | 'theirs';

export type Merge =
  | { readonly type: 'write'; readonly text: string; readonly tells: Teller }
  /** Nothing to do: what is there already says it. */
  | { readonly type: 'same'; readonly text: string; readonly tells: Teller }
  | { readonly type: 'not-ours'; readonly why: string };

/** `existing` is `undefined` when there is no such file. */
export function mergeRecord(existing: string | undefined, ours: string): Merge {
  if (existing === undefined) return { type: 'write', text: ours, tells: 'ours' };
  const there = existing.replaceAll('\r\n', '\n');
  const old = split(there);
  const fresh = split(ours);
  if (old === undefined || fresh === undefined) {
    return { type: 'not-ours', why: 'holds no line that says where the part for people begins' };
  }
  const tells = tellsMore(old.written, fresh.written) ? 'theirs' : 'ours';
  const written = tells === 'theirs' ? old.written : fresh.written;
  const text =
    withRuns(written, [...runsIn(old.written), ...runsIn(fresh.written)]) + peopleMarker + old.people;
  return { type: text === there ? 'same' : 'write', text, tells };
}

type Halves = { readonly written: string; readonly people: string };

function split(record: string): Halves | undefined {
  const at = record.indexOf(peopleMarker);
  if (at === -1 || !record.startsWith('---\n')) return undefined;
  return { written: record.slice(0, at), people: record.slice(at + peopleMarker.length) };
}

/** A later run that changed nothing doesn't replace the story of the one that did; it only joins the list of runs. */
function tellsMore(old: string, fresh: string): boolean {
  const changed = (written: string): boolean => field(written, 'changed') === 'true';
  return field(old, 'run_key') !== field(fresh, 'run_key') && changed(old) && !changed(fresh);
}

function field(written: string, name: string): string | undefined {
  const front = /^---\n([\s\S]*?)\n---/.exec(written)?.[1] ?? '';
  return front
    .split('\n')
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2);
}

const runLine = /^\| (\d{4}-\d{2}-\d{2}T[\d:.]+Z) \|/;

function runsIn(written: string): readonly string[] {
  const [, table = ''] = written.split(`${runsHead.join('\n')}\n`);
  const lines = table.split('\n');
  const end = lines.findIndex((line) => !runLine.test(line));
  return end === -1 ? lines : lines.slice(0, end);
}

/** Each run once, the later telling of it, in the order they began. */
function withRuns(written: string, rows: readonly string[]): string {
  const byStart = new Map(rows.map((row) => [runLine.exec(row)?.[1] ?? row, row]));
  const merged = [...byStart.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const head = runsHead.join('\n');
  const at = written.indexOf(`${head}\n`);
  if (at === -1) return written;
  const own = runsIn(written).join('\n');
  const after = written.slice(at + head.length + 1 + own.length);
  return `${written.slice(0, at)}${head}\n${merged.join('\n')}${after}`;
}
