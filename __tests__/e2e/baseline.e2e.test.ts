// The baseline from preflight through the ledger to verify, on a real cluster: which deploy it serves, what it excuses,
// what is compared with it, and the drill's own.

import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { databasesForTests } from '../../tools/real-parts/postgres.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, type Scene, setScene, setStage } from '../support/scene.ts';
import { told } from '../support/watched-scene.ts';

jest.setTimeout(180_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const suite = parts.ready && databasesForTests().ready ? describe : describe.skip;

const rolledBack = 'rolled-back deploy-rolled-back exit 1';
const inconclusive = 'inconclusive check-inconclusive exit 1';
const verified = 'verified - exit 0';

type KeptBaseline = {
  readonly usedBy?: string;
  readonly outdated?: string;
  readonly conditions: Readonly<Record<string, { readonly state: string; readonly value: unknown }>>;
};

suite('the baseline', () => {
  let stage: OwnStage<'helm4'>;
  let front: Server;
  let url = '';
  /** What the front answers to the look of that number, from 1. */
  let answer: (look: number) => number = () => 200;
  let looks = 0;

  beforeAll(async () => {
    stage = await setStage('helm4');
    front = createServer((_request, response) => response.writeHead(answer(++looks)).end());
    await new Promise<void>((ready) => front.listen(0, '127.0.0.1', ready));
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await stage?.stop();
    await new Promise((closed) => front.close(closed));
  });
  beforeEach(() => answering(200));

  /** As many failing looks as the trigger wants; then users are served, as they are after a rollback. */
  const badDeploy = (): void => answering((look) => (look <= 3 ? 503 : 200));
  function answering(status: number | ((look: number) => number)): void {
    looks = 0;
    answer = typeof status === 'number' ? () => status : status;
  }
  const plan =
    (triggers: string) =>
    (namespace: string): string =>
      onePlan(namespace, `triggers:\n${triggers}`).replace(
        'deployment/api } }',
        'deployment/api }, every: 300ms }',
      );
  const errors = (path = '/'): string =>
    `  errors: { check: { uses: http, with: { url: "${url}${path}" } }, every: 200ms, failures: 3 }\n`;

  async function scene(triggers: string): Promise<Scene> {
    const on = await setScene(stage, stage.tools.helm4, plan(triggers));
    await on.release('api').deploy({ version: '1' });
    return on;
  }
  const preflight = (on: Scene): Promise<ActionRun> => on.press({ mode: 'preflight' });
  const deploy = (on: Scene, version: string): Promise<unknown> => on.release('api').deploy({ version });
  const verify = (on: Scene, window = '2s'): Promise<ActionRun> => on.press({ mode: 'verify', window });
  const live = (on: Scene): Promise<string> => on.release('api').liveVersion();
  const notes = (run: ActionRun): string => JSON.stringify(told(run, 'note'));
  async function kept(on: Scene): Promise<KeptBaseline | undefined> {
    const { body } = await stage.cluster.call(
      'GET',
      `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-ledger`,
    );
    const { data } = JSON.parse(JSON.stringify(body)) as { readonly data: { readonly shop: string } };
    return JSON.parse(data.shop).baseline;
  }

  test('serves the deploy that is verified with it, and excuses nothing of the next one', async () => {
    const on = await scene(errors());
    answering(503);
    expect(notes(await preflight(on))).toContain('trigger errors: fail');
    answering(200);
    await deploy(on, '2');
    const good = await verify(on);
    const { usedBy } = (await kept(on)) ?? {};
    expect([verdictOf(good), usedBy]).toEqual([verified, good.outputs['incident']]);

    badDeploy();
    await deploy(on, '3');
    const bad = await verify(on, '20s');
    expect([verdictOf(bad), await live(on)]).toEqual([rolledBack, '2']);
    expect(notes(bad)).toContain(`was used by ${usedBy}`);
  });

  test('serves the deploy that was watched with it, also in a second run, and not the next one', async () => {
    const on = await scene(errors());
    answering(503);
    await preflight(on);
    await deploy(on, '2');
    expect(verdictOf(await verify(on))).toBe(inconclusive);
    expect(verdictOf(await verify(on))).toBe(inconclusive);

    badDeploy();
    await deploy(on, '3');
    const bad = await verify(on, '20s');
    expect([verdictOf(bad), await live(on)]).toEqual([rolledBack, '2']);
    expect(notes(bad)).toContain('is of another deploy');
  });

  test('has to be of what the deploy replaced', async () => {
    const on = await scene(errors());
    answering(503);
    await preflight(on);
    badDeploy();
    // Nobody watched this one.
    await deploy(on, '2');
    await deploy(on, '3');
    const bad = await verify(on, '20s');
    expect([verdictOf(bad), await live(on)]).toEqual([rolledBack, '2']);
    expect(notes(bad)).toMatch(/is of another deploy: what is live of api replaced revision 2/);
  });

  test('counts no more once a preflight began that kept none', async () => {
    const on = await scene(errors());
    answering(503);
    await preflight(on);
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${on.namespace}/leases`;
    await stage.cluster.call('POST', leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'rollback-plan-shop' },
      spec: { holderIdentity: 'somebody', leaseDurationSeconds: 30, leaseTransitions: 1, renewTime },
    });
    expect(notes(await preflight(on))).toContain('somebody is at work');
    await stage.cluster.call('DELETE', `${leases}/rollback-plan-shop`);
    badDeploy();
    await deploy(on, '2');
    const bad = await verify(on, '20s');
    expect([verdictOf(bad), await live(on)]).toEqual([rolledBack, '1']);
    expect(notes(bad)).toContain('was to replace it, and kept none');
  });

  test('excuses nothing for a single failing look, and nothing that is asked otherwise now', async () => {
    const on = await scene(errors());
    answering((look) => (look === 1 ? 503 : 200));
    expect(notes(await preflight(on))).toContain('all well');
    badDeploy();
    await deploy(on, '2');
    const spike = await verify(on, '20s');
    expect([verdictOf(spike), await live(on)]).toEqual([rolledBack, '1']);

    const changed = await scene(errors());
    answering(503);
    await preflight(changed);
    badDeploy();
    const file = join(changed.workspace, 'rollback.yml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(errors(), errors('/other')));
    await deploy(changed, '2');
    const other = await verify(changed, '20s');
    expect([verdictOf(other), await live(changed)]).toEqual([rolledBack, '1']);
  });

  describe('with a comparison', () => {
    // The way back brings the data back, too.
    const counts = `  users:
    check: { uses: sql, with: { sqlite: shop.db, counts: { users: { with: baseline, at-least: 1 } } } }
    every: 300ms
    failures: 2
phases:
  - name: application
    steps:
      - { rollback: api }
      - { run: "sqlite3 -batch shop.db 'INSERT OR IGNORE INTO users VALUES (1)'" }
`;
    const shell = (on: Scene, statement: string): void => {
      execFileSync('sqlite3', ['-batch', '-init', '/dev/null', join(on.workspace, 'shop.db'), statement]);
    };
    const three = 'CREATE TABLE users (name text PRIMARY KEY); INSERT INTO users VALUES (1), (2), (3)';

    test('as many as before is verified, fewer is rolled back, and nobody knows without a preflight', async () => {
      const on = await scene(counts);
      shell(on, three);
      await preflight(on);
      expect((await kept(on))?.conditions['triggers/users']?.value).toEqual({ users: 3 });
      await deploy(on, '2');
      expect(verdictOf(await verify(on))).toBe(verified);

      await preflight(on);
      await deploy(on, '3');
      shell(on, 'DELETE FROM users WHERE name = 1');
      const bad = await verify(on, '20s');
      expect([verdictOf(bad), await live(on)]).toEqual([rolledBack, '2']);
      expect(bad.summary).toContain('users: 2, before the deploy 3');
      // Looks after this very rollback may still want it.
      expect((await kept(on))?.usedBy).toBe(bad.outputs['incident']);

      await deploy(on, '4');
      const unknown = await verify(on);
      expect([verdictOf(unknown), await live(on)]).toEqual([inconclusive, '4']);
      expect(unknown.summary).toMatch(/no baseline: the one of .* was used by .* call `mode: preflight`/);
    });

    test('a drill takes its own, in memory', async () => {
      const on = await setScene(stage, stage.tools.helm4, (namespace) =>
        plan(`${counts}drill:
  detect-within: 15s
  break:
    - { run: 'helm upgrade api "$CHART" --namespace ${namespace} --set-string version=9', env: { CHART: "${stage.chart}" } }
    - { run: "sqlite3 -batch shop.db 'DELETE FROM users WHERE name = 1'" }
`)(namespace),
      );
      await deploy(on, '1');
      shell(on, three);
      await stage.cluster.call('PATCH', `/api/v1/namespaces/${on.namespace}`, {
        metadata: { labels: { 'rollback-plan.dev/drill': 'allowed' } },
      });
      const run = await on.press({ mode: 'drill' });
      expect([verdictOf(run), await live(on)]).toEqual([verified, '1']);
      expect(JSON.stringify(told(run, 'drill-measured'))).toContain('before the deploy 3');
      expect(await kept(on)).toBeUndefined();
    });
  });
});
