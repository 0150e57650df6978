// What to do with a record's branch and pull request, by what there is: pure decisions.

import type { PullRequest } from '../ports/forge.ts';
import { isOurText } from './pull-request-text.ts';

/**
 * Of the branch's pull requests, the one that counts: the one that is open, wherever somebody pointed it, else the newest.
 * One that was merged into another branch than `base` left nothing there, so it doesn't count.
 */
export function theOne(newestFirst: readonly PullRequest[], base: string): PullRequest | undefined {
  return (
    newestFirst.find(({ state }) => state === 'open') ??
    newestFirst.find((request) => request.state === 'closed' || request.base === base)
  );
}

/**
 * `restart`: everything on the branch was merged, so it begins again at the base. A branch that has got commits since
 * then keeps them, whoever made them.
 */
export function branchStep(
  request: PullRequest | undefined,
  head: string | undefined,
): 'create' | 'restart' | 'go-on' {
  if (head === undefined) return 'create';
  return request?.state === 'merged' && request.headCommit === head ? 'restart' : 'go-on';
}

/**
 * Whether a branch that is there may be gone on with: it is that of a pull request of ours, or has nothing but the record.
 * @param changed what it changed since it left the base; `undefined` when nobody can tell
 */
export function isOurBranch(
  request: PullRequest | undefined,
  changed: readonly string[] | undefined,
  path: string,
): boolean {
  if (request !== undefined && isOurText(request.body)) return true;
  return changed?.every((one) => one === path) ?? false;
}

export type RequestStep =
  | { readonly type: 'open' }
  | { readonly type: 'update'; readonly request: PullRequest }
  /** A person closed it, and it stays closed. */
  | { readonly type: 'closed'; readonly request: PullRequest }
  /** It was merged with what we wrote in it. */
  | { readonly type: 'merged'; readonly request: PullRequest };

/** @param head the commit that the branch is at with our record on it, when we know it */
export function requestStep(request: PullRequest | undefined, head: string | undefined): RequestStep {
  if (request === undefined) return { type: 'open' };
  if (request.state === 'open') return { type: 'update', request };
  if (request.state === 'closed') return { type: 'closed', request };
  return head !== undefined && request.headCommit === head ? { type: 'merged', request } : { type: 'open' };
}

/** `rollback-plan/INC-7`. An id may hold what git doesn't take at the end of a branch's name. */
export function branchFor(incident: string): string {
  return `rollback-plan/${incident.replaceAll('..', '.-').replace(/(\.|\.lock)$/, '$1-')}`;
}
