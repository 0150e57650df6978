// A number judged by what it was before: each bound on both sides, and no verdict without a number to compare with.

import { expect, test } from '@jest/globals';
import { type Comparison, compareWith, comparison } from '../../src/values/comparison.ts';

test.each<[Omit<Comparison, 'with'>, number, number, string]>([
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
])('%j: %d after %d is %s', (settings, value, before, state) => {
  expect(compareWith({ with: 'baseline', ...settings }, value, before).state).toBe(state);
});

test.each([
  [undefined, 'mode: preflight'],
  [null, 'no number'],
  ['12', 'no number'],
  [Number.NaN, 'no number'],
])('without a number it is inconclusive: %p', (before, why) => {
  const told = compareWith({ with: 'baseline', factor: 2 }, 1, before);
  expect([told.state, told.why.includes(why)]).toEqual(['inconclusive', true]);
});

test('why there is none is said where that is known', () => {
  const told = compareWith({ with: 'baseline', factor: 2 }, 1, undefined, 'its settings changed');
  expect(told).toEqual({ state: 'inconclusive', why: 'its settings changed' });
});

test('it has to say how', () => {
  expect(comparison.safeParse({ with: 'baseline' }).success).toBe(false);
  expect(comparison.safeParse({ with: 'baseline', plus: 0 }).success).toBe(true);
});
