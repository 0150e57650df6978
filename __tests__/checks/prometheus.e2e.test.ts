// The `prometheus` check against a real Prometheus that scrapes a front whose pods behave as the test says.

import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Measurement } from '../../src/checks/check-kind.ts';
import { prometheus } from '../../src/checks/prometheus.ts';
import { type Front, type LivePod, startFrontOf } from '../../tools/real-parts/front.ts';
import { type Prometheus, startPrometheus } from '../../tools/real-parts/prometheus.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['prometheus']);
const suite = parts.ready ? describe : describe.skip;

const share = (job: string): string =>
  `sum(rate(http_requests_total{job="${job}",code=~"5.."}[4s])) / sum(rate(http_requests_total{job="${job}"}[4s]))`;
const traffic = (job: string): string => `sum(increase(http_requests_total{job="${job}"}[4s]))`;
const p95 = (job: string): string =>
  `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="${job}"}[4s])))`;

const good: LivePod = { version: '1', behaviour: '' };

suite('a real Prometheus', () => {
  let world: TestWorld;
  let server: Prometheus;
  const fronts: Front[] = [];
  const loads: { end(): Promise<void> }[] = [];

  const measure = (more: Record<string, unknown>): Promise<Measurement> =>
    prometheus.measure(world.context(), prometheus.schema.parse({ url: server.url, ...more }));
  /** Looks until a state is there: a scrape and a range have to pass first. */
  const until = async (state: Measurement['state'], more: Record<string, unknown>): Promise<Measurement> => {
    let found = await measure(more);
    for (let look = 0; look < 80 && found.state !== state; look++) {
      await sleep(200);
      found = await measure(more);
    }
    return found;
  };

  beforeAll(async () => {
    world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
    const front = async (...pods: readonly LivePod[]): Promise<Front> => {
      const made = await startFrontOf(async () => pods);
      fronts.push(made);
      return made;
    };
    const [stable, canary, slow, idle, going] = await Promise.all([
      front(good),
      // Of four requests three go wrong in every other pod: 37.5 % of all.
      front(good, { version: '2', behaviour: 'errors' }),
      front({ version: '2', behaviour: 'slow' }),
      front(good),
      front(good),
    ]);
    for (const busy of [stable, canary, slow, going]) loads.push(busy.load(20));
    server = await startPrometheus({
      targets: [
        { job: 'stable', address: stable.address },
        { job: 'canary', address: canary.address },
        { job: 'slow', address: slow.address },
        { job: 'idle', address: idle.address },
        { job: 'going', address: going.address },
      ],
    });
    for (const job of ['stable', 'canary', 'slow', 'going'])
      await until('pass', { query: traffic(job), expect: '> 30' });
    await until('pass', { query: traffic('idle'), expect: '>= 0' });
  });

  afterAll(async () => {
    await server?.stop();
    await Promise.all(loads.map((load) => load.end()));
    await Promise.all(fronts.map((front) => front.stop()));
  });

  test('a share of errors is judged on both sides of its bound', async () => {
    const over = await measure({ query: share('canary'), expect: '<= 0.05', unit: 'ratio' });
    expect([over.state, over.evidence]).toEqual([
      'fail',
      expect.stringMatching(/^http.*: 0\.[2-5]\d* \([2-5][\d.]+ %\): expected <= 0\.05/),
    ]);
    expect(over.plot).toMatchObject({ limit: 0.05, unit: 'ratio' });
    expect((await measure({ query: share('canary'), expect: '<= 0.5' })).state).toBe('pass');
    expect(await measure({ query: share('stable'), expect: '<= 0.05' })).toMatchObject({
      state: 'pass',
      value: 0,
    });
  });

  test('a quantile of latency in seconds is judged by a duration', async () => {
    const query = p95('slow');
    expect((await measure({ query, expect: '< 250ms', unit: 's' })).state).toBe('fail');
    expect((await measure({ query, expect: '< 500ms', unit: 's' })).state).toBe('pass');
  });

  test('nobody who asks is nothing that is healthy: NaN of an idle service', async () => {
    const found = await measure({ query: share('idle'), expect: '<= 0.05' });
    expect([found.state, found.evidence]).toEqual(['inconclusive', expect.stringContaining('NaN')]);
  });

  test('a metric that is not there is no data, and zero where the plan says so', async () => {
    const query = 'sum(rate(no_such_total[1m]))';
    expect((await measure({ query, expect: '<= 0.05' })).state).toBe('inconclusive');
    expect((await measure({ query: `${query} or vector(0)`, expect: '<= 0.05' })).state).toBe('pass');
  });

  test('several series are an error that says how to aggregate, unless each of them counts', async () => {
    const query = 'http_requests_total{job="canary"}';
    const found = await measure({ query, expect: '>= 0' });
    expect([found.state, found.evidence]).toEqual([
      'error',
      expect.stringMatching(/3 series .*code="200".*aggregate/),
    ]);
    expect((await measure({ query, expect: '>= 0', each: 'all' })).state).toBe('pass');
    expect((await measure({ query, expect: '< 1', each: 'all' })).state).toBe('fail');
    expect((await measure({ query, expect: '< 1', each: 'any' })).state).toBe('pass');
  });

  test('a canary is compared with the stable release beside it', async () => {
    const stable = { query: share('stable'), plus: 0.1 };
    expect((await measure({ query: share('canary'), stable })).state).toBe('fail');
    expect((await measure({ query: share('canary'), stable: { ...stable, plus: 0.6 } })).state).toBe('pass');
    expect(
      (await measure({ query: share('canary'), stable: { query: share('idle'), plus: 0.6 } })).state,
    ).toBe('inconclusive');
  });

  test('too little traffic is not judged', async () => {
    const with_ = (job: string): Record<string, unknown> => ({
      query: `${share(job)} or vector(1)`,
      expect: '<= 0.05',
      samples: { query: traffic(job), 'at-least': 20 },
    });
    expect((await measure(with_('idle'))).evidence).toContain('too little traffic: 0 samples, at least 20');
    expect((await measure(with_('stable'))).state).toBe('pass');
  });

  test('growth is judged by its slope', async () => {
    const query = 'sum(http_requests_total{job="stable"})';
    const slope = { over: '6s', step: '1s' };
    const steep = await until('fail', { query, expect: '< 5', slope });
    expect([steep.state, steep.evidence]).toEqual([
      'fail',
      expect.stringMatching(/slope over 6 s (1\d|2\d)(\.\d+)? per second/),
    ]);
    expect((await measure({ query, expect: '< 60', slope })).state).toBe('pass');
    const flat = { query: 'sum(http_requests_total{job="idle"})', expect: '< 5', slope };
    expect((await until('pass', flat)).value).toBe(0);
  });

  test('a query that makes no sense is an error in Prometheus’ words, and nothing of it is globbed', async () => {
    const found = await measure({ query: 'sum(rate({a="[1-2]"}[1m])', expect: '>= 0' });
    expect([found.state, found.evidence]).toEqual([
      'error',
      expect.stringMatching(/answered 400: .*parse error.*correct the query/),
    ]);
    const long = `sum(up{job=~"${Array.from({ length: 1_500 }, (_, index) => `job${index}`).join('|')}|stable"})`;
    expect(await measure({ query: long, expect: 1 })).toMatchObject({ state: 'pass', value: 1 });
  });

  test('data that nobody brings any more is stale', async () => {
    const fresh = {
      query: 'vector(0)',
      expect: '<= 0.05',
      newest: 'http_requests_total{job="going"}',
      'stale-after': '3s',
    };
    expect((await measure(fresh)).state).toBe('pass');
    await fronts[4]?.stop();
    const found = await until('inconclusive', fresh);
    expect([found.state, found.evidence]).toEqual([
      'inconclusive',
      expect.stringMatching(/stale: .*still scraped/),
    ]);
    // What was counted is gone with it, and an empty answer is no zero.
    expect((await until('inconclusive', { query: share('going'), expect: '<= 0.05' })).state).toBe(
      'inconclusive',
    );
  });

  test('a Prometheus that is gone is an error, never health', async () => {
    await server.stop();
    const found = await measure({ query: 'vector(0)', expect: '<= 1' });
    expect([found.state, found.evidence]).toEqual([
      'error',
      expect.stringMatching(/can't be asked: refused/),
    ]);
  });
});
