// What a holder had started last may have begun long after its last renewal: the whole term must not count as passed.

import { expect, test } from '@jest/globals';
import { leftRunningMs } from '../../src/state/left-running.ts';

test.each([
  ['nothing was begun', [], 30_000, 0],
  // Renewed at 0, begun at 18 s, taken over at 30 s: it has 12 s of its deadline behind it, not 30.
  ['a command', [60_000], 30_000, 48_000],
  ['the longest counts', [20_000, 90_000, 60_000], 30_000, 78_000],
  ['its deadline is over', [10_000], 30_000, 0],
  ['a term shorter than ours', [10_000], 5_000, 10_000],
])('%s', (_, deadlines, termMs, expected) => {
  expect(
    leftRunningMs(
      deadlines.map((deadlineMs) => ({ deadlineMs })),
      termMs,
    ),
  ).toBe(expected);
});
