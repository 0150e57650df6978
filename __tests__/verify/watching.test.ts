// How looks add up while a deploy is watched: each limit on both sides, and what holds for any row of looks.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Measurement } from '../../src/checks/check-kind.ts';
import {
  concludeWatch,
  isBad,
  isBlind,
  looksNeeded,
  type Observed,
  observe,
  type Patience,
  scoreOf,
  stillBad,
  undecided,
  unobserved,
  type Voice,
} from '../../src/verify/watching.ts';

const words: Readonly<Record<string, Measurement['state']>> = {
  p: 'pass',
  f: 'fail',
  i: 'inconclusive',
  e: 'error',
  w: 'fail',
};

const usual: Patience = {
  failures: { limit: 3, of: 3 },
  graceMs: 0,
  inconclusiveLimit: 5,
  errorLimit: 5,
  onNoData: 'blind',
  vote: 1,
  needed: 1,
  wasBad: false,
};

/** One letter a look, a second apart; `w` fails, and worse than before the deploy. */
function looks(letters: string, patience: Partial<Patience> = {}, excused = false): Observed {
  return [...letters].reduce(
    (seen, letter, index) => {
      const state = words[letter] ?? 'error';
      const worse = letter === 'w' ? { worse: true as const } : {};
      const look = { state, value: null, expected: '200', evidence: `look ${index + 1}`, ...worse };
      return observe(seen, look, { ...usual, ...patience }, index * 1000);
    },
    unobserved('http', { excused }),
  );
}

const isBadAfter = (letters: string, patience: Partial<Patience> = {}): boolean =>
  looks(letters, patience).bad !== undefined;
const voice = (seen: Observed, patience: Partial<Patience> = {}): Voice => ({
  seen,
  patience: { ...usual, ...patience },
});

describe('failing looks in a row', () => {
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
    expect(isBadAfter(letters)).toBe(bad);
  });

  test('one is enough where the plan says so', () => {
    expect(isBadAfter('pf', { failures: { limit: 1, of: 1 } })).toBe(true);
  });

  test('what once was bad stays bad', () => {
    expect(isBadAfter('fffppp')).toBe(true);
  });
});

describe('3 of 5', () => {
  const failures = { limit: 3, of: 5 };
  test.each([
    ['fpfpf', true, 'three of five, never two in a row'],
    ['fpfp', false, 'two of four'],
    ['fppfpf', false, 'the first of the three is six looks ago'],
    ['ffppff', true, 'two of the last five, and a third one'],
    ['fpppffp', false, 'two of the last five'],
    ['fipipfiief', true, 'looks without data are not among the five'],
  ])('%s: bad %s, %s', (letters, bad) => {
    expect(isBadAfter(letters, { failures })).toBe(bad);
  });
});

describe('starting up', () => {
  const patience = { failures: { limit: 2, of: 2 }, graceMs: 3000 };
  test.each([
    ['fff', false, 'the time to start is not over'],
    ['ffff', false, 'one look after it'],
    ['fffff', true, 'two looks after it'],
    ['pff', true, 'healthy once: it is no longer starting'],
    ['fpff', true, 'healthy once, later'],
  ])('%s: bad %s, %s', (letters, bad) => {
    expect(isBadAfter(letters, patience)).toBe(bad);
  });
});

describe('looks without data', () => {
  test.each([
    ['iiii', false],
    ['iiiii', true],
    ['ieiei', true],
    ['iiiipiiii', false],
    ['iiiifi', false],
    ['pppp', false],
  ])('%s, five without data allowed: blind %s', (letters, blind) => {
    expect(isBlind(looks(letters, { errorLimit: 99 }), { ...usual, errorLimit: 99 })).toBe(blind);
  });

  test.each([
    ['ee', false],
    ['eee', true],
    ['eiee', false],
    ['eiieee', true],
    ['eep', false],
  ])('%s, three errors in a row allowed: blind %s', (letters, blind) => {
    const patience = { ...usual, inconclusiveLimit: 99, errorLimit: 3 };
    expect(isBlind(looks(letters, patience), patience)).toBe(blind);
  });

  test.each([
    ['iiii', false],
    ['iiiii', true],
    ['iiiiip', true],
  ])('%s is bad where the plan takes no data for bad: %s', (letters, bad) => {
    expect(isBadAfter(letters, { onNoData: 'rollback' })).toBe(bad);
    expect(isBadAfter(letters)).toBe(false);
  });
});

