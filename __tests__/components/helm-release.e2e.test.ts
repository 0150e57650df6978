// helm-release on a real cluster, with Helm 3 and with Helm 4: what teams really find in their history at 3 a.m.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { helmRelease } from '../../src/components/helm-release.ts';
import type { Candidate } from '../../src/values/version.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';
import { createHelmWorld, type HelmWorld, password, settingsFor, writeChart } from './helm/helm-world.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['kwok', 'kube-apiserver', 'kubectl', 'helm3', 'helm4']);
const suite = parts.ready ? describe : describe.skip;

let cluster: Cluster;
let chart: string;

beforeAll(async () => {
  if (!parts.ready) return;
  cluster = await sharedCluster();
  chart = await writeChart();
});

afterAll(async () => {
  await cluster?.stop();
});

suite.each([3, 4] as const)('helm-release with Helm %i', (major) => {
  let world: HelmWorld;
  let autoRollback: string;

  beforeAll(async () => {
    const tools = await provide(['kubectl', 'helm3', 'helm4']);
    world = await createHelmWorld({
      kubeconfig: cluster.kubeconfig,
      kubectl: tools.kubectl,
      helm: major === 3 ? tools.helm3 : tools.helm4,
      namespace: uniqueName(`helm${major}`),
      chart,
    });
    autoRollback = major === 3 ? '--atomic' : '--rollback-on-failure';
  });

  afterAll(async () => {
    await world?.close();
  });

  const standings = async (release: string): Promise<readonly string[]> => {
    const history = await helmRelease.history(world.context, settingsFor(release));
    return history.map(describeCandidate);
  };

  test('good, good, bad: goes back to the second, and the live objects prove it', async () => {
    const settings = settingsFor('trio');
    await world.deploy('trio', 'tag=one');
    await world.deploy('trio', 'tag=two');
    await world.deployBad('trio', 'tag=bad,behaviour=crash');

    const reading = await helmRelease.read(world.context, settings);
    expect(reading.version.label).toBe('revision 3 (shop-api-1.3.0, app 2.1.0)');
    expect(reading).toMatchObject({ health: 'unhealthy' });
    expect(reading.detail).toMatch(/CrashLoopBackOff|ProgressDeadlineExceeded/);
    expect(reading.partial).toContain('revision 3 upgrade failed');
    expect(await standings('trio')).toEqual(['3 failed', '2 deployed', '1 deployed']);

    const change = await world.change(settings, '2');
    expect(await helmRelease.probe(world.context, settings, change)).toMatchObject({ state: 'not-done' });
    const prepared = await helmRelease.goTo(world.context, settings, change);
    expect(prepared.preview).toMatch(/^-.*image: shop:bad$/m);
    expect(prepared.preview).toMatch(/^\+.*image: shop:two$/m);
    const [outcome] = await world.perform(prepared);
    expect(outcome).toMatchObject({ exitCode: 0 });
    expect(await world.settle(settings, change)).toMatchObject({
      state: 'verified',
      evidence: expect.stringContaining('deployment/trio: 2 of 2 pods ready'),
    });
    expect(await helmRelease.probe(world.context, settings, change)).toMatchObject({ state: 'done' });
    const after = await helmRelease.read(world.context, settings);
    expect(after).toMatchObject({ health: 'healthy', rolledBackTo: '2' });
    expect(after.version.digest).toBe(change.to.digest);
  });

  test('an upgrade that Helm rolled back by itself leaves a healthy release that says where it went', async () => {
    await world.deploy('auto', 'tag=one', '--description', 'first light');
    await world.deployBad('auto', 'tag=bad,behaviour=crash', autoRollback, '--timeout', '8s');
    expect(await standings('auto')).toEqual(['3 deployed rolled back to 1', '2 failed', '1 deployed']);
    expect(await helmRelease.read(world.context, settingsFor('auto'))).toMatchObject({
      health: 'healthy',
      rolledBackTo: '1',
    });
  });

  test('a rollback of a rollback has the digest of the first, and names it', async () => {
    const settings = settingsFor('chain');
    await world.deploy('chain', 'tag=one');
    await world.deploy('chain', 'tag=two');
    await world.helm('rollback', 'chain', '1', '--wait');
    await world.deploy('chain', 'tag=three');
    await world.helm('rollback', 'chain', '3', '--wait');
    const history = await helmRelease.history(world.context, settings);
    const digestOf = (id: string): string | undefined => history.find((each) => each.id === id)?.digest;
    expect(digestOf('5')).toBe(digestOf('1'));
    expect(digestOf('5')).not.toBe(digestOf('2'));
    expect(history.map(describeCandidate)).toEqual([
      '5 deployed rolled back to 1',
      '4 deployed',
      '3 deployed rolled back to 1',
      '2 deployed',
      '1 deployed',
    ]);
  });

  test('a Helm that was killed leaves a pending revision: busy, never chosen, and no obstacle', async () => {
    const settings = settingsFor('killed');
    await world.deploy('killed', 'tag=one');
    const record = JSON.parse(
      await world.kubectl('get', 'secret', 'sh.helm.release.v1.killed.v1', '-o', 'json'),
    );
    expect(record.type).toBe('helm.sh/release.v1');
    await world.kill(
      'upgrade',
      'killed',
      chart,
      '--set',
      'tag=bad,behaviour=crash',
      '--wait',
      '--timeout',
      '60s',
    );
    const reading = await helmRelease.read(world.context, settings);
    expect(reading.busy).toMatch(/^helm upgrade of revision 2 is pending-upgrade since 20/);
    expect(await standings('killed')).toEqual(['2 pending', '1 deployed']);
    const change = await world.change(settings, '1');
    expect(await helmRelease.probe(world.context, settings, change)).toMatchObject({ state: 'unknown' });
    const prepared = await helmRelease.goTo(world.context, settings, change);
    expect(prepared.notes.join('\n')).toContain('revision 2 is pending-upgrade');
    await world.perform(prepared);
    expect(await world.settle(settings, change)).toMatchObject({ state: 'verified' });
  });

  test('pruned history: what is gone is said, what is left can be gone to, and nothing is pruned on the way', async () => {
    const settings = settingsFor('pruned');
    await world.deploy('pruned', 'tag=v1');
    for (let n = 2; n <= 13; n++) {
      await world.helm('upgrade', 'pruned', chart, '--set', `tag=v${n}`, '--history-max', '12');
    }
    expect((await standings('pruned')).length).toBe(12);
    const change = await world.change(settings, '2');
    const lost = { ...change, to: { ...change.to, id: '1', digest: 'sha256:0' } };
    await expect(helmRelease.goTo(world.context, settings, lost)).rejects.toMatchObject({
      code: 'to-unknown-version',
      message: expect.stringContaining('has no revision 1; there are 13, 12'),
    });
    await world.perform(await helmRelease.goTo(world.context, settings, change));
    expect(await world.settle(settings, change)).toMatchObject({ state: 'verified' });
    expect((await standings('pruned')).length).toBe(13);
  });

  test('a first install that failed has no place to go', async () => {
    await world.deployBad('first', 'tag=bad,behaviour=crash');
    expect(await standings('first')).toEqual(['1 failed']);
    expect(await helmRelease.read(world.context, settingsFor('first'))).toMatchObject({
      health: 'unhealthy',
      partial: expect.stringContaining('revision 1 failed'),
    });
  });

  test('an uninstalled release is missing, whether its history was kept or not', async () => {
    await world.deploy('left', 'tag=one');
    await world.deploy('left', 'tag=two');
    await world.helm('uninstall', 'left', '--keep-history');
    expect(await standings('left')).toEqual(['2 gone', '1 deployed']);
    for (const release of ['left', 'never-there']) {
      await expect(helmRelease.read(world.context, settingsFor(release))).rejects.toMatchObject({
        code: 'component-missing',
      });
    }
  });

  test('no secret value is in a preview, a capture, a history or a failure', async () => {
    const settings = settingsFor('quiet');
    await world.deploy('quiet', 'tag=one');
    await world.deploy('quiet', 'tag=two,password=other-horse-battery');
    // Helm 3 puts the whole object into its message when a patch cannot be read.
    await world.failingHelm('upgrade', 'quiet', chart, '--set', 'replicas=many,password=third-horse-battery');
    const change = await world.change(settings, '1');
    const prepared = await helmRelease.goTo(world.context, settings, change);
    const told = JSON.stringify([
      prepared,
      await helmRelease.capture(world.context, settings),
      await helmRelease.history(world.context, settings),
      await helmRelease.read(world.context, settings),
    ]);
    for (const secret of [password, 'other-horse-battery', 'third-horse-battery']) {
      expect(told).not.toContain(secret);
      expect(told).not.toContain(Buffer.from(secret).toString('base64'));
    }
    expect(prepared.preview).toContain("password: '*** (before)'");
    expect(prepared.preview).toContain("password: '*** (after)'");
  });

  test('what changed since is told before: replicas, hooks, new and vanishing objects', async () => {
    const settings = settingsFor('notes');
    await world.deploy('notes', 'tag=one,hook=pre-rollback\\,post-rollback');
    await world.deploy('notes', 'tag=two,extra=true');
    await world.kubectl('scale', 'deployment/notes', '--replicas=0');
    const change = await world.change(settings, '1');
    const { preview, notes, hazards, operations } = await helmRelease.goTo(world.context, settings, change);
    expect(preview).toContain('delete ConfigMap/notes-extra');
    expect(notes.join('\n')).toContain('Deployment/notes goes from 0 to 2 replicas');
    expect(JSON.stringify(hazards)).toContain('Job/notes-hook');
    // 20 s for the wait and for the hook, and half a minute of grace.
    expect(operations[0]?.deadlineMs).toBe(20_000 * 2 + 30_000);
    expect(await helmRelease.read(world.context, settings)).toMatchObject({ health: 'unhealthy' });
  });

  test('a live object that is not what the manifest says is never verified, whatever Helm says', async () => {
    const settings = settingsFor('drift');
    await world.deploy('drift', 'tag=one');
    await world.deploy('drift', 'tag=two');
    const change = await world.change(settings, '1');
    await world.helm('rollback', 'drift', '1', '--wait');
    expect(await world.settle(settings, change)).toMatchObject({ state: 'verified' });
    await world.kubectl('set', 'image', 'deployment/drift', 'main=shop:by-hand');
    expect(await helmRelease.verify(world.context, settings, change)).toMatchObject({
      state: 'failed',
      evidence: expect.stringContaining('image is shop:by-hand instead of shop:one'),
    });
    const reading = await helmRelease.read(world.context, settings);
    expect(reading).toMatchObject({ health: 'unhealthy' });
  });

  test('a server that would refuse says so in the preview', async () => {
    const settings = settingsFor('refused');
    await world.deploy('refused', 'tag=one');
    await world.failingHelm('upgrade', 'refused', chart, '--set', 'tag=two,replicas=many');
    const change = await world.change(settings, '2');
    const { refusals } = await helmRelease.goTo(world.context, settings, change);
    expect(refusals?.join('\n')).toContain('Deployment/refused');
  });
});

function describeCandidate(candidate: Candidate): string {
  const origin = candidate.rolledBackTo === undefined ? '' : ` rolled back to ${candidate.rolledBackTo}`;
  return `${candidate.id} ${candidate.standing}${origin}`;
}
