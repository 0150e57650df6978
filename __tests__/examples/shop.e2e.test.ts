// The shop on a real cluster: both Helms deploy its charts, and the front follows the rollout, quickly.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { command } from '../../tools/demo/commands.ts';
import { createScratchRepository, gitEnvironment } from '../../tools/demo/scratch-repository.ts';
import type { ShopFront } from '../../tools/demo/shop-front.ts';
import {
  createDeployer,
  deployRelease,
  frontOf,
  frontUser,
  namespace,
  prepareNamespace,
} from '../../tools/demo/shop-on-cluster.ts';
import { type Answered, ask } from '../../tools/demo/visitor.ts';
import { type Cluster, startCluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4']);
const suite = parts.ready ? describe : describe.skip;

suite.each(['helm3', 'helm4'] as const)('the shop, deployed with %s', (helm) => {
  let cluster: Cluster;
  let front: ShopFront;
  let folder: string;
  let release: (version: '1.0.0' | '1.1.0' | '1.2.0') => Promise<void>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-shop-'));
    const remote = join(folder, 'remote.git');
    await command(['git', 'init', '--quiet', '--bare', '--initial-branch', 'main', remote], {
      env: gitEnvironment,
    });
    const repository = join(folder, 'shop');
    const scratch = await createScratchRepository({ remote, folder: repository, plan: 'rollback.yml' });
    cluster = await startCluster({ users: [frontUser] });
    await prepareNamespace(cluster);
    const tools = await provide(['kubectl', 'helm3', 'helm4']);
    const deployer = createDeployer({ cluster, repository, helm: tools[helm], kubectl: tools.kubectl });
    release = async (version) => {
      await scratch.release(version);
      await deployRelease(deployer);
    };
    front = await frontOf(cluster);
  }, 120_000);

  afterAll(async () => {
    await front?.close();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('says what is missing before anything is deployed', async () => {
    const { status, body } = await ask(`${front.url}/health`);
    expect(status).toBe(503);
    expect(body['problems']).toEqual(['api: no pods', 'web: no pods', 'config: there is no shop.json']);
  });

  test('is well with 1.1.0, on the second revision', async () => {
    await release('1.0.0');
    await release('1.1.0');
    expect(await eventually(`${front.url}/health`, 200)).toMatchObject({
      status: 200,
      body: { api: '1.1.0', web: '1.1.0', config: 'v1.1.0' },
    });
    const { body } = await cluster.call('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/shop-api`);
    expect(body).toMatchObject({ metadata: { labels: { 'app.kubernetes.io/version': '1.1.0' } } });
  }, 60_000);

  test('answers from what it watches, not by asking the cluster each time', async () => {
    const times: number[] = [];
    for (let request = 0; request < 20; request++) {
      const began = performance.now();
      await ask(`${front.url}/health`);
      times.push(performance.now() - began);
    }
    // The fastest ones: what the front costs, not what else this machine does.
    times.sort((a, b) => a - b);
    expect(times[3]).toBeLessThan(200);
  });

  test('is bad in three ways with 1.2.0, although the deploy is green', async () => {
    await release('1.2.0');
    await eventually(`${front.url}/`, 503);
    const { status, body } = await ask(`${front.url}/health`);
    expect([status, body['problems']]).toEqual([
      503,
      ['api: 40 % of requests fail', 'web: 2 pods in CrashLoopBackOff', 'config: every order ships for free'],
    ]);
  }, 60_000);

  test('its front may read what it needs and nothing else', async () => {
    const file = await cluster.kubeconfigFor(frontUser);
    const { kubectl } = await provide(['kubectl']);
    const get = (what: string): Promise<string> =>
      command([kubectl, '--kubeconfig', file, '--namespace', namespace, 'get', what]);
    await expect(get('pods')).resolves.toContain('shop-api');
    await expect(get('secrets')).rejects.toThrow('forbidden');
  });
});

async function eventually(url: string, status: number): Promise<Answered> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await ask(url);
    if (answer.status === status || performance.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
