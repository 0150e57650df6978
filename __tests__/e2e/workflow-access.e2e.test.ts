// The kubeconfig of the plan job, as docs/workflows.md gives it away: enough for a dry run with the server's own diff,
// and not enough to change anything. The objects are taken from the document and applied to a real cluster.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, setScene, setStage } from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('the kubeconfig that may only plan', () => {
  let stage: OwnStage<'helm4'>;

  beforeAll(async () => {
    stage = await setStage('helm4');
  });
  afterAll(() => stage?.stop());

  async function kube(...args: readonly string[]): Promise<string> {
    const { cluster, kubectl } = stage;
    const { stdout } = await promisify(execFile)(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args]);
    return stdout.trim();
  }

  /** The document's objects for this namespace, and a kubeconfig of the account among them. */
  async function planner(namespace: string): Promise<string> {
    const { cluster, folder, kubectl } = stage;
    const document = await readFile('docs/workflows.md', 'utf8');
    const [, block = ''] = /```yaml\n(# The planner[\s\S]*?)```/.exec(document) ?? [];
    expect(block).toContain('kind: ValidatingAdmissionPolicy');
    const file = join(folder, 'planner.yml');
    await writeFile(
      file,
      block.replaceAll('namespace: shop', `namespace: ${namespace}`).replaceAll(':shop:', `:${namespace}:`),
    );
    await kube('apply', '--filename', file);
    const token = await kube('create', 'token', 'rollback-planner', '--namespace', namespace);
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, await readFile(cluster.kubeconfig, 'utf8'));
    const own = ['--kubeconfig', kubeconfig, 'config', 'set-credentials'];
    const user = await promisify(execFile)(kubectl, [
      '--kubeconfig',
      kubeconfig,
      'config',
      'view',
      '--output',
      'jsonpath={.users[0].name}',
    ]);
    await promisify(execFile)(kubectl, [...own, user.stdout, `--token=${token}`]);
    // A policy begins to hold a moment after it was made.
    for (let look = 0; look < 100; look++) {
      const tried = promisify(execFile)(kubectl, [
        '--kubeconfig',
        kubeconfig,
        'create',
        'configmap',
        `try-${look}`,
        '--namespace',
        namespace,
      ]);
      if (
        await tried.then(
          () => false,
          () => true,
        )
      )
        return kubeconfig;
      await sleep(100);
    }
    throw new Error('the policy does not hold');
  }

  test('says what would happen with the same digest, and can do none of it', async () => {
    const { namespace, release, press } = await setScene(stage, stage.tools.helm4, onePlan);
    const api = release('api');
    for (const version of ['1', '2']) await api.deploy({ version });
    const before = await api.history();
    const kubeconfig = await planner(namespace);

    const planned = await press({ 'dry-run': 'true' }, undefined, { kubeconfig });
    expect(verdictOf(planned)).toBe('planned - exit 0');
    expect(planned.summary).toContain('+        - image: registry.example/api:1');

    const tried = await press({}, undefined, { kubeconfig });
    expect(tried.code).toBe(1);
    expect([await api.history(), await api.liveVersion()]).toEqual([before, '2']);

    const approved = await press({ digest: planned.outputs['digest'] ?? '' });
    expect(verdictOf(approved)).toBe('rolled-back - exit 0');
  });
});
