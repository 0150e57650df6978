// How often and how long the API server is asked again, on a clock that moves only when told.

import { expect, test } from '@jest/globals';
import type { Answer } from '../../src/adapters/kubectl-proxy.ts';
import { askPatiently } from '../../src/adapters/patient-questions.ts';
import { createFakeClock } from '../support/course.ts';

const ok: Answer = { status: 200, body: '{}' };
const lost: Answer = { status: 0, body: 'socket hang up' };

/** The answers in their order, the last one for ever; `tookMs` is what each attempt costs, at most its silence. */
async function ask(
  answers: readonly [Answer, ...Answer[]],
  { tookMs = 0, signal }: { readonly tookMs?: number; readonly signal?: AbortSignal } = {},
): Promise<{ readonly status: number; readonly attempts: number; readonly ms: number }> {
  const clock = createFakeClock();
  let attempts = 0;
  const last = answers.at(-1) ?? ok;
  const { status } = await askPatiently(
    clock,
    async (silenceMs) => {
      clock.advance(Math.min(tookMs, silenceMs));
      attempts += 1;
      return answers[attempts - 1] ?? last;
    },
    signal,
  );
  return { status, attempts, ms: clock.monotonicMs() };
}

test.each([0, 408, 429, 500, 502, 503, 504])('status %d is asked again', async (status) => {
  expect(await ask([{ status, body: '' }, ok])).toMatchObject({ status: 200, attempts: 2 });
});

test.each([200, 400, 401, 403, 404, 409, 422])('status %d is an answer', async (status) => {
  expect(await ask([{ status, body: '' }, ok])).toMatchObject({ status, attempts: 1, ms: 0 });
});

test('a server that stays away is told after a few seconds, with its last answer', async () => {
  const { status, attempts, ms } = await ask([lost]);
  expect([status, attempts]).toEqual([0, 5]);
  expect(ms).toBeLessThan(5_000);
});

test('a server that never answers is asked more than twice, and costs 20 s in sum', async () => {
  const { status, attempts, ms } = await ask([lost], { tookMs: 3_600_000 });
  expect(status).toBe(0);
  expect(attempts).toBeGreaterThan(2);
  expect(ms).toBeLessThanOrEqual(20_000);
});

test('a server that throttles is left alone for as long as it says, unless that is too long', async () => {
  const throttled = { status: 429, body: '', retryAfterMs: 3_000 };
  expect(await ask([throttled, ok])).toMatchObject({ status: 200, ms: 3_000 });
  expect(await ask([{ ...throttled, retryAfterMs: 60_000 }, ok])).toMatchObject({ status: 429, ms: 0 });
});

test('a run that was stopped asks no more', async () => {
  expect(await ask([lost, ok], { signal: AbortSignal.abort() })).toMatchObject({ status: 0, attempts: 1 });
});
