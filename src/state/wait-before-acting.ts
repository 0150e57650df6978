// How long a new holder of the lock waits for what the run before may have left running. Pure. ADR 0015.

import { type HeldLock, lastStartMs } from './lock.ts';

export type WaitFacts = {
  readonly lock: Pick<HeldLock, 'fence' | 'because'> & {
    readonly tookOver: { readonly fence: number; readonly termMs: number } | undefined;
  };
  /** Fence of the last run on the page: the one that may have left something running. */
  readonly last: number;
  /** Longest deadline of what it began and nobody saw the end of. */
  readonly deadlineMs: number;
  /** The fence that a person named: that holder is dead, they say. */
  readonly takeOver: number | undefined;
};

/**
 * Milliseconds. Nothing where its process is known to be gone, since its children went with it; where it gave the lock
 * back itself, which it does after its children; and where a person says so. What is known of another holder since, a
 * press that was stopped while it waited, say, or of a Lease that somebody deleted, tells nothing about that run. No two
 * clocks are compared: a holder starts nothing later than `lastStartMs` after its last renewal, and since that a whole term
 * has passed here.
 */
export function waitBeforeActing({ lock, last, deadlineMs, takeOver }: WaitFacts): number {
  if (takeOver === last) return 0;
  const { because, tookOver } = lock;
  if (because === 'free') return lock.fence === last + 1 ? 0 : deadlineMs;
  const ofIt = tookOver?.fence === last;
  if (ofIt && because === 'process-gone') return 0;
  const passedMs = because === 'term-over' ? Math.max(0, (tookOver?.termMs ?? 0) - lastStartMs) : 0;
  return Math.max(0, deadlineMs - passedMs);
}
