// Which snapshot `last-good` means: the newest one that is neither live nor was gone away from, holds nothing that is in
// quarantine, and can be had. One snapshot for all components, those that stay where they are included, because versions
// that never ran together are never combined.

import type { Snapshot } from '../state/ledger.ts';
import type { History, Reading } from '../values/version.ts';
import { leftBehind } from './history-rules.ts';
import { type Bystander, knowsAll } from './together.ts';

export type Surveyed = { readonly name: string; readonly reading: Reading; readonly history: History };

/** What besides the snapshots decides. */
export type SnapshotRules = {
  readonly quarantined: (component: string, digest: string) => boolean;
  /** Components that stay as they are; empty where a person said that a mixture is fine. */
  readonly bystanders: readonly Bystander[];
};

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
  { quarantined, bystanders }: SnapshotRules = { quarantined: () => false, bystanders: [] },
): SnapshotChoice {
  const everybody = [...components, ...bystanders].map(({ name }) => name);
  // Those that stay count once a snapshot knows them; before that nobody could tell.
  const staying = snapshots.some((snapshot) => knowsAll(snapshot, everybody)) ? bystanders : [];
  const passedOver: string[] = [];
  const strangers = new Set<string>();
  for (const [index, snapshot] of snapshots.entries()) {
    const unknown = [...components, ...staying].filter(({ name }) => snapshot.components[name] === undefined);
    // A snapshot of other components says nothing about how these ran together.
    for (const { name } of unknown) strangers.add(name);
    if (unknown.length > 0) continue;
    const bad = components.filter((each) => quarantined(each.name, digestIn(snapshot, each) ?? ''));
    if (bad.length > 0) {
      passedOver.push(`${snapshot.id} (${labels(bad, snapshot)} in quarantine)`);
      continue;
    }
    if (isLive(components, snapshot)) {
      if (isPutBack(components, snapshot, snapshots.slice(index + 1)))
        return { snapshot, passedOver, why: '' };
      continue;
    }
    if (components.some((component) => wasLeft(component, snapshot))) continue;
    const mixed = staying.filter(({ name, digest }) => snapshot.components[name]?.digest !== digest);
    if (mixed.length > 0) {
      const stays = mixed.map(({ name, label }) => `${name} would stay at ${label}`).join(', ');
      passedOver.push(`${snapshot.id} (${stays}, and they never ran together)`);
      continue;
    }
    const gone = components.filter((component) => !canBeHad(component, snapshot));
    if (gone.length === 0) return { snapshot, passedOver, why: '' };
    passedOver.push(`${snapshot.id} (${labels(gone, snapshot)} can't be had any more)`);
  }
  return { snapshot: undefined, passedOver, why: whyNone(snapshots, passedOver, strangers) };
}

function labels(components: readonly Surveyed[], snapshot: Snapshot): string {
  return components.map(({ name }) => `${name}'s ${snapshot.components[name]?.label}`).join(', ');
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
  if (passedOver.length > 0) return `nothing on record can be taken: ${passedOver.join('; ')}`;
  if (strangers.size > 0) return `no snapshot on record knows ${[...strangers].join(', ')}`;
  return `none of the ${snapshots.length} snapshots on record is another place than what is live`;
}
