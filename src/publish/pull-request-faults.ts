// What a forge's answer to "open this pull request" means. The record is on its branch by then, so a refusal is advice
// and no failure: where to open it by hand, and which setting would have let us.

import type { Fault } from '../events.ts';
import type { ForgeFault, PullRequest } from '../ports/forge.ts';
import { neutralText } from '../values/markdown.ts';
import type { Again, Place } from './faults.ts';
import { judgeFault, said } from './faults.ts';

export type PullRequestJudgement =
  | Again
  /** The forge sees nothing on the branch that the base has not. */
  | { readonly type: 'nothing-to-propose' }
  /** `setting`: what would have to be changed. */
  | { readonly type: 'refused'; readonly message: string; readonly setting: string };

// GitHub: 422 "A pull request already exists for acme:rollback-plan/INC-7."; Gitea: 409 "pull request already exists for
// these targets". GitHub: 422 "No commits between main and rollback-plan/INC-7"; and 422 with field head, code invalid,
// for a branch that it doesn't see yet.
const exists = /pull request already exists/i;
const nothing = /no commits between/i;
const unseen = /"field":"head","code":"invalid"/;
const actionsMayNot = /not permitted to create or approve pull requests/i;

/** Judges a fault of opening, finding or updating a pull request. `place` is the branch that has the record. */
export function judgePullRequest(fault: ForgeFault, place: Place): PullRequestJudgement {
  const { status, message, retryAfterMs } = fault;
  const again = (lost: boolean): Again => ({
    type: 'again',
    lost,
    waitMs: retryAfterMs,
    message: said(fault),
  });
  if (status === 409 || (status === 422 && (exists.test(message) || unseen.test(message))))
    return again(true);
  if (status === 422 && nothing.test(message)) return { type: 'nothing-to-propose' };
  const judged = judgeFault(fault, place, false);
  if (judged.type === 'again') return judged;
  return { type: 'refused', message: said(fault), setting: settingFor(fault) };
}

/** The record is on its branch, and there is no pull request for it, or none that is open. */
export function noPullRequest(place: Place, message: string, hint: string): Fault {
  return {
    code: 'publish-no-pull-request',
    message: `the record is on branch ${place.branch} of ${place.repository}, but not in an open pull request: ${message}`,
    hint,
  };
}

export function refusedRequest(
  place: Place,
  { message, setting }: { readonly message: string; readonly setting: string },
): Fault {
  const byHand = 'Open it by hand with the compare link.';
  const hint = setting === '' ? byHand : `${byHand} To have it opened next time: ${setting}`;
  return noPullRequest(place, message, hint);
}

export function refusedUpdate({
  message,
  setting,
}: {
  readonly message: string;
  readonly setting: string;
}): Fault {
  return {
    code: 'publish-no-pull-request',
    message: `the record is up to date, but title and text of its pull request are not: ${message}`,
    hint: setting === '' ? 'The record itself tells all.' : setting,
  };
}

export function closedRequest(place: Place, { number, url }: PullRequest): Fault {
  return noPullRequest(
    place,
    `somebody closed pull request ${number}, and it stays closed`,
    `Reopen ${url}, or merge the branch by hand.`,
  );
}

export function goesElsewhere(base: Place, { number, url, base: into }: PullRequest): Fault {
  return {
    code: 'publish-no-pull-request',
    message: `the record is in pull request ${number}, which somebody pointed at branch ${neutralText(into)} instead of ${base.branch}`,
    hint: `If records belong on ${base.branch}, change the base of ${url} back.`,
  };
}

export function gaveUp(place: Place, reason: string): Fault {
  const hint =
    'Open it with the compare link, or press again: the run finds the branch and goes on from there.';
  return noPullRequest(place, reason, hint);
}

function settingFor({ status, message }: ForgeFault): string {
  if (actionsMayNot.test(message))
    return 'Settings → Actions → General → Workflow permissions → “Allow GitHub Actions to create and approve pull requests”. Where that box is grey, the organization’s settings have the same one.';
  if (status === 401 || status === 403 || status === 404)
    return 'give the job `permissions: { contents: write, pull-requests: write }`. A fine-grained token needs Pull requests: read and write. On Gitea the token needs the scope write:repository, its user access to pull requests, and the repository must have them enabled.';
  return '';
}
