// What to do with a record's branch and pull request, by what there is: pure decisions.

import type { PullRequest } from '../ports.ts';

/** Of the branch's pull requests, the one that counts: the one that is open, else the newest. */
export function theOne(newestFirst: readonly PullRequest[]): PullRequest | undefined {
  return newestFirst.find(({ state }) => state === 'open') ?? newestFirst[0];
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
