// Which checks decide after a rollback: weights, key checks, and the score on both sides.

import { expect, test } from '@jest/globals';
import type { CheckResult } from '../../src/events.ts';
import { decidingChecks } from '../../src/verify/deciding.ts';

const result = (name: string, state: CheckResult['state']): CheckResult => ({
  name,
  kind: 'http',
  state,
  value: '',
  expected: '',
  evidence: `${name} is ${state}`,
  attempts: 1,
  durationMs: 1,
});

test.each<[string, readonly [CheckResult['state'], 'alone' | number][], number, readonly string[]]>([
  [
    'all decide',
    [
      ['pass', 1],
      ['fail', 1],
    ],
    100,
    ['0', '1'],
  ],
  [
    'exactly the score: borne',
    [
      ['pass', 4],
      ['fail', 1],
    ],
    80,
    ['0'],
  ],
  [
    'below the score',
    [
      ['pass', 3],
      ['fail', 1],
    ],
    80,
    ['0', '1'],
  ],
  [
    'a key check is never borne',
    [
      ['pass', 9],
      ['fail', 'alone'],
    ],
    1,
    ['0', '1'],
  ],
  [
    'no data is never borne by the score',
    [
      ['pass', 9],
      ['inconclusive', 1],
    ],
    80,
    ['0', '1'],
  ],
  [
    'weight 0 only warns, without data too',
    [
      ['pass', 1],
      ['fail', 0],
      ['error', 0],
    ],
    100,
    ['0'],
  ],
])('%s', (_name, given, pass, decide) => {
  const results = given.map(([state], index) => result(String(index), state));
  const { checks, warnings } = decidingChecks(
    results,
    given.map(([, vote]) => ({ vote })),
    pass,
  );
  expect(checks.map(({ name }) => name)).toEqual(decide);
  expect(warnings.length).toBe(given.length - decide.length);
});
