// Where Helm says "success" and isn't, or refuses and could: each of these was seen on a real cluster first.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { helmRelease } from '../../src/components/helm-release.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';
import { createHelmWorld, type HelmWorld, settingsFor, writeChart } from './helm/helm-world.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['kwok', 'kube-apiserver', 'kubectl', 'helm3', 'helm4']);
const suite = parts.ready ? describe : describe.skip;

suite('traps of Helm', () => {
  let cluster: Cluster;
  let chart: string;
  let helm3: HelmWorld;
  let helm4: HelmWorld;

  beforeAll(async () => {
    cluster = await sharedCluster();
    chart = await writeChart();
    const { kubectl, ...tools } = await provide(['kubectl', 'helm3', 'helm4']);
    const place = { kubeconfig: cluster.kubeconfig, kubectl, chart };
    helm3 = await createHelmWorld({ ...place, helm: tools.helm3, namespace: uniqueName('three') });
    helm4 = await createHelmWorld({ ...place, helm: tools.helm4, namespace: uniqueName('four') });
  });

  afterAll(async () => {
    await helm3?.close();
    await helm4?.close();
    await cluster?.stop();
  });

  test('Helm 3 leaves behind what a failed revision added; that is told before, not verified after, and `force-replace` mends it', async () => {
    const settings = settingsFor('residue');
    await helm3.deploy('residue', 'tag=one');
    await helm3.deployBad('residue', 'tag=two,feature=on,behaviour=crash');
    // A second attempt that isn't even applied becomes what Helm compares with.
    await helm3.failingHelm('upgrade', 'residue', chart, '--set', 'tag=three,replicas=many');
    const change = await helm3.change(settings, '1');

    const plain = await helmRelease.goTo(helm3.context, settings, change);
    expect(plain.notes.join('\n')).toContain('LEFT BEHIND');
    expect(plain.notes.join('\n')).toContain('env[FEATURE] was left behind by another revision');

    const replacing = settingsFor('residue', { 'force-replace': true });
    await helm3.failingHelm('rollback', 'residue', '1', '--wait', '--timeout', '2s');
    expect(await helmRelease.verify(helm3.context, settings, change)).toMatchObject({ state: 'failed' });
    await helm3.perform(await helmRelease.goTo(helm3.context, replacing, change));
    expect(await helm3.settle(replacing, change)).toMatchObject({ state: 'verified' });
    const template = await helm3.kubectl('get', 'deployment/residue', '-o', 'jsonpath={.spec.template}');
    expect(template).not.toContain('FEATURE');
    expect(template).not.toContain('crash');
  });

  test('Helm 3 calls a rollback deployed that changed nothing; we do not', async () => {
    const settings = settingsFor('noop');
    await helm3.deploy('noop', 'tag=one');
    await helm3.failingHelm('upgrade', 'noop', chart, '--set', 'tag=two,replicas=many');
    await helm3.deploy('noop', 'tag=three');
    await helm3.failingHelm('rollback', 'noop', '2');
    expect(await helm3.helm('rollback', 'noop', '2')).toContain('success');
    const change = await helm3.change(settings, '2');
    expect(await helmRelease.verify(helm3.context, settings, change)).toMatchObject({ state: 'failed' });
    const [newest] = await helmRelease.history(helm3.context, settings);
    expect(newest).toMatchObject({ id: '5', standing: 'deployed' });
  });

  test('Helm 4 refuses to overwrite what kubectl has set; the preview says so, and `force-conflicts` takes it over', async () => {
    const settings = settingsFor('conflict');
    await helm4.deploy('conflict', 'tag=one');
    await helm4.deploy('conflict', 'tag=two');
    await helm4.kubectl('set', 'image', 'deployment/conflict', 'main=shop:by-hand');
    const change = await helm4.change(settings, '1');
    const refused = await helmRelease.goTo(helm4.context, settings, change);
    expect(refused.refusals?.join('\n')).toMatch(/Deployment\/conflict.*conflict with "kubectl-set"/);

    const forcing = settingsFor('conflict', { 'force-conflicts': true });
    const prepared = await helmRelease.goTo(helm4.context, forcing, change);
    expect(prepared.notes).toEqual([]);
    await helm4.perform(prepared);
    expect(await helm4.settle(forcing, change)).toMatchObject({ state: 'verified' });
  });

  test('Helm 4 goes back to a revision of Helm 3 in Helm 3’s way, where conflicts cannot be forced', async () => {
    const settings = settingsFor('moved', { namespace: helm3.namespace, 'force-conflicts': true });
    await helm3.deploy('moved', 'tag=one');
    await helm4.helm('upgrade', 'moved', chart, '--namespace', helm3.namespace, '--set', 'tag=two', '--wait');
    const change = await helm4.change(settings, '1');
    const prepared = await helmRelease.goTo(helm4.context, settings, change);
    const act = prepared.operations[0]?.act;
    expect(act?.type === 'command' ? act.command.argv : []).not.toContain('--force-conflicts');
    expect(await helm4.perform(prepared)).toMatchObject([{ exitCode: 0 }]);
    expect(await helm4.settle(settings, change)).toMatchObject({ state: 'verified' });
  });

  test.each([3, 4] as const)(
    'a failing rollback hook of Helm %i leaves a pending rollback: not verified, unknown to a probe',
    async (major) => {
      const world = major === 3 ? helm3 : helm4;
      const settings = settingsFor('hooked', { timeout: '3s' });
      await world.deploy('hooked', 'tag=one,hook=pre-rollback,hookBehaviour=fail');
      await world.deploy('hooked', 'tag=two');
      const change = await world.change(settings, '1');
      expect(await world.perform(await helmRelease.goTo(world.context, settings, change))).toMatchObject([
        { exitCode: 1 },
      ]);
      expect(await helmRelease.probe(world.context, settings, change)).toMatchObject({ state: 'unknown' });
      expect(await helmRelease.verify(world.context, settings, change)).toMatchObject({
        state: 'progressing',
      });
      const skipping = settingsFor('hooked', { hooks: false });
      await world.perform(await helmRelease.goTo(world.context, skipping, change));
      expect(await world.settle(skipping, change)).toMatchObject({ state: 'verified' });
    },
  );

  test('a release that Helm keeps in ConfigMaps is read there, and rolled back there', async () => {
    const settings = settingsFor('mapped');
    for (const tag of ['one', 'two']) {
      await helm4.helm('upgrade', '--install', 'mapped', chart, '--set', `tag=${tag}`, '--wait');
    }
    const moved = JSON.parse(
      await helm4.kubectl('get', 'secrets', '-l', 'owner=helm,name=mapped', '-o', 'json'),
    );
    for (const { metadata, data } of moved.items) {
      const release = Buffer.from(data.release, 'base64').toString('utf8');
      const body = { apiVersion: 'v1', kind: 'ConfigMap', data: { release } };
      const { name, labels } = metadata;
      const path = `/api/v1/namespaces/${helm4.namespace}/configmaps`;
      await cluster.call('POST', path, { ...body, metadata: { name, labels } });
      await cluster.call('DELETE', `/api/v1/namespaces/${helm4.namespace}/secrets/${name}`);
    }
    const change = await helm4.change(settings, '1');
    const prepared = await helmRelease.goTo(helm4.context, settings, change);
    expect(await helm4.perform(prepared)).toMatchObject([{ exitCode: 0 }]);
    expect(await helm4.settle(settings, change)).toMatchObject({ state: 'verified' });
  });

  test('one look at a release costs milliseconds, not processes', async () => {
    const settings = settingsFor('quick');
    await helm4.deploy('quick', 'tag=one');
    await helmRelease.read(helm4.context, settings);
    const started = performance.now();
    for (let look = 0; look < 10; look++) await helmRelease.read(helm4.context, settings);
    const each = (performance.now() - started) / 10;
    process.stderr.write(`helm-release read: ${each.toFixed(1)} ms\n`);
    expect(each).toBeLessThan(500);
  });
});
