// The run's journal: JSON Lines, one event a line, each on the disk before what follows from it happens.
// Everything that is told later (progress, summary, incident record) is a fold over these events.

import { join } from 'node:path';
import { messageOf, RollbackPlanError } from '../errors.ts';
import type { Emit, RunEvent, RunEventBody } from '../events.ts';
import type { Clock, Files } from '../ports.ts';

export type Journal = {
  /** Absolute folder of this incident; the records go there, too. */
  readonly folder: string;
  readonly path: string;
  elapsedMs(): number;
  readonly emit: Emit;
  /**
   * From here on every event goes to this keeper, too, once it is on the disk and before `emit` resolves; what it throws,
   * `emit` throws. `undefined` ends it.
   */
  keepAlso(keep: ((event: RunEvent) => Promise<void>) | undefined): void;
  /** Everything emitted so far, in order. */
  readonly events: readonly RunEvent[];
};

export type JournalPorts = {
  readonly files: Files;
  readonly clock: Clock;
  /** Absolute folder that holds a folder per incident. */
  readonly runsFolder: string;
  readonly redact: (text: string) => string;
};

const beforeActing: readonly RunEventBody['type'][] = ['run-started', 'pinned', 'intent'];

/**
 * Opens a journal. `earlier` events come first, so that what a run left behind and what is found out about it later are
 * one story. `emit` rejects with `journal-not-writable` when an event that an act would follow could not be made
 * durable: whoever was about to act must not.
 */
export async function openJournal(
  incident: string,
  options: JournalPorts,
  earlier: readonly RunEvent[] = [],
): Promise<Journal> {
  // A folder per run: a second press of the same incident must not write over the first one's record. Where none can be
  // made, the first event that matters will say so.
  const wanted = join(options.runsFolder, incident);
  const folder = await options.files.claimFolder(wanted).catch(() => wanted);
  const path = join(folder, 'journal.jsonl');
  const started = options.clock.monotonicMs();
  const events: RunEvent[] = [...earlier];
  // Elapsed time goes on where the earlier events stopped; nobody knows how long nothing was written.
  const offset = earlier.at(-1)?.elapsedMs ?? 0;
  let queue: Promise<void> = Promise.resolve();
  let beyond: ((event: RunEvent) => Promise<void>) | undefined;
  if (earlier.length > 0) {
    const lines = earlier.map((event) => `${JSON.stringify(event)}\n`).join('');
    queue = options.files.appendDurably(path, lines).catch(() => undefined);
  }
  const elapsedMs = (): number => Math.round(offset + options.clock.monotonicMs() - started);

  const emit = (body: RunEventBody): Promise<void> => {
    const event: RunEvent = {
      seq: events.length + 1,
      at: options.clock.now().toISOString(),
      elapsedMs: elapsedMs(),
      ...redacted(body, options.redact),
    };
    events.push(event);
    const line = `${JSON.stringify(event)}\n`;
    const written = queue.then(() => options.files.appendDurably(path, line));
    queue = written.catch(() => undefined);
    const local = written.catch((error: unknown) => {
      // Only what comes before an act stops it. What is told afterwards is kept in memory for the record, and the next
      // intent will find the journal closed.
      if (!beforeActing.includes(body.type)) return;
      throw new RollbackPlanError(
        'journal-not-writable',
        `the journal ${path} can't be written: ${messageOf(error)}`,
        {
          hint: 'Free disk space or choose another RUNNER_TEMP, then run the same command again. Nothing further was started.',
          cause: error,
        },
      );
    });
    const keep = beyond;
    return keep === undefined ? local : local.then(() => keep(event));
  };
  const keepAlso: Journal['keepAlso'] = (keep) => {
    beyond = keep;
  };
  return { folder, path, emit, keepAlso, events, elapsedMs };
}

/** A copy in which every text is redacted, whatever field a secret got into; what the report reads is this copy. */
function redacted(body: RunEventBody, redact: (text: string) => string): RunEventBody {
  return JSON.parse(JSON.stringify(body), (key, value: unknown) =>
    typeof value === 'string' && key !== 'type' ? redact(value) : value,
  );
}
