// What Prometheus' answers mean: every bound from both sides, and everything that is no number.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Before } from '../../src/checks/check-kind.ts';
import type { Asked, Sample } from '../../src/checks/prometheus/ask.ts';
import { type Answers, judgeAnswers } from '../../src/checks/prometheus/judge.ts';
import { prometheus } from '../../src/checks/prometheus.ts';
import type { Json } from '../../src/values/json.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

const url = 'http://prometheus.example';

function parsed(more: Record<string, unknown>): ReturnType<typeof prometheus.schema.parse> {
  return prometheus.schema.parse({ url, query: 'q', ...more });
}

const of = (...values: readonly number[]): Asked<readonly Sample[]> => ({
  ok: true,
  data: values.map((value, index) => ({
    labels: values.length === 1 ? '' : `{pod="${index}"}`,
    value,
    atSeconds: 1_000,
  })),
});

const before = (value: Json): Before => ({ at: '2026-11-21T10:00:00Z', state: 'pass', value });

type Row = {
  readonly name: string;
  readonly with: Record<string, unknown>;
  readonly answers: Answers;
  readonly before?: Before;
  readonly state: string;
  readonly evidence: RegExp;
};

const line = (slope: number, seconds: readonly number[]): NonNullable<Answers['range']> => ({
  ok: true,
  data: [seconds.map((at) => ({ labels: '', value: 5 + slope * at, atSeconds: at }))],
});
const bound = { expect: '<= 0.05' };
const canary = { stable: { query: 's', plus: 0.01 } };
const samples = { ...bound, samples: { query: 'n', 'at-least': 50 } };
const newest = { ...bound, newest: 'up', 'stale-after': '30s' };
const slope = { expect: '<= 0.5', slope: { over: '1m', step: '10s' } };
const minute = [0, 10, 20, 30, 40, 50, 60];

