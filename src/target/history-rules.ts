// What a component's own history says about its versions: which may be returned to, which is the place where it is now,
// and which somebody went away from.

import type { Candidate, History, Reading, Version } from '../values/version.ts';

export function mayReturnTo(candidate: Candidate): boolean {
  return candidate.standing === 'deployed';
}

/** Equal content is the same place, unless an operation stopped half-way and the record of it and reality may differ. */
export function differs(candidate: Candidate, reading: Reading): boolean {
  const halfWay = reading.partial ?? reading.busy ?? reading.unfinished?.because;
  return (
    candidate.digest !== reading.version.digest ||
    (halfWay !== undefined && candidate.id !== reading.version.id)
  );
}

/**
 * Versions that somebody went away from by returning to older content: those between a version and the older one whose
 * content it has. That is what a rollback leaves behind, finished or failed, Helm's or ours, and also an old version
 * that was deployed again. They were found bad, so they are never chosen or suggested; by name they can still be had.
 * Content that is older still is not left behind: it had been put back, and then the bad version was deployed again.
 */
export function leftBehind(history: History): ReadonlySet<string> {
  const first = history.map((candidate) => firstPosition(candidate, history));
  const left = new Set<string>();
  history.forEach((candidate, position) => {
    const older = history.slice(position + 1);
    // By content as well as by name: the revision that a rollback names may have been pruned since.
    const origin = older.findIndex(
      ({ id, digest }) => digest === candidate.digest || id === candidate.rolledBackTo,
    );
    const own = first[position] ?? position;
    older.forEach(({ id }, between) => {
      const away = origin < 0 ? isNewerThan(id, candidate.rolledBackTo) : between < origin;
      if (away && (first[position + 1 + between] ?? 0) <= own) left.add(id);
    });
  });
  return left;
}

/**
 * Whether the way leads to content that came after what it leaves: back to what a rollback had left, say. What is left
 * then was there first, and nobody says that it is bad.
 */
export function isForward(from: Version, to: Version, history: History): boolean {
  const source = history.find(({ digest }) => digest === from.digest);
  const goal = history.find(({ digest }) => digest === to.digest);
  if (source === undefined || goal === undefined) return false;
  return firstPosition(goal, history) < firstPosition(source, history);
}

/** Where the version that was put back is pruned, its number still tells what came after it. */
function isNewerThan(id: string, rolledBackTo: string | undefined): boolean {
  const number = /^\d+$/;
  return (
    rolledBackTo !== undefined &&
    number.test(id) &&
    number.test(rolledBackTo) &&
    Number(id) > Number(rolledBackTo)
  );
}

/** Where its content stood first, counted from the newest; beyond the end when what a rollback put back is pruned. */
function firstPosition({ digest, rolledBackTo }: Candidate, history: History): number {
  const named = history.findIndex(({ id }) => id === rolledBackTo);
  if (rolledBackTo !== undefined && named < 0) return history.length;
  return Math.max(named, ...history.flatMap((each, position) => (each.digest === digest ? [position] : [])));
}

/**
 * What may have been there right before what is live, newest first: what was put out successfully, and the attempts after
 * it, which may have left their content. `undefined` where the history does not reach so far.
 */
export function beforeLive(
  history: History,
  live: Pick<Version, 'id' | 'digest'>,
): readonly Candidate[] | undefined {
  const position = history.findIndex(({ id }) => id === live.id);
  if (position < 0) return undefined;
  const others = history.slice(position + 1).filter(({ digest }) => digest !== live.digest);
  const end = others.findIndex(({ standing }) => standing === 'deployed' || standing === 'gone');
  return others[end]?.standing === 'deployed' ? others.slice(0, end + 1) : undefined;
}

export function asVersion({ id, label, digest, at }: Candidate): Version {
  return { id, label, digest, ...(at === undefined ? {} : { at }) };
}
