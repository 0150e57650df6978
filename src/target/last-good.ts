// Which snapshot `last-good` means: the newest one that is neither live nor was gone away from, and that can be had.
// One snapshot for all components, because versions that never ran together are never combined.

import type { Snapshot } from '../state/ledger.ts';
import type { History, Reading } from '../values/version.ts';
import { leftBehind } from './choose-version.ts';

export type Surveyed = { readonly name: string; readonly reading: Reading; readonly history: History };

export type SnapshotChoice = {
  /** `undefined` when none fits. */
  readonly snapshot: Snapshot | undefined;
  /** Newer ones that were passed over because they can't be had any more: `S-1: api's revision 7 is gone`. */
  readonly passedOver: readonly string[];
  /** Why none fits, in a few words. */
  readonly why: string;
};

/** Newest first in, one out. Pure. */
export function chooseSnapshot(
  components: readonly Surveyed[],
  snapshots: readonly Snapshot[],
): SnapshotChoice {
  const passedOver: string[] = [];
  const strangers = new Set<string>();
  for (const [index, snapshot] of snapshots.entries()) {
    const unknown = components.filter(({ name }) => snapshot.components[name] === undefined);
    // A snapshot of other components says nothing about how these ran together.
    for (const { name } of unknown) strangers.add(name);
    if (unknown.length > 0) continue;
    if (isLive(components, snapshot)) {
      if (isPutBack(components, snapshot, snapshots.slice(index + 1)))
        return { snapshot, passedOver, why: '' };
      continue;
    }
    if (components.some((component) => wasLeft(component, snapshot))) continue;
    const gone = components.filter((component) => !canBeHad(component, snapshot));
    if (gone.length === 0) return { snapshot, passedOver, why: '' };
    const what = gone.map(({ name }) => `${name}'s ${snapshot.components[name]?.label}`).join(', ');
    passedOver.push(`${snapshot.id} (${what} can't be had any more)`);
  }
  return { snapshot: undefined, passedOver, why: whyNone(snapshots, passedOver, strangers) };
}

function digestIn(snapshot: Snapshot, component: Surveyed): string | undefined {
  return snapshot.components[component.name]?.digest;
}

function isLive(components: readonly Surveyed[], snapshot: Snapshot): boolean {
  return components.every((component) => digestIn(snapshot, component) === component.reading.version.digest);
}

/**
 * Whether what is live was put there by a rollback, so that pressing again has nothing to do. A component that was
 * deployed since the snapshot before speaks against it, however long ago another one was rolled back.
 */
function isPutBack(components: readonly Surveyed[], live: Snapshot, older: readonly Snapshot[]): boolean {
  const before = older.find((snapshot) =>
    components.some((component) => {
      const digest = digestIn(snapshot, component);
      return digest !== undefined && digest !== digestIn(live, component);
    }),
  );
  const moved =
    before === undefined
      ? components
      : components.filter((component) => digestIn(before, component) !== digestIn(live, component));
  const back = moved.filter(({ reading }) => reading.rolledBackTo !== undefined);
  return before === undefined ? back.length > 0 : back.length === moved.length;
}

function wasLeft(component: Surveyed, snapshot: Snapshot): boolean {
  const { reading, history } = component;
  const digest = digestIn(snapshot, component);
  if (digest === reading.version.digest) return false;
  const left = leftBehind(history);
  const same = history.filter((candidate) => candidate.digest === digest);
  return same.length > 0 && same.every(({ id }) => left.has(id));
}

function canBeHad(component: Surveyed, snapshot: Snapshot): boolean {
  const digest = digestIn(snapshot, component);
  if (digest === component.reading.version.digest) return true;
  return component.history.some(
    (candidate) => candidate.digest === digest && candidate.standing === 'deployed',
  );
}

function whyNone(
  snapshots: readonly Snapshot[],
  passedOver: readonly string[],
  strangers: ReadonlySet<string>,
): string {
  if (snapshots.length === 0) return 'no snapshot of versions that were verified together is on record';
  if (passedOver.length > 0) return `what is on record can't be had any more: ${passedOver.join('; ')}`;
  if (strangers.size > 0) return `no snapshot on record knows ${[...strangers].join(', ')}`;
  return `none of the ${snapshots.length} snapshots on record is another place than what is live`;
}
