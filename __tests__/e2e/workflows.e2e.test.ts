// The button, the whole way: somebody presses it in a repository that has copied our caller, and a real cluster goes
// back, or stays as it was. Run by act on this machine; cluster, forge, Helm and bundle are real.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { readText } from '../support/act.ts';
import { parseJournal } from '../support/runner.ts';
import { onePlan } from '../support/scene.ts';
import {
  setWorkflowScene,
  setWorkflowStage,
  type WorkflowStage,
  workflowParts,
} from '../support/workflow-scene.ts';

jest.setTimeout(240_000);

const parts = await partsForTests(workflowParts);
const describeReal = parts.ready ? describe : describe.skip;

let stage: WorkflowStage;

beforeAll(async () => {
  if (parts.ready) stage = await setWorkflowStage();
});
afterAll(async () => {
  await stage?.stop();
});

const button = { environment: 'production', reason: 'error rate 40 %', to: 'previous' };

describeReal('the button', () => {
  test('plan, then act: the cluster goes back to what was approved, and the journal is kept', async () => {
    const { api, run } = await setWorkflowScene(stage, onePlan);
    for (const version of ['1', '2', '3']) await api.deploy({ version });
    const pressed = await run({ caller: 'rollback.yml', inputs: button });
    expect(pressed.jobs.slice(0, 2)).toEqual(['Plan success', 'Act success']);
    expect(pressed.outputs).toMatchObject({
      plan: { outcome: 'planned' },
      act: { outcome: 'rolled-back', 'reason-code': '', incident: pressed.outputs['plan']?.['incident'] },
    });
    expect(pressed.outputs['act']?.['digest']).toBe(pressed.outputs['plan']?.['digest']);
    expect([await api.liveVersion(), await api.history()]).toEqual([
      '2',
      '1 superseded, 2 superseded, 3 superseded, 4 deployed',
    ]);

    const incident = pressed.outputs['plan']?.['incident'] ?? '';
    expect(pressed.artifacts).toEqual([`rollback-plan-${incident}-1`]);
    const [artifact = ''] = pressed.artifacts;
    const journal = parseJournal(await readText(pressed.artifact(artifact), incident, 'journal.jsonl'));
    expect(journal.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'rolled-back' });
    expect(journal[0]).toMatchObject({ type: 'run-started', reason: button.reason });

    const [, token = ''] = /"?token"?:\s*"?([^"\s]{8,})/.exec(stage.kubeconfig) ?? [];
    expect(token).not.toBe('');
    for (const secret of [token, stage.forge.adminToken])
      expect(`${pressed.log}${JSON.stringify(journal)}`).not.toContain(secret);
  });

  test('a dry run says what would happen, and nothing happens', async () => {
    const { api, namespace, run } = await setWorkflowScene(stage, onePlan);
    for (const version of ['1', '2']) await api.deploy({ version });
    const before = await api.history();
    const pressed = await run({ caller: 'rollback.yml', inputs: { ...button, 'dry-run': 'true' } });
    expect([pressed.jobs, await api.history(), pressed.artifacts]).toEqual([['Plan success'], before, []]);
    expect(pressed.log).toContain(`helm rollback api 1 --namespace ${namespace}`);
  });

  test('what is refused is never offered for approval', async () => {
    const { api, run } = await setWorkflowScene(stage, onePlan);
    for (const version of ['1', '2']) await api.deploy({ version });
    const before = await api.history();
    const pressed = await run({ caller: 'rollback.yml', inputs: { ...button, to: 'api=7' } });
    expect(pressed.jobs).toContain('Plan failure');
    expect(pressed.jobs.filter((job) => job.startsWith('Act'))).toEqual([]);
    expect(pressed.outputs['plan']).toMatchObject({
      outcome: 'refused',
      'reason-code': 'to-unknown-version',
    });
    expect([pressed.code, await api.history()]).toEqual([1, before]);
  });

  test('who has to approve is said by the plan, not by whoever presses', async () => {
    const { api, run } = await setWorkflowScene(stage, (namespace) =>
      onePlan(namespace).replace(
        'local: {',
        'local: { environment: production, watch-environments: [production-watch],',
      ),
    );
    for (const version of ['1', '2']) await api.deploy({ version });
    const before = await api.history();
    const elsewhere = await run({
      caller: 'rollback.yml',
      inputs: { ...button, environment: 'production-watch' },
    });
    expect(elsewhere.jobs.filter((job) => job.startsWith('Act'))).toEqual([]);
    expect(elsewhere.outputs['plan']).toMatchObject({
      outcome: 'refused',
      'reason-code': 'environment-mismatch',
    });
    expect(elsewhere.log).toContain('environment: production');
    expect([elsewhere.code, await api.history()]).toEqual([1, before]);

    const pressed = await run({ caller: 'rollback.yml', inputs: button });
    expect(pressed.outputs['act']).toMatchObject({ outcome: 'rolled-back' });
    const incident = pressed.outputs['plan']?.['incident'] ?? '';
    const [artifact = ''] = pressed.artifacts;
    const journal = parseJournal(await readText(pressed.artifact(artifact), incident, 'journal.jsonl'));
    expect(journal[0]).toMatchObject({ type: 'run-started', environment: 'production' });
    expect(journal).toContainEqual(expect.objectContaining({ name: 'environment', state: 'pass' }));
  });

  test('inputs are words, never script or expression', async () => {
    const { api, run } = await setWorkflowScene(stage, onePlan);
    for (const version of ['1', '2']) await api.deploy({ version });
    const reason = `"; touch PWNED; echo $(touch PWNED) \`touch PWNED\` \${{ secrets.KUBECONFIG }} 'x`;
    const pressed = await run({ caller: 'rollback.yml', inputs: { ...button, reason } });
    expect(pressed.outputs['act']).toMatchObject({ outcome: 'rolled-back' });
    const incident = pressed.outputs['plan']?.['incident'] ?? '';
    const [artifact = ''] = pressed.artifacts;
    const journal = parseJournal(await readText(pressed.artifact(artifact), incident, 'journal.jsonl'));
    expect(journal[0]).toMatchObject({ reason });
  });

  test('scripts of the plan come from the default branch, whatever branch was dispatched, and get its secrets', async () => {
    const password = 'pa:ss "wörd" #1';
    const scripted = (namespace: string): string =>
      onePlan(
        namespace,
        'secrets: [DB_PASSWORD]\nphases:\n  - name: all\n    steps:\n      - { rollback: api }\n      - { run: ./scripts/announce.sh }\n',
      );
    const { api, user, run } = await setWorkflowScene(stage, scripted, {
      files: () => ({
        'scripts/announce.sh':
          '#!/bin/sh\necho "from main, with $(printf %s "$DB_PASSWORD" | sha256sum)"\necho "secret: $DB_PASSWORD"\n',
      }),
      adapt: ({ text }) =>
        text.replace(/# plan-secrets: \|\n\s+# {3}DB_PASSWORD/, 'plan-secrets: |\n        DB_PASSWORD'),
    });
    for (const version of ['1', '2']) await api.deploy({ version });
    user.git('checkout', '--quiet', '-b', 'somebodys-branch');
    await user.write('scripts/announce.sh', '#!/bin/sh\necho "from somebody’s branch"\n');
    user.git('commit', '--quiet', '--all', '--message', 'changed');

    const pressed = await run({
      caller: 'rollback.yml',
      inputs: button,
      secrets: { DB_PASSWORD: password },
    });
    expect(pressed.outputs['act']).toMatchObject({ outcome: 'rolled-back' });
    expect(pressed.log).toContain(`from main, with ${createHash('sha256').update(password).digest('hex')}`);
    expect(pressed.log).not.toContain('somebody’s branch');
    expect(pressed.log).toContain('secret: ***');
    expect(pressed.log).not.toContain(password);
  });
});
