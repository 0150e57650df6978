// Two ways in that nobody presses: an alert that was dispatched, and the heartbeat that comes after it on a schedule. Run by
// act; cluster, forge, Helm and bundle are real, and what the one leaves the other finds.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { onePlan } from '../support/scene.ts';
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

const alert = {
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'shop' },
  fingerprint: 'c0ffee0123456789',
};

describeReal('an alert, and the heartbeat after it', () => {
  test('what was sent arrives, the cluster goes back, and the next heartbeat looks again and reads the ticks', async () => {
    const { api, run, pullRequests, fileOn, repository } = await setWorkflowScene(
      stage,
      (namespace) =>
        onePlan(
          namespace,
          `severities: { P1: {} }
triggers:
  errors: { alert: { name: HighErrorRate, labels: { service: shop } }, severity: P1 }
recovery: { rechecks: [1s] }
follow-ups:
  postmortem: { title: Postmortem held, within: 48h, owner: sre-lead }
  cause: { title: Root cause found, within: 1s }
records: { incidents: incidents/, publish: pull-request }
`,
        ),
      // Nothing was verified here yet.
      { adapt: ({ text }) => text.replace('to: last-good\n', 'to: previous\n') },
    );
    for (const version of ['1', '2']) await api.deploy({ version });
    const startsAt = new Date().toISOString();
    const called = await run({
      caller: 'alert.yml',
      event: 'repository_dispatch',
      payload: { alertmanager: { alerts: [{ ...alert, startsAt }] } },
    });
    expect(called.outputs['answer']).toMatchObject({
      outcome: 'rolled-back',
      'reason-code': 'deploy-rolled-back',
    });
    expect([called.jobs, await api.liveVersion()]).toEqual([['Answer failure', 'Record success'], '1']);
    const incident = called.outputs['answer']?.['incident'] ?? '';
    const branch = `rollback-plan/${incident}`;
    const path = `incidents/${incident}.md`;
    const record = await fileOn(branch, path);
    expect(record).toContain('HighErrorRate');
    expect(record).toMatch(/^- \[ \] Postmortem held \(who: sre-lead, by: /m);

    // Ticked where people see it: in the pull request.
    const contents = `/repos/${repository.fullName}/contents/${path}`;
    const { body } = await stage.forge.call('GET', `${contents}?ref=${encodeURIComponent(branch)}`);
    const put = await stage.forge.call('PUT', contents, {
      branch,
      sha: String(Reflect.get(Object(body), 'sha')),
      content: Buffer.from(record.replace('- [ ] Postmortem', '- [x] Postmortem')).toString('base64'),
      message: 'held',
    });
    expect(put.status).toBe(200);

    const beaten = await run({
      caller: 'heartbeat.yml',
      event: 'schedule',
      secrets: { KUBECONFIG_HEARTBEAT: stage.kubeconfig },
    });
    expect(beaten.outputs['heartbeat']).toMatchObject({ outcome: 'verified', 'reason-code': '' });
    expect([beaten.jobs, await api.liveVersion()]).toEqual([['Heartbeat success', 'Record success'], '1']);
    const kept = await fileOn(`rollback-plan/${incident}-rechecks`, `incidents/${incident}-rechecks.md`);
    expect(kept.match(/^\| (✅|❌|…|⚠️) \|/gm)).toEqual(['| ✅ |', '| ✅ |', '| ⚠️ |']);
    expect(kept).toContain(`ticked in ${path}`);
    expect((await pullRequests()).map(({ head }) => head.ref).sort()).toEqual([branch, `${branch}-rechecks`]);
  });
});
