// Keeps the page of an incident in the target: every change is written against the version last seen, so that whoever lost
// the lock finds out with its next word and starts nothing further. ADR 0015.

import { RollbackPlanError } from '../errors.ts';
import type { RunEvent } from '../events.ts';
import type { StateDocument, Stored } from '../ports/state.ts';
import { withEvent } from './incident-page.ts';
import type { Incident, IncidentPage } from './page-schema.ts';
import { renderPage } from './render-page.ts';

export type PageKeeper = {
  /** As it is meant to be; what could not be written yet included. */
  readonly incident: Incident | undefined;
  /** Replaces the incident and has it written. Throws `lock-lost` or `state-not-writable`. */
  write(incident: Incident | undefined): Promise<void>;
  /**
   * Notes an event. An intent is in the target once this resolves, or it throws; anything else that can't be written
   * now goes with the next word.
   */
  take(event: RunEvent): Promise<void>;
};

export function createPageKeeper(options: {
  readonly document: StateDocument;
  readonly stored: Stored;
  readonly incident: Incident | undefined;
  /** Nobody else's name, also no other run's of the same machine. */
  readonly writer: string;
  readonly redact: (text: string) => string;
}): PageKeeper {
  const { document, redact, writer } = options;
  let { incident } = options;
  let { version, text: last } = options.stored;
  let number = 0;
  let changed = false;
  let lost: RollbackPlanError | undefined;
  let queue: Promise<void> = Promise.resolve();

  const append = async (): Promise<void> => {
    if (lost !== undefined) throw lost;
    // Whoever was before in the queue wrote this, too.
    if (!changed) return;
    changed = false;
    number += 1;
    const page: IncidentPage = {
      version: 1,
      writer,
      number,
      ...(incident === undefined ? {} : { incident }),
    };
    const text = renderPage(page, redact);
    if (await replaced(text).catch(keepForNext)) return;
    changed = true;
    lost = new RollbackPlanError(
      'lock-lost',
      'another run wrote to the journal in the target since: this one lost the lock',
      {
        hint: `Nothing further was started. See who acts now: ${document.whereToRead}`,
      },
    );
    throw lost;
  };
  const keepForNext = (thrown: unknown): never => {
    changed = true;
    throw thrown;
  };
  /** `false`: somebody else wrote another page. A label that somebody put on the object is no page. */
  const replaced = async (text: string): Promise<boolean> => {
    for (;;) {
      const swap = await document.write(text, version);
      if (swap.type === 'written') {
        version = swap.version;
        last = text;
        return true;
      }
      const found = await document.read();
      if (found.text !== last || found.version === version) return false;
      version = found.version;
    }
  };
  const flush = (): Promise<void> => {
    const written = queue.then(append);
    queue = written.catch(() => undefined);
    return written;
  };

  return {
    get incident() {
      return incident;
    },
    async write(next) {
      incident = next;
      changed = true;
      await flush();
    },
    async take(event) {
      if (incident === undefined) return;
      const next = withEvent(incident, event);
      if (next === incident) return;
      incident = next;
      changed = true;
      const written = flush();
      await (event.type === 'intent' ? written : written.catch(() => undefined));
    },
  };
}
