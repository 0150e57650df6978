// Several signs at once: every combination of what they say, and what each of them measured before the deploy.

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { Before, CheckKind, Measurement } from '../../src/checks/check-kind.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import type { Json } from '../../src/values/json.ts';
import { allOf, combineAll } from '../../src/verify/all-of.ts';
import { contextWith } from '../checks/check-context.ts';

type State = Measurement['state'];
const states: readonly State[] = ['pass', 'fail', 'inconclusive', 'error'];
const seen = (state: State, index = 0): Parameters<typeof combineAll>[0][number] => ({
  kind: `kind${index}`,
  state,
  value: index,
  expected: `e${index}`,
  evidence: `because ${index}`,
});

test.each<[State, State, State]>([
  ['pass', 'pass', 'pass'],
  ['pass', 'fail', 'pass'],
  ['pass', 'inconclusive', 'pass'],
  ['pass', 'error', 'pass'],
  ['fail', 'fail', 'fail'],
  ['fail', 'inconclusive', 'inconclusive'],
  ['fail', 'error', 'error'],
  ['inconclusive', 'inconclusive', 'inconclusive'],
  ['inconclusive', 'error', 'inconclusive'],
  ['error', 'error', 'error'],
])('%s and %s is %s, whichever comes first', (one, other, state) => {
  expect([combineAll([seen(one), seen(other)]).state, combineAll([seen(other), seen(one)]).state]).toEqual([
    state,
    state,
  ]);
});

test('for any number of parts: bad only if all are, quiet only if one is', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...states), { maxLength: 10 }), (given) => {
      const { state } = combineAll(given.map(seen));
      expect(state === 'fail').toBe(given.length > 0 && given.every((each) => each === 'fail'));
      expect(state === 'pass').toBe(given.includes('pass'));
    }),
  );
});

test('it got worse where all fail and one of them did', () => {
  const grown = { ...seen('fail'), worse: true } as const;
  expect([
    combineAll([seen('fail'), grown]).worse,
    combineAll([seen('pass'), grown]).worse,
    combineAll([seen('fail'), seen('fail')]).worse,
  ]).toEqual([true, undefined, undefined]);
});

test('the evidence lists each part, what decides first', () => {
  const found = combineAll([seen('error', 0), seen('fail', 1), seen('pass', 2)]);
  expect(found).toEqual({
    state: 'pass',
    value: [
      { kind: 'kind0', state: 'error', value: 0 },
      { kind: 'kind1', state: 'fail', value: 1 },
      { kind: 'kind2', state: 'pass', value: 2 },
    ],
    expected: 'at least one of: kind0 e0; kind1 e1; kind2 e2',
    evidence: '1 of 3 fail: kind2: pass, because 2; kind0: error, because 0; kind1: fail, because 1',
  });
});

/** Says what it was told of the time before. */
function kind(name: string, state: State): CheckKind<unknown> {
  return {
    name,
    summary: 'a kind of this test',
    schema: z.unknown(),
    timeoutMs: 1_000,
    requires: () => [],
    measure: async (_context, _settings, before) => ({
      state,
      value:
        before === undefined ? 'nothing known' : (before.missing ?? [before.at, before.state, before.value]),
      expected: '',
      evidence: `${name} said`,
    }),
  };
}

const at = '2026-11-21T10:00:00Z';
const before = (value: Json): Before => ({ at, state: 'pass', value });

test.each<[string, Before | undefined, unknown]>([
  [
    'why nothing is known',
    { missing: 'its settings changed' },
    ['its settings changed', 'its settings changed'],
  ],
  [
    'each part gets its own',
    before([
      { kind: 'a', state: 'pass', value: 1 },
      { kind: 'b', state: 'fail', value: { two: 2 } },
    ]),
    [
      [at, 'pass', 1],
      [at, 'fail', { two: 2 }],
    ],
  ],
  [
    'another kind stood there',
    before([{ kind: 'b', state: 'pass', value: 1 }]),
    ['nothing known', 'nothing known'],
  ],
  ['what was too long to keep', before(null), ['nothing known', 'nothing known']],
  ['no baseline', undefined, ['nothing known', 'nothing known']],
])('the baseline: %s', async (_name, known, values) => {
  const parts = [kind('a', 'fail'), kind('b', 'fail')].map((each) => ({ kind: each, settle: () => ({}) }));
  const { value, state } = await allOf(parts).kind.measure(contextWith({}), undefined, known);
  expect(state).toBe('fail');
  expect(
    z
      .array(z.object({ value: z.unknown() }))
      .parse(value)
      .map((each) => each.value),
  ).toEqual(values);
});

test('what was measured once is what the next look is given', async () => {
  const parts = [
    { kind: kind('a', 'pass'), settle: () => ({}) },
    { kind: kind('b', 'fail'), settle: () => ({}) },
  ];
  const first = await allOf(parts).kind.measure(contextWith({}), undefined);
  const next = await allOf(parts).kind.measure(contextWith({}), undefined, before(first.value));
  expect(next.value).toEqual([
    { kind: 'a', state: 'pass', value: [at, 'pass', 'nothing known'] },
    { kind: 'b', state: 'fail', value: [at, 'fail', 'nothing known'] },
  ]);
});

test('a part whose expression can not be computed is an error, and the others are measured', async () => {
  const broken = (): never => {
    throw new RollbackPlanError('expression-failed', 'no such thing', { hint: 'Correct it.' });
  };
  const measured = await allOf([
    { kind: kind('a', 'fail'), settle: broken },
    { kind: kind('b', 'fail'), settle: () => ({}) },
  ]).kind.measure(contextWith({}), undefined);
  expect([measured.state, measured.evidence]).toEqual([
    'error',
    '1 of 2 fail: b: fail, b said; a: error, could not be measured: no such thing',
  ]);
});
