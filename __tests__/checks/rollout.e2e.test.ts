// The rollout check on a real cluster, in the situations where `kubectl rollout status` reports success.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { rollout } from '../../src/checks/rollout.ts';
import type { Json } from '../../src/values/json.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { createHelmWorld, type HelmWorld, writeChart } from '../components/helm/helm-world.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['kwok', 'kube-apiserver', 'kubectl', 'helm4']);
const suite = parts.ready ? describe : describe.skip;

const podTemplate = (name: string, behaviour: string): Json => ({
  metadata: {
    labels: { app: name, ...(behaviour === '' ? {} : { behaviour }) },
    annotations: { 'rollback-plan.test/ready-after': '1s' },
  },
  spec: { containers: [{ name: 'main', image: `shop:${behaviour || 'good'}` }] },
});

suite('the rollout check', () => {
  let cluster: Cluster;
  let world: HelmWorld;

  beforeAll(async () => {
    cluster = await sharedCluster();
    const { kubectl, helm4 } = await provide(['kubectl', 'helm4']);
    const chart = await writeChart();
    world = await createHelmWorld({
      kubeconfig: cluster.kubeconfig,
      kubectl,
      helm: helm4,
      namespace: uniqueName('rollout'),
      chart,
    });
  });

  afterAll(async () => {
    await world?.close();
    await cluster?.stop();
  });

  const create = async (
    kind: string,
    name: string,
    behaviour = '',
    spec: { readonly [key: string]: Json } = {},
  ): Promise<void> => {
    const plural = `${kind.toLowerCase()}s`;
    const answer = await cluster.call('POST', `/apis/apps/v1/namespaces/${world.namespace}/${plural}`, {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        ...(kind === 'DaemonSet' ? {} : { replicas: 2 }),
        selector: { matchLabels: { app: name } },
        template: podTemplate(name, behaviour),
        ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
        ...spec,
      },
    });
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  };

  /** Until the check says something that begins or goes on like that, or its last word after five seconds. */
  const settles = async (settings: Json, words: string): Promise<string> => {
    for (let look = 0; ; look++) {
      const measured = await rollout.measure(world.context, rollout.schema.parse(settings));
      const said = `${measured.state}: ${measured.evidence}`;
      if (said.includes(words) || look === 20) return said;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };

  test('passes for a Deployment, a StatefulSet and a DaemonSet that are rolled out', async () => {
    await create('Deployment', 'api');
    await create('StatefulSet', 'db');
    await create('DaemonSet', 'agent');
    const workload = ['deployment/api', 'statefulset/db', 'daemonset/agent'];
    expect(await settles({ workload }, 'pass')).toMatch(
      /^pass: deployment\/api: 2 of 2 pods ready; statefulset\/db: 2 of 2/,
    );
  });

  test('fails at zero replicas with an image that does not exist, where kubectl says "successfully rolled out"', async () => {
    await create('Deployment', 'zero', 'crash', { replicas: 0 });
    expect(await world.kubectl('rollout', 'status', 'deployment/zero')).toContain('successfully rolled out');
    expect(await settles({ workload: 'deployment/zero' }, 'fail')).toContain(
      'scaled to 0, so nothing can be measured',
    );
    expect(await settles({ workload: 'deployment/zero' }, 'pass')).toMatch(/^fail/);
    expect(await settles({ workload: 'deployment/zero', ready: 0 }, 'pass')).toMatch(/^pass.*expected so/);
  });

  test('fails for a crash loop, and names pod and container', async () => {
    await create('Deployment', 'broken', 'crash');
    expect(await settles({ workload: 'deployment/broken' }, 'CrashLoopBackOff')).toMatch(
      /container main is in CrashLoopBackOff/,
    );
  });

  test('fails for a StatefulSet whose partition keeps old pods, where kubectl reports done', async () => {
    const partition = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } };
    await create('StatefulSet', 'parted', '', partition);
    expect(await settles({ workload: 'statefulset/parted' }, 'pass')).toMatch(/^pass/);
    await world.kubectl('set', 'image', 'statefulset/parted', 'main=shop:next');
    await world.kubectl('rollout', 'status', 'statefulset/parted', '--timeout=20s');
    expect(await settles({ workload: 'statefulset/parted' }, 'partition')).toContain(
      'partition 1 keeps pods below ordinal 1',
    );
  });

  test('fails for a paused Deployment with a change that waits', async () => {
    await create('Deployment', 'paused');
    expect(await settles({ workload: 'deployment/paused' }, 'pass')).toMatch(/^pass/);
    await world.kubectl('rollout', 'pause', 'deployment/paused');
    await world.kubectl('set', 'image', 'deployment/paused', 'main=shop:next');
    expect(await settles({ workload: 'deployment/paused' }, 'resume')).toContain(
      'kubectl rollout resume deployment/paused',
    );
  });

  test('fails for a workload that is not there', async () => {
    expect(await settles({ workload: ['deployment/api', 'deployment/never'] }, 'fail')).toBe(
      'fail: deployment/never: does not exist',
    );
  });

  test.each([
    ['a known template', 'shop:good'],
    ['a new template', 'shop:next'],
  ])(
    'a timed-out rollout is forgotten as soon as %s is wanted, and old pods are waited for',
    async (_name, image) => {
      const name = image.replace(':', '-');
      const workload = `deployment/${name}`;
      const patchTemplate = (metadata: Json, to: string): Promise<string> => {
        const template = { metadata, spec: { containers: [{ name: 'main', image: to }] } };
        return world.kubectl('patch', workload, '-p', JSON.stringify({ spec: { template } }));
      };
      await create('Deployment', name, '', { progressDeadlineSeconds: 2, strategy: { type: 'Recreate' } });
      expect(await settles({ workload }, 'pass')).toMatch(/^pass/);
      // The finalizer keeps ended pods around, as a long grace period does.
      await patchTemplate(
        { labels: { behaviour: 'crash' }, finalizers: ['rollback-plan.test/hold'] },
        'shop:bad',
      );
      for (let look = 0; look < 60; look++) {
        if ((await world.kubectl('get', workload, '-o', 'yaml')).includes('ProgressDeadlineExceeded')) break;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      await patchTemplate({ labels: { behaviour: null }, finalizers: null }, image);
      const seen = await settles({ workload }, '0 of 2 pods have the newest template');
      expect(seen).not.toContain('ProgressDeadlineExceeded');
      const pods = await world.kubectl('get', 'pods', '-l', `app=${name}`, '-o', 'name');
      for (const pod of pods.split('\n')) {
        await world.kubectl('patch', pod, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
      }
      expect(await settles({ workload }, 'pass')).toContain('2 of 2 pods ready');
    },
  );
});
