// What Prometheus' answers mean for the check: facts in, a measurement out. Pure. No data is never health.

import { type Compared, compareWith, describeBounds, judgeUpperBounds } from '../../values/comparison.ts';
import { formatDuration } from '../../values/durations.ts';
import { describeExpectation, limitOf, meets } from '../../values/expectations.ts';
import type { Json } from '../../values/json.ts';
import type { Before, Measurement } from '../check-kind.ts';
import type { Asked, Sample } from './ask.ts';
import type { PrometheusSettings } from './settings.ts';

/** What was asked, each answer for itself; absent: not asked. */
export type Answers = {
  readonly query: Asked<readonly Sample[]>;
  readonly stable?: Asked<readonly Sample[]>;
  readonly samples?: Asked<readonly Sample[]>;
  /** Age of the newest sample, seconds. */
  readonly newest?: Asked<readonly Sample[]>;
  readonly range?: Asked<readonly (readonly Sample[])[]>;
};

type Found = Pick<Measurement, 'state' | 'value' | 'evidence' | 'plot' | 'worse'>;
type Known<Value> = { readonly known: Value } | { readonly unknown: Found };

/** What is to be seen, as the plan says it. */
export function describeExpected(settings: PrometheusSettings): string {
  const { expect, compare, stable, slope } = settings;
  const words = [
    ...(expect === undefined ? [] : [describeExpectation(expect)]),
    ...(compare === undefined ? [] : [describeBounds(compare, 'before the deploy')]),
    ...(stable === undefined ? [] : [describeBounds(stable, 'beside it')]),
  ];
  return `${slope === undefined ? '' : 'slope per second '}${words.join(', ')}`;
}

export function judgeAnswers(
  settings: PrometheusSettings,
  answers: Answers,
  before: Before | undefined,
): Found {
  const unfit = whyUnfit(settings, answers);
  if (unfit !== undefined) return unfit;
  const { query, range } = answers;
  if (!query.ok) return noData(query.state, query.why);
  if (settings.each !== 'one') return judgeEach(settings, query.data);
  const one = oneNumber(query.data, 'the query');
  if ('unknown' in one) return one.unknown;
  if (settings.slope === undefined) return judgeNumber(settings, one.known, answers, before);
  const slope = slopeOf(settings.slope, range);
  return 'unknown' in slope ? slope.unknown : judgeNumber(settings, slope.known, answers, before);
}

/** Too old or too little to judge. */
function whyUnfit(settings: PrometheusSettings, { newest, samples }: Answers): Found | undefined {
  if (newest !== undefined) {
    if (!newest.ok) return noData(newest.state, `the age of the data: ${newest.why}`);
    const limitMs = settings['stale-after'] ?? 60_000;
    const age = newest.data[0]?.value;
    const mend = 'see whether its target is still scraped';
    if (age === undefined || !Number.isFinite(age))
      return noData('inconclusive', `stale: \`newest\` has no sample at all; ${mend}`);
    if (age * 1_000 > limitMs)
      return noData(
        'inconclusive',
        `stale: the newest sample is ${formatDuration(age * 1_000)} old, at most ${formatDuration(limitMs)} is usable; ${mend}`,
      );
  }
  if (samples !== undefined && settings.samples !== undefined) {
    if (!samples.ok) return noData(samples.state, `the count of samples: ${samples.why}`);
    const count = oneNumber(samples.data, 'the count of samples');
    if ('unknown' in count) return count.unknown;
    const wanted = settings.samples['at-least'];
    if (count.known < wanted)
      return noData(
        'inconclusive',
        `too little traffic: ${show(count.known)} samples, at least ${wanted} are needed; send traffic, or widen the range`,
      );
  }
  return undefined;
}

/** Exactly one finite number, or why there is none. */
function oneNumber(samples: readonly Sample[], what: string): Known<number> {
  const [first, ...others] = samples;
  if (first === undefined) {
    const why = `${what} gives no series; look for the metric's name and labels, and where none means none: \`or vector(0)\``;
    return { unknown: noData('inconclusive', why) };
  }
  if (others.length > 0) {
    const shown = samples.slice(0, 3).map(({ labels }) => labels || '{}');
    const why = `${what} gives ${samples.length} series (${shown.join(', ')}${others.length > 2 ? ', …' : ''}); aggregate to one: sum(…) / sum(…), max(…); or say \`each: all\``;
    return { unknown: noData('error', why) };
  }
  const why = whyNoNumber(first.value);
  return why === undefined
    ? { known: first.value }
    : { unknown: noData('inconclusive', `${what} gives ${why}`) };
}

function whyNoNumber(value: number): string | undefined {
  if (Number.isNaN(value))
    return 'NaN, as nothing divided by nothing is: no traffic in its range; send some, or widen the range';
  return Number.isFinite(value)
    ? undefined
    : `${value > 0 ? '+Inf' : '-Inf'}, as a division by nothing is: see what it divides by`;
}

