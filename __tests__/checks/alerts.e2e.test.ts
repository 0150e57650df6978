// The `alerts` check against a real Alertmanager, and a real Prometheus with rules.

import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { alerts } from '../../src/checks/alerts.ts';
import type { Before, Measurement } from '../../src/checks/check-kind.ts';
import { type Alertmanager, startAlertmanager } from '../../tools/real-parts/alertmanager.ts';
import { type Prometheus, startPrometheus } from '../../tools/real-parts/prometheus.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['prometheus', 'alertmanager']);
const suite = parts.ready ? describe : describe.skip;

suite('alerts of a real Alertmanager and Prometheus', () => {
  let world: TestWorld;
  let manager: Alertmanager;
  let server: Prometheus;

  const measure = (more: Record<string, unknown>, before?: Before): Promise<Measurement> =>
    alerts.measure(world.context(), alerts.schema.parse({ url: manager.url, ...more }), before);
  const until = async (state: Measurement['state'], more: Record<string, unknown>): Promise<Measurement> => {
    let found = await measure(more);
    for (let look = 0; look < 100 && found.state !== state; look++) {
      await sleep(100);
      found = await measure(more);
    }
    return found;
  };

  beforeAll(async () => {
    world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
    // Nobody listens there: what is sent is another test's matter.
    manager = await startAlertmanager({ webhook: { url: 'http://127.0.0.1:9/' } });
    server = await startPrometheus({
      targets: [],
      alertmanager: manager.url,
      rules: {
        groups: [
          {
            name: 'shop',
            rules: [
              { alert: 'Watchdog', expr: 'vector(1)', labels: { service: 'shop' } },
              { alert: 'Quiet', expr: 'vector(1) > 2' },
              { alert: 'Later', expr: 'vector(1)', for: '1h' },
            ],
          },
        ],
      },
    });
    await until('fail', { match: { alertname: 'Watchdog' } });
  });

  afterAll(async () => {
    await server?.stop();
    await manager?.stop();
  });

  test('Prometheus’ own alert arrives and fires; labels narrow', async () => {
    const found = await measure({ match: { alertname: 'Watchdog', service: 'shop' } });
    expect([found.state, found.evidence]).toEqual([
      'fail',
      expect.stringMatching(/1 fire: Watchdog\{service="shop"\} since 20/),
    ]);
    expect((await measure({ match: { alertname: 'Watchdog', service: 'other' } })).state).toBe('pass');
    expect((await measure({ match: { alertname: 'Watchdog' }, expect: '>= 1' })).state).toBe('pass');
  });

  test('what fired before the deploy is told apart from what began since', async () => {
    await manager.send([{ labels: { alertname: 'Old', note: 'a "quoted" \\ value' } }]);
    const match = { note: 'a "quoted" \\ value' };
    const then = await until('fail', { match });
    const before: Before = { at: new Date().toISOString(), state: then.state, value: then.value };
    expect((await measure({ match, 'only-new': true }, before)).state).toBe('pass');
    await manager.send([{ labels: { alertname: 'New', note: 'a "quoted" \\ value' } }]);
    await until('fail', { match: { ...match, alertname: 'New' } });
    const now = await measure({ match, 'only-new': true }, before);
    expect([now.state, now.evidence]).toEqual([
      'fail',
      expect.stringMatching(/^http\S+: 1 fire: New.*1 fired before the deploy already/),
    ]);
  });

  test('a silenced alert does not count', async () => {
    await manager.send([{ labels: { alertname: 'Known' } }]);
    expect((await until('fail', { match: { alertname: 'Known' } })).state).toBe('fail');
    await manager.silence('Known');
    expect((await until('pass', { match: { alertname: 'Known' } })).state).toBe('pass');
  });

  test('quiet counts only while the watchdog is heard', async () => {
    const match = { alertname: 'Quiet' };
    expect((await measure({ match, watchdog: 'Watchdog' })).state).toBe('pass');
    expect((await measure({ match, watchdog: 'NobodyFires' })).state).toBe('inconclusive');
  });

  test('Prometheus is asked for its rules, too', async () => {
    const from = { url: server.url, from: 'prometheus' };
    expect((await measure({ ...from, match: { alertname: 'Watchdog' } })).state).toBe('fail');
    expect((await measure({ ...from, match: { alertname: 'Quiet' } })).state).toBe('pass');
    // It is pending, and would be for an hour.
    expect((await measure({ ...from, match: { alertname: 'Later' } })).state).toBe('pass');
    const typo = await measure({ ...from, match: { alertname: 'Quite' } });
    expect([typo.state, typo.evidence]).toEqual([
      'inconclusive',
      expect.stringMatching(/no alerting rule Quite; it has: Watchdog, Quiet, Later/),
    ]);
  });

  test('what is no Alertmanager, and one that is gone, are errors', async () => {
    expect((await measure({ url: server.url })).state).toBe('error');
    await manager.stop();
    const found = await measure({});
    expect([found.state, found.evidence]).toEqual([
      'error',
      expect.stringMatching(/can't be asked: refused/),
    ]);
  });
});
