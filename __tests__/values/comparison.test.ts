// A value judged by what it was before: each bound on both sides, and no verdict without something to compare with.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Comparison,
  compareWith,
  comparison,
  describeBounds,
  judgeUpperBounds,
} from '../../src/values/comparison.ts';
import type { Json } from '../../src/values/json.ts';

type Bounds = Omit<Comparison, 'with'>;
const compared = (settings: Bounds, value: Json, before: Json | undefined): ReturnType<typeof compareWith> =>
  compareWith({ with: 'baseline', ...settings }, value, before);

test.each<[Bounds, number, number, string]>([
  [{ factor: 1.5 }, 150, 100, 'pass'],
  [{ factor: 1.5 }, 150.1, 100, 'fail'],
  [{ plus: 0.02 }, 0.03, 0.01, 'pass'],
  [{ plus: 0.02 }, 0.031, 0.01, 'fail'],
  [{ 'at-least': 1 }, 10, 10, 'pass'],
  [{ 'at-least': 1 }, 9, 10, 'fail'],
  [{ factor: 2, plus: 1 }, 11, 10, 'pass'],
  [{ factor: 2, plus: 1 }, 12, 10, 'fail'],
  [{ factor: 2, 'at-least': 0.5 }, 4, 10, 'fail'],
  [{ factor: 2 }, 0, 0, 'pass'],
  // Nothing times anything is nothing.
  [{ factor: 1.5 }, 0.00001, 0, 'inconclusive'],
  [{ factor: 1.5, plus: 0.01 }, 0.005, 0, 'inconclusive'],
  [{ factor: 1.5, plus: 0.01 }, 0.02, 0, 'fail'],
  [{ plus: 0.01 }, 0.005, 0, 'pass'],
  [{ factor: 1.5 }, -10, -10, 'pass'],
  [{ factor: 1.5 }, -9, -10, 'inconclusive'],
  [{ factor: 0.5 }, -10, -10, 'inconclusive'],
  [{ 'at-least': 0.5 }, -10, -10, 'inconclusive'],
  [{ 'at-least': 1 }, -10, -10, 'pass'],
  [{ 'at-least': 1 }, -11, -10, 'fail'],
  // Up to the floor it is never worse, and above it only the bounds count.
  [{ factor: 1.5, floor: 0.01 }, 0.00001, 0, 'pass'],
  [{ factor: 1.5, floor: 0.01 }, 0.01, 0, 'pass'],
  [{ factor: 1.5, floor: 0.01 }, 0.011, 0, 'fail'],
  [{ factor: 1.5, floor: 0.01 }, 0.009, 0.000001, 'pass'],
  [{ factor: 1.5, floor: 0.01 }, 0.03, 0.02, 'pass'],
  [{ factor: 1.5, floor: 0.01 }, 0.031, 0.02, 'fail'],
  [{ factor: 1.5, floor: 0 }, 0.00001, 0, 'fail'],
  [{ factor: 1.5, floor: 1 }, 1, -10, 'pass'],
  [{ factor: 1.5, floor: 1 }, 1.1, -10, 'fail'],
  [{ factor: 1.5, plus: 0.001, floor: 0.01 }, 0.01, 0, 'pass'],
  [{ factor: 1.5, plus: 0.001, floor: 0.01 }, 0.011, 0, 'fail'],
])('%j: %d after %d is %s', (settings, value, before, state) => {
  expect(compared(settings, value, before).state).toBe(state);
});

test.each([
  [undefined, 'mode: preflight'],
  [null, 'no number'],
  ['12', 'no number'],
  [Number.NaN, 'no number'],
])('without a number it is inconclusive: %p', (before, why) => {
  const told = compared({ factor: 2 }, 1, before);
  expect([told.state, told.why.includes(why)]).toEqual(['inconclusive', true]);
});

test('why there is none is said where that is known', () => {
  const told = compareWith({ with: 'baseline', factor: 2 }, 1, undefined, 'its settings changed');
  expect(told).toEqual({ state: 'inconclusive', why: 'its settings changed' });
});

