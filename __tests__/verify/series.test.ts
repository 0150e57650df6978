// What is kept of the numbers of a watch: few points, however long it takes, and every extreme among them.

import { expect, test } from '@jest/globals';
import type { Plot } from '../../src/checks/check-kind.ts';
import { mostPoints, pointsOf, type Series, withLook } from '../../src/verify/series.ts';

const plot = (value: number, limit = 0.05): Plot => ({ value, limit, unit: 'ratio' });

function seriesOf(
  looks: readonly (readonly [number, number])[],
  state: (value: number) => 'pass' | 'fail',
): Series {
  const made = looks.reduce<Series | undefined>(
    (series, [at, value]) => withLook(series, plot(value), state(value), at),
    undefined,
  );
  if (made === undefined) throw new Error('no look had a number');
  return made;
}

const judged = (value: number): 'pass' | 'fail' => (value <= 0.05 ? 'pass' : 'fail');

test('a short watch keeps every point', () => {
  const looks = [
    [0, 0.01],
    [1_000, 0.02],
    [2_000, 0.09],
  ] as const;
  expect(pointsOf(seriesOf(looks, judged))).toEqual(looks);
});

test.each([59, 60, 61, 1_000, 20_000])(
  '%s looks are at most 60 points, in order, with first, last, highest and lowest',
  (many) => {
    const looks = Array.from({ length: many }, (_, at) => [at * 1_000, 0.02 + (at % 7) / 1_000] as const).map(
      ([at, value], index) =>
        [at, index === Math.floor(many / 3) ? 0.9 : index === Math.floor(many / 2) ? 0.001 : value] as const,
    );
    const points = pointsOf(seriesOf(looks, judged));
    expect(points.length).toBeLessThanOrEqual(mostPoints);
    expect(points.length).toBeGreaterThan(25);
    expect(points).toEqual(points.toSorted(([one], [other]) => one - other));
    for (const wanted of [looks[0], looks.at(-1), looks[Math.floor(many / 3)], looks[Math.floor(many / 2)]])
      expect(points).toContainEqual(wanted);
  },
);

test('a look that comes after hours widens the stretches at once', () => {
  const points = pointsOf(
    seriesOf(
      [
        [0, 0.01],
        [900, 0.03],
        [6 * 3_600_000, 0.02],
      ],
      judged,
    ),
  );
  expect(points).toEqual([
    [0, 0.01],
    [900, 0.03],
    [6 * 3_600_000, 0.02],
  ]);
});

test('what is no number is no point, and a limit that is none is not told', () => {
  expect(withLook(undefined, plot(Number.NaN), 'fail', 0)).toBeUndefined();
  const series = seriesOf([[0, 0.01]], judged);
  expect(withLook(series, plot(Number.POSITIVE_INFINITY), 'fail', 1)).toBe(series);
  expect(withLook(undefined, plot(1, Number.NaN), 'pass', 0)?.limit).toBeUndefined();
});

test.each([
  ['fails above the limit', 0.2, 'fail', 'below'],
  ['fails below it', 0.01, 'fail', 'above'],
  ['passes below it', 0.01, 'pass', 'below'],
  ['passes above it', 0.2, 'pass', 'above'],
  ['passes at it', 0.05, 'pass', undefined],
  ['has no usable data', 0.2, 'inconclusive', undefined],
] as const)('health is told from a look that %s', (_, value, state, healthy) => {
  expect(withLook(undefined, plot(value), state, 0)?.healthy).toBe(healthy);
});
