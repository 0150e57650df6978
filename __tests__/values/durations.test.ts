// Durations: what is one, how long it is, and how people read it.

import { describe, expect, test } from '@jest/globals';
import { duration, formatDuration, parseDuration } from '../../src/values/durations.ts';

test.each([
  ['500ms', 500],
  ['20s', 20_000],
  ['1m30s', 90_000],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1h2m3s4ms', 3_723_004],
  ['168h', 604_800_000],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
  expect(duration.parse(text)).toBe(milliseconds);
});

test.each([
  ['nothing', ''],
  ['a number without a unit', '30'],
  ['a unit without a number', 's'],
  ['units in the wrong order', '30s1m'],
  ['a fraction', '1.5h'],
  ['a negative duration', '-5s'],
  ['a unit that is unknown', '5d'],
  ['a space inside', '1m 30s'],
  ['a line break behind', '5s\n'],
  ['nothing at all in seconds', '0s'],
  ['more than a week', '168h1ms'],
  ['more digits than a number holds', `${'9'.repeat(400)}s`],
])('%s is no duration', (_name, text) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(duration.safeParse(text).success).toBe(false);
});

test('a number is told that it lacks a unit', () => {
  expect(duration.safeParse(30).error?.issues[0]?.message).toContain('30 has no unit');
});

describe('for people', () => {
  test.each([
    [0, '0 ms'],
    [450, '450 ms'],
    [999.6, '1 s'],
    [1000, '1 s'],
    [1234, '1.2 s'],
    [9960, '10 s'],
    [20_400, '20 s'],
    [90_000, '1 m 30 s'],
    [300_000, '5 m'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 m'],
    [3_661_000, '1 h 1 m 1 s'],
    [-5, '0 ms'],
  ])('%d milliseconds read %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
