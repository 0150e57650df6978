// Taking, holding and losing the lock, with a clock that the test owns and a store in memory. The real API server is in
// lock.e2e.test.ts.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RollbackPlanError } from '../../src/errors.ts';
import type { HeldLock } from '../../src/state/lock.ts';
import { createLockWorld, held, type LockWorld, self } from './lock-world.ts';

let world: LockWorld;
const taken: HeldLock[] = [];
const take = async (more?: Parameters<LockWorld['take']>[0]): Promise<HeldLock> => {
  const lock = await world.take(more);
  taken.push(lock);
  return lock;
};
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing thrown',
    (error: unknown) =>
      error instanceof RollbackPlanError ? `${error.code}: ${error.message}` : String(error),
  );

beforeEach(() => {
  world = createLockWorld();
});
afterEach(async () => {
  for (const lock of taken.splice(0)) await lock.release();
});

describe('taking', () => {
  test('a free lock at once, with the next fence', async () => {
    const first = await take();
    expect([first.fence, first.because, first.tookOver]).toEqual([1, 'free', undefined]);
    await first.release();
    const second = await take();
    expect([second.fence, second.because, second.tookOver]).toEqual([2, 'free', undefined]);
    expect(world.lines).toEqual([]);
    expect(world.record).toMatchObject({
      holder: 'https://forge.example/runs/2',
      incident: 'INC-8',
      fence: 2,
      host: 'here 1',
      pid: 11,
      started: '5',
      termMs: 30_000,
    });
  });

  test('a lock that does not move, after a whole term of our own clock, saying what it waits for', async () => {
    world.put(held);
    const began = world.clock.monotonicMs();
    const lock = await take();
    expect([lock.fence, lock.because, lock.tookOver]).toEqual([4, 'term-over', held]);
    expect(world.clock.monotonicMs() - began).toBe(30_000);
    expect(world.lines).toEqual([
      'the lock is held by https://forge.example/runs/1 (incident INC-7, fence 3, renewed 2031-01-01T00:00:00.000Z by its own clock): waiting whether it is still alive, at most 30 s',
    ]);
  });

  test('a lock that is renewed while we look is refused, with the holder and the way on', async () => {
    world.put(held);
    world.beforeRead = () => {
      if (world.clock.monotonicMs() > 9_000) world.put({ ...held, renewedAt: '2031-01-01T00:00:08.000Z' });
    };
    const refusal = await world.take().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'locked',
      message:
        'another run acts: https://forge.example/runs/1 (incident INC-7, fence 3, renewed 2031-01-01T00:00:08.000Z by its own clock)',
      hint: expect.stringContaining('override: take-lock:3'),
    });
    expect(world.written).toEqual([]);
  });

  test('a label that somebody put on it begins the wait anew', async () => {
    world.put(held);
    let touched = false;
    world.beforeRead = () => {
      if (touched || world.clock.monotonicMs() < 21_000) return;
      touched = true;
      world.touch();
    };
    const began = world.clock.monotonicMs();
    expect((await take()).because).toBe('term-over');
    expect(world.clock.monotonicMs() - began).toBeGreaterThanOrEqual(50_000);
  });

  test('given back while we look: at once', async () => {
    world.put(held);
    world.beforeRead = () => {
      if (world.clock.monotonicMs() > 3_000) world.put({ ...held, holder: '' });
    };
    expect((await take()).because).toBe('free');
    expect(world.clock.monotonicMs()).toBeLessThan(5_000);
  });

  test('of a process on this machine that is gone: at once', async () => {
    world.put({ ...held, host: 'here 1' });
    const lock = await take({ self: { ...self, isAlive: (pid, started) => pid !== 7 || started !== '100' } });
    expect([lock.because, lock.fence, world.clock.monotonicMs()]).toEqual(['process-gone', 4, 1_000]);
  });

  test.each([
    ['of another machine', { host: 'there 2' }],
    ['of a machine that nobody can tell', { host: '' }],
    ['without a process', { host: 'here 1', pid: 0 }],
  ])('a holder %s is never taken for gone', async (_, where) => {
    world.put({ ...held, ...where });
    const own = { ...self, host: where.host === '' ? '' : self.host, isAlive: () => false };
    expect((await take({ self: own })).because).toBe('term-over');
  });

  test('the loser of a race is told the winner, without waiting', async () => {
    world.beforeWrite = () => {
      world.beforeWrite = () => undefined;
      world.put(held);
    };
    expect(await codeOf(world.take())).toMatch(/^locked: another run acts: https:\/\/forge.example\/runs\/1/);
    expect(world.clock.monotonicMs()).toBe(1_000);
  });

  test('by decision of a person, exactly the holder that was named', async () => {
    world.put(held);
    expect(await codeOf(world.take({ takeOver: 2 }))).toMatch(
      /^locked: the lock is not the one that was to be taken: its fence is 3, held by https/,
    );
    const lock = await take({ takeOver: 3 });
    expect([lock.fence, lock.because, lock.tookOver, world.clock.monotonicMs()]).toEqual([
      4,
      'take-lock',
      held,
      1_000,
    ]);
  });

  test('a run that is stopped while it waits takes nothing', async () => {
    world.put(held);
    const stop = new AbortController();
    world.beforeRead = () => {
      if (world.clock.monotonicMs() > 5_000) stop.abort();
    };
    expect(await codeOf(world.take({ signal: stop.signal }))).toMatch(/^cancelled/);
    expect(world.written).toEqual([]);
  });
});

