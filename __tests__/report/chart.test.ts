// The chart of a watch: what GitHub is given to draw, and the same in words.

import { expect, test } from '@jest/globals';
import type { WatchedSeries } from '../../src/events.ts';
import { inWords, lineOf } from '../../src/report/chart.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { journal } from '../../tools/look/journal-parts.ts';
import { rolledBackDeploy, watchedUntilBad, watching } from '../../tools/look/watch-journals.ts';

const errors: WatchedSeries = {
  name: 'error rate',
  unit: 'ratio',
  limit: 0.05,
  healthy: 'below',
  points: [
    [0, 0.002],
    [10_000, 0.25],
    [39_000, 0.21],
  ],
  state: 'fail',
};

function summaryWith(...series: readonly WatchedSeries[]): string {
  return renderSummary(
    reportOf(
      journal([
        [0, watching],
        ...series.map((one, index) => [100 + index, { type: 'watched' as const, ...one }] as const),
        [50_000, { type: 'run-finished', outcome: 'verified', durationMs: 50_000 }],
      ]),
    ),
  );
}

const chartsIn = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/```mermaid\n%%[^\n]*\nxychart-beta\n([\s\S]*?)```/g)].map(([, chart = '']) => chart);

test('a chart has the measured line and the limit, in the unit that people read', () => {
  const [chart = '', ...others] = chartsIn(summaryWith(errors));
  expect(others).toEqual([]);
  expect(chart).toContain('title "error rate, limit 5 percent"');
  expect(chart).toContain('x-axis "seconds since the watch began" 0 --> 39');
  const [measured = [], limit = []] = [...chart.matchAll(/line \[(.*)\]/g)].map(([, line = '']) =>
    line.split(', ').map(Number),
  );
  expect([measured.length, limit.length]).toEqual([40, 40]);
  // A point a second: the peak stands where it was, not where its turn would be.
  expect([measured[0], measured[10], measured[39]]).toEqual([0.2, 25, 21]);
  expect(Math.max(...measured)).toBe(25);
  expect(new Set(limit)).toEqual(new Set([5]));
});

test('whoever sees no chart reads first, last, worst and limit', () => {
  expect(inWords(errors)).toBe('first 0.2 %, last 21 %, worst 25 % after 10 s, limit 5 %; fail at the end.');
  expect(inWords({ ...errors, unit: 'count', healthy: 'above', limit: 1, state: 'pass' })).toBe(
    'first 0.002, last 0.21, worst 0.002 after 0 ms, limit 1 (or more); pass at the end.',
  );
  expect(inWords({ ...errors, unit: 'ms', healthy: undefined, limit: undefined, points: [[0, 350]] })).toBe(
    'first 350 ms, last 350 ms, lowest 350 ms, highest 350 ms; fail at the end.',
  );
  expect(lineOf(errors)).toMatch(/^▁.*█.*▇$/);
  expect(lineOf({ ...errors, points: [[0, 1]] })).toBe('');
});

test('the record of an incident has it, too', () => {
  expect(chartsIn(renderIncident(reportOf(rolledBackDeploy)))).toHaveLength(1);
  expect(chartsIn(renderSummary(reportOf(journal(watchedUntilBad))))).toHaveLength(1);
});

test('at most eight are drawn, those that failed first, and the rest is counted', () => {
  const many = Array.from({ length: 11 }, (_, index) => ({
    ...errors,
    name: `check ${index}`,
    state: index < 9 ? ('pass' as const) : ('fail' as const),
  }));
  const summary = summaryWith(...many);
  expect(chartsIn(summary)).toHaveLength(8);
  expect(chartsIn(summary)[0]).toContain('check 9');
  expect(summary).toContain('3 more charts');
});

test('names from outside can’t leave the chart, and numbers that are none of this world are no chart', () => {
  const hostile = { ...errors, name: '"]\n```\n<script>alert(1)</script> @ada #12' };
  const [chart = ''] = chartsIn(summaryWith(hostile));
  expect(chart.split('\n')).toHaveLength(6);
  expect(chart.split('\n')[0]).toBe('    title "script alert(1) /script ada 12, limit 5 percent"');
  expect(summaryWith(hostile)).not.toContain('<script>');
  const huge = summaryWith({
    ...errors,
    points: [
      [0, 1e300],
      [1, 2],
    ],
  });
  expect([chartsIn(huge).length, huge.length < 20_000]).toEqual([0, true]);
});