const rows: readonly Row[] = [
  {
    name: 'at the bound',
    with: bound,
    answers: { query: of(0.05) },
    state: 'pass',
    evidence: /^0\.05: expected <= 0\.05$/,
  },
  {
    name: 'over the bound by less than is shown',
    with: bound,
    answers: { query: of(0.0500000001) },
    state: 'fail',
    evidence: /^0\.05: expected <= 0\.05, found 0\.0500000001$/,
  },
  {
    name: 'just over the bound',
    with: bound,
    answers: { query: of(0.0501) },
    state: 'fail',
    evidence: /^0\.0501: expected/,
  },
  {
    name: 'a share is shown as percent, too',
    with: { ...bound, unit: 'ratio' },
    answers: { query: of(0.075) },
    state: 'fail',
    evidence: /^0\.075 \(7\.5 %\)/,
  },
  {
    name: 'seconds are judged by a duration',
    with: { expect: '< 500ms', unit: 's' },
    answers: { query: of(0.499) },
    state: 'pass',
    evidence: /^0\.499 s: expected < 500ms, found 499 \(ms\)/,
  },
  {
    name: 'seconds at the duration',
    with: { expect: '< 500ms', unit: 's' },
    answers: { query: of(0.5) },
    state: 'fail',
    evidence: /found 500 \(ms\)/,
  },
  {
    name: 'milliseconds are judged by a duration',
    with: { expect: '<= 2s', unit: 'ms' },
    answers: { query: of(2_001) },
    state: 'fail',
    evidence: /^2001 ms/,
  },
  {
    name: 'NaN is no data',
    with: { expect: '>= 0' },
    answers: { query: of(Number.NaN) },
    state: 'inconclusive',
    evidence: /NaN.*no traffic.*send some, or widen/,
  },
  {
    name: 'infinity is no data',
    with: { expect: '> 0' },
    answers: { query: of(Number.POSITIVE_INFINITY) },
    state: 'inconclusive',
    evidence: /\+Inf.*divides by/,
  },
  {
    name: 'no series is no data',
    with: { expect: '>= 0' },
    answers: { query: of() },
    state: 'inconclusive',
    evidence: /gives no series.*or vector\(0\)/,
  },
  {
    name: 'several series are an error',
    with: { expect: '>= 0' },
    answers: { query: of(0, 0) },
    state: 'error',
    evidence: /gives 2 series \(\{pod="0"\}, \{pod="1"\}\); aggregate to one: sum/,
  },
  {
    name: 'an answer that is none is what it says',
    with: bound,
    answers: { query: { ok: false, state: 'error', why: 'refused' } },
    state: 'error',
    evidence: /^refused$/,
  },

  {
    name: 'all: every series is healthy',
    with: { ...bound, each: 'all' },
    answers: { query: of(0.05, 0.01) },
    state: 'pass',
    evidence: /^2 of 2 series/,
  },
  {
    name: 'all: one that fails decides',
    with: { ...bound, each: 'all' },
    answers: { query: of(0.01, 0.06, Number.NaN) },
    state: 'fail',
    evidence: /^1 of 3 series: \{pod="1"\}: expected <= 0\.05, found 0\.06/,
  },
  {
    name: 'all: one without data is no pass',
    with: { ...bound, each: 'all' },
    answers: { query: of(0.01, Number.NaN) },
    state: 'inconclusive',
    evidence: /^1 of 2 series: \{pod="1"\}: NaN/,
  },
  {
    name: 'any: one healthy one suffices',
    with: { ...bound, each: 'any' },
    answers: { query: of(0.9, 0.01) },
    state: 'pass',
    evidence: /^1 of 2 series/,
  },
  {
    name: 'any: none is healthy',
    with: { ...bound, each: 'any' },
    answers: { query: of(0.9, 0.06) },
    state: 'fail',
    evidence: /^2 of 2 series/,
  },
  {
    name: 'any: one that is unknown may be the healthy one',
    with: { ...bound, each: 'any' },
    answers: { query: of(0.9, Number.NaN) },
    state: 'inconclusive',
    evidence: /NaN/,
  },
  {
    name: 'all of no series is no data',
    with: { ...bound, each: 'all' },
    answers: { query: of() },
    state: 'inconclusive',
    evidence: /gives no series/,
  },

  {
    name: 'a canary as bad as the margin allows',
    with: canary,
    answers: { query: of(0.03), stable: of(0.02) },
    state: 'pass',
    evidence: /stable release has 0\.02, so at most 0\.03/,
  },
  {
    name: 'a canary that is worse',
    with: canary,
    answers: { query: of(0.031), stable: of(0.02) },
    state: 'fail',
    evidence: /^0\.031: the stable release has 0\.02/,
  },
  {
    name: 'factor and margin have both to hold',
    with: { stable: { query: 's', plus: 1, factor: 2 } },
    answers: { query: of(0.05), stable: of(0.02) },
    state: 'fail',
    evidence: /at most 0\.04/,
  },
  {
    name: 'a stable release without data',
    with: canary,
    answers: { query: of(0), stable: of(Number.NaN) },
    state: 'inconclusive',
    evidence: /stable release gives NaN/,
  },
  {
    name: 'a stable release that can’t be asked',
    with: canary,
    answers: { query: of(0), stable: { ok: false, state: 'error', why: 'refused' } },
    state: 'inconclusive',
    evidence: /stable release: refused/,
  },
  {
    name: 'a bound that fails wins over a comparison without data',
    with: { ...bound, ...canary },
    answers: { query: of(0.9), stable: of() },
    state: 'fail',
    evidence: /expected <= 0\.05/,
  },

  {
    name: 'within what the baseline allows',
    with: { compare: { with: 'baseline', factor: 2 } },
    answers: { query: of(0.2) },
    before: before(0.1),
    state: 'pass',
    evidence: /before the deploy 0\.1/,
  },
  {
    name: 'worse than the baseline allows',
    with: { compare: { with: 'baseline', factor: 2 } },
    answers: { query: of(0.21) },
    before: before(0.1),
    state: 'fail',
    evidence: /at most 0\.2/,
  },
  {
    name: 'a baseline that has nothing of it',
    with: { compare: { with: 'baseline', factor: 2 } },
    answers: { query: of(0) },
    before: { missing: 'no baseline for it: its settings changed since' },
    state: 'inconclusive',
    evidence: /settings changed since$/,
  },
  {
    name: 'one error after none',
    with: { compare: { with: 'baseline', factor: 1.5 } },
    answers: { query: of(0.00001) },
    before: before(0),
    state: 'inconclusive',
    evidence: /add `floor`/,
  },
  {
    name: 'one error after none, below the floor',
    with: { compare: { with: 'baseline', factor: 1.5, floor: 0.01 } },
    answers: { query: of(0.00001) },
    before: before(0),
    state: 'pass',
    evidence: /at most 0\.01/,
  },
  {
    name: 'a canary beside a stable release without any error',
    with: { stable: { query: 's', factor: 1.5 } },
    answers: { query: of(0.00001), stable: of(0) },
    state: 'inconclusive',
    evidence: /add `floor`/,
  },
  {
    name: 'a canary above its floor',
    with: { stable: { query: 's', factor: 1.5, floor: 0.01 } },
    answers: { query: of(0.011), stable: of(0) },
    state: 'fail',
    evidence: /stable release has 0, so at most 0\.01/,
  },
  {
    name: 'no baseline',
    with: { compare: { with: 'baseline', factor: 2 } },
    answers: { query: of(0) },
    state: 'inconclusive',
    evidence: /call `mode: preflight`/,
  },

  {
    name: 'as much traffic as is needed',
    with: samples,
    answers: { query: of(0.04), samples: of(50) },
    state: 'pass',
    evidence: /^0\.04/,
  },
  {
    name: 'too little traffic, however bad',
    with: samples,
    answers: { query: of(1), samples: of(49) },
    state: 'inconclusive',
    evidence: /too little traffic: 49 samples, at least 50/,
  },
  {
    name: 'no count of traffic',
    with: samples,
    answers: { query: of(0), samples: of() },
    state: 'inconclusive',
    evidence: /count of samples gives no series/,
  },

  {
    name: 'data as old as is allowed',
    with: newest,
    answers: { query: of(0), newest: of(30) },
    state: 'pass',
    evidence: /^0:/,
  },
  {
    name: 'older data',
    with: newest,
    answers: { query: of(0), newest: of(31) },
    state: 'inconclusive',
    evidence: /stale: the newest sample is 31 s old, at most 30 s/,
  },
  {
    name: 'no sample at all',
    with: newest,
    answers: { query: of(0), newest: of() },
    state: 'inconclusive',
    evidence: /stale: .*no sample at all; see whether its target is still scraped/,
  },

  {
    name: 'a slope at the bound',
    with: slope,
    answers: { query: of(1), range: line(0.5, minute) },
    state: 'pass',
    evidence: /^slope over 1 m 0\.5 per second/,
  },
  {
    name: 'a steeper slope',
    with: slope,
    answers: { query: of(1), range: line(0.51, minute) },
    state: 'fail',
    evidence: /0\.51 per second: expected <= 0\.5/,
  },
  {
    name: 'a slope out of half the range',
    with: slope,
    answers: { query: of(1), range: line(0.1, [0, 10, 20, 30]) },
    state: 'pass',
    evidence: /0\.1 per second/,
  },
  {
    name: 'a slope out of less',
    with: slope,
    answers: { query: of(1), range: line(0.1, [0, 10, 20]) },
    state: 'inconclusive',
    evidence: /3 points in 20 s are too few for a slope over 1 m/,
  },
  {
    name: 'two points make no slope',
    with: slope,
    answers: { query: of(1), range: line(0.1, [0, 60]) },
    state: 'inconclusive',
    evidence: /2 points/,
  },
];

