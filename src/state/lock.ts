// Takes the lock of a service in its target: waits where a holder may be alive, refuses where it is. ADR 0015.

import { randomUUID } from 'node:crypto';
import { RollbackPlanError } from '../errors.ts';
import type { LockRecord, LockStore, ThisProcess } from '../ports/state.ts';
import type { Clock, Log } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import { type HeldLock, holdLock, type Terms } from './held-lock.ts';
import { decideLock, type LockFacts } from './lock-decision.ts';
import { lockedFault, whoIs } from './lock-faults.ts';

export type { HeldLock } from './held-lock.ts';
export type { TakenBecause } from './lock-decision.ts';

export type LockRequest = {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly self: ThisProcess;
  /** The run: its URL, or `user@host pid 7`. Never empty, which means free. */
  readonly holder: string;
  readonly incident: string;
  /** From `override: take-lock:<fence>`. */
  readonly takeOver?: number | undefined;
  readonly log: Pick<Log, 'info'>;
  /** Ends the waiting, not the holding: a run that was stopped holds on until it has cleaned up and gives back. */
  readonly signal: AbortSignal;
} & Partial<Terms>;

/** A holder stops itself 12 s before anybody may take the lock, whatever their clocks say. */
const usual: Terms = { termMs: 30_000, renewMs: 8_000, giveUpMs: 18_000 };
/** A holder starts nothing later than this after its last renewal, ms. */
export const lastStartMs = usual.giveUpMs;
const longestPauseMs = 1_000;

/**
 * Throws `locked`, `lock-unreadable`, `state-not-writable`, and `cancelled` when `signal` aborts. Every lock that was
 * taken has to be given back with `release`, after the last child has ended.
 */
export async function takeLock(request: LockRequest): Promise<HeldLock> {
  const { store, clock, log, signal, takeOver } = request;
  const terms: Terms = {
    termMs: request.termMs ?? usual.termMs,
    renewMs: request.renewMs ?? usual.renewMs,
    giveUpMs: request.giveUpMs ?? usual.giveUpMs,
  };
  let first: Look | undefined;
  let last: Look | undefined;
  while (!signal.aborted) {
    const found = await store.read();
    // After the answer, not before the question: what was seen is at least as old as that.
    const seenAt = last !== undefined && last.version === found.version ? last.seenAt : clock.monotonicMs();
    last = { ...found, seenAt };
    first ??= last;
    const { record: now } = found;
    const decision = decideLock({
      now,
      first: first.record,
      unchangedMs: clock.monotonicMs() - seenAt,
      process: now === undefined ? 'elsewhere' : processOf(now, request.self),
      takeOver,
    });
    if (decision.type === 'refuse') throw lockedFault(decision.holder, decision.because, store.whereToRead);
    if (decision.type === 'wait') {
      if (first === last && now !== undefined) {
        log.info(
          `the lock is held by ${whoIs(now)}: waiting whether it is still alive, at most ${formatDuration(decision.forMs)}`,
        );
      }
      await clock.sleep(Math.min(decision.forMs, longestPauseMs, terms.renewMs / 4), signal);
      continue;
    }
    const record = ownRecord(request, terms, (now?.fence ?? 0) + 1);
    // Before the write, because it may land any time after: our time never counts from later than others' does.
    const since = { monotonicMs: clock.monotonicMs(), at: clock.now().getTime() };
    const swap = await store.write(record, found.version);
    if (swap.type === 'written') {
      return holdLock({
        store,
        clock,
        terms,
        record,
        version: swap.version,
        since,
        because: decision.because,
        tookOver: decision.because === 'free' ? undefined : now,
      });
    }
  }
  throw new RollbackPlanError('cancelled', 'the run was stopped before it had the lock', {
    hint: 'Nothing was changed. Press again when you want to.',
  });
}

type Look = {
  readonly record: LockRecord | undefined;
  readonly version: string | undefined;
  /** When this version was seen first, by the monotonic clock. */
  readonly seenAt: number;
};

function processOf(holder: LockRecord, self: ThisProcess): LockFacts['process'] {
  if (holder.host === '' || holder.host !== self.host || holder.pid <= 0) return 'elsewhere';
  return self.isAlive(holder.pid, holder.started) ? 'running' : 'gone';
}

function ownRecord({ clock, self, holder, incident }: LockRequest, terms: Terms, fence: number): LockRecord {
  return {
    holder,
    fence,
    renewedAt: clock.now().toISOString(),
    termMs: terms.termMs,
    incident,
    host: self.host,
    pid: self.pid,
    started: self.started,
    nonce: randomUUID(),
  };
}
