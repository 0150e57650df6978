// How long a new holder waits for what the run before may have left running.

import { expect, test } from '@jest/globals';
import { type WaitFacts, waitBeforeActing } from '../../src/state/wait-before-acting.ts';

const deadlineMs = 600_000;
/** The run that may have left something running had fence 4. */
const wait = (lock: WaitFacts['lock'], takeOver?: number): number =>
  waitBeforeActing({ lock, last: 4, deadlineMs, takeOver });
const of = (fence: number) => ({ fence, termMs: 30_000 });

test.each<[string, WaitFacts['lock'], number]>([
  ['its process is gone', { fence: 5, because: 'process-gone', tookOver: of(4) }, 0],
  [
    'its term is over: of it, 12 s have passed since it could have begun anything',
    { fence: 5, because: 'term-over', tookOver: of(4) },
    588_000,
  ],
  ['it gave the lock back', { fence: 5, because: 'free', tookOver: undefined }, 0],
  ['a press that waited for it was stopped', { fence: 6, because: 'free', tookOver: undefined }, 600_000],
  ['a press that waited for it is gone', { fence: 6, because: 'process-gone', tookOver: of(5) }, 600_000],
  ['the Lease was deleted', { fence: 1, because: 'free', tookOver: undefined }, 600_000],
])('%s', (_name, lock, expected) => {
  expect(wait(lock)).toBe(expected);
});

test('a person who names the fence of that very run need not wait', () => {
  const stopped = { fence: 6, because: 'free', tookOver: undefined } as const;
  expect([wait(stopped, 4), wait(stopped, 3)]).toEqual([0, 600_000]);
});