describe('holding', () => {
  test('it is renewed for as long as it is held', async () => {
    const lock = await take();
    for (let round = 0; round < 4; round++) {
      world.pass(100);
      await world.settle();
    }
    await lock.prove();
    expect(world.written.map(({ renewedAt }) => renewedAt)).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:00.100Z',
      '2026-01-01T00:00:00.200Z',
      '2026-01-01T00:00:00.300Z',
      '2026-01-01T00:00:00.400Z',
    ]);
    expect(new Set(world.written.map(({ nonce, fence }) => `${nonce} ${fence}`)).size).toBe(1);
  });

  test('a renewal that fails is tried again, and until our time is over nothing is lost', async () => {
    const lock = await take();
    world.beforeWrite = () => {
      throw new Error('connection refused');
    };
    world.pass(179);
    await world.settle();
    lock.assertInTime();
    expect(lock.signal.aborted).toBe(false);
    world.beforeWrite = () => undefined;
    await world.settle();
    world.pass(100);
    lock.assertInTime();
    expect(world.written).toHaveLength(2);
  });

  test('without a renewal in time it is lost by our own clock, with the reason', async () => {
    const lock = await take();
    world.beforeWrite = () => {
      throw new Error('connection refused');
    };
    world.pass(100);
    await world.settle();
    world.pass(80);
    await world.settle();
    expect(lock.signal.aborted).toBe(true);
    expect(lock.signal.reason).toMatchObject({
      code: 'lock-lost',
      message: 'the lock could not be renewed for 180 ms: connection refused',
      cause: { message: 'connection refused' },
    });
    // Too late is too late, also when the server is back.
    world.beforeWrite = () => undefined;
    expect(await codeOf(lock.prove())).toMatch(/^lock-lost/);
  });

  test('a process that was stopped between the proof and the start does not start', async () => {
    const lock = await take();
    await lock.prove();
    world.pass(180);
    expect(() => lock.assertInTime()).toThrow('could not be renewed for 180 ms');
    await world.settle();
    expect(world.written).toHaveLength(1);
  });

  test('a machine that slept does not start anything, although its monotonic clock stood still', async () => {
    const lock = await take();
    await lock.prove();
    world.pass(0, 180);
    expect(() => lock.assertInTime()).toThrow('could not be renewed');
  });

  test('a wall clock that is set back gives no more time', async () => {
    const lock = await take();
    world.pass(180, -3_600_000);
    expect(() => lock.assertInTime()).toThrow('could not be renewed');
  });

  test('a process that was stopped while it proved does not start: the answer is older than the stop', async () => {
    const lock = await take();
    world.beforeRead = () => world.pass(180);
    expect(await codeOf(lock.prove())).toMatch(/^lock-lost/);
  });

  test.each([
    [
      'taken by another',
      { ...held, fence: 2 },
      'the lock was taken by https://forge.example/runs/1 (incident INC-7',
    ],
    ['deleted', undefined, 'the lock was deleted'],
    ['freed by a person', { ...held, holder: '' }, 'the lock was given back by somebody else'],
    [
      'taken by a job of the same run',
      { ...held, holder: 'https://forge.example/runs/2', fence: 1 },
      'the lock was taken by https://forge.example/runs/2',
    ],
  ])('%s: the proof says so, and the children are to end', async (_, record, message) => {
    const lock = await take();
    world.put(record);
    expect(await codeOf(lock.prove())).toContain(`lock-lost: ${message}`);
    expect(lock.signal.aborted).toBe(true);
  });

  test('taken by another: the next renewal finds it, without any proof', async () => {
    const lock = await take();
    world.put({ ...held, fence: 2 });
    world.pass(80);
    await world.settle();
    expect(lock.signal.reason).toMatchObject({ code: 'lock-lost' });
  });

  test('a label that somebody puts on it loses nothing', async () => {
    const lock = await take();
    world.touch();
    world.pass(80);
    await world.settle();
    world.pass(80);
    await world.settle();
    await lock.prove();
    expect(lock.signal.aborted).toBe(false);
  });

  test('a proof asks again while the server does not answer', async () => {
    const lock = await take({ renewMs: 8_000, giveUpMs: 18_000 });
    let failures = 3;
    world.beforeRead = () => {
      failures -= 1;
      if (failures >= 0) throw new Error('no answer');
    };
    await lock.prove();
    world.beforeRead = () => {
      throw new Error('no answer');
    };
    expect(await codeOf(lock.prove())).toMatch(/^lock-lost: the lock could not be renewed for 18 s/);
  });
});

describe('giving back', () => {
  test('makes it free, and what is given back can be proven no more', async () => {
    const lock = await take();
    await lock.release();
    expect(world.record).toMatchObject({ holder: '', fence: 1 });
    expect(lock.signal.aborted).toBe(false);
    expect(await codeOf(lock.prove())).toMatch(/^lock-lost: the lock was given back/);
    expect(() => lock.assertInTime()).toThrow('given back');
  });

  test('works after a label, and after our time was over while nobody took it', async () => {
    const lock = await take();
    world.pass(180);
    await world.settle();
    expect(lock.signal.aborted).toBe(true);
    world.touch();
    await lock.release();
    expect(world.record?.holder).toBe('');
  });

  test('never takes another holder’s lock away', async () => {
    const lock = await take();
    world.put({ ...held, fence: 2 });
    await lock.release();
    expect(world.record).toEqual({ ...held, fence: 2 });
  });

  test('does not throw when it fails', async () => {
    const lock = await take();
    world.beforeWrite = () => {
      throw new Error('connection refused');
    };
    await expect(lock.release()).resolves.toBeUndefined();
  });
});
