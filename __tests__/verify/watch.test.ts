// The watch itself under a clock that a test moves: how long it looks, and what it says at the end.

import { expect, test } from '@jest/globals';
import { watch } from '../../src/verify/watch.ts';
import { contextWith } from '../checks/check-context.ts';
import { createFakeClock, silentLog } from '../support/course.ts';
import { lettersKind } from './letters-kind.ts';

/** Looks at a condition every 10 s for a minute; its answers stand in `letters`, the last of them for ever. */
async function watched(letters: string, { everyMs = 10_000, windowMs = 60_000 } = {}): Promise<string> {
  const kind = lettersKind(letters);
  const condition = {
    name: 'letters',
    kind,
    settle: () => ({}),
    everyMs,
    delayMs: 0,
    graceMs: 0,
    failures: { limit: 3, of: 3 },
    inconclusiveLimit: 2,
    errorLimit: 2,
    onNoData: 'blind',
    vote: 'alone',
    excused: false,
  } as const;
  const { result } = await watch([condition], windowMs, {
    context: contextWith({ clock: createFakeClock() }),
    emit: async () => undefined,
    log: silentLog,
    passingScore: 100,
  });
  return `${result.state}, ${result.looks} looks, ${result.durationMs / 1000} s`;
}

test.each([
  ['healthy to the end', 'p', 'quiet, 7 looks, 60 s'],
  ['bad: over at once', 'ppfff', 'bad, 5 looks, 40 s'],
  ['failing when the window ends: goes on until it is decided', 'ppppppf', 'bad, 9 looks, 80 s'],
  ['no data to the end', 'pppi', 'blind, 7 looks, 60 s'],
  [
    'blind nearly all the time: the last good look has to be followed by more',
    'piiiiip',
    'quiet, 9 looks, 80 s',
  ],
  ['and when data goes away again, nobody knows', 'piiiiipi', 'blind, 8 looks, 70 s'],
  ['or it turns out to be bad', 'piiiiipf', 'bad, 10 looks, 90 s'],
])('%s', async (_name, letters, told) => {
  expect(await watched(letters)).toBe(told);
});

test('what is looked at once an hour does not hold up a short watch', async () => {
  expect(await watched('p', { everyMs: 3_600_000 })).toBe('quiet, 2 looks, 60 s');
});
