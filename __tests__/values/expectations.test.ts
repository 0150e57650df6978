// The grammar of `expect`: what meets it, what doesn't, and the reason in words.

import { describe, expect, test } from '@jest/globals';
import { describeExpectation, type Expectation, expectation, meets } from '../../src/values/expectations.ts';
import type { Json } from '../../src/values/json.ts';

test.each<[string, Expectation, Json | undefined, boolean, string]>([
  ['an equal number', 200, 200, true, 'expected 200, found 200'],
  ['a different number', 200, 503, false, 'expected 200, found 503'],
  ['a text that writes the number', 0.05, '0.050', true, 'expected 0.05, found "0.050"'],
  ['a number that the text writes', '200', 200, true, 'expected "200", found 200'],
  ['a text that only begins like the number', 2, '2 pods', false, 'expected 2, found "2 pods"'],
  ['an empty text for zero', 0, '', false, 'expected 0, found ""'],
  ['an equal text', 'ok', 'ok', true, 'expected "ok", found "ok"'],
  ['a text in another case', 'ok', 'OK', false, 'expected "ok", found "OK"'],
  ['a truth value', true, true, true, 'expected true, found true'],
  ['a truth value as text', true, 'true', true, 'expected true, found "true"'],
  ['one for true', true, 1, false, 'expected true, found 1'],
  ['nothing, where nothing is expected', null, null, true, 'expected null, found null'],
  ['nothing at all', 200, undefined, false, 'expected 200, found nothing'],
  ['a value within a bound', '<= 0.05', 0.05, true, 'expected <= 0.05, found 0.05'],
  ['a value beyond a bound', '<= 0.05', 0.12, false, 'expected <= 0.05, found 0.12'],
  ['a text of a number beyond a bound', '< 3', '12', false, 'expected < 3, found "12"'],
  ['a value above', '>3', 4, true, 'expected > 3, found 4'],
  ['a value at least', '>= 3', 2.9, false, 'expected >= 3, found 2.9'],
  ['milliseconds within a duration', '< 1s', 999, true, 'expected < 1s, found 999'],
  ['milliseconds beyond a duration', '< 1s', 1000, false, 'expected < 1s, found 1000'],
  ['no number to compare', '< 3', 'NaN', false, 'expected < 3, found "NaN", which is not a number'],
  ['a list to compare', '< 3', [1], false, 'expected < 3, found [1], which is not a number'],
  ['something else', '!= red', 'green', true, 'expected != red, found "green"'],
  [
    'the thing itself, where something else is expected',
    '!= red',
    'red',
    false,
    'expected != red, found "red"',
  ],
  [
    'nothing at all, where something else is expected',
    '!= red',
    undefined,
    false,
    'expected != red, found nothing',
  ],
  ['a text equal by operator', '== 2.0', 2, true, 'expected == 2.0, found 2'],
  ['a text that a pattern finds', '~ ^ok$', 'ok', true, 'expected ~ ^ok$, found "ok"'],
  ['a text that a pattern does not find', '~ ^ok$', 'not ok', false, 'expected ~ ^ok$, found "not ok"'],
  ['a text without what must not be there', '!~ error', 'fine', true, 'expected !~ error, found "fine"'],
  [
    'a text with what must not be there',
    '!~ error',
    'an error',
    false,
    'expected !~ error, found "an error"',
  ],
  ['a map for a pattern', '~ a', { a: 1 }, false, 'expected ~ a, found {"a":1}'],
  ['one of several', [200, 204], 204, true, 'expected 204, found 204'],
  ['none of several', [200, '>= 500'], 404, false, 'expected one of 200, >= 500, found 404'],
  [
    'a map with more than expected',
    { status: 200 },
    { status: 200, body: 'x' },
    true,
    'status: expected 200, found 200',
  ],
  [
    'a map deep inside',
    { json: { ready: true } },
    { json: { ready: false } },
    false,
    'json.ready: expected true, found false',
  ],
  [
    'a map with a key missing',
    { json: { ready: true } },
    { json: {} },
    false,
    'json.ready: expected true, found nothing',
  ],
  [
    'a map with two faults',
    { a: 1, b: 2 },
    { a: 2, b: 3 },
    false,
    'a: expected 1, found 2; b: expected 2, found 3',
  ],
  ['a text where a map is expected', { status: 200 }, 'down', false, 'expected status = 200, found "down"'],
  [
    'a key of every object',
    { constructor: '~ function' },
    {},
    false,
    'constructor: expected ~ function, found nothing',
  ],
])('%s: %j meets %j → %s', (_name, expected, value, ok, why) => {
  expect(expectation.safeParse(expected).success).toBe(true);
  expect(meets(expected, value)).toEqual({ ok, why });
});

describe('what makes no sense is refused when the plan is read', () => {
  test.each([
    ['a comparison with nothing', '<='],
    ['a comparison with a word', '< many'],
    ['a comparison with an unknown unit', '< 5d'],
    ['a pattern that does not parse', '~ ('],
    ['an empty pattern', '~'],
    ['a pattern of more than 256 characters', `~ ${'a'.repeat(257)}`],
    ['an empty list', []],
    ['a comparison inside a map inside a list', [{ a: '> x' }]],
  ])('%s', (_name, expected) => {
    expect(expectation.safeParse(expected).success).toBe(false);
  });
});

test.each<[Expectation, string]>([
  [200, '200'],
  [{ status: 200, body: '~ ok' }, 'status = 200, body ~ ok'],
  [{ json: { a: { b: '<= 2' } } }, 'json.a.b <= 2'],
  [{ status: [200, 204] }, 'status one of 200, 204'],
])('%j reads "%s"', (expected, text) => {
  expect(describeExpectation(expected)).toBe(text);
});

test.each(['~ ^(a+)+$', '!~ ^(a+)+$'])(
  'a pattern that backtracks for ever (%s) is given up soon, and never passes',
  (expected) => {
    const started = performance.now();
    const { ok, why } = meets(expected, `${'a'.repeat(64)}!`);
    expect(ok).toBe(false);
    expect(why).toContain('(the pattern took too long)');
    expect(performance.now() - started).toBeLessThan(2000);
  },
);
