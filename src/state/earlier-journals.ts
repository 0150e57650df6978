// The journals that earlier runs of an incident left in the runs folder, as one list of events. A line that was cut off
// by a kill, or that somebody damaged, ends that journal; what stands before it is evidence and counts.

import { join } from 'node:path';
import { z } from 'zod';
import { journalVersion, type RunEvent } from '../events.ts';
import type { Files } from '../ports.ts';

const maxBytes = 64 * 1024 * 1024;
const mostRuns = 100;

const place = z.looseObject({
  type: z.string(),
  seq: z.number(),
  at: z.string(),
  elapsedMs: z.number(),
});

/** In the order the runs were made; empty when there is none. */
export async function readEarlierJournals(
  incident: string,
  { files, runsFolder }: { readonly files: Files; readonly runsFolder: string },
): Promise<readonly RunEvent[]> {
  let events: readonly RunEvent[] = [];
  for (let run = 1; run <= mostRuns; run++) {
    // The names `claimFolder` gives: INC-7, INC-7-2, INC-7-3.
    const folder = join(runsFolder, run === 1 ? incident : `${incident}-${run}`);
    const text = await files.read(join(folder, 'journal.jsonl'), maxBytes).catch(() => undefined);
    if (text === undefined) break;
    const own = eventsIn(text);
    // A report's journal begins with what it read: it tells all of that and more.
    const continued = own.length >= events.length && own[0] !== undefined && sameEvent(own[0], events[0]);
    events = continued ? own : [...events, ...own];
  }
  return events;
}

function sameEvent(one: RunEvent, other: RunEvent | undefined): boolean {
  return one.at === other?.at && one.type === other.type && one.seq === other.seq;
}

/** Pure. A journal of another version is not ours to read. */
export function eventsIn(text: string): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (const line of text.split('\n')) {
    const event = eventIn(line);
    if (event === undefined) break;
    if (event.type === 'run-started' && event.version !== journalVersion) break;
    events.push(event);
  }
  return events;
}

function eventIn(line: string): RunEvent | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (!place.safeParse(parsed).success) return undefined;
    // Written by ourselves: the fold takes what it knows and never throws for the rest.
    return parsed as RunEvent;
  } catch {
    return undefined;
  }
}
