// A lock store in memory and a clock that passes only when slept on or told to: hours of waiting take no time.

import { setImmediate as turn } from 'node:timers/promises';
import type { LockRecord, LockStore, Swap, ThisProcess } from '../../src/ports/state.ts';
import type { Clock } from '../../src/ports.ts';
import { type HeldLock, type LockRequest, takeLock } from '../../src/state/lock.ts';

export type LockWorld = {
  readonly clock: Clock;
  readonly store: LockStore;
  readonly lines: string[];
  record: LockRecord | undefined;
  /** Every write that landed. */
  readonly written: LockRecord[];
  /** Happens with every read, before the answer. */
  beforeRead: () => void;
  /** Happens with every write, before it is compared. */
  beforeWrite: () => void;
  /** Passes `milliseconds` on the monotonic clock, and on the wall's unless told otherwise. */
  pass(milliseconds: number, wallMs?: number): void;
  /** Puts a record there as another holder would. */
  put(record: LockRecord | undefined): void;
  /** As a person's label: another version of the same record. */
  touch(): void;
  take(more?: Partial<LockRequest>): Promise<HeldLock>;
  /** Real time for the timer of a held lock to look at the clock. */
  settle(): Promise<void>;
};

export const self: ThisProcess = { host: 'here 1', pid: 11, started: '5', isAlive: () => true };

export const held: LockRecord = {
  holder: 'https://forge.example/runs/1',
  fence: 3,
  renewedAt: '2031-01-01T00:00:00.000Z',
  termMs: 30_000,
  incident: 'INC-7',
  host: 'there 2',
  pid: 7,
  started: '100',
  nonce: 'a',
};

export function createLockWorld(): LockWorld {
  let monotonic = 1_000;
  let wall = Date.UTC(2026, 0, 1);
  let version = 0;
  const world: LockWorld = {
    lines: [],
    written: [],
    record: undefined,
    beforeRead: () => undefined,
    beforeWrite: () => undefined,
    clock: {
      now: () => new Date(wall),
      monotonicMs: () => monotonic,
      async sleep(milliseconds, signal) {
        await turn();
        if (signal?.aborted !== true) world.pass(milliseconds);
      },
    },
    store: {
      whereToRead: 'kubectl get lease x',
      async read() {
        world.beforeRead();
        return {
          record: world.record,
          version: world.record === undefined ? undefined : String(version),
        };
      },
      async write(record, expected): Promise<Swap> {
        world.beforeWrite();
        const current = world.record === undefined ? undefined : String(version);
        if (current !== expected) return { type: 'conflict' };
        world.put(record);
        world.written.push(record);
        return { type: 'written', version: String(version) };
      },
    },
    pass(milliseconds, wallMs = milliseconds) {
      monotonic += milliseconds;
      wall += wallMs;
    },
    put(record) {
      world.record = record;
      version += 1;
    },
    touch() {
      version += 1;
    },
    take: (more = {}) =>
      takeLock({
        store: world.store,
        clock: world.clock,
        self,
        holder: 'https://forge.example/runs/2',
        incident: 'INC-8',
        log: { info: (line) => world.lines.push(line) },
        signal: new AbortController().signal,
        // 80 ms between renewals: the timer looks every 10 ms of real time, whatever the clock says.
        renewMs: 80,
        giveUpMs: 180,
        ...more,
      }),
    settle: () => new Promise((resolve) => setTimeout(resolve, 60)),
  };
  return world;
}
