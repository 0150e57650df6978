// The numbers that a condition gave while it was watched, in a memory that does not grow: stretches of equal length,
// each with its lowest and highest number. A watch of hours and one of seconds cost the same, and no peak is lost.

import type { Measurement, Plot } from '../checks/check-kind.ts';

/** Milliseconds since the watch began, and the number. */
export type Point = readonly [elapsedMs: number, value: number];

type State = Measurement['state'];
type Stretch = { readonly low: Point; readonly high: Point };

export type Series = {
  readonly unit: Plot['unit'];
  /** Where health ends, as it was told last. */
  readonly limit: number | undefined;
  /** On which side of the limit health is, as far as looks have shown. */
  readonly healthy: 'below' | 'above' | undefined;
  readonly first: Point;
  readonly last: Point;
  /** By number of the stretch, each `widthMs` long. */
  readonly stretches: ReadonlyMap<number, Stretch>;
  readonly widthMs: number;
};

/** Two points of each stretch, the first and the last one: 60. */
export const mostPoints = 60;
const mostStretches = (mostPoints - 2) / 2;
const narrowestMs = 500;

/** The series with one more look. What is no number (`NaN`, infinite) is no point, and changes nothing. */
export function withLook(
  series: Series | undefined,
  plot: Plot,
  state: State,
  elapsedMs: number,
): Series | undefined {
  const { value, unit } = plot;
  if (!Number.isFinite(value) || !Number.isFinite(elapsedMs)) return series;
  const point: Point = [Math.max(0, Math.round(elapsedMs)), value];
  const limit = plot.limit !== undefined && Number.isFinite(plot.limit) ? plot.limit : undefined;
  const before = series ?? {
    unit,
    limit,
    healthy: undefined,
    first: point,
    last: point,
    stretches: new Map<number, Stretch>(),
    widthMs: narrowestMs,
  };
  return narrowed({
    ...before,
    unit,
    limit: limit ?? before.limit,
    healthy: sideOf(value, limit, state) ?? before.healthy,
    last: point,
    stretches: withPoint(before.stretches, point, before.widthMs),
  });
}

/** At most `mostPoints`, in the order of time. */
export function pointsOf({ first, last, stretches }: Series): readonly Point[] {
  const extremes = [...stretches.values()].flatMap(({ low, high }) => [low, high]);
  const points = [first, ...extremes, last].toSorted(([one], [other]) => one - other);
  return points.filter(
    ([at, value], index) => !points.slice(0, index).some(([a, v]) => a === at && v === value),
  );
}

function sideOf(value: number, limit: number | undefined, state: State): Series['healthy'] {
  if (limit === undefined || value === limit) return undefined;
  if (state === 'pass') return value < limit ? 'below' : 'above';
  if (state === 'fail') return value < limit ? 'above' : 'below';
  return undefined;
}

function withPoint(
  stretches: Series['stretches'],
  point: Point,
  widthMs: number,
): ReadonlyMap<number, Stretch> {
  const number = Math.floor(point[0] / widthMs);
  return new Map(stretches).set(number, joined(stretches.get(number), { low: point, high: point }));
}

/** Twice as long stretches, as often as it takes. */
function narrowed(series: Series): Series {
  const widest = Math.max(...series.stretches.keys());
  if (widest < mostStretches) return series;
  const stretches = new Map<number, Stretch>();
  for (const [number, stretch] of series.stretches) {
    const half = Math.floor(number / 2);
    stretches.set(half, joined(stretches.get(half), stretch));
  }
  return narrowed({ ...series, stretches, widthMs: series.widthMs * 2 });
}

function joined(one: Stretch | undefined, other: Stretch): Stretch {
  if (one === undefined) return other;
  return {
    low: other.low[1] < one.low[1] ? other.low : one.low,
    high: other.high[1] > one.high[1] ? other.high : one.high,
  };
}
