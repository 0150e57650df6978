// May the lock be taken? Pure: what was seen goes in, and out comes what to do and why. No two machines' clocks are ever
// compared; how long a holder did not move is measured by the taker's own.

import type { LockRecord } from '../ports/state.ts';

export type LockFacts = {
  /** As it is now; `undefined`: there never was one, or somebody deleted it. */
  readonly now: LockRecord | undefined;
  /** As it was when this taker looked first. */
  readonly first: LockRecord | undefined;
  /** For how long, by the taker's clock, every look has found it at this very version. */
  readonly unchangedMs: number;
  /** What is known of the holder's process. `elsewhere`: not on this machine, or nobody can say. */
  readonly process: 'running' | 'gone' | 'elsewhere';
  /** The fence of the holder whose lock a person decided to take. */
  readonly takeOver: number | undefined;
};

/** Why a lock could be taken: it was free; its holder's process is gone; did not move for a term; a person decided. */
export type TakenBecause = 'free' | 'process-gone' | 'term-over' | 'take-lock';

export type LockDecision =
  | { readonly type: 'take'; readonly because: TakenBecause }
  | { readonly type: 'wait'; readonly forMs: number }
  | {
      readonly type: 'refuse';
      readonly holder: LockRecord;
      /** `alive`: it moved while we looked. `other-fence`: this is not the holder that a person named. */
      readonly because: 'alive' | 'other-fence';
    };

export function decideLock({ now, first, unchangedMs, process, takeOver }: LockFacts): LockDecision {
  if (now === undefined || now.holder === '') return { type: 'take', because: 'free' };
  if (takeOver !== undefined) {
    return takeOver === now.fence
      ? { type: 'take', because: 'take-lock' }
      : { type: 'refuse', holder: now, because: 'other-fence' };
  }
  if (process === 'gone') return { type: 'take', because: 'process-gone' };
  if (hasMoved(first, now)) return { type: 'refuse', holder: now, because: 'alive' };
  return unchangedMs >= now.termMs
    ? { type: 'take', because: 'term-over' }
    : { type: 'wait', forMs: now.termMs - unchangedMs };
}

/** Renewed, or held by another than at first: somebody who writes is alive. */
function hasMoved(first: LockRecord | undefined, now: LockRecord): boolean {
  return (
    first === undefined ||
    first.holder !== now.holder ||
    first.fence !== now.fence ||
    first.nonce !== now.nonce ||
    first.renewedAt !== now.renewedAt
  );
}
