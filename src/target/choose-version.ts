// Where one component goes back to: facts in, a decision with its reason out. Never revision arithmetic, never a
// guess: what is not certain is refused, with the candidates and the words to type.

import type { Candidate, History, Reading } from '../values/version.ts';
import { asVersion, differs, leftBehind, mayReturnTo } from './history-rules.ts';
import {
  type About,
  type Choice,
  inQuarantine,
  isOpen,
  nothingKnown,
  refuse,
  type Standing,
} from './refuse-version.ts';

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
      /** The snapshots and the lines to type, for a refusal. */
      readonly candidates?: string;
    }
  /** The content in a snapshot that a person named; no `digest` when it does not know this component. */
  | {
      readonly named: string;
      readonly digest: string | undefined;
      readonly why: string;
      readonly candidates: string;
    };

/** `history` is newest first. `wish.version` may itself be the word `previous`. */
export function chooseVersion(
  component: string,
  wish: Wish,
  reading: Reading,
  history: History,
  standing: Standing = nothingKnown,
): Choice {
  const about = { component, reading, history, standing };
  if (typeof wish === 'object' && 'snapshot' in wish) return chooseLastGood(wish, about);
  if (typeof wish === 'object' && 'named' in wish) return chooseNamed(wish, about);
  if (wish === 'previous' || wish.version === 'previous') return choosePrevious(about);
  return chooseExplicit(wish.version, about);
}

/** What a rollback began or did, `last-good` and `previous` alike go on from there instead of choosing again. */
function chooseBegun({ reading, history, standing }: About): Choice | undefined {
  const live = reading.version;
  const { unfinished } = reading;
  const begun = history.find((candidate) => candidate.id === unfinished?.to && isOpen(candidate, standing));
  if (unfinished !== undefined && begun !== undefined) {
    return {
      type: 'go',
      to: asVersion(begun),
      because: `a rollback to ${begun.id} is not finished: ${unfinished.because}`,
    };
  }
  // A rollback by hand to what is in quarantine did not mend anything: then there is somewhere to go.
  if (reading.rolledBackTo !== undefined && standing.quarantined(live.digest) === undefined) {
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
  wish: Extract<Wish, { readonly snapshot: string | undefined }>,
  about: About,
): Choice {
  const { component } = about;
  const begun = chooseBegun(about);
  const fits = wish.digest === undefined || wish.mayStay || begunDigest(begun) === wish.digest;
  if (begun !== undefined && fits) return begun;
  if (begun !== undefined) {
    const message = `${component} was put back to something that snapshot ${wish.snapshot} does not hold, and other components would go to that snapshot: these versions never ran together`;
    return refuse('last-good-unknown', message, about, wish.candidates);
  }
  if (wish.digest === undefined) {
    const message = `${component}: "last-good" is not known, because ${wish.why}`;
    return refuse('last-good-unknown', message, about, wish.candidates);
  }
  return chooseContent({ ...wish, digest: wish.digest, snapshot: wish.snapshot ?? '' }, about);
}

/** By a snapshot's id: exactly its content, and nothing that a rollback began comes first. */
function chooseNamed(wish: Extract<Wish, { readonly named: string }>, about: About): Choice {
  const { component, standing, reading } = about;
  const { digest, named } = wish;
  if (digest === undefined) {
    const message = `${component}: ${wish.why}`;
    return refuse('to-unknown-version', message, about, wish.candidates);
  }
  const entry = standing.quarantined(digest);
  const live = digest === reading.version.digest;
  if (entry !== undefined && !live && !standing.unverifiedTarget)
    return inQuarantine(`snapshot ${named}`, entry, about);
  return chooseContent({ ...wish, digest, snapshot: named }, about);
}

function chooseContent(
  wish: { readonly digest: string; readonly snapshot: string; readonly why: string },
  about: About,
): Choice {
  const { component, reading, history } = about;
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
  return refuse('to-not-deployable', message, about);
}

function begunDigest(begun: Choice | undefined): string | undefined {
  return begun === undefined || begun.type === 'refuse' ? undefined : begun.to.digest;
}

function choosePrevious(about: About): Choice {
  const { component, reading, history, standing } = about;
  const begun = chooseBegun(about);
  if (begun !== undefined) return begun;
  const live = reading.version;
  const position = history.findIndex((candidate) => candidate.id === live.id);
  if (position < 0) {
    return refuse(
      'to-no-candidate',
      `${component}: what is live (${live.label}) is not in its own history, so "previous" has no meaning`,
      about,
    );
  }
  const left = leftBehind(history);
  const found = history
    .slice(position + 1)
    .find(
      (candidate) => isOpen(candidate, standing) && !left.has(candidate.id) && differs(candidate, reading),
    );
  if (found === undefined) {
    return refuse(
      'to-no-candidate',
      `${component}: no earlier version than ${live.label} was deployed successfully with other content${standing === nothingKnown ? '' : ', and is not in quarantine'}`,
      about,
    );
  }
  return {
    type: 'go',
    to: asVersion(found),
    because: `newest successfully deployed version before ${live.id}`,
  };
}

function chooseExplicit(wanted: string, about: About): Choice {
  const { component, reading, history, standing } = about;
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
    return refuse('to-unknown-version', `${component} has no version "${wanted}"`, about);
  }
  if (!differs(found, reading) && reading.health !== 'unhealthy') {
    const because =
      found.id === live.id
        ? `${live.label} is live`
        : `${live.label} is live and has the content of ${found.id}`;
    return { type: 'already-there', to: asVersion(found), because };
  }
  if (!mayReturnTo(found)) {
    return refuse('to-not-deployable', `${component} cannot go to ${found.id}: ${found.because}`, about);
  }
  const entry = standing.quarantined(found.digest);
  if (entry !== undefined && !standing.unverifiedTarget)
    return inQuarantine(`${component}=${wanted}`, entry, about);
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
