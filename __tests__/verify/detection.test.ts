// How soon a bad deploy is noticed, worked out from plans: with the real kinds, and as people read it.

import { expect, test } from '@jest/globals';
import { longestRange } from '../../src/checks/prometheus/range.ts';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { stepKinds } from '../../src/steps/registry.ts';
import { detectionOf, renderDetection } from '../../src/verify/detection.ts';

const kinds = { components: componentKinds, steps: stepKinds, checks: checkKinds };

function told(sections: string): string {
  const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: api } } }
${sections}`;
  const { plan, findings } = parsePlan(text, 'rollback.yml', kinds);
  if (plan === undefined) throw new Error(findings.map(({ message }) => message).join('; '));
  return renderDetection(detectionOf(plan, checkKinds));
}

const share = (range: string, more = ''): string =>
  `{ uses: prometheus, with: { url: http://p:9090, query: 'sum(rate(errors[${range}])) / sum(rate(all[1m]))', expect: "<= 0.05"${more} } }`;

test.each([
  ['three in a row, at the defaults', `triggers: { bad: { check: ${share('5m')} } }`, '5 m 30 s'],
  ['a shorter range', `triggers: { bad: { check: ${share('30s')}, every: 5s } }`, '1 m 15 s'],
  ['one look', `triggers: { bad: { check: ${share('1m')}, failures: 1 } }`, '1 m 10 s'],
  ['3 of 5', `triggers: { bad: { check: ${share('1m')}, failures: 3 of 5 } }`, '1 m 30 s'],
  [
    'a slope of a rate looks back over both',
    `triggers: { bad: { check: ${share('1m', ', slope: { over: 10m, step: 30s }')} } }`,
    '11 m 30 s',
  ],
  [
    'of several signs the slowest',
    `triggers: { bad: { all: [{ uses: rollout, with: { workload: deployment/api } }, ${share('2m')}, ${share('1m')}] } }`,
    '2 m 30 s: 3 failing looks, one every 10 s, all 3 checks in the same look, its query looks back 2 m, and',
  ],
  ['no query', 'triggers: { bad: { check: { uses: rollout, with: { workload: deployment/api } } } }', '30 s'],
])('%s', (_name, sections, time) => {
  expect(told(sections)).toMatch(
    new RegExp(`^A bad deploy.*\\n  trigger bad  ${time}${time.includes(':') ? '' : ': '}`),
  );
});

test('every part of it is named, and what is too late for its severity', () => {
  expect(
    told(`severities: { P1: { recover-within: 5m }, P2: { recover-within: 1h } }
verify:
  - { name: health, uses: http, with: { url: https://shop.example/ }, within: 2m, delay: 10s }
triggers:
  slow: { check: ${share('5m')}, severity: P1, failures: 2 of 3 }
  bearable: { check: ${share('5m')}, severity: P2 }
  called: { alert: { name: Down }, severity: P1 }
`),
  ).toBe(`A bad deploy is noticed at the latest after
  health            6 s: 3 failing looks, one every 2 s, no look in the first 10 s of the watch, 2 m more if it was never healthy
  trigger slow      5 m 20 s: 2 of 3 failing looks, one every 10 s, its query looks back 5 m, and a scrape has to come by. TOO LATE: P1 wants the service back within 5 m
  trigger bearable  5 m 30 s: 3 failing looks, one every 10 s, its query looks back 5 m, and a scrape has to come by
`);
});

test('nothing to watch is nothing to say', () => {
  expect(told('')).toBe('');
});

test.each([
  ['rate(x[5m])', 300_000],
  ['rate(x[1h30m])', 5_400_000],
  ['max_over_time(rate(x[1m])[10m:30s])', 660_000],
  ['rate(x[ 300 ])', 300_000],
  ['rate(x[500ms]) + rate(x[2s] offset 1d)', 2_000],
  ['x{path="[9h]"} > 1 # [9h]', 0],
  ["x{path='a\\'[9h]'} + rate(y[1m])", 60_000],
  ['x', 0],
  ['rate(x[$__rate_interval])', 0],
])('%s looks back %s ms', (query, ms) => {
  expect(longestRange(query)).toBe(ms);
});
