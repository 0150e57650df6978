// How numbers went while a deploy was watched: a chart that GitHub draws, two lines, what was measured and the limit; and
// the same in a sentence for whoever sees no chart.

import type { WatchedSeries } from '../events.ts';
import { formatDuration } from '../values/durations.ts';
import { escapeProse, mermaidText } from '../values/markdown.ts';
import { formatPlotted, rounded } from '../values/plotted.ts';
import { sparkline } from '../values/sparkline.ts';
import type { RunReport } from './model.ts';
import { checkWords, count, shorten } from './wording.ts';

/** More is a wall; conditions that failed come first. */
const mostCharts = 8;
const chartSlots = 40;
/** Larger numbers are no measurement that a chart helps with. */
const largest = 1e12;

type Span = { readonly from: number; readonly to: number };

/** A sentence and, where there are two points in time, a chart for each condition that gave numbers. */
export function chartsPart({ charts }: RunReport): string | undefined {
  if (charts.length === 0) return undefined;
  const worstFirst = charts.toSorted((one, other) => urgency(other) - urgency(one));
  const drawn = worstFirst.slice(0, mostCharts).map((series) => {
    const said = `- **${escapeProse(shorten(series.name, 100))}**: ${escapeProse(inWords(series))}`;
    const chart = drawChart(series);
    return chart === undefined ? said : `${said}\n\n${chart}`;
  });
  const rest = charts.length - drawn.length;
  if (rest > 0) drawn.push(`_${count(rest, 'more chart')}: the journal has the numbers._`);
  return drawn.join('\n\n');
}

function urgency({ state }: WatchedSeries): number {
  return state === 'fail' ? 2 : state === 'pass' ? 0 : 1;
}

/** For places that draw no charts; empty where there is nothing to compare. */
export function lineOf(series: WatchedSeries): string {
  const span = spanOf(series);
  return span === undefined ? '' : sparkline(slotsOf(series, span, 24));
}

/** `first 0.2 %, last 21 %, worst 21 % after 46 s, limit 5 %; fail at the end` */
export function inWords(series: WatchedSeries): string {
  const { points, unit, limit, healthy, state } = series;
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return 'no number was measured.';
  const say = ([, value]: readonly [number, number]): string => formatPlotted(value, unit);
  const byValue = points.toSorted(([, one], [, other]) => one - other);
  const [lowest = first] = byValue;
  const highest = byValue.at(-1) ?? last;
  const worst = healthy === 'above' ? lowest : highest;
  const extremes =
    healthy === undefined
      ? `lowest ${say(lowest)}, highest ${say(highest)}`
      : `worst ${say(worst)} after ${formatDuration(Math.round(worst[0] / 100) * 100)}`;
  const bound =
    limit === undefined
      ? ''
      : `, limit ${formatPlotted(limit, unit)}${healthy === 'above' ? ' (or more)' : ''}`;
  return `first ${say(first)}, last ${say(last)}, ${extremes}${bound}; ${checkWords[state].label} at the end.`;
}

function drawChart(series: WatchedSeries): string | undefined {
  const { points, limit } = series;
  const span = spanOf(series);
  const numbers = [...points.map(([, value]) => value), ...(limit === undefined ? [] : [limit])];
  if (span === undefined || numbers.some((one) => Math.abs(one) > largest)) return undefined;
  const { factor, word } = scaleOf(series, Math.max(...numbers));
  const values = slotsOf(series, span, chartSlots).map((value) => value * factor);
  const scaledLimit = limit === undefined ? undefined : limit * factor;
  const [low, high] = rangeOf([...values, ...(scaledLimit === undefined ? [] : [scaledLimit])]);
  const time = timeOf(span);
  return [
    '```mermaid',
    // The first colour is what was measured, the second the limit: told apart in light and dark, and without red and green.
    '%%{init: {"xyChart": {"width": 700, "height": 260}, "themeVariables": {"xyChart": {"plotColorPalette": "#4493f8, #d1242f"}}}}%%',
    'xychart-beta',
    `    title "${mermaidText(series.name) || 'check'}${scaledLimit === undefined ? '' : `, limit ${rounded(scaledLimit)} ${word}`.trimEnd()}"`,
    `    x-axis "${time.word} since the watch began" ${rounded(span.from / time.ms)} --> ${rounded(span.to / time.ms)}`,
    `    y-axis "${word || 'value'}" ${rounded(low)} --> ${rounded(high)}`,
    `    line [${values.map(rounded).join(', ')}]`,
    ...(scaledLimit === undefined ? [] : [`    line [${values.map(() => rounded(scaledLimit)).join(', ')}]`]),
    '```',
  ].join('\n');
}

/** `undefined` where all was measured at one moment, or nothing. */
function spanOf({ points }: WatchedSeries): Span | undefined {
  const times = points.map(([at]) => at);
  const span = { from: Math.min(...times), to: Math.max(...times) };
  return points.length > 1 && span.to > span.from ? span : undefined;
}

function scaleOf({ unit }: WatchedSeries, most: number): { readonly factor: number; readonly word: string } {
  if (unit === 'ratio') return { factor: 100, word: 'percent' };
  if (unit === 'count') return { factor: 1, word: '' };
  return most >= 10_000 ? { factor: 1 / 1_000, word: 'seconds' } : { factor: 1, word: 'ms' };
}

function timeOf({ to }: Span): { readonly ms: number; readonly word: string } {
  if (to < 180_000) return { ms: 1_000, word: 'seconds' };
  return to < 3 * 3_600_000 ? { ms: 60_000, word: 'minutes' } : { ms: 3_600_000, word: 'hours' };
}

/** A chart's points are evenly spaced, looks are not: of each stretch the worst, and a straight line where none was. */
function slotsOf({ points, healthy }: WatchedSeries, { from, to }: Span, slots: number): readonly number[] {
  const worse = (one: number, other: number): number =>
    healthy === 'above' ? Math.min(one, other) : Math.max(one, other);
  const seen: (number | undefined)[] = Array.from({ length: slots }, () => undefined);
  for (const [at, value] of points) {
    const slot = Math.round(((at - from) / (to - from)) * (slots - 1));
    const there = seen[slot];
    seen[slot] = there === undefined ? value : worse(there, value);
  }
  return seen.map((value, slot) => value ?? between(seen, slot));
}

/** The first and the last slot always hold a point. */
function between(seen: readonly (number | undefined)[], slot: number): number {
  const before = seen.findLastIndex((value, index) => index < slot && value !== undefined);
  const after = seen.findIndex((value, index) => index > slot && value !== undefined);
  const low = seen[before] ?? 0;
  const high = seen[after] ?? low;
  return low + ((high - low) * (slot - before)) / (after - before);
}

/** From zero, unless all that matters happens far from it. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const spread = high - low || Math.abs(high) || 1;
  const far = low > 0 && spread < low / 2;
  return [far ? low - spread * 0.2 : Math.min(0, low), high <= 0 && low < 0 ? 0 : high + spread * 0.1];
}