function judgeNumber(
  settings: PrometheusSettings,
  value: number,
  { stable }: Answers,
  before: Before | undefined,
): Found {
  const { expect, compare, unit } = settings;
  const verdicts: Compared[] = [];
  if (expect !== undefined) {
    const inMs = unit === 's' && settings.slope === undefined;
    const { ok, why } = meets(expect, inMs ? value * 1_000 : value);
    // The number stands before it, rounded: all of it only where it would seem to be judged wrongly.
    const tells = meets(expect, Number(show(value))).ok === ok;
    const limit = limitOf(expect);
    verdicts.push({
      state: ok ? 'pass' : 'fail',
      limit: limit === undefined ? Number.NaN : inMs ? limit / 1_000 : limit,
      why: inMs ? `${why} (ms)` : tells ? `expected ${describeExpectation(expect)}` : why,
    });
  }
  const compared =
    compare === undefined ? undefined : compareWith(compare, value, before?.value, before?.missing);
  if (compared !== undefined) verdicts.push(compared);
  if (stable !== undefined && settings.stable !== undefined)
    verdicts.push(besideStable(settings.stable, value, stable));
  const worst =
    verdicts.find(({ state }) => state === 'fail') ??
    verdicts.find(({ state }) => state !== 'pass') ??
    verdicts[0];
  const limit = worst !== undefined && 'limit' in worst ? worst.limit : undefined;
  const slope = settings.slope === undefined ? '' : `slope over ${formatDuration(settings.slope.over)} `;
  return {
    // Nothing that judges is nothing that passes.
    state: worst?.state ?? 'error',
    value,
    evidence: `${slope}${shown(value, settings)}: ${worst?.why ?? 'nothing says what is healthy'}`,
    plot: plotOf(settings, value, limit),
    ...(compared?.state === 'fail' ? { worse: true as const } : {}),
  };
}

function besideStable(
  bounds: NonNullable<PrometheusSettings['stable']>,
  value: number,
  stable: Asked<readonly Sample[]>,
): Compared {
  if (!stable.ok) return { state: 'inconclusive', why: `the stable release: ${stable.why}` };
  const other = oneNumber(stable.data, 'the query of the stable release');
  if ('unknown' in other) return { state: 'inconclusive', why: other.unknown.evidence };
  const judged = judgeUpperBounds(bounds, value, other.known);
  return { ...judged, why: `the stable release has ${show(other.known)}, so ${judged.why}` };
}

function judgeEach(settings: PrometheusSettings, samples: readonly Sample[]): Found {
  const { expect, each, unit } = settings;
  if (samples.length === 0 || expect === undefined) {
    const none = oneNumber([], 'the query');
    return 'unknown' in none ? none.unknown : noData('error', 'nothing says what is healthy');
  }
  const judged = samples.map(({ labels, value }) => {
    const why = whyNoNumber(value);
    if (why !== undefined) return { labels, value, state: 'inconclusive' as const, why };
    const verdict = meets(expect, unit === 's' ? value * 1_000 : value);
    return { labels, value, state: verdict.ok ? ('pass' as const) : ('fail' as const), why: verdict.why };
  });
  const order =
    each === 'all'
      ? (['fail', 'inconclusive', 'pass'] as const)
      : (['pass', 'inconclusive', 'fail'] as const);
  const state = order.find((one) => judged.some((found) => found.state === one)) ?? 'error';
  const telling = judged.filter((found) => found.state === state);
  const told = telling.slice(0, 5).map(({ labels, why }) => `${labels || '{}'}: ${why}`);
  const [first] = telling;
  const value: Json = judged.slice(0, 50).map(({ labels, value: number }) => ({
    series: labels,
    value: Number.isFinite(number) ? number : String(number),
  }));
  const limit = limitOf(expect);
  return {
    state,
    value,
    evidence: `${telling.length} of ${judged.length} series: ${told.join('; ')}${telling.length > 5 ? '; …' : ''}`,
    ...(first === undefined || !Number.isFinite(first.value)
      ? {}
      : { plot: plotOf(settings, first.value, unit === 's' && limit !== undefined ? limit / 1_000 : limit) }),
  };
}

/** Slope of the least-squares line through the points, per second. */
function slopeOf({ over }: NonNullable<PrometheusSettings['slope']>, range: Answers['range']): Known<number> {
  if (range === undefined) return { unknown: noData('error', 'the range was not asked for') };
  if (!range.ok) return { unknown: noData(range.state, range.why) };
  const [series = [], ...others] = range.data;
  if (others.length > 0)
    return {
      unknown: noData(
        'error',
        `the range holds ${range.data.length} series; aggregate to one: sum(…), max(…)`,
      ),
    };
  const points = series.filter(({ value }) => Number.isFinite(value));
  const first = points[0];
  const last = points.at(-1);
  const span = first === undefined || last === undefined ? 0 : last.atSeconds - first.atSeconds;
  if (points.length < 3 || span * 1_000 < over / 2) {
    const why = `${points.length} points in ${formatDuration(span * 1_000)} are too few for a slope over ${formatDuration(over)}; wait, or make \`over\` shorter`;
    return { unknown: noData('inconclusive', why) };
  }
  return { known: leastSquares(points) };
}

function leastSquares(points: readonly Sample[]): number {
  const mean = (of: (point: Sample) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const at = mean(({ atSeconds }) => atSeconds);
  const level = mean(({ value }) => value);
  const sum = (of: (point: Sample) => number): number =>
    points.reduce((total, point) => total + of(point), 0);
  return (
    sum((point) => (point.atSeconds - at) * (point.value - level)) /
    sum((point) => (point.atSeconds - at) ** 2)
  );
}

function noData(state: 'inconclusive' | 'error', evidence: string): Found {
  return { state, value: null, evidence };
}

function plotOf(
  { unit, slope }: PrometheusSettings,
  value: number,
  limit: number | undefined,
): NonNullable<Found['plot']> {
  const scale = unit === 's' && slope === undefined ? 1_000 : 1;
  const known = limit === undefined || !Number.isFinite(limit) ? {} : { limit: limit * scale };
  const name = slope !== undefined ? 'count' : unit === 's' ? 'ms' : unit;
  return { value: value * scale, ...known, unit: name };
}

function shown(value: number, { unit, slope }: PrometheusSettings): string {
  if (slope !== undefined) return `${show(value)} per second`;
  if (unit === 'ratio') return `${show(value)} (${show(value * 100)} %)`;
  return unit === 'count' ? show(value) : `${show(value)} ${unit}`;
}

/** Short, and never so short that it shows another number near a limit. */
function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}
