// `workload` through the bundle on a real cluster with the real kubectl: one workload of each kind, the traps of
// `kubectl rollout undo`, and several workloads at once.

import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, pins, setStage } from '../support/scene.ts';
import { literal, setWorkloadScene, type WorkloadScene, workloadPlan } from './workload-scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const rolledBack = 'rolled-back - exit 0';
const alreadyThere = 'already-there - exit 0';

describeReal('workload', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';
  const scene = (plan: (namespace: string) => string): Promise<WorkloadScene> =>
    setWorkloadScene(stage, helm, plan);
  const of = (name: string): Promise<WorkloadScene> => scene(workloadPlan(name));

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
  });
  afterAll(() => stage?.stop());

  test('a Deployment: good, good, bad; back to the second; pressed again it stays, also after a restart', async () => {
    const { deploy, press, pods, kubectl, revisions } = await of('deployment/worker');
    await deploy('deployment/worker', { version: '2.3.0' });
    await deploy('deployment/worker', { version: '2.4.0' });
    await deploy('deployment/worker', { version: '2.4.1', behaviour: 'crash' });
    const first = await press();
    expect([verdictOf(first), pins(first)]).toEqual([rolledBack, ['worker 3 → 2']]);
    expect(pods('deployment/worker')).toEqual(['worker:2.4.0 ready', 'worker:2.4.0 ready']);
    expect(revisions('deployment/worker')).toEqual([1, 3, 4]);
    const captured = JSON.stringify(first.journal.find((event) => event['type'] === 'captured'));
    expect(captured).toContain('worker:2.4.1');
    expect(captured).not.toContain(literal);
    // Twice, plain `kubectl rollout undo` would be at the broken one again.
    expect(verdictOf(await press())).toBe(alreadyThere);
    kubectl(['rollout', 'restart', 'deployment/worker']);
    expect(verdictOf(await press())).toBe(alreadyThere);
    expect(pods('deployment/worker').every((pod) => pod.startsWith('worker:2.4.0'))).toBe(true);
    // By the application's own word; and the number from before the rollback is explained.
    expect(pins(await press({ 'dry-run': 'true', to: 'worker=2.3.0' }))).toEqual(['worker 5 → 1']);
    expect(verdictOf(await press({ to: 'worker=2' }))).toBe(alreadyThere);
  });

  test('a StatefulSet that waits for ever for its broken pod is freed', async () => {
    const { deploy, press, pods } = await of('statefulset/db');
    await deploy('statefulset/db', { version: '1', replicas: 3 });
    await deploy('statefulset/db', { version: '2', replicas: 3, behaviour: 'crash' });
    expect(pods('statefulset/db')).toEqual(['db:1 ready', 'db:1 ready', 'db:2 not ready']);
    const run = await press();
    expect([verdictOf(run), pins(run)]).toEqual([rolledBack, ['worker 2 → 1']]);
    expect(pods('statefulset/db')).toEqual(['db:1 ready', 'db:1 ready', 'db:1 ready']);
    expect(commands(run)[1]).toMatch(/^kubectl delete pod db-2 --wait=false --ignore-not-found --namespace=/);
    expect(verdictOf(await press())).toBe(alreadyThere);
  });

  test('an undo by hand that left a StatefulSet stuck is finished, and nothing goes further back', async () => {
    const { deploy, press, pods, kubectl } = await of('statefulset/db');
    await deploy('statefulset/db', { version: '1' });
    await deploy('statefulset/db', { version: '2' });
    await deploy('statefulset/db', { version: '3', behaviour: 'crash' });
    // Kubernetes keeps whole seconds: within one, an undo can't be told from the edit that made the revision.
    await sleep(2_100);
    kubectl(['rollout', 'undo', 'statefulset/db', '--to-revision=2']);
    await sleep(500);
    const run = await press();
    expect([verdictOf(run), commands(run).length]).toEqual([rolledBack, 1]);
    expect(pods('statefulset/db')).toEqual(['db:2 ready', 'db:2 ready']);
    expect(verdictOf(await press())).toBe(alreadyThere);
  });

  test('a DaemonSet goes back, and stays when pressed again', async () => {
    const { deploy, press, pods } = await of('daemonset/agent');
    await deploy('daemonset/agent', { version: '1' });
    await deploy('daemonset/agent', { version: '2', behaviour: 'crash' });
    const run = await press();
    expect([verdictOf(run), pins(run)]).toEqual([rolledBack, ['worker 2 → 1']]);
    expect(pods('daemonset/agent')).toEqual(['agent:1 ready']);
    expect(verdictOf(await press())).toBe(alreadyThere);
  });

  test.each(['deployment/worker', 'statefulset/db', 'daemonset/agent'])(
    'a bad version of %s that is deployed again after a rollback is gone back from again',
    async (name) => {
      const { deploy, press, liveTag, kubectl } = await of(name);
      const bad = { version: '2', behaviour: 'crash' };
      await deploy(name, { version: '0' });
      await deploy(name, { version: '1' });
      for (let round = 0; round < 2; round++) {
        await deploy(name, bad);
        const seen = [verdictOf(await press()), liveTag(name), verdictOf(await press()), liveTag(name)];
        expect(seen).toEqual([rolledBack, '1', alreadyThere, '1']);
      }
      // An undo by hand leads to what an incident left: that is no place to stay.
      await sleep(1_050);
      kubectl(['rollout', 'undo', name]);
      await sleep(500);
      expect(liveTag(name)).toBe('2');
      expect([verdictOf(await press()), liveTag(name)]).toEqual([rolledBack, '1']);
    },
  );

  test('the same where the bad version only added something, whose removal no owner of fields tells', async () => {
    const name = 'deployment/worker';
    const { deploy, press, kubectl, revisions } = await of(name);
    await deploy(name, { version: '0' });
    await deploy(name, { version: '1' });
    for (let round = 0; round < 2; round++) {
      await deploy(name, { version: '1', templateLabels: { added: 'x' } });
      const seen = [verdictOf(await press()), verdictOf(await press())];
      const label = kubectl(['get', name, '--output=jsonpath={.spec.template.metadata.labels.added}']);
      expect([...seen, label]).toEqual([rolledBack, alreadyThere, '']);
    }
    expect(revisions(name)).toContain(1);
  });

  test('a dry run shows command, diff and what stays, and changes nothing', async () => {
    const { deploy, press, kubectl, namespace } = await of('deployment/worker');
    await deploy('deployment/worker', { version: '1' });
    await deploy('deployment/worker', { version: '2', behaviour: 'crash' });
    const before = kubectl(['get', 'deployment/worker', '--output=jsonpath={.metadata.generation}']);
    const run = await press({ 'dry-run': 'true' });
    expect(run.summary).toContain(
      `kubectl rollout undo deployment/worker --to-revision=1 --namespace=${namespace} --context=`,
    );
    expect(run.summary).toMatch(/^-.*image: registry\.example\/worker:2$/m);
    expect(run.summary).toMatch(/^\+.*image: registry\.example\/worker:1$/m);
    expect(run.summary).toMatch(/^-.*behaviour: crash$/m);
    expect(run.summary).toContain('replicas, ConfigMaps and Secrets stay as they are');
    expect(kubectl(['get', 'deployment/worker', '--output=jsonpath={.metadata.generation}'])).toBe(before);
  });

  test('two Deployments go back together in one call, under the name of their release', async () => {
    const both = '[deployment/api, deployment/worker]';
    const { deploy, press, pods, namespace, kubectl, liveTag } = await of(both);
    for (const name of ['api', 'worker']) {
      await deploy(`deployment/${name}`, { version: '2.3.0' });
      await deploy(`deployment/${name}`, { version: '2.4.0' });
      await deploy(`deployment/${name}`, { version: '2.4.1', behaviour: 'crash' });
    }
    const run = await press();
    expect([verdictOf(run), pins(run)]).toEqual([rolledBack, ['worker 2.4.1 → 2.4.0']]);
    expect(commands(run)).toEqual([
      `kubectl rollout undo deployment/api deployment/worker --to-revision=2 --namespace=${namespace} --context=rollback-plan-test`,
    ]);
    for (const name of ['api', 'worker']) {
      expect(pods(`deployment/${name}`)).toEqual([`${name}:2.4.0 ready`, `${name}:2.4.0 ready`]);
    }
    expect(verdictOf(await press())).toBe(alreadyThere);
    // Half of a deployment is a mixture, and what was put back before it is where it goes.
    await deploy('deployment/api', { version: '2.5.0', behaviour: 'crash' });
    const mixed = await press({ 'dry-run': 'true' });
    expect(pins(mixed)).toEqual(['worker 2.5.0+2.4.0 → 2.4.0']);
    expect(mixed.summary).toContain('mixed: deployment/api 2.5.0, deployment/worker 2.4.0');
    await deploy('deployment/worker', { version: '2.5.0' });
    kubectl(['rollout', 'undo', 'deployment/api', '--to-revision=1']);
    await sleep(500);
    const named = await press({ to: 'worker=2.4.0' });
    expect([verdictOf(named), liveTag('deployment/api'), liveTag('deployment/worker')]).toEqual([
      rolledBack,
      '2.4.0',
      '2.4.0',
    ]);
  });

  test('a restart that this run’s configuration has made is not taken for somebody else’s deployment', async () => {
    const { deploy, press, kubectl, liveTag, workspace } = await scene(configAndWorkload);
    const git = (...args: readonly string[]): string =>
      execFileSync(
        'git',
        ['-C', workspace, '-c', 'user.name=dev', '-c', 'user.email=dev@e.invalid', ...args],
        {
          encoding: 'utf8',
        },
      );
    git('init', '--quiet');
    await mkdir(join(workspace, 'config'));
    for (const tag of ['v1', 'v2']) {
      await writeFile(join(workspace, 'config', 'app.txt'), `${tag}\n`);
      git('add', 'config');
      git('commit', '--quiet', '--message', tag);
      git('tag', tag);
    }
    kubectl(['create', 'configmap', 'settings', `--from-file=${join(workspace, 'config')}`]);
    await deploy('deployment/worker', { version: '1' });
    await deploy('deployment/worker', { version: '2' });
    const run = await press();
    expect([verdictOf(run), pins(run)]).toEqual([rolledBack, ['config v2 → v1', 'worker 2 → 1']]);
    expect(liveTag('deployment/worker')).toBe('1');
    await press();
    expect(liveTag('deployment/worker')).toBe('1');
    expect(verdictOf(await press())).toBe(alreadyThere);
  });
});

const configAndWorkload = (namespace: string): string =>
  workloadPlan('deployment/worker')(namespace)
    .replace(
      'components:',
      'components:\n  config: { uses: config-tag, with: { paths: [config], tags: "v*", configmap: settings, restart: [deployment/worker] } }',
    )
    .replace('[{ rollback: worker,', '[{ rollback: config }, { rollback: worker,');

/** What the engine says it ran, in order; waiting is not a command. */
function commands(run: ActionRun): readonly string[] {
  return run.journal.flatMap((event) => {
    const operation = event['type'] === 'intent' ? event['operation'] : undefined;
    const shown =
      typeof operation === 'object' && operation !== null && 'shown' in operation ? operation.shown : '';
    return typeof shown === 'string' && shown.startsWith('kubectl ') ? [shown] : [];
  });
}