describe('what failed before the deploy', () => {
  test.each([
    ['fffff', false, 'it fails as before'],
    ['ffpff', false, 'healthy now, and failing twice'],
    ['ffpfff', true, 'healthy once, so what comes after is the deploy'],
    ['fwwf', false, 'twice it was worse than before'],
    ['fwwfw', true, 'it got worse than before the deploy, three times'],
  ])('%s: bad %s, %s', (letters, bad) => {
    expect(looks(letters, {}, true).bad !== undefined).toBe(bad);
  });

  test('what got worse is waited for', () => {
    expect([undecided(looks('fw', {}, true), usual), undecided(looks('wf', {}, true), usual)]).toEqual([
      true,
      false,
    ]);
  });

  test('as long as it fails nobody can say that the deploy is good, and it is not waited for', () => {
    const seen = looks('fff', {}, true);
    expect([undecided(seen, usual), concludeWatch([voice(seen)], 100)]).toEqual([
      false,
      {
        state: 'blind',
        because: ['http: failed before the deploy already, so it says nothing about it: look 3'],
        warnings: [],
        score: 100,
        looks: 3,
      },
    ]);
  });
});

describe('the score', () => {
  const weighed = (vote: Patience['vote'], letters: string): Voice => voice(looks(letters), { vote });
  test.each<[string, readonly Voice[], number, number, boolean]>([
    ['all well', [weighed(1, 'p'), weighed(1, 'p')], 100, 100, false],
    ['one of two, every check wanted', [weighed(1, 'p'), weighed(1, 'fff')], 100, 50, true],
    ['exactly what is wanted', [weighed(4, 'p'), weighed(1, 'fff')], 80, 80, false],
    ['a little less', [weighed(4, 'p'), weighed(1.1, 'fff')], 80, 78, true],
    ['weight 0 only warns', [weighed(1, 'p'), weighed(0, 'fff')], 100, 100, false],
    ['a key check decides at any score', [weighed(9, 'p'), weighed('alone', 'fff')], 1, 100, true],
    ['nothing has a weight', [weighed(0, 'fff')], 100, 100, false],
  ])('%s', (_name, voices, pass, score, bad) => {
    expect([Math.floor(scoreOf(voices)), isBad(voices, pass)]).toEqual([score, bad]);
  });

  test('what is borne warns', () => {
    const voices = [weighed(4, 'p'), weighed(1, 'fff'), weighed(0, 'i')];
    expect(concludeWatch(voices, 80)).toEqual({
      state: 'quiet',
      because: [],
      warnings: ['http: 3 looks in a row failed: look 3', 'http: could not be measured: look 1'],
      score: 80,
      looks: 5,
    });
  });
});

test('a check that only warns is not among the reasons of a bad deploy', () => {
  const voices = [
    voice({ ...looks('fff'), name: 'errors' }, { vote: 'alone' }),
    voice({ ...looks('fff'), name: 'docs' }, { vote: 0 }),
  ];
  expect(concludeWatch(voices, 100)).toMatchObject({
    state: 'bad',
    because: ['errors: 3 looks in a row failed: look 3'],
    warnings: ['docs: 3 looks in a row failed: look 3'],
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
    expect([concludeWatch([voice(seen)], 100).state, undecided(seen, usual)]).toEqual([state, open]);
  });

  test.each([
    ['pp', 'blind', true, 'two looks can not find what takes three'],
    ['ppp', 'quiet', false, 'it could have been found bad'],
    ['ipipip', 'quiet', false, 'never blind between'],
    ['pppiiiiip', 'blind', true, 'blind most of the time, and one look at the end'],
    ['pppiiiiipp', 'blind', true, 'two looks since'],
    ['pppiiiiippp', 'quiet', false, 'three looks since'],
    ['pppiiiip', 'quiet', false, 'one look short of blind'],
    ['pppiiiiipi', 'blind', false, 'no data at the end: nothing to wait for'],
    ['pfff', 'bad', false, 'bad needs no more'],
    ['iiiiipffp', 'quiet', false, 'failing looks are data, too'],
  ])(
    'where three looks are needed, "%s" is %s; more looks could change it: %s; %s',
    (letters, state, open) => {
      const patience = { ...usual, needed: 3 };
      const seen = looks(letters, patience);
      expect([concludeWatch([voice(seen, patience)], 100).state, undecided(seen, patience)]).toEqual([
        state,
        open,
      ]);
    },
  );

  test('what was measured too seldom says so', () => {
    const patience = { ...usual, needed: 3 };
    expect(concludeWatch([voice(looks('pppiiiiip', patience), patience)], 100).because).toEqual([
      'http: too little was seen to believe it (1 of 3 looks with data): look 9',
    ]);
    expect(concludeWatch([voice(looks('pp', patience), patience)], 100).because).toEqual([
      'http: too little was seen to believe it (2 of 3 looks with data): look 2',
    ]);
  });

  test.each([
    [3, 3, 10, 0, 60, 3],
    [3, 3, 10, 0, 20, 3],
    [3, 3, 10, 0, 19, 2],
    [3, 3, 10, 41, 60, 2],
    [3, 3, 10, 61, 60, 1],
    [3, 3, 3600, 0, 300, 1],
    [3, 5, 10, 0, 60, 3],
    [1, 1, 10, 0, 60, 1],
  ])(
    '%s of %s, every %s s, delay %s s, window %s s: %s looks are needed',
    (limit, of, every, delay, window, needed) => {
      const condition = { failures: { limit, of }, everyMs: every * 1000, delayMs: delay * 1000 };
      expect(looksNeeded(condition, window * 1000)).toBe(needed);
    },
  );

  test('the worst condition decides, and only those that decided are named', () => {
    const bad = voice({ ...looks('pfff'), name: 'errors' });
    const blind = voice({ ...looks('pe'), name: 'latency' });
    const well = voice(looks('p'));
    expect(concludeWatch([well, blind, bad], 100)).toEqual({
      state: 'bad',
      because: ['errors: 3 looks in a row failed: look 4'],
      warnings: [],
      score: 66,
      looks: 7,
    });
    expect(concludeWatch([well, blind], 100).because).toEqual(['latency: could not be measured: look 2']);
  });
});

