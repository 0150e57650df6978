// Warnings of the real check kinds: queries and settings that work, and say something else than their authors think.

import { expect, test } from '@jest/globals';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { stepKinds } from '../../src/steps/registry.ts';

const kinds = { components: componentKinds, steps: stepKinds, checks: checkKinds };

function warnings(check: string): readonly string[] {
  const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: api } } }
verify:
  - ${check}
`;
  const { plan, findings } = parsePlan(text, 'rollback.yml', kinds);
  expect(plan).toBeDefined();
  return findings.map(({ rule, where }) => `${where.line}:${where.column} ${rule}`);
}

const prometheus = (query: string, more = 'expect: <= 0.3'): string =>
  `{ uses: prometheus, with: { url: http://p:9090, query: '${query}', ${more} } }`;

test.each([
  ['the share that is none', 'rate(http_requests_total{status=~"5.."}[5m])'],
  ['summed', 'sum by (job) (rate(http_requests_total{job="a",code=~"5..|4.."}[5m]))'],
  ['by what is no success', 'sum(irate(http_requests_total{response_code!~"2.."}[1m]))'],
  ['by outcome', 'sum(rate(orders_total{outcome="error"}[1m]))'],
  ['a counter of errors', 'sum(rate(http_errors_total[5m]))'],
  ['a division in a text only', 'sum(rate(http_requests_total{path="/a/b",status="500"}[5m]))'],
  ['a division in a comment only', 'sum(rate(http_requests_total{status="500"}[5m])) # / all'],
  ['braces in a text', 'sum(rate(http_requests_total{path=~"a{2}",status=~"5[0-9]{2}"}[5m]))'],
])('%s: errors per second', (_name, query) => {
  expect(warnings(prometheus(query))).toEqual(['5:53 errors-per-second']);
});

test.each([
  ['a share', prometheus('sum(rate(r{status=~"5.."}[5m])) / sum(rate(r[5m]))')],
  ['a count that is meant', prometheus('rate(r{status=~"5.."}[5m])', 'expect: <= 3, unit: count')],
  ['none at all', prometheus('sum(increase(r{status=~"5.."}[5m]))', 'expect: 0')],
  ['none at all, as a bound', prometheus('sum(increase(r{status=~"5.."}[5m]))', 'expect: <= 0')],
  ['ten in five minutes', prometheus('sum(increase(app_errors_total[5m]))', 'expect: <= 10')],
  ['how long errors take', prometheus('histogram_quantile(0.9, sum by (le) (rate(b{code="500"}[5m])))')],
  ['successes', prometheus('sum(rate(r{code=~"2.."}[5m]))', 'expect: ">= 1"')],
  ['all requests', prometheus('sum(rate(http_requests_total[5m]))', 'expect: ">= 1"')],
  ['a code that is no status', prometheus('sum(rate(r{country="5.."}[5m]))')],
  ['no query that can be read', prometheus('${{ service }}')],
  ['a level', prometheus('sum(queue_length{status="500"})')],
  [
    'a share with a floor',
    prometheus('a / b', 'unit: ratio, compare: { with: baseline, factor: 2, floor: 0.01 }'),
  ],
  ['a share with a margin', prometheus('a / b', 'unit: ratio, compare: { with: baseline, plus: 0.01 }')],
  ['a latency', prometheus('a', 'unit: s, compare: { with: baseline, factor: 2 }')],
])('%s: nothing to say', (_name, check) => {
  expect(warnings(check)).toEqual([]);
});

test('a unit that says it is a share does not make it one', () => {
  expect(warnings(prometheus('rate(r{status="500"}[5m])', 'expect: <= 0.3, unit: ratio'))).toEqual([
    '5:53 errors-per-second',
  ]);
});

const part = 'sum(rate(r{job="a",status=~"5.."}[5m]))';
const all = 'sum(rate(r{job="a"}[5m]))';

test.each([
  ['percent of a ratio', prometheus('a / b', 'unit: ratio, expect: <= 5'), 'expect'],
  ['percent that are never reached', prometheus('a / b', 'unit: ratio, expect: ">= 99.9"'), 'expect'],
  ['what is a share by its form', prometheus(`${part} / ${all}`, 'expect: < 5'), 'expect'],
  ['the same with a comment', prometheus(`${part} / ${all} # * 100`, 'expect: < 5'), 'expect'],
  ['a query in percent', prometheus(`100 * ${part} / ${all}`, 'unit: ratio, expect: <= 0.05'), 'query'],
  ['percent behind', prometheus(`${part} / ${all} * 100`, 'unit: ratio, expect: <= 5'), 'query'],
])('%s: no bound of a share', (_name, check, key) => {
  const column = `  - ${check}`.indexOf(`${key}:`) + 1;
  expect(warnings(check)).toEqual([`5:${column} share-over-one`]);
});

test.each([
  ['a share that is bounded', prometheus(`${part} / ${all}`, 'unit: ratio, expect: <= 0.05')],
  ['all of it', prometheus('a / b', 'unit: ratio, expect: <= 1')],
  ['percent that say so', prometheus(`100 * ${part} / ${all}`, 'expect: <= 5')],
  ['no share', prometheus('a / b', 'unit: count, expect: <= 5')],
  ['a mean', prometheus('sum(rate(d_sum[5m])) / sum(rate(d_count[5m]))', 'expect: <= 5')],
  ['one of two parts by the other', prometheus('rate(r{v="2"}[5m]) / rate(r{v="1"}[5m])', 'expect: <= 2')],
  ['now by then', prometheus(`${part} / (${all} offset 1d)`, 'expect: <= 2')],
  [
    'how fast a share grows',
    prometheus('a / b', 'unit: ratio, expect: <= 2, slope: { over: 10m, step: 30s }'),
  ],
  ['a hundredth by another name', prometheus('a / b * 1000', 'unit: ratio, expect: <= 0.5')],
])('%s: a bound that means something', (_name, check) => {
  expect(warnings(check)).toEqual([]);
});

test('the bound that was meant is told', () => {
  const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: api } } }
verify:
  - ${prometheus('a / b', 'unit: ratio, expect: ">= 99.9"')}
`;
  expect(parsePlan(text, 'rollback.yml', kinds).findings).toMatchObject([
    {
      message: 'a share is a number from 0 to 1, so `>= 99.9` is never met',
      hint: 'for 99.9 % write `>= 0.999`; if it is no share, say `unit: count`',
    },
  ]);
});

test.each(['compare: { with: baseline, factor: 2 }', 'stable: { query: c / d, factor: 2 }'])(
  'a share that may grow by a factor of almost nothing: %s',
  (bounds) => {
    expect(warnings(prometheus('a / b', `unit: ratio, ${bounds}`))).toEqual([
      expect.stringMatching(/^5:\d+ no-floor$/),
    ]);
  },
);

test.each([
  ['{ uses: alerts, with: { url: "http://a:9093" } }', ['5:21 no-watchdog']],
  ['{ uses: alerts, with: { url: "http://a:9093", from: alertmanager } }', ['5:21 no-watchdog']],
  ['{ uses: alerts, with: { url: "http://a:9093", watchdog: Watchdog } }', []],
  ['{ uses: alerts, with: { url: "http://a:9093", watchdog: none } }', []],
  ['{ uses: alerts, with: { url: "http://p:9090", from: prometheus } }', []],
])('%s', (check, expected) => {
  expect(warnings(check)).toEqual(expected);
});

test('a check of a trigger is read, too, and the way out is told', () => {
  const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: api } } }
verify: [{ uses: http, with: { url: https://shop.example } }]
triggers:
  errors:
    check:
      uses: prometheus
      with:
        url: http://p:9090
        query: rate(http_requests_total{status=~"5.."}[5m])
        expect: <= 0.3
`;
  const [found, ...others] = parsePlan(text, 'rollback.yml', kinds).findings;
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    rule: 'errors-per-second',
    severity: 'warning',
    where: { line: 11, column: 9 },
    hint: 'divide by all: sum(rate(http_requests_total{…errors…}[1m])) / sum(rate(http_requests_total[1m])); or say `unit: count` if it is meant',
  });
});
