// What `npm run load` makes of looks and samples: both sides of its limits.

import { describe, expect, test } from '@jest/globals';
import { figuresOf, type Sample } from '../../tools/load/figures.ts';

const seconds = Array.from({ length: 61 }, (_, second) => second);
const everySecond = seconds.map((second) => second * 1_000);

/** Grows so many MiB a minute, after a start that grows faster. */
function samples(perMinute: number, children = 0): readonly Sample[] {
  return seconds.map((second) => ({
    atMs: second * 1_000,
    rssMiB: 100 + Math.min(second, 15) * 2 + (Math.max(0, second - 15) * perMinute) / 60,
    childrenMiB: 30 + (second * children) / 60,
    cpuSeconds: 1 + second / 10,
  }));
}

describe('a minute of watching', () => {
  test.each([
    ['that stays where it is', 0, 0, true],
    ['that grows a little', 4.9, 0, true],
    ['that grows', 5.1, 0, false],
    ['whose children grow', 0, 5.1, false],
    ['that shrinks', -20, 0, true],
  ])('%s', (_name, perMinute, children, flat) => {
    const figures = figuresOf([everySecond], samples(perMinute, children));
    expect(figures.flat).toBe(flat);
    expect(figures.growth.own).toBeCloseTo(perMinute, 6);
    expect(figures.cpuSecondsPerMinute).toBeCloseTo(6, 6);
  });

  test('counts looks that come late, each condition for itself', () => {
    const late = [0, 1_000, 2_501, 3_501];
    const figures = figuresOf([everySecond, late, [0, 1_500]], samples(0));
    expect(figures).toMatchObject({ looks: 67, late: 1, longestGapMs: 1_501 });
  });

  test('shows memory at the moments that it names', () => {
    expect(figuresOf([], samples(0)).rssAt).toEqual([
      { seconds: 10, own: 120, children: 30 },
      { seconds: 30, own: 130, children: 30 },
      { seconds: 60, own: 130, children: 30 },
    ]);
  });

  test('of which little was seen says nothing', () => {
    expect(() => figuresOf([everySecond], samples(0).slice(0, 20))).toThrow('too few');
  });
});