describe('an answer is judged', () => {
  test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const found = judgeAnswers(parsed(row.with), row.answers, row.before);
    expect([found.state, found.evidence]).toEqual([row.state, expect.stringMatching(row.evidence)]);
  });

  test('says that it got worse where its own comparison does', () => {
    const settings = parsed({ ...bound, compare: { with: 'baseline', factor: 2 } });
    const judged = (value: number): unknown => {
      const { state, worse } = judgeAnswers(settings, { query: of(value) }, before(0.06));
      return [state, worse];
    };
    expect([judged(0.07), judged(1)]).toEqual([
      ['fail', undefined],
      ['fail', true],
    ]);
  });

  test('as one number, with the limit for charts', () => {
    expect(judgeAnswers(parsed({ ...bound, unit: 'ratio' }), { query: of(0.02) }, undefined)).toMatchObject({
      value: 0.02,
      plot: { value: 0.02, limit: 0.05, unit: 'ratio' },
    });
    expect(
      judgeAnswers(parsed({ expect: '< 500ms', unit: 's' }), { query: of(0.2) }, undefined),
    ).toMatchObject({
      value: 0.2,
      plot: { value: 200, limit: 500, unit: 'ms' },
    });
    expect(judgeAnswers(parsed(canary), { query: of(0.02), stable: of(0.02) }, undefined).plot).toEqual({
      value: 0.02,
      limit: 0.03,
      unit: 'count',
    });
  });
});

