// What the page of an incident tells of each step: whether it was done, failed, or may have happened. Pure.

import type { JsonObject } from '../values/json.ts';
import { doneOf, isLeftOut, mayHaveChanged, openOnce } from './page-entries.ts';
import type { Entry, Incident } from './page-schema.ts';

/** The last attempt of a step. A step that was left out since is still what it was. */
export type StepHistory = {
  /** `failed`: its end was seen, or nothing of it had begun. `unknown`: it may have happened. */
  readonly state: 'succeeded' | 'failed' | 'unknown';
  /** Another pass can do no harm: what is open is read-only or idempotent. */
  readonly repeatable: boolean;
  /** A cleanup changed something after it had succeeded. */
  readonly cleanedSince: boolean;
  /** Of the settings it had; absent where it was never told. */
  readonly identity: string | undefined;
  readonly outputs: JsonObject;
  /** `done by INC-1 at 2026-11-21T10:00:00Z`, should it be taken as done. */
  readonly told: string;
  /** What was seen of it, for a person who has to decide. */
  readonly evidence: string;
};

type Draft = { readonly entries: Entry[]; position: number; readonly run: number };

export function stepHistories(incident: Incident): ReadonlyMap<string, StepHistory> {
  const drafts = new Map<string, Draft>();
  let cleanedAt = -1;
  incident.entries.forEach((entry, position) => {
    if (entry.type === 'captured') return;
    if (isLeftOut(entry)) return;
    const known = drafts.get(entry.step);
    const begins = entry.type === 'step-started' || known === undefined || known.run !== entry.run;
    const draft = begins ? { entries: [], position, run: entry.run } : known;
    draft.entries.push(entry);
    draft.position = position;
    drafts.set(entry.step, draft);
    if (cleansUp(draft.entries)) cleanedAt = position;
  });
  return new Map(
    [...drafts].map(([step, draft]) => [step, historyOf(draft, draft.position < cleanedAt, incident)]),
  );
}

/** What may have happened and may not happen twice, and where nobody is going to ask: a sentence of evidence each. */
export function openQuestions(histories: ReadonlyMap<string, StepHistory>): readonly string[] {
  // What takes a component back has no identity: its kind reads anew what became of it.
  return [...histories].flatMap(([key, { state, repeatable, identity, evidence }]) =>
    state === 'unknown' && !repeatable && identity !== undefined ? [`${key}: ${evidence}`] : [],
  );
}

function cleansUp(entries: readonly Entry[]): boolean {
  const end = entries.find((entry) => entry.type === 'step-finished');
  if (end?.cleanup === true && end.changed === true) return true;
  const start = entries.find((entry) => entry.type === 'step-started');
  return start?.cleanup === true && mayHaveChanged(entries);
}

function historyOf({ entries, run }: Draft, cleanedSince: boolean, incident: Incident): StepHistory {
  const start = entries.find((entry) => entry.type === 'step-started');
  const end = entries.findLast((entry) => entry.type === 'step-finished');
  const { incident: id = incident.id } = incident.runs[run] ?? {};
  const at = entries.at(-1)?.at ?? '';
  const base = {
    cleanedSince,
    identity: end?.identity ?? start?.identity,
    outputs: end?.outputs ?? {},
    // A step that was left alone as done keeps saying whose work it was.
    told: end?.settled === true ? end.evidence : `done by ${id} at ${at}`,
  };
  const open = openOnce(entries);
  if (end !== undefined) {
    const succeeded = end.status === 'succeeded' || end.settled === true;
    const uncertain = end.status === 'unknown' || end.uncertain === true;
    const state = succeeded ? 'succeeded' : uncertain ? 'unknown' : 'failed';
    return {
      ...base,
      state,
      repeatable: false,
      evidence: `${id} saw it end as ${end.status}: ${end.evidence || end.code}`,
    };
  }
  const once = entries.filter((entry) => entry.type === 'intent' && entry.operation.once === true);
  const last = entries.findLast((entry) => entry.type === 'intent');
  if (last === undefined) {
    return { ...base, state: 'failed', repeatable: true, evidence: `${id} had not begun with it` };
  }
  const done = doneOf(last, entries);
  const evidence =
    done === undefined
      ? `${id} began to ${last.operation.title} at ${last.at}, and nobody saw its end`
      : `${id} began to ${last.operation.title} at ${last.at}, which ${done.evidence || done.ended}, and nobody looked at what came of it`;
  // What came back with a failure was seen to fail; what came back well was done, though nobody verified it.
  const came = once.some((entry) => entry.type === 'intent' && doneOf(entry, entries)?.ended === 'succeeded');
  if (open.length === 0 && !came && once.length > 0)
    return { ...base, state: 'failed', repeatable: false, evidence };
  return { ...base, state: 'unknown', repeatable: once.length === 0, evidence };
}
