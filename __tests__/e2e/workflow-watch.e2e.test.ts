// The two ways in without a button: after a deploy, and the drill. Run by act; cluster, forge, Helm and bundle are real.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import {
  setWorkflowScene,
  setWorkflowStage,
  type WorkflowStage,
  workflowParts,
} from '../support/workflow-scene.ts';

jest.setTimeout(300_000);

const parts = await partsForTests(workflowParts);
const describeReal = parts.ready ? describe : describe.skip;

let stage: WorkflowStage;

beforeAll(async () => {
  if (parts.ready) stage = await setWorkflowStage();
});
afterAll(async () => {
  await stage?.stop();
});

/** Windows that a test can wait for. */
const hurried = ({ text }: { readonly text: string }): string => text.replaceAll('window: 5m', 'window: 10s');

/** `helm upgrade` of the test's chart, as a script of the user's would have it. */
function deployScript(namespace: string, version: string, behaviour: string): string {
  const values = `--set-string version=${version} --set-string behaviour=${behaviour}`;
  const kubeconfig = `KUBECONFIG='${stage.cluster.kubeconfig}'`;
  return `#!/bin/sh\n${kubeconfig} helm upgrade --install api '${stage.chart}' --namespace ${namespace} ${values} --wait=false\n`;
}

const watched = (namespace: string, more = ''): string => `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api, timeout: 30s } }
verify:
  - { uses: rollout, with: { workload: deployment/api }, every: 1s, within: 5s }
records: { incidents: incidents/, publish: pull-request }
${more}`;

describeReal('after a deploy', () => {
  test.each([['after-deploy-job.yml'], ['after-deploy-step.yml']])(
    '%s: a bad version is rolled back, and the run is red',
    async (caller) => {
      const { api, run, pullRequests } = await setWorkflowScene(stage, watched, {
        files: (namespace) => ({ 'scripts/deploy.sh': deployScript(namespace, '3', 'crash') }),
        adapt: hurried,
      });
      for (const version of ['1', '2']) await api.deploy({ version });
      const pushed = await run({
        caller,
        event: 'push',
        // The step's job logs in by itself.
        env: caller.includes('step') ? { KUBECONFIG: stage.cluster.kubeconfig } : {},
      });
      expect(pushed.code).toBe(1);
      expect(pushed.log).toContain('deploy-rolled-back');
      expect(await api.liveVersion()).toBe('2');
      expect(await pullRequests()).toHaveLength(1);
    },
  );

  test('a good version stays, and there is nothing to record', async () => {
    const { api, run, pullRequests } = await setWorkflowScene(stage, watched, {
      files: (namespace) => ({ 'scripts/deploy.sh': deployScript(namespace, '3', '') }),
      adapt: hurried,
    });
    for (const version of ['1', '2']) await api.deploy({ version });
    const pushed = await run({ caller: 'after-deploy-job.yml', event: 'push' });
    expect(pushed.outputs['watch']).toMatchObject({ outcome: 'verified' });
    expect([pushed.code, pushed.jobs, await api.liveVersion(), await pullRequests()]).toEqual([
      0,
      ['Deploy success', 'Watch success'],
      '3',
      [],
    ]);
  });
});

describeReal('after a deployment that GitHub was told about', () => {
  const told = (state: string, environment: string, more: Readonly<Record<string, unknown>> = {}) => ({
    deployment_status: { state },
    deployment: { id: 7, sha: 'a'.repeat(40), environment, task: 'deploy', payload: { deployed: 'api=3' } },
    ...more,
  });

  test('a bad version is rolled back once it has arrived, and what no deploy is starts nothing', async () => {
    const { api, run } = await setWorkflowScene(stage, watched, { adapt: hurried });
    for (const version of ['1', '2']) await api.deploy({ version });
    await api.deploy({ version: '3', behaviour: 'crash' }, ['--wait=false']);
    const after = async (payload: Readonly<Record<string, unknown>>) =>
      await run({ caller: 'after-deployment.yml', event: 'deployment_status', payload });
    for (const other of [
      told('in_progress', 'production'),
      told('success', 'staging'),
      // A job of GitHub Actions, such as our own that rolls back.
      told('success', 'production', { workflow_run: { id: 1 } }),
    ])
      expect((await after(other)).jobs.filter((job) => !job.endsWith('skipped'))).toEqual([]);
    expect(await api.liveVersion()).toBe('3');

    const bad = await after(told('success', 'production'));
    expect(bad.outputs['watch']).toMatchObject({
      outcome: 'rolled-back',
      'reason-code': 'deploy-rolled-back',
    });
    expect(bad.log).toContain(`deployment 7 of ${'a'.repeat(40)}`);
    expect(await api.liveVersion()).toBe('2');
  });
});

describeReal('the drill', () => {
  test('breaks, notices, recovers and reports', async () => {
    const { namespace, api, run, pullRequests } = await setWorkflowScene(
      stage,
      (space) => watched(space, 'drill:\n  detect-within: 60s\n  break: [{ run: ./scripts/deploy.sh }]\n'),
      { files: (space) => ({ 'scripts/deploy.sh': deployScript(space, 'known-bad', 'crash') }) },
    );
    for (const version of ['1', '2']) await api.deploy({ version });
    const labels = { 'rollback-plan.dev/drill': 'allowed' };
    const path = join('/api/v1/namespaces', namespace);
    await stage.cluster.call('PATCH', path, { metadata: { labels } });
    const drilled = await run({
      caller: 'drill.yml',
      event: 'workflow_dispatch',
      inputs: { reason: 'rehearsal' },
    });
    expect(drilled.outputs['drill']).toMatchObject({ outcome: 'verified', 'reason-code': '' });
    expect(drilled.jobs).toEqual(['Drill success', 'Record success']);
    expect(await api.liveVersion()).toBe('2');
    const [opened] = await pullRequests();
    expect(opened?.head.ref).toMatch(/^rollback-plan\/drill-1-target/);
  });
});
