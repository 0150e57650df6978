// Where one component goes back to: facts in, a decision with its reason out. Never revision arithmetic, never a
// guess: what is not certain is refused, with the candidates and the words to type.

import type { ReasonCode } from '../errors.ts';
import type { Candidate, History, Reading, Version } from '../values/version.ts';

export type Wish =
  | 'previous'
  | { readonly version: string }
  /** The content this component had in the chosen snapshot; no `digest` when there is no snapshot to go to. */
  | {
      readonly snapshot: string | undefined;
      readonly digest: string | undefined;
      readonly why: string;
      /** Whether what a rollback put there may stay although the snapshot holds something else. */
      readonly mayStay: boolean;
    };

export type Choice =
  | { readonly type: 'go'; readonly to: Version; readonly because: string }
  | { readonly type: 'already-there'; readonly to: Version; readonly because: string }
  | { readonly type: 'refuse'; readonly code: ReasonCode; readonly message: string; readonly hint: string };

/** How many candidates a refusal lists: enough to choose from, few enough to read at 3 a.m. */
const shownCandidates = 8;

/** `history` is newest first. `wish.version` may itself be the word `previous`. */
export function chooseVersion(component: string, wish: Wish, reading: Reading, history: History): Choice {
  if (typeof wish === 'object' && 'snapshot' in wish)
    return chooseLastGood(component, wish, reading, history);
  if (wish === 'previous' || wish.version === 'previous') return choosePrevious(component, reading, history);
  return chooseExplicit(component, wish.version, reading, history);
}

/** What a rollback began or did, `last-good` and `previous` alike go on from there instead of choosing again. */
function chooseBegun(reading: Reading, history: History): Choice | undefined {
  const live = reading.version;
  const { unfinished } = reading;
  const begun = history.find((candidate) => candidate.id === unfinished?.to && mayReturnTo(candidate));
  if (unfinished !== undefined && begun !== undefined) {
    return {
      type: 'go',
      to: asVersion(begun),
      because: `a rollback to ${begun.id} is not finished: ${unfinished.because}`,
    };
  }
  if (reading.rolledBackTo !== undefined) {
    // Somebody pressed already, or Helm rolled a failed upgrade back by itself: further back only by name.
    return {
      type: 'already-there',
      to: live,
      because: `${live.label} already put ${reading.rolledBackTo} back, and nothing was deployed since`,
    };
  }
  return undefined;
}

function chooseLastGood(
  component: string,
  wish: Extract<Wish, { readonly snapshot: string | undefined }>,
  reading: Reading,
  history: History,
): Choice {
  const begun = chooseBegun(reading, history);
  const fits = wish.digest === undefined || wish.mayStay || begunDigest(begun) === wish.digest;
  if (begun !== undefined && fits) return begun;
  if (begun !== undefined) {
    const message = `${component} was put back to something that snapshot ${wish.snapshot} does not hold, and other components would go to that snapshot: these versions never ran together`;
    return refuse('last-good-unknown', message, component, reading, history);
  }
  if (wish.digest === undefined) {
    const message = `${component}: "last-good" is not known, because ${wish.why}`;
    return refuse('last-good-unknown', message, component, reading, history);
  }
  const live = reading.version;
  const same = history.filter((candidate) => candidate.digest === wish.digest);
  const found = same.find(mayReturnTo);
  const untouched =
    live.digest === wish.digest && reading.partial === undefined && reading.health !== 'unhealthy';
  if (untouched) {
    return {
      type: 'already-there',
      to: live,
      because: `${live.label} is what snapshot ${wish.snapshot} holds`,
    };
  }
  if (found !== undefined) return { type: 'go', to: asVersion(found), because: wish.why };
  const because = same[0]?.because ?? 'its own history has no version with that content any more';
  const message = `${component} cannot go to what snapshot ${wish.snapshot} holds: ${because}`;
  return refuse('to-not-deployable', message, component, reading, history);
}

function begunDigest(begun: Choice | undefined): string | undefined {
  return begun === undefined || begun.type === 'refuse' ? undefined : begun.to.digest;
}

function choosePrevious(component: string, reading: Reading, history: History): Choice {
  const begun = chooseBegun(reading, history);
  if (begun !== undefined) return begun;
  const live = reading.version;
  const position = history.findIndex((candidate) => candidate.id === live.id);
  if (position < 0) {
    return refuse(
      'to-no-candidate',
      `${component}: what is live (${live.label}) is not in its own history, so "previous" has no meaning`,
      component,
      reading,
      history,
    );
  }
  const left = leftBehind(history);
  const found = history
    .slice(position + 1)
    .find((candidate) => mayReturnTo(candidate) && !left.has(candidate.id) && differs(candidate, reading));
  if (found === undefined) {
    return refuse(
      'to-no-candidate',
      `${component}: no earlier version than ${live.label} was deployed successfully with other content`,
      component,
      reading,
      history,
    );
  }
  return {
    type: 'go',
    to: asVersion(found),
    because: `newest successfully deployed version before ${live.id}`,
  };
}

