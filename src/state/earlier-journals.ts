// The journals that earlier runs of an incident left below the runs folder, as one list of events. A line that was cut off
// by a kill, or that somebody damaged, ends that journal; what stands before it is evidence and counts.

import { basename, dirname, relative } from 'node:path';
import type { RunEvent } from '../events.ts';
import type { Files } from '../ports.ts';
import { readEvent } from './event-schema.ts';

/** Of all journals of an incident together. */
const mostBytes = 64 * 1024 * 1024;
const mostJournals = 200;
/** `INC-7/journal.jsonl`, and the same in the folder of an artifact. */
const depth = 3;

export type EarlierJournals = {
  /** In the order in which the runs began; empty when there is none. */
  readonly events: readonly RunEvent[];
  /** What was there and does not count, in sentences. */
  readonly notes: readonly string[];
};

/**
 * Takes only journals of which every run says that it is of this incident: neither the name of a folder nor a journal
 * decides whose record is written.
 */
export async function readEarlierJournals(
  incident: string,
  { files, runsFolder }: { readonly files: Files; readonly runsFolder: string },
): Promise<EarlierJournals> {
  const { paths, whole } = await files.find(runsFolder, 'journal.jsonl', depth);
  const named = paths.filter((path) => isFolderOf(incident, basename(dirname(path))));
  const notes: string[] = [];
  const journals: (readonly RunEvent[])[] = [];
  let left = mostBytes;
  let foreign = 0;
  let unread = Math.max(0, named.length - mostJournals);
  for (const path of named.slice(0, mostJournals)) {
    const text = await files.read(path, left).catch(() => undefined);
    if (text === undefined) {
      unread += 1;
      continue;
    }
    left -= Buffer.byteLength(text);
    const { events, oddLine } = eventsIn(text);
    if (oddLine !== undefined) {
      notes.push(
        `line ${oddLine} of the journal ${relative(runsFolder, path)} is no event: it and what follows it are left out`,
      );
    }
    if (isOf(incident, events)) journals.push(events);
    else if (events.length > 0) foreign += 1;
  }
  if (foreign > 0)
    notes.push(`left out because their runs are not all of incident ${incident}: ${journalsText(foreign)}`);
  if (unread > 0) notes.push(`left out because of their size or number: ${journalsText(unread)}`);
  if (!whole) notes.push('the runs folder has more folders than are looked into: journals may be missing');
  return { events: joined(journals), notes };
}

function journalsText(number: number): string {
  return number === 1 ? '1 journal' : `${number} journals`;
}

/** The names `claimFolder` gives: INC-7, INC-7-2, INC-7-3. The last may also be the first run of an incident INC-7-3. */
function isFolderOf(incident: string, name: string): boolean {
  return (
    name === incident || (name.startsWith(`${incident}-`) && /^\d+$/.test(name.slice(incident.length + 1)))
  );
}

function isOf(incident: string, events: readonly RunEvent[]): boolean {
  return (
    events[0]?.type === 'run-started' &&
    events.every((event) => event.type !== 'run-started' || event.incident === incident)
  );
}

/**
 * Pure. A report's journal begins with what it read and goes on with what it found, so the same run may be told several
 * times: it counts once, as it is told to its end, else at greatest length.
 */
function joined(journals: readonly (readonly RunEvent[])[]): readonly RunEvent[] {
  const runs = new Map<string, readonly RunEvent[]>();
  for (const run of journals.flatMap(runsIn)) {
    const key = `${run[0]?.at} ${run[0]?.seq}`;
    const known = runs.get(key) ?? [];
    const more = hasEnded(run) === hasEnded(known) ? run.length > known.length : hasEnded(run);
    if (more) runs.set(key, run);
  }
  const inOrder = [...runs.values()].sort((one, other) => beganAt(one) - beganAt(other));
  // Who looked and found no journal said that the run is lost. With an earlier journal at hand that is not so.
  return inOrder.filter((run, index) => index === 0 || !isLooking(run[0])).flat();
}

function runsIn(events: readonly RunEvent[]): readonly (readonly RunEvent[])[] {
  const starts = events.flatMap((event, index) =>
    event.type === 'run-started' && (index === 0 || !isLooking(event)) ? [index] : [],
  );
  return starts.map((from, index) => events.slice(from, starts[index + 1]));
}

function isLooking(event: RunEvent | undefined): boolean {
  return event?.type === 'run-started' && event.mode === 'report';
}

function hasEnded(run: readonly RunEvent[]): boolean {
  return run.some((event) => event.type === 'run-finished' && event.fault?.code !== 'run-lost');
}

function beganAt(run: readonly RunEvent[]): number {
  return Date.parse(run[0]?.at ?? '');
}

/**
 * Pure. The events up to the first line that is none, and the number of that line. A last line without an end is what a
 * kill leaves, and nothing odd.
 */
export function eventsIn(text: string): {
  readonly events: readonly RunEvent[];
  readonly oddLine?: number;
} {
  const lines = text.split('\n');
  const unfinished = lines.pop();
  const events: RunEvent[] = [];
  for (const [index, line] of lines.entries()) {
    const event = readEvent(line);
    if (event === undefined) return { events, oddLine: index + 1 };
    events.push(event);
  }
  const last = readEvent(unfinished ?? '');
  return { events: last === undefined ? events : [...events, last] };
}
