// Checks until they are healthy: how often in a row, how long, and what a measurement may say.

import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { runChecks } from '../../src/verify/run-checks.ts';
import { contextWith } from '../checks/check-context.ts';
import { silentLog } from '../support/course.ts';
import { lettersKind } from './letters-kind.ts';

async function run(
  letters: string,
  options: {
    readonly passes?: number;
    readonly withinMs?: number;
    readonly everyMs?: number;
    readonly patience?: 'full' | 'one-look';
  },
): Promise<string> {
  const long = { value: 'v'.repeat(9_000), evidence: 'e'.repeat(9_000) };
  const kind = lettersKind(letters, () => long);
  const check = {
    name: 'one',
    kind,
    settle: () => ({}),
    withinMs: options.withinMs ?? 0,
    everyMs: options.everyMs ?? 1,
    passes: options.passes ?? 1,
    vote: 1,
  };
  const [result] = await runChecks([check], {
    context: contextWith({ clock: systemClock }),
    emit: async () => undefined,
    log: silentLog,
    patience: options.patience ?? 'full',
  });
  expect([result?.evidence.length, result?.value.length]).toEqual([4_001, 4_001]);
  return `${result?.state} after ${result?.attempts}`;
}

test.each([
  ['healthy at once', 'p', {}, 'pass after 1'],
  ['never healthy', 'f', {}, 'fail after 1'],
  ['healthy in time', 'ffp', { withinMs: 5_000 }, 'pass after 3'],
  [
    'looked at rarely: once more when its time is up',
    'fp',
    { withinMs: 30, everyMs: 60_000 },
    'pass after 2',
  ],
  ['three in a row', 'ppp', { passes: 3 }, 'pass after 3'],
  ['a row that is broken begins anew', 'ppfppp', { passes: 3, withinMs: 5_000 }, 'pass after 6'],
  ['a row that is broken when the time is up', 'ppf', { passes: 3 }, 'fail after 3'],
  ['a look without data breaks it, too', 'ppi', { passes: 3 }, 'inconclusive after 3'],
  ['one look is one look', 'ppp', { passes: 3, patience: 'one-look' }, 'pass after 1'],
] as const)('%s', async (_name, letters, options, told) => {
  expect(await run(letters, options)).toBe(told);
});