describe('settings that would be met always or never are refused:', () => {
  test.each<readonly [string, Record<string, unknown>, RegExp]>([
    ['nothing that judges', {}, /say what is healthy/],
    ['a duration of a number that is no time', { expect: '< 500ms' }, /is a duration: add `unit: s`/],
    ['percent', { expect: '<= 5%', unit: 'ratio' }, /a share is a number from 0 to 1: write `0.05` for `5%`/],
    ['percent that must be equal', { expect: '7 %' }, /write `0.07` for `7 %`/],
    ['words', { expect: 'less than 5' }, /the answer is a number.*"less than 5" is none/],
    ['words for a time', { expect: 'quick', unit: 'ms' }, /the answer is a number.*"quick" is none/],
    ['a bare number of seconds', { expect: '< 0.5', unit: 's' }, /write a duration/],
    ['a map', { expect: { a: 1 } }, /a map makes no sense/],
    [
      'a comparison of many series',
      { each: 'all', compare: { with: 'baseline', factor: 2 } },
      /takes one number/,
    ],
    ['a stable release without a margin', { stable: { query: 's' } }, /say how much worse/],
    ['staleness of nothing', { ...bound, 'stale-after': '1m' }, /needs `newest`/],
    ['a slope of two points', { ...bound, slope: { over: '10s', step: '10s' } }, /at least three points/],
    ['a URL with a query in it', { ...bound, url: `${url}/?a=1` }, /base URL alone/],
  ])('%s', (_, more, message) => {
    const result = prometheus.schema.safeParse({ url, query: 'q', ...more });
    expect(result.error?.issues.map((issue) => issue.message).join()).toMatch(message);
  });
});

describe('an API that does not answer as Prometheus does', () => {
  let world: TestWorld;
  let server: Server;
  let base = '';
  const answers: Readonly<Record<string, readonly [number, string]>> = {
    partial: [
      200,
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0"]}]},"warnings":["store s3 is down"]}',
    ],
    page: [200, '<h1>Login</h1>'],
    other: [200, '{"status":"ok"}'],
    refused: [401, 'no'],
    moved: [302, ''],
    broken: [503, '{"status":"error","errorType":"timeout","error":"query timed out"}'],
    gone: [404, '404 page not found'],
    gateway: [502, 'bad gateway'],
    histogram: [
      200,
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}',
    ],
  };

  beforeAll(async () => {
    world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
    server = createServer((request, response) => {
      const [, name = ''] = (request.url ?? '').split('/');
      const [status, body] = answers[name] ?? [404, ''];
      response.writeHead(status, { location: '/' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test.each<readonly [string, string, RegExp]>([
    ['partial', 'inconclusive', /the answer is partial: store s3 is down/],
    ['page', 'error', /answered with no JSON; see that `url`/],
    ['other', 'error', /is no Prometheus/],
    ['refused', 'error', /answered 401; give it what it wants: `bearer-token-env` or `headers`/],
    ['moved', 'error', /answered 302, a redirect; write the address/],
    ['broken', 'error', /Prometheus answered 503: query timed out$/],
    ['gateway', 'error', /answered 502: bad gateway/],
    ['gone', 'error', /: answered 404: 404 page not found; see that it has \/api\/v1\/query, and that `url`/],
    ['histogram', 'error', /native histograms; take a number of them/],
  ])('%s is %s', async (name, state, evidence) => {
    const found = await prometheus.measure(
      world.context(),
      parsed({ url: `${base}/${name}`, expect: '>= 0' }),
    );
    expect([found.state, found.evidence, found.value]).toEqual([
      state,
      expect.stringMatching(evidence),
      null,
    ]);
  });

  test('its token is a secret of the plan, sent and never told', async () => {
    const own = await createTestWorld({
      directory: tmpdir(),
      home: tmpdir(),
      secrets: { TOKEN: 't0ps3cret' },
    });
    let got: string | undefined;
    server.once('request', (request: { headers: { authorization?: string } }) => {
      got = request.headers.authorization;
    });
    const settings = parsed({ url: `${base}/refused`, expect: 1, 'bearer-token-env': 'TOKEN' });
    const found = await prometheus.measure(own.context(), settings);
    expect([got, JSON.stringify(found)]).toEqual([
      'Bearer t0ps3cret',
      expect.not.stringContaining('t0ps3cret'),
    ]);
  });

  test('its address is told without a password', async () => {
    const place = base.replace('http://', 'http://me:hunter2@');
    const found = await prometheus.measure(world.context(), parsed({ url: `${place}/page`, expect: '>= 0' }));
    expect(found.evidence).not.toContain('hunter2');
  });
});
