// Whether the versions that all components would have afterwards were ever live and verified together. Facts in, a
// judgement with its reasons out.

import type { ComponentChange } from '../events.ts';
import type { Snapshot } from '../state/ledger.ts';

/** A component of the plan that this run leaves as it is. */
export type Bystander = { readonly name: string; readonly label: string; readonly digest: string };

export type TogetherFacts = {
  readonly moves: readonly {
    readonly change: ComponentChange;
    /** A rollback that began and did not end: finishing it is better than staying half-way. */
    readonly finishing: boolean;
  }[];
  readonly bystanders: readonly Bystander[];
  /** Components that stay as they are and could not be read: `web: …`. */
  readonly unread: readonly string[];
  /** Newest first. */
  readonly snapshots: readonly Snapshot[];
  readonly quarantined: (component: string, digest: string) => boolean;
  /** The person said: go there all the same. */
  readonly unverifiedTarget: boolean;
};

export type Together =
  | { readonly type: 'fine' }
  | { readonly type: 'noted'; readonly level: 'info' | 'warning'; readonly text: string }
  | { readonly type: 'refuse'; readonly message: string; readonly hint: string };

const shownSnapshots = 5;

export function judgeTogether(facts: TogetherFacts): Together {
  const { moves, bystanders, unread, snapshots } = facts;
  // Nothing moves: what is live is not of this run's making.
  if (moves.every(({ change }) => change.alreadyThere)) return { type: 'fine' };
  const afterwards = [
    ...moves.map(({ change: { component, to } }) => ({
      name: component,
      label: to.label,
      digest: to.digest,
    })),
    ...bystanders,
  ];
  const names = afterwards.map(({ name }) => name);
  const shown = afterwards.map(({ name, label }) => `${name} at ${label}`).join(', ');
  const unseen = unread.length === 0 ? '' : ` (not compared, because it can't be read: ${unread.join('; ')})`;
  const comparable = snapshots.filter((snapshot) => knowsAll(snapshot, names));
  if (comparable.length === 0) {
    const text = `nobody verified this combination: the ledger has no snapshot of ${names.join(', ')}${unseen}`;
    return { type: 'noted', level: 'info', text };
  }
  const same = comparable.some((snapshot) =>
    afterwards.every(({ name, digest }) => snapshot.components[name]?.digest === digest),
  );
  if (same && unread.length === 0) return { type: 'fine' };
  if (same) {
    const text = `verified together as far as could be compared: ${shown}${unseen}`;
    return { type: 'noted', level: 'warning', text };
  }
  const never = afterwards.length === 1 ? `${shown} was never verified` : `never verified together: ${shown}`;
  if (facts.unverifiedTarget) {
    const text = `${never}${unseen}; going on because of override unverified-target`;
    return { type: 'noted', level: 'warning', text };
  }
  if (moves.every(({ change, finishing }) => change.alreadyThere || finishing)) {
    const text = `${never}${unseen}; going on, because a rollback there has begun and is not finished`;
    return { type: 'noted', level: 'warning', text };
  }
  return { type: 'refuse', message: `${never}${unseen}`, hint: snapshotsHint(comparable, facts) };
}

export function knowsAll(snapshot: Snapshot, names: readonly string[]): boolean {
  return names.every((name) => Object.hasOwn(snapshot.components, name));
}

/** The snapshots a person chooses from, newest first, with the line to type. */
export function snapshotsHint(
  snapshots: readonly Snapshot[],
  { quarantined }: Pick<TogetherFacts, 'quarantined'>,
  advice = 'Take one of them, or the newest that is good: to: last-good. To go on all the same: override: unverified-target',
): string {
  if (snapshots.length === 0) return 'The ledger has no snapshot to name.';
  const bad = (snapshot: Snapshot): boolean =>
    Object.entries(snapshot.components).some(([name, { digest }]) => quarantined(name, digest));
  const lines = snapshots.slice(0, shownSnapshots).map((snapshot) => {
    const versions = Object.entries(snapshot.components).map(([name, { label }]) => `${name} ${label}`);
    const who = snapshot.vouchedBy === undefined ? 'verified' : `vouched for by ${snapshot.vouchedBy}`;
    const away = bad(snapshot) ? ', holds what is in quarantine' : '';
    return `  to: ${snapshot.id}  ${versions.join(', ')} (${who}, ${snapshot.at}${away})`;
  });
  const more =
    snapshots.length > shownSnapshots ? [`  … and ${snapshots.length - shownSnapshots} older ones`] : [];
  return ['Snapshots of versions that were live together, newest first:', ...lines, ...more, advice].join(
    '\n',
  );
}
