// What the record job does with what the acting job left: a pull request, the same one again for the same incident, and
// the truth about a job that was killed. Run by act; cluster, forge, Helm and bundle are real.

import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { readText } from '../support/act.ts';
import { parseJournal } from '../support/runner.ts';
import { onePlan, processesOf } from '../support/scene.ts';
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
const recorded = (namespace: string): string =>
  onePlan(namespace, 'records: { incidents: incidents/, publish: pull-request }\n');

/** Kills the bundle of the acting job once its journal, anywhere below `folder`, says that it began to act. */
async function killWhileActing(folder: string): Promise<void> {
  for (let look = 0; look < 2_400; look++) {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('journal.jsonl'))) {
      const text = await readFile(join(folder, file), 'utf8').catch(() => '');
      if (!text.includes('"type":"intent"')) continue;
      await sleep(700);
      const listing = execFileSync('ps', ['-eo', 'pid,args', '--no-headers', '--width', '2000'], {
        encoding: 'utf8',
      });
      const found = listing
        .split('\n')
        .filter((line) => line.includes(folder) && /dist\/index\.js$/.test(line.trim()));
      for (const line of found) process.kill(Number.parseInt(line, 10), 'SIGKILL');
      if (found.length > 0) return;
    }
    await sleep(25);
  }
  throw new Error('the acting job wrote no intent within a minute');
}

describeReal('the record job', () => {
  test('opens a pull request, and a second run of the incident updates it', async () => {
    const { api, run, pullRequests, fileOn } = await setWorkflowScene(stage, recorded);
    for (const version of ['1', '2', '3']) await api.deploy({ version });
    const first = await run({ caller: 'rollback.yml', inputs: button });
    expect(first.jobs).toEqual(['Plan success', 'Act success', 'Record success']);
    const incident = first.outputs['plan']?.['incident'] ?? '';
    const [opened, ...others] = await pullRequests();
    expect(others).toEqual([]);
    expect(opened).toMatchObject({ state: 'open', head: { ref: `rollback-plan/${incident}` } });
    expect(first.outputs['report']).toMatchObject({
      outcome: 'rolled-back',
      'pull-request-url': opened?.html_url,
      'incident-path': `incidents/${incident}.md`,
    });
    const branch = `rollback-plan/${incident}`;
    expect(await fileOn(branch, `incidents/${incident}.md`)).toContain(button.reason);

    const second = await run({
      caller: 'rollback.yml',
      inputs: { ...button, incident, reason: 'pressed once more' },
      env: { GITHUB_RUN_ID: '2' },
    });
    expect(second.outputs['act']).toMatchObject({ outcome: 'already-there', incident });
    expect(second.outputs['report']?.['pull-request-url']).toBe(opened?.html_url);
    expect(await pullRequests()).toHaveLength(1);
    expect(await fileOn(branch, `incidents/${incident}.md`)).toContain('pressed once more');
  });

  test('an acting job that was killed with -9 is recorded as interrupted', async () => {
    const { namespace, api, user, run, pullRequests, fileOn } = await setWorkflowScene(stage, recorded);
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2' });
    const pressed = await run({
      caller: 'rollback.yml',
      inputs: button,
      started: () => killWhileActing(join(user.folder, '..')),
    });
    expect(pressed.jobs.slice(0, 2)).toEqual(['Plan success', 'Act failure']);
    expect(pressed.code).toBe(1);
    const incident = pressed.outputs['plan']?.['incident'] ?? '';
    const [artifact = ''] = pressed.artifacts;
    const journal = parseJournal(await readText(pressed.artifact(artifact), incident, 'journal.jsonl'));
    expect(journal.at(-1)).toMatchObject({ type: 'intent' });
    expect(processesOf(namespace)).toEqual([]);

    expect(pressed.jobs).toContain('Record success');
    expect(pressed.outputs['report']).toMatchObject({ outcome: 'interrupted', incident });
    const [opened] = await pullRequests();
    expect(opened?.head.ref).toBe(`rollback-plan/${incident}`);
    expect(await fileOn(`rollback-plan/${incident}`, `incidents/${incident}.md`)).toMatch(/interrupted/i);
  });
});
