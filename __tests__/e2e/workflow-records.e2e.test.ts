// What the record job does with what the acting job left: a pull request, the same one again for the same incident, and
// the truth about a job that was killed. Run by act; cluster, forge, Helm and bundle are real.

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { readText } from '../support/act.ts';
import { parseJournal } from '../support/runner.ts';
import { onePlan, processesOf } from '../support/scene.ts';
import {
  setWorkflowScene,
  setWorkflowStage,
  type WorkflowScene,
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

/** Kills the bundle of the job whose journal says that it began to act. */
async function killWhileActing({ user, api }: WorkflowScene): Promise<void> {
  for (let look = 0; look < 2_400; look++) {
    for (const journal of await user.journals()) {
      const text = await readFile(journal, 'utf8').catch(() => '');
      if (!text.includes('"type":"intent"')) continue;
      await api.untilRollingBack();
      const job = journal.slice(0, journal.indexOf('/tmp/rollback-plan/'));
      const listing = execFileSync('ps', ['-eo', 'pid,args', '--no-headers', '--width', '2000'], {
        encoding: 'utf8',
      });
      const bundle = listing
        .split('\n')
        .find((line) => line.includes(`${job}/`) && line.includes('dist/index.js'));
      if (bundle === undefined) throw new Error(`nothing runs in ${job}:\n${text}`);
      process.kill(Number.parseInt(bundle, 10), 'SIGKILL');
      return;
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
    });
    expect(second.outputs['act']).toMatchObject({ outcome: 'already-there', incident });
    expect(second.outputs['report']?.['pull-request-url']).toBe(opened?.html_url);
    expect(await pullRequests()).toHaveLength(1);
    // The story stays that of the run that changed something; the press that found it done joins the list of runs.
    const record = await fileOn(branch, `incidents/${incident}.md`);
    expect(record.match(/^\| \d{4}-\d\d-\d\dT.*\|$/gm)).toEqual([
      expect.stringContaining('rolled back'),
      expect.stringContaining('already there'),
    ]);
  });

  test('an acting job that was killed with -9 is recorded as interrupted', async () => {
    const scene = await setWorkflowScene(stage, recorded);
    const { namespace, api, run, pullRequests, fileOn } = scene;
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2' });
    const pressed = await run({
      caller: 'rollback.yml',
      inputs: button,
      started: () => killWhileActing(scene),
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
