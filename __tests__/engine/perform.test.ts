// What performing an act says about its end: waits on a clock that moves only when told, and requests to real servers.

import { createServer, type RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createHttp } from '../../src/adapters/http.ts';
import { createPerform, type Performed, showOperation } from '../../src/engine/perform.ts';
import type { Clock, Processes } from '../../src/ports.ts';
import type { Act, Operation } from '../../src/values/operation.ts';
import { createFakeClock } from '../support/course.ts';

const noProcesses: Processes = {
  run: async () => {
    throw new Error('no command was asked for');
  },
};

function operationOf(act: Act): Operation {
  return { id: 'x', title: 'x', act, mutates: false, retry: 'once', deadlineMs: 60_000 };
}

function perform(
  act: Act,
  limits: { readonly deadlineMs?: number; readonly signal?: AbortSignal; readonly clock?: Clock } = {},
): Promise<Performed> {
  const redact = (text: string): string => text.replaceAll('s3cret', '***');
  const http = createHttp({ secret: (name) => (name === 'TOKEN' ? 's3cret\n' : undefined) });
  const act_ = createPerform({
    processes: noProcesses,
    http,
    cluster: undefined,
    clock: limits.clock ?? systemClock,
    redact,
  });
  return act_(operationOf(act), {
    deadlineMs: limits.deadlineMs ?? 5_000,
    signal: limits.signal ?? new AbortController().signal,
    onLine: () => undefined,
  });
}

describe('a wait', () => {
  test('lasts as long as it says, and is shown as what a person would type', async () => {
    const clock = createFakeClock();
    expect(await perform({ type: 'wait', milliseconds: 1_500 }, { clock })).toMatchObject({
      ended: 'succeeded',
      durationMs: 1_500,
      sentence: 'waited 1.5 s',
    });
    expect(clock.monotonicMs()).toBe(1_500);
    expect(showOperation(operationOf({ type: 'wait', milliseconds: 30_000 }), (text) => text)).toBe(
      'sleep 30',
    );
  });

  test.each([
    [2_000, 'was cut short after 2 s'],
    [997.8518, 'was cut short after 998 ms'],
    [90_000.4, 'was cut short after 1 m 30 s'],
  ])('that its deadline of %d ms cuts short is no success', async (deadlineMs, sentence) => {
    const clock = createFakeClock();
    expect(await perform({ type: 'wait', milliseconds: 900_000 }, { clock, deadlineMs })).toMatchObject({
      ended: 'timed-out',
      sentence,
    });
  });

  test('ends at once when the run is cancelled', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const performed = await perform({ type: 'wait', milliseconds: 60_000 }, { signal: stop.signal });
    expect(performed).toMatchObject({ ended: 'cancelled', sentence: 'was cancelled' });
    expect(performed.durationMs).toBeLessThan(5_000);
  });
});

async function serving<Value>(
  listener: RequestListener,
  use: (origin: string) => Promise<Value>,
): Promise<Value> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  try {
    return await use(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const request = (url: string, more: Partial<Extract<Act, { type: 'http' }>> = {}): Act => ({
  type: 'http',
  request: { method: 'POST', url, secretHeaders: { Authorization: { secret: 'TOKEN', prefix: 'Bearer ' } } },
  expectStatus: [200],
  ...more,
});

describe('a request', () => {
  test('carries its secret, without the line break it was stored with, and shows its name alone', async () => {
    let seen: string | undefined;
    const performed = await serving(
      (incoming, response) => {
        seen = incoming.headers.authorization;
        response.end(`you sent ${seen}`);
      },
      (origin) => perform(request(origin)),
    );
    expect(seen).toBe('Bearer s3cret');
    expect(performed).toMatchObject({ ended: 'succeeded', stdout: 'you sent Bearer ***' });
    expect(showOperation(operationOf(request('http://x/')), (text) => text)).toBe(
      'POST http://x/ (Authorization: Bearer $TOKEN)',
    );
  });

  test('whose secret nobody declared is not sent', async () => {
    let asked = 0;
    const performed = await serving(
      (_, response) => {
        asked += 1;
        response.end();
      },
      (origin) =>
        perform({
          type: 'http',
          request: { method: 'POST', url: origin, secretHeaders: { Authorization: { secret: 'OTHER' } } },
          expectStatus: [200],
        }),
    );
    expect([performed.ended, asked]).toEqual(['failed', 0]);
  });

  test('follows a redirect only where it is told to, and takes no secret to another origin', async () => {
    const seen: (string | undefined)[] = [];
    await serving(
      (incoming, response) => {
        seen.push(incoming.headers.authorization, String(incoming.headers['x-key']));
        response.end();
      },
      (elsewhere) =>
        serving(
          (_, response) => {
            response.writeHead(307, { location: elsewhere });
            response.end();
          },
          async (origin) => {
            expect(await perform(request(origin))).toMatchObject({
              ended: 'failed',
              sentence: `answered 307, which points to ${elsewhere}`,
            });
            expect(seen).toEqual([]);
            const act: Act = {
              type: 'http',
              request: { method: 'POST', url: origin, secretHeaders: { 'X-Key': { secret: 'TOKEN' } } },
              expectStatus: [200],
              followRedirects: true,
            };
            expect(await perform(act)).toMatchObject({
              ended: 'succeeded',
              sentence: `was redirected, and POST ${elsewhere}/ answered 200`,
              answeredBy: { method: 'POST', url: `${elsewhere}/` },
            });
            expect(seen).toEqual([undefined, 'undefined']);
          },
        ),
    );
  });

  test.each([
    ['a connection that breaks off', true, (_: unknown, response: { destroy(): void }) => response.destroy()],
    ['no answer in time', true, () => undefined],
  ] as const)('that meets %s may have taken effect', async (_, uncertain, listener) => {
    const performed = await serving(listener, (origin) => perform(request(origin), { deadlineMs: 300 }));
    expect(performed.uncertain).toBe(uncertain);
  });

  test('that nobody takes has had no effect', async () => {
    expect(await perform(request('http://127.0.0.1:1/'))).toMatchObject({
      ended: 'failed',
      uncertain: false,
    });
  });
});
