// How long a command can go on that a holder had started before it lost the lock. Pure; no two clocks are compared.

import { lastStartMs } from './lock.ts';

/**
 * From the moment at which the lock was taken over, because it had not been renewed for a whole term: how long until the
 * last of these commands has reached its deadline, ms. A holder starts nothing later than `lastStartMs` after its last
 * renewal, so of the term only what lies after that has certainly passed since.
 */
export function leftRunningMs(begun: readonly { readonly deadlineMs: number }[], termMs: number): number {
  const longest = Math.max(0, ...begun.map(({ deadlineMs }) => deadlineMs));
  return Math.max(0, longest - Math.max(0, termMs - lastStartMs));
}