test('a factor of zero says which key is missing, and the floor is told', () => {
  expect(compared({ factor: 1.5 }, 0.00001, 0).why).toBe(
    '0.00001, before the deploy 0, so 1.5 times that is no bound: add `floor`, up to which it is never worse',
  );
  expect(compared({ factor: 1.5, floor: 0.01 }, 0.1, 0)).toEqual({
    state: 'fail',
    limit: 0.01,
    why: '0.1, before the deploy 0, so at most 0.01 is expected',
  });
  expect(describeBounds({ factor: 1.5, plus: 1, floor: 0.01 }, 'before the deploy')).toBe(
    'at most 1.5 times, at most 1 more than before the deploy, or up to 0.01',
  );
});

describe('for any numbers', () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const share = fc.double({ min: 0, max: 10, noNaN: true });
  const factor = fc.double({ min: 0.01, max: 100, noNaN: true });

  test('what is not above the floor passes', () => {
    fc.assert(
      fc.property(number, factor, share, share, share, (other, times, plus, floor, part) => {
        const value = floor * Math.min(1, part / 10);
        expect(judgeUpperBounds({ factor: times, plus, floor }, value, other).state).toBe('pass');
      }),
    );
  });

  test('a floor never makes worse, and with one there is always a verdict', () => {
    fc.assert(
      fc.property(number, number, factor, share, (value, other, times, floor) => {
        const without = judgeUpperBounds({ factor: times }, value, other).state;
        const found = judgeUpperBounds({ factor: times, floor }, value, other).state;
        expect(found).not.toBe('inconclusive');
        if (without === 'pass' && other > 0) expect(found).toBe('pass');
      }),
    );
  });

  test('what is no more than before never fails by a factor of 1 and more', () => {
    fc.assert(
      fc.property(number, share, factor, (other, less, times) => {
        expect(judgeUpperBounds({ factor: 1 + times }, other - less, other).state).toBe('pass');
      }),
    );
  });
});

test.each<[string, Json, Json | undefined, string, RegExp]>([
  ['the same text', 'a1b2', 'a1b2', 'pass', /^a1b2, as before the deploy$/],
  ['another text', 'a1b2', 'c3d4', 'fail', /^a1b2, before the deploy c3d4$/],
  ['a number and its text', 12, '12', 'fail', /12/],
  ['maps in another order', { a: 1, b: [2] }, { b: [2], a: 1 }, 'pass', /as before/],
  ['lists in another order', [1, 2], [2, 1], 'fail', /\[1,2\], before the deploy \[2,1\]/],
  ['nothing known', 'a', undefined, 'inconclusive', /mode: preflight/],
  ['nothing kept', 'a', null, 'inconclusive', /holds no value/],
  ['nothing measured', null, 'a', 'inconclusive', /no value to compare/],
])('equal: %s', (_name, value, before, state, why) => {
  const told = compared({ equal: true }, value, before);
  expect([told.state, told.why]).toEqual([state, expect.stringMatching(why)]);
});

test('a text is compared by nothing but `equal`', () => {
  expect(compared({ plus: 1 }, 'a', 1)).toEqual({
    state: 'inconclusive',
    why: 'what was measured is no number; of text there is `equal: true`',
  });
});

test.each<[Record<string, unknown>, readonly string[]]>([
  [{}, ['say how: `factor`, `plus`, `at-least` or `equal`']],
  [{ floor: 1 }, ['say how: `factor`, `plus`, `at-least` or `equal`', 'belongs to `factor` or `plus`']],
  [{ 'at-least': 1, floor: 1 }, ['belongs to `factor` or `plus`']],
  [{ equal: true, plus: 0 }, ['what has to be equal has no other bound']],
  [{ plus: 0 }, []],
  [{ factor: 1.5, floor: 0 }, []],
  [{ equal: true }, []],
])('%j: %j', (settings, messages) => {
  const { error } = comparison.safeParse({ with: 'baseline', ...settings });
  expect(error?.issues.map(({ message }) => message) ?? []).toEqual(messages);
});