function chooseExplicit(component: string, wanted: string, reading: Reading, history: History): Choice {
  const live = reading.version;
  const meant = meantBy(wanted, history);
  if (new Set(meant.map(({ digest }) => digest)).size > 1) {
    const lines = meant.map((each) => `  ${component}=${exactId}${each.id}  ${each.label}`);
    return {
      type: 'refuse',
      code: 'to-invalid',
      message: `${component}=${wanted} may mean ${meant.map(({ label }) => label).join(' or ')}`,
      hint: [`Say which of them: to: ${component}=${exactId}NUMBER`, ...lines].join('\n'),
    };
  }
  const found = meant[0];
  if (found === undefined) {
    if (wanted === live.id) return { type: 'already-there', to: live, because: `${live.label} is live` };
    return refuse(
      'to-unknown-version',
      `${component} has no version "${wanted}"`,
      component,
      reading,
      history,
    );
  }
  if (!differs(found, reading) && reading.health !== 'unhealthy') {
    const because =
      found.id === live.id
        ? `${live.label} is live`
        : `${live.label} is live and has the content of ${found.id}`;
    return { type: 'already-there', to: asVersion(found), because };
  }
  if (!mayReturnTo(found)) {
    return refuse(
      'to-not-deployable',
      `${component} cannot go to ${found.id}: ${found.because}`,
      component,
      reading,
      history,
    );
  }
  const again = differs(found, reading)
    ? ''
    : `, and put out once more because what runs is not healthy: ${reading.detail}`;
  return { type: 'go', to: asVersion(found), because: `asked for by name${again}` };
}

/** Before a word of `to` that is a revision's own number, and not what something is called. */
const exactId = 'revision:';

/**
 * What a word may mean, the version of that id first. A version that can't be returned to is meant by its name only
 * where no other has that name.
 */
function meantBy(wanted: string, history: History): readonly Candidate[] {
  const byId = (id: string): readonly Candidate[] => history.filter((candidate) => candidate.id === id);
  const named = history.filter(({ id, names }) => id !== wanted && names?.includes(wanted) === true);
  const open = named.filter(mayReturnTo);
  const meant = [...byId(wanted), ...open];
  if (meant.length > 0) return meant;
  const exact = wanted.startsWith(exactId) ? byId(wanted.slice(exactId.length)) : [];
  return exact.length > 0 ? exact : named.slice(0, 1);
}

function mayReturnTo(candidate: Candidate): boolean {
  return candidate.standing === 'deployed';
}

/** Equal content is the same place, unless an operation stopped half-way and the record of it and reality may differ. */
function differs(candidate: Candidate, reading: Reading): boolean {
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

function asVersion({ id, label, digest, at }: Candidate): Version {
  return { id, label, digest, ...(at === undefined ? {} : { at }) };
}

function refuse(
  code: ReasonCode,
  message: string,
  component: string,
  reading: Reading,
  history: History,
): Choice {
  return { type: 'refuse', code, message, hint: candidatesHint(component, reading, history) };
}

/** The list a person chooses from, and the line to type. */
function candidatesHint(component: string, reading: Reading, history: History): string {
  const left = leftBehind(history);
  const open = history.filter(
    (candidate) => mayReturnTo(candidate) && !left.has(candidate.id) && differs(candidate, reading),
  );
  const lines = history.slice(0, shownCandidates).map((candidate) => {
    const standing = left.has(candidate.id) ? 'rolled back from' : candidate.standing;
    const shown = candidate.id === reading.version.id ? 'live' : standing;
    return `  ${candidate.id}  ${shown}  ${candidate.label}${candidate.at === undefined ? '' : `, ${candidate.at}`} (${candidate.because})`;
  });
  const more =
    history.length > shownCandidates ? [`  … and ${history.length - shownCandidates} older ones`] : [];
  const first = open[0];
  const advice =
    first === undefined
      ? `None of them can be returned to; deploy a good version of ${component} instead.`
      : `Give the version by name, for example: to: ${component}=${first.id}`;
  return [`Versions of ${component}, newest first:`, ...lines, ...more, advice].join('\n');
}
