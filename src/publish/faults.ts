// What a forge's refusal means and what to do about it: facts in, decision out. The wordings are GitHub's and Gitea's,
// which often give the same status for a lost race, a protected branch and a missing right.

import type { Fault } from '../events.ts';
import type { ForgeFault } from '../ports/forge.ts';
import { neutralText } from '../values/markdown.ts';

/** Where we wanted to write, for messages. */
export type Place = { readonly repository: string; readonly branch: string; readonly path: string };

/** Read what is there now, then perhaps write again. `lost`: somebody else wrote first, or nobody knows. */
export type Again = {
  readonly type: 'again';
  readonly lost: boolean;
  readonly waitMs: number | undefined;
  readonly message: string;
};

export type Judgement =
  | Again
  | { readonly type: 'branch-missing' }
  | { readonly type: 'stop'; readonly fault: Fault };

// GitHub: "… does not match <sha>", "is at <sha> but expected <sha>", "\"sha\" wasn't supplied", "Reference already exists".
// Gitea 1.26: "sha does not match", "repository file already exists" (422), and when two writes meet, 403 with git's own
// "cannot lock ref … is at … but expected …", or just "push is rejected".
const stale =
  /does not match|but expected|expected to be at|wasn't supplied|already exists|push is rejected|cannot lock ref|unable to create '[^']*\.lock'|failed to (?:lock|update) ref|out ?of ?date|non-fast-forward|merge conflict/i;
const guarded =
  /protected branch|branch is protected|through a pull request|status checks? .*(?:expected|required)|required status check|approving review|code owner|rule violations|verified signature|not allowed to push|user cannot commit|protected file|file path .* is protected|branch protection/i;
const secretFound = /secret detected|cannot contain secrets|push protection/i;
const rateLimited = /rate limit|abuse detection/i;

/** Judges a fault of a read or a write. `writing` tells them apart where the same status means different things. */
export function judgeFault(fault: ForgeFault, place: Place, writing: boolean): Judgement {
  const { status, retryAfterMs } = fault;
  const message = said(fault);
  const again = (lost: boolean): Judgement => ({ type: 'again', lost, waitMs: retryAfterMs, message });
  if (status === undefined || status >= 500 || status === 408) return again(false);
  if (status === 429 || (status === 403 && rateLimited.test(fault.message))) return again(false);
  if (status >= 300 && status < 400) return stop(moved(fault, place));
  if ((status === 409 || status === 422) && secretFound.test(fault.message))
    return stop(secretIn(place, message));
  if ((status === 403 || status === 409 || status === 422) && guarded.test(fault.message)) {
    return stop(guardedBranch(place, message));
  }
  if ((status === 403 || status === 409 || status === 422) && writing && stale.test(fault.message))
    return again(true);
  if (status === 409) return again(true);
  if (status === 404 && writing) return { type: 'branch-missing' };
  if (status === 401 || status === 403 || status === 404 || status === 423) {
    return stop(notAllowed(place, status, message));
  }
  return stop(failed(place, message));
}

function stop(fault: Fault): Judgement {
  return { type: 'stop', fault };
}

/** What the forge said, on one line, without an address that only fills the screen, and harmless wherever it is shown. */
export function said({ status, message }: ForgeFault): string {
  const text = neutralText(message.replace(/ - https?:\/\/\S+$/, '')).slice(0, 400);
  return status === undefined ? `no answer (${text})` : `${status} ${text}`;
}

export function notAllowed(place: Place, status: number, message: string): Fault {
  const hints: Readonly<Record<number, string>> = {
    401: 'The token is wrong or has expired. Give the input `token` a valid one; `${{ github.token }}` is enough.',
    403: 'Give the job `permissions: { contents: write }` (in the calling workflow, too, where this one is called). A fine-grained token needs Contents: read and write; a Gitea token needs the scope write:repository and its user write access.',
    404: `Check that ${place.repository} exists and that the token may see it. A token needs Contents: read and write for a private repository; without it the forge answers "not found".`,
    423: 'The repository is archived or locked. Unarchive it, or set `publish: none`.',
  };
  return {
    code: 'publish-not-allowed',
    message: `the token may not write ${place.path} to ${place.repository}: ${message}`,
    hint: hints[status] ?? hints[403] ?? '',
  };
}

function guardedBranch(place: Place, message: string): Fault {
  return {
    code: 'publish-protected',
    message: `branch ${place.branch} of ${place.repository} is protected: ${message}`,
    hint: `Let the token past the rule, or give records a branch of their own: \`records: { branch: incidents }\` in the plan.`,
  };
}

function secretIn(place: Place, message: string): Fault {
  return {
    code: 'publish-failed',
    message: `the forge takes something in ${place.path} for a secret: ${message}`,
    hint: 'Name the variable under `secrets:` in the plan, so that it is blanked everywhere, and rotate what was printed.',
  };
}

function moved(fault: ForgeFault, place: Place): Fault {
  const where = fault.location === undefined ? 'somewhere else' : neutralText(fault.location);
  return {
    code: 'publish-failed',
    message: `the forge redirects ${place.repository} to ${where}`,
    hint: 'The repository was renamed or moved, or GITHUB_API_URL is not the API. Use its present name; writes are not sent after redirects.',
  };
}

export function failed(place: Place, message: string): Fault {
  return {
    code: 'publish-failed',
    message: `${place.path} was not written to ${place.repository}: ${message}`,
    hint: 'The record is in the job summary and in the local copy. The rollback itself is not affected.',
  };
}

export function lostRaces(place: Place, tries: number): Fault {
  return {
    code: 'publish-conflict',
    message: `${place.path} on ${place.branch} was changed by somebody else each of ${tries} times we tried`,
    hint: 'Copy the record from the job summary or from the local copy, or press again when it has calmed down.',
  };
}

/** @param changed what that branch has besides the record, when it is known */
export function othersBranch(place: Place, base: string, changed: readonly string[] | undefined): Fault {
  const others = (changed ?? []).filter((path) => path !== place.path).map((path) => neutralText(path));
  const what =
    others.length === 0
      ? `what it changed can't be told from branch ${base}`
      : `changes ${others.slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}`;
  return {
    code: 'publish-conflict',
    message: `branch ${place.branch} of ${place.repository} is there already, no pull request of ours is for it, and ${what}, so it was left alone`,
    hint: 'See who made that branch and why. Rename or delete it and press again, or open a pull request for it by hand. The record is in the job summary.',
  };
}

/** Git keeps branches in folders: one of the folder's own name leaves no room for others in it. */
export function branchInTheWay(place: Place, inTheWay: string): Fault {
  return {
    code: 'publish-conflict',
    message: `branch ${place.branch} can't be made in ${place.repository}, because there is a branch ${inTheWay}`,
    hint: `Rename or delete the branch ${inTheWay}, then press again. The record is in the job summary.`,
  };
}

export function notOurs(place: Place, why: string): Fault {
  return {
    code: 'publish-conflict',
    message: `${place.path} on ${place.branch} is there already and ${why}, so it was left alone`,
    hint: 'Rename that file, or put its marker line back, or start the incident under another id. The record is in the job summary.',
  };
}