describe('whatever is looked at', () => {
  const row = fc.array(fc.constantFrom('p', 'f', 'i', 'e'), { maxLength: 40 }).map((each) => each.join(''));
  const rule = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 }))
    .map(([limit, more]) => ({ limit, of: limit + more }));

  test('looks without data neither make bad nor heal', () => {
    fc.assert(
      fc.property(row, rule, (letters, failures) => {
        const withData = letters.replaceAll(/[ie]/g, '');
        const [all, some] = [looks(letters, { failures }), looks(withData, { failures })];
        expect([all.bad, all.counted, all.healthyOnce]).toEqual([some.bad, some.counted, some.healthyOnce]);
      }),
    );
  });

  test('bad needs as many failing looks as the plan says, and stays', () => {
    fc.assert(
      fc.property(row, row, rule, (letters, more, failures) => {
        const fails = letters.replaceAll(/[^f]/g, '').length;
        const { bad } = looks(letters, { failures });
        expect(bad === undefined || fails >= failures.limit).toBe(true);
        expect(bad === undefined || looks(letters + more, { failures }).bad === bad).toBe(true);
      }),
    );
  });

  test('quiet means as many looks with data as are needed since it was last blind', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 5 }), (letters, needed) => {
        const patience = { ...usual, needed };
        const { state } = concludeWatch([voice(looks(letters, patience), patience)], 100);
        const sinceBlind = letters.replace(/^.*(?:[ie]{5})/, '').replaceAll(/[ie]/g, '');
        expect(state !== 'quiet' || sinceBlind.length >= needed).toBe(true);
      }),
    );
  });

  test('quiet means that every last look passed', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        const { state } = concludeWatch(
          rows.map((letters) => voice(looks(letters))),
          100,
        );
        expect(state === 'quiet').toBe(rows.every((each) => each.endsWith('p') && !isBadAfter(each)));
      }),
    );
  });

  test('more looks in the rule never make it more nervous', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 5 }), (letters, limit) => {
        const strict = isBadAfter(letters, { failures: { limit, of: limit } });
        const wide = isBadAfter(letters, { failures: { limit, of: limit + 3 } });
        expect(!strict || wide).toBe(true);
      }),
    );
  });
});

describe('what is still bad when people had time to mend it', () => {
  const named = (seen: Observed, vote: Patience['vote'] = 'alone', wasBad = true): Voice =>
    voice(seen, { vote, wasBad });
  test.each<[string, readonly Voice[], number, boolean]>([
    ['what fails', [named(looks('fff'))], 100, true],
    ['not what passes by now', [named(looks('fffp'))], 100, false],
    ['not what only warns', [named(looks('p')), named(looks('fff'), 0)], 100, false],
    ['what the score does not bear', [named(looks('p'), 3), named(looks('fff'), 2)], 80, true],
    ['not what it bears', [named(looks('p'), 4), named(looks('fff'), 1)], 80, false],
    ['not what failed before the deploy', [named(looks('fff', {}, true))], 100, false],
    ['what is worse than then', [named(looks('www', {}, true))], 100, true],
    // No data makes nothing bad, and mends nothing.
    ['what failed, and gives no data since', [named(looks('fi'))], 100, true],
    ['what was bad, and gives no data', [named(looks('ii'))], 100, true],
    ['not what passed, and gives no data since', [named(looks('pi'))], 100, false],
    ['not what was never bad, and gives no data', [named(looks('ii'), 'alone', false)], 100, false],
  ])('%s', (_name, voices, passingScore, bad) => {
    expect(stillBad(voices, passingScore).length > 0).toBe(bad);
  });
});
