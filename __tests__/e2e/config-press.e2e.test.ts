// A configuration that is half-way back: the ConfigMap has the old content, the branch or the pods do not. Pressing
// again must finish that, and must neither call it done nor go one version further.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import { pins } from '../support/scene.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('a configuration half-way back', () => {
  let cluster: Cluster;
  let folder = '';
  let kubectl = '';

  beforeAll(async () => {
    ({ kubectl } = await provide(['kubectl']));
    cluster = await sharedCluster();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-e2e-'));
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  type Scene = {
    readonly remote: string;
    readonly press: () => Promise<ActionRun>;
    readonly git: (...args: readonly string[]) => string;
    readonly kube: (...args: readonly string[]) => string;
  };

  /** Tags v0, v1, v2 of one file; branch main and ConfigMap `settings` are at v2. */
  async function scene(component: string): Promise<Scene> {
    const namespace = uniqueName('config');
    const clone = join(folder, namespace);
    const remote = join(folder, `${namespace}.git`);
    const git = (...args: readonly string[]): string =>
      execFileSync(
        'git',
        ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
    const kube = (...args: readonly string[]): string =>
      execFileSync(kubectl, [`--kubeconfig=${cluster.kubeconfig}`, `--namespace=${namespace}`, ...args], {
        encoding: 'utf8',
      });
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
    execFileSync('git', ['clone', '--quiet', remote, clone], { stdio: 'ignore' });
    await mkdir(join(clone, 'config'));
    for (const tag of ['v0', 'v1', 'v2']) {
      await writeFile(join(clone, 'config', 'app.txt'), `${tag}\n`);
      git('add', '-A');
      git('commit', '--quiet', '--message', tag);
      git('tag', tag);
    }
    git('push', '--quiet', 'origin', 'HEAD:main', '--tags');
    kube('create', 'namespace', namespace);
    kube('create', 'configmap', 'settings', `--from-file=app.txt=${join(clone, 'config', 'app.txt')}`);
    kube('create', 'deployment', 'web', '--image=registry.example/web:1');
    kube('rollout', 'status', 'deployment/web', '--timeout=30s');
    await writeFile(
      join(clone, 'rollback.yml'),
      `version: 1\nservice: shop\ntargets: { local: { namespace: ${namespace} } }\ncomponents:\n  config: { uses: config-tag, with: { paths: [config], tags: "v*", configmap: settings, ${component} } }\nverify:\n  - { uses: rollout, with: { workload: deployment/web } }\n`,
    );
    return {
      remote,
      git,
      kube,
      press: () =>
        runAction({
          inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous' },
          workspace: clone,
          kubeconfig: cluster.kubeconfig,
          path: [dirname(kubectl)],
        }),
    };
  }

  test('a push that the remote refused is made up for, and the version stays the one that was chosen', async () => {
    const { remote, press, git, kube } = await scene('branch: main');
    const hook = join(remote, 'hooks', 'pre-receive');
    await writeFile(hook, '#!/bin/sh\necho no pushes at night >&2\nexit 1\n');
    await chmod(hook, 0o755);
    const first = await press();
    expect([verdictOf(first), pins(first)]).toEqual(['halted command-failed exit 1', ['config v2 → v1']]);
    expect(kube('get', 'configmap', 'settings', '--output=jsonpath={.data.app\\.txt}')).toBe('v1\n');

    await rm(hook);
    const second = await press();
    expect([verdictOf(second), pins(second)]).toEqual(['rolled-back - exit 0', ['config v2 → v1']]);
    git('fetch', '--quiet');
    expect(git('show', 'origin/main:config/app.txt')).toBe('v1\n');
    expect(verdictOf(await press())).toBe('already-there - exit 0');
  });

  test('pods that were not restarted yet are restarted, once', async () => {
    const { press, kube } = await scene('restart: [deployment/web]');
    const first = await press();
    expect([verdictOf(first), pins(first)]).toEqual(['rolled-back - exit 0', ['config v2 → v1']]);
    const marks = '--output=jsonpath={.spec.template.metadata.annotations}';
    const marked = kube('get', 'deployment/web', marks);
    // As if the run had died between the ConfigMap and the restart.
    const forget = {
      spec: {
        template: {
          metadata: {
            annotations: { 'rollback-plan/config-digest': null, 'rollback-plan/config-incident': null },
          },
        },
      },
    };
    kube('patch', 'deployment/web', '--type=merge', `--patch=${JSON.stringify(forget)}`);
    const second = await press();
    expect([verdictOf(second), pins(second)]).toEqual(['rolled-back - exit 0', ['config v1 → v1']]);
    expect(kube('get', 'deployment/web', marks)).toBe(marked);
    expect(verdictOf(await press())).toBe('already-there - exit 0');
  });
});
