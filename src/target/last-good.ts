// Which snapshot `last-good` means: the newest one that is neither live nor was gone away from. One snapshot for all
// components, because versions that never ran together are never combined.

import type { Snapshot } from '../state/ledger.ts';
import type { History, Reading } from '../values/version.ts';
import { leftBehind } from './choose-version.ts';

export type Surveyed = { readonly name: string; readonly reading: Reading; readonly history: History };

/** Newest first in, one out; `undefined` when none fits. Pure. */
export function chooseSnapshot(
  components: readonly Surveyed[],
  snapshots: readonly Snapshot[],
): Snapshot | undefined {
  return snapshots.find((snapshot) => {
    const entries = components.map((component) => ({
      ...component,
      noted: snapshot.components[component.name],
    }));
    // A snapshot of other components says nothing about how these ran together.
    if (entries.some(({ noted }) => noted === undefined)) return false;
    const live = entries.every(({ noted, reading }) => noted?.digest === reading.version.digest);
    // Where a rollback just put it back, what is live is the place to be.
    if (live) return entries.some(({ reading }) => reading.rolledBackTo !== undefined);
    return !entries.some(({ noted, reading, history }) => wasLeft(noted?.digest, reading, history));
  });
}

function wasLeft(digest: string | undefined, reading: Reading, history: History): boolean {
  if (digest === reading.version.digest) return false;
  const left = leftBehind(history);
  const same = history.filter((candidate) => candidate.digest === digest);
  return same.length > 0 && same.every(({ id }) => left.has(id));
}
