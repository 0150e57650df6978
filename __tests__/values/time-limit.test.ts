// Limits of time hold whatever the garbage collector does meanwhile.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { createForge } from '../../src/adapters/github.ts';
import { createHaste, unlessAborted, withTimeLimit } from '../../src/values/time-limit.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Collects all garbage every few milliseconds while `work` goes on. */
async function whileCollecting<Value>(work: () => Promise<Value>): Promise<Value> {
  if (typeof collectGarbage !== 'function') throw new Error('this Node has no gc()');
  const collecting = setInterval(() => collectGarbage(), 20);
  try {
    return await work();
  } finally {
    clearInterval(collecting);
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

describe('a limit of time', () => {
  test('gives what the work gives, and ends no signal of work that is done', async () => {
    const seen: AbortSignal[] = [];
    const value = await withTimeLimit(30, [], async (signal, late) => {
      seen.push(signal);
      return late();
    });
    await delay(60);
    expect(value).toBe(false);
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test('throws what the work throws', async () => {
    await expect(withTimeLimit(1_000, [], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  test('ends when the time is up, and says that it was the time', async () => {
    const late = await withTimeLimit(30, [new AbortController().signal], async (signal, isLate) => {
      await ended(signal);
      return isLate();
    });
    expect(late).toBe(true);
  });

  test('ends with a signal of others, and says that it was not the time', async () => {
    const other = new AbortController();
    setTimeout(() => other.abort(), 10);
    const late = await withTimeLimit(60_000, [other.signal], async (signal, isLate) => {
      await ended(signal);
      return isLate();
    });
    expect(late).toBe(false);
  });

  test('of more than a timer takes is not over at once', async () => {
    const early = await withTimeLimit(2 ** 40, [], async (signal) => {
      await delay(20);
      return signal.aborted;
    });
    expect(early).toBe(false);
  });

  test('is not lost in a signal that is made of it when garbage is collected', async () => {
    const began = performance.now();
    await whileCollecting(() =>
      withTimeLimit(200, [], (signal) =>
        ended(AbortSignal.any([AbortSignal.any([signal]), new AbortController().signal])),
      ),
    );
    expect(performance.now() - began).toBeGreaterThanOrEqual(199);
  }, 5_000);

  test('ends an exchange with a forge that never answers when garbage is collected', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const forge = createForge({ apiUrl: `http://127.0.0.1:${port}`, token: 'x', repository: 'acme/shop' });
    try {
      const limits = { deadlineMs: 300, signal: new AbortController().signal };
      expect(await whileCollecting(() => forge.defaultBranch(limits))).toMatchObject({
        ok: false,
        fault: { status: undefined },
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, 5_000);
});

describe('what is wanted, unless a signal ends', () => {
  test('comes when it is there first', async () => {
    const signal = new AbortController().signal;
    expect(await unlessAborted(Promise.resolve('here'), signal)).toBe('here');
  });

  test('is not waited for when the signal has ended, or ends', async () => {
    const never = new Promise<string>(() => undefined);
    const over = new AbortController();
    setTimeout(() => over.abort(), 10);
    expect(await unlessAborted(never, over.signal)).toBeUndefined();
    expect(await unlessAborted(never, over.signal)).toBeUndefined();
  });
});

describe('haste', () => {
  const forMs =
    (ms: number) =>
    async (signal: AbortSignal): Promise<boolean> => {
      await unlessAborted(delay(ms), signal);
      return signal.aborted;
    };

  test('is none while the run goes on', async () => {
    const haste = createHaste(new AbortController().signal, 20);
    expect(await haste(forMs(80))).toBe(false);
  });

  test('begins when the run is stopped, for work that is under way and for what comes after', async () => {
    const stopped = new AbortController();
    const haste = createHaste(stopped.signal, 40);
    const late = haste(forMs(5_000));
    stopped.abort();
    expect(await haste(forMs(5))).toBe(false);
    expect(await late).toBe(true);
    expect(await haste(forMs(5))).toBe(false);
  });

  test('is over for all once one had no answer', async () => {
    const haste = createHaste(AbortSignal.abort(), 30);
    expect(await haste(forMs(5_000))).toBe(true);
    const began = performance.now();
    expect(await haste(forMs(5_000))).toBe(true);
    expect(performance.now() - began).toBeLessThan(25);
  });

  test('leaves time to everything that answers, however much it is', async () => {
    const haste = createHaste(AbortSignal.abort(), 200);
    for (let piece = 0; piece < 10; piece++) expect(await haste(forMs(40))).toBe(false);
  });
});
