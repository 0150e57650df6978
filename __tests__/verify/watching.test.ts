// How looks add up while a deploy is watched: each limit on both sides.

import { describe, expect, test } from '@jest/globals';
import type { Measurement } from '../../src/checks/check-kind.ts';
import { concludeWatch, type Observed, observe, undecided, unobserved } from '../../src/verify/watching.ts';

const words: Readonly<Record<string, Measurement['state']>> = {
  p: 'pass',
  f: 'fail',
  i: 'inconclusive',
  e: 'error',
};

/** One letter a look, a second apart. */
function looks(letters: string, patience = { failures: 3, graceMs: 0 }): Observed {
  return [...letters].reduce((seen, letter, index) => {
    const state = words[letter] ?? 'error';
    const look = { state, value: null, expected: '200', evidence: `look ${index + 1}` };
    return observe(seen, look, patience, index * 1000);
  }, unobserved('http'));
}

const conclude = (...observed: readonly Observed[]): string => concludeWatch(observed, 1000).state;

describe('failing looks', () => {
  test.each([
    ['pff', false],
    ['pfff', true],
    ['pffpff', false],
    ['pffpfff', true],
    ['pfifef', true],
    ['pfife', false],
    ['fff', true],
    ['ff', false],
  ])('%s: bad %s', (letters, bad) => {
    expect(looks(letters).bad).toBe(bad);
  });

  test('one is enough where the plan says so', () => {
    expect(looks('pf', { failures: 1, graceMs: 0 }).bad).toBe(true);
  });

  test('what once was bad stays bad', () => {
    expect(looks('fffppp').bad).toBe(true);
  });
});

describe('starting up', () => {
  const patience = { failures: 2, graceMs: 3000 };
  test.each([
    ['fff', false, 'the time to start is not over'],
    ['ffff', false, 'one look after it'],
    ['fffff', true, 'two looks after it'],
    ['pff', true, 'healthy once: it is no longer starting'],
    ['fpff', true, 'healthy once, later'],
  ])('%s: bad %s, %s', (letters, bad) => {
    expect(looks(letters, patience).bad).toBe(bad);
  });
});

describe('the end of the window', () => {
  test.each([
    ['pp', 'quiet', false],
    ['pffp', 'quiet', false],
    ['pf', 'blind', true],
    ['pi', 'blind', false],
    ['pe', 'blind', false],
    ['', 'blind', false],
    ['pfff', 'bad', false],
    ['pfffe', 'bad', false],
  ])('"%s" is %s; more looks could change it: %s', (letters, state, open) => {
    const seen = looks(letters);
    expect([conclude(seen), undecided(seen)]).toEqual([state, open]);
  });

  test('the worst condition decides, and only those that decided are named', () => {
    const bad = { ...looks('pfff'), name: 'errors' };
    const blind = { ...looks('pe'), name: 'latency' };
    expect(concludeWatch([looks('p'), blind, bad], 5000)).toEqual({
      state: 'bad',
      because: ['errors: 3 looks in a row failed: look 4'],
      durationMs: 5000,
      looks: 7,
    });
    expect(concludeWatch([looks('p'), blind], 5000).because).toEqual([
      'latency: could not be measured: look 2',
    ]);
  });
});
