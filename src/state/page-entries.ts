// What the entries of a page say together: what was begun, what has an end, what nobody saw. Pure.

import type { Entry, Incident } from './page-schema.ts';

export type Intent = Extract<Entry, { readonly type: 'intent' }>;
type Done = Extract<Entry, { readonly type: 'done' }>;

export function doneOf(intent: Intent, entries: readonly Entry[]): Done | undefined {
  return entries.find(
    (entry): entry is Done =>
      entry.type === 'done' &&
      entry.run === intent.run &&
      entry.step === intent.step &&
      entry.operation === intent.operation.id &&
      entry.attempt === intent.attempt,
  );
}

/** Skipped by a condition or a failure before it: says nothing of what it did in another run. */
export function isLeftOut(entry: Entry): boolean {
  return entry.type === 'step-finished' && entry.status === 'skipped' && entry.settled !== true;
}

/** Ends that tell nothing of the effect: the command was cut off. */
const cutOff: readonly string[] = ['cancelled', 'timed-out'];

/** Intents of things done once whose effect nobody saw. */
export function openOnce(entries: readonly Entry[]): readonly Intent[] {
  return entries.filter((entry): entry is Intent => {
    if (entry.type !== 'intent' || entry.operation.once !== true) return false;
    const done = doneOf(entry, entries);
    return done === undefined || done.uncertain === true || cutOff.includes(done.ended);
  });
}

export function mayHaveChanged(entries: readonly Entry[]): boolean {
  return entries.some(
    (entry) =>
      entry.type === 'intent' && entry.operation.mutates && doneOf(entry, entries)?.ended !== 'not-started',
  );
}

/** Intents of runs before this one without an end: what a process that was not seen to stop may still be doing. */
export function begunWithoutEnd(incident: Incident): readonly Intent[] {
  const { entries } = incident;
  return entries.filter(
    (entry): entry is Intent =>
      entry.type === 'intent' &&
      doneOf(entry, entries) === undefined &&
      !entries.some(
        (other) => other.type === 'step-finished' && other.step === entry.step && other.run === entry.run,
      ),
  );
}
