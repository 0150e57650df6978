// What counts as failing before the deploy: only what fails by the condition's own rule, in the time that there is.

import { expect, test } from '@jest/globals';
import { measureBefore } from '../../src/verify/measure-before.ts';
import { contextWith } from '../checks/check-context.ts';
import { createFakeClock } from '../support/course.ts';
import { lettersKind } from './letters-kind.ts';

/** Answers stand in `letters`, the last of them for ever; the value is the number of the look. */
async function measured(letters: string, failures: string, everySeconds: number): Promise<string> {
  const kind = lettersKind(letters);
  const [limit = 1, of = limit] = failures.split(' of ').map(Number);
  const clock = createFakeClock();
  const condition = {
    name: 'letters',
    kind,
    settle: () => ({}),
    everyMs: everySeconds * 1_000,
    delayMs: 0,
    graceMs: 60_000,
    failures: { limit, of },
    inconclusiveLimit: 1,
    errorLimit: 1,
    onNoData: 'rollback',
    vote: 'alone',
    excused: false,
  } as const;
  const { state, value, unsettled } = await measureBefore(condition, contextWith({ clock }));
  return [state, `look ${value}`, `${clock.monotonicMs() / 1_000} s`, unsettled]
    .join(', ')
    .replace(/, $/, '');
}

test.each([
  ['healthy: one look, whatever its rule', 'p', '3', 10, 'pass, look 1, 0 s'],
  ['fails as often as its rule wants', 'f', '3', 10, 'fail, look 3, 20 s'],
  ['once is enough where the rule says so', 'f', '1', 60, 'fail, look 1, 0 s'],
  ['a single failing look is none', 'fp', '3', 2, 'pass, look 2, 2 s'],
  ['a pass ends it at any look', 'ffp', '3', 2, 'pass, look 3, 4 s'],
  ['three of five', 'fiff', '3 of 5', 2, 'fail, look 4, 6 s'],
  [
    'too little data for its rule',
    'fii',
    '3 of 5',
    2,
    'inconclusive, look 5, 8 s, 1 of the 3 failing looks that its rule wants in 5 looks',
  ],
  [
    'no time for its rule: not waited for',
    'f',
    '3',
    20,
    'inconclusive, look 1, 0 s, 1 of the 3 failing looks that its rule wants, and more would take longer than 30 s',
  ],
  ['just time enough', 'f', '3', 15, 'fail, look 3, 30 s'],
  ['no data is one look', 'i', '3', 2, 'inconclusive, look 1, 0 s'],
  ['an error, too', 'e', '3', 2, 'error, look 1, 0 s'],
])('%s', async (_name, letters, failures, everySeconds, told) => {
  expect(await measured(letters, failures, everySeconds)).toBe(told);
});
