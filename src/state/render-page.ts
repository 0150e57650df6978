// The page as the text that is stored, kept under what a ConfigMap holds.

import { isLeftOut } from './page-entries.ts';
import type { Entry, IncidentPage } from './page-schema.ts';

/** An object of etcd holds 1.5 MB at most, a ConfigMap 1 MiB. */
const longestPage = 700_000;

/** The page as text, redacted, and kept under what a ConfigMap holds by folding the oldest runs' entries. */
export function renderPage(page: IncidentPage, redact: (text: string) => string): string {
  for (let folded = 0; ; folded++) {
    const rendered = JSON.stringify(foldRuns(page, folded), (key, value: unknown) =>
      typeof value === 'string' && key !== 'type' ? redact(value) : value,
    );
    const all = (page.incident?.runs.length ?? 0) <= folded;
    if (Buffer.byteLength(rendered) <= longestPage || all) return rendered;
  }
}

/**
 * Of the first `count` runs only what never ended, and of what ended the last word about each step, and what a cleanup
 * changed: a step that is left alone at every press says the same at every press, outputs and all.
 */
function foldRuns(page: IncidentPage, count: number): IncidentPage {
  const { incident } = page;
  if (incident === undefined || count === 0) return page;
  const ends = new Set(
    incident.entries.flatMap((entry) =>
      entry.type === 'step-finished' ? [`${entry.run} ${entry.step}`] : [],
    ),
  );
  const last = new Map<string, Entry>();
  for (const entry of incident.entries) {
    if (entry.type === 'step-finished' && !isLeftOut(entry)) last.set(entry.step, entry);
  }
  const entries = incident.entries.filter((entry) => {
    if (entry.run >= count) return true;
    if (entry.type === 'step-finished')
      return last.get(entry.step) === entry || (entry.cleanup === true && entry.changed === true);
    return entry.type !== 'captured' && !ends.has(`${entry.run} ${entry.step}`);
  });
  return { ...page, incident: { ...incident, entries } };
}
