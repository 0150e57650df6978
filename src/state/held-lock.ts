// A lock that is ours: renewed as long as we run, proven before each command, and let go of by our own clock before
// anybody else may take it.

import { messageOf, type RollbackPlanError } from '../errors.ts';
import type { LockRecord, LockStore } from '../ports/state.ts';
import type { Clock } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import type { TakenBecause } from './lock-decision.ts';
import { lostFault, whoHasIt } from './lock-faults.ts';

export type Terms = {
  /** How long others wait before they take a lock that does not move, ms. */
  readonly termMs: number;
  readonly renewMs: number;
  /** Without a renewal for so long it is lost; well below the term. */
  readonly giveUpMs: number;
};

export type HeldLock = {
  /** One higher than the holder before. Goes into the record and into `override: take-lock:<fence>`. */
  readonly fence: number;
  /** Why it could be taken. */
  readonly because: TakenBecause;
  /** The holder before, where it did not give the lock back: it may have left a command running. */
  readonly tookOver: LockRecord | undefined;
  /** Aborts when the lock is lost, with the error `lock-lost` as its reason: end the children, start nothing further. */
  readonly signal: AbortSignal;
  /** Reads the lock again. Resolves when it is still ours and in time; throws `lock-lost`. Before every command that changes something. */
  prove(): Promise<void>;
  /** Throws `lock-lost` when our time is over, by our own clock. Right before the start of a command, nothing awaited in between. */
  assertInTime(): void;
  /** Gives it back if it is still ours; never throws. After the last child has ended. */
  release(): Promise<void>;
};

type Moment = { readonly monotonicMs: number; readonly at: number };

export type Holding = {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly terms: Terms;
  readonly record: LockRecord;
  readonly version: string;
  /** Just before the lock was written. */
  readonly since: Moment;
  readonly because: TakenBecause;
  readonly tookOver: LockRecord | undefined;
};

/** Between two looks at our own clock, as a part of the time between renewals. */
const looksPerRenewal = 8;
const retryMs = 250;
const releaseMs = 4_000;

export function holdLock(holding: Holding): HeldLock {
  const { store, clock, terms, record } = holding;
  const lost = new AbortController();
  let fault: RollbackPlanError | undefined;
  let version = holding.version;
  let renewed = holding.since;
  let renewing: Promise<void> | undefined;
  /** Why the last renewal did not come about. */
  let hindrance: unknown;

  const now = (): Moment => ({ monotonicMs: clock.monotonicMs(), at: clock.now().getTime() });
  /** The longer of two: one clock stands still while a machine sleeps, the other may be set back. */
  const elapsedMs = (): number => {
    const { monotonicMs, at } = now();
    return Math.max(monotonicMs - renewed.monotonicMs, at - renewed.at);
  };
  const lose = (why: string, cause?: unknown): RollbackPlanError => {
    if (fault !== undefined) return fault;
    fault = lostFault(why, store.whereToRead, cause);
    clearInterval(ticking);
    lost.abort(fault);
    return fault;
  };
  const isOurs = (found: LockRecord | undefined): boolean =>
    found !== undefined && found.holder === record.holder && found.nonce === record.nonce;

  const renew = async (): Promise<void> => {
    const began = now();
    const swap = await store.write({ ...record, renewedAt: new Date(began.at).toISOString() }, version);
    if (swap.type === 'written') {
      version = swap.version;
      // However late the answer is: our time counts from before the question.
      renewed = began;
      hindrance = undefined;
      return;
    }
    const found = await store.read();
    if (!isOurs(found.record)) throw lose(whoHasIt(found.record));
    // Somebody put a label on it: still ours, at another version.
    version = found.version ?? version;
  };

  const tick = (): void => {
    const elapsed = elapsedMs();
    if (elapsed >= terms.giveUpMs) {
      lose(outOfTime(), hindrance);
      return;
    }
    if (elapsed < terms.renewMs || renewing !== undefined) return;
    renewing = renew()
      .catch((error: unknown) => {
        hindrance = error;
      })
      .finally(() => {
        renewing = undefined;
      });
  };
  const outOfTime = (): string => {
    const why = hindrance === undefined ? '' : `: ${messageOf(hindrance)}`;
    return `the lock could not be renewed for ${formatDuration(terms.giveUpMs)}${why}`;
  };
  // A timer of the process, not of the `Clock`: it must not keep the process alive, and what it decides on is the clock's.
  const ticking = setInterval(tick, terms.renewMs / looksPerRenewal);
  ticking.unref();

  const assertInTime = (): void => {
    if (fault !== undefined) throw fault;
    if (elapsedMs() >= terms.giveUpMs) throw lose(outOfTime(), hindrance);
  };

  return {
    fence: record.fence,
    because: holding.because,
    tookOver: holding.tookOver,
    signal: lost.signal,
    assertInTime,
    async prove() {
      for (;;) {
        assertInTime();
        const found = await store.read().catch((error: unknown) => {
          hindrance = error;
          return undefined;
        });
        if (found === undefined) {
          // Not to be read just now is no proof of anything; the clock says how long we may go on asking.
          await clock.sleep(retryMs, lost.signal);
          continue;
        }
        if (!isOurs(found.record)) throw lose(whoHasIt(found.record));
        assertInTime();
        return;
      }
    },
    async release() {
      clearInterval(ticking);
      fault ??= lostFault('the lock was given back', store.whereToRead);
      const giveBack = async (): Promise<void> => {
        await renewing;
        const free: LockRecord = { ...record, holder: '', renewedAt: clock.now().toISOString() };
        const swap = await store.write(free, version);
        if (swap.type === 'written') return;
        const found = await store.read();
        if (isOurs(found.record)) await store.write(free, found.version);
      };
      const enough = new AbortController();
      await Promise.race([giveBack().catch(() => undefined), clock.sleep(releaseMs, enough.signal)]);
      enough.abort();
    },
  };
}
