// The record of a run that can't tell its own story: killed in the act, or gone without a trace.

import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import {
  type OwnStage,
  onePlan,
  processesLeftOf,
  setScene,
  setStage,
  untilActing,
} from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('report', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
  });
  afterAll(() => stage?.stop());

  /** A later job: another process that finds what the acting one left in its folder. */
  const report = (
    workspace: string,
    temp: string,
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun> =>
    runAction({
      inputs: { mode: 'report', plan: 'rollback.yml', incident: 'INC-7', ...inputs },
      workspace,
      temp,
      kubeconfig: stage.cluster.kubeconfig,
      path: [dirname(helm), dirname(stage.kubectl)],
    });

  test('a run killed in the act is told as interrupted, with what is there now', async () => {
    const on = await setScene(stage, helm, onePlan);
    const api = on.release('api');
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2', hangingHook: 'true' });
    let temp = '';
    await on.press({ incident: 'INC-7' }, async (child, folder) => {
      temp = folder;
      await untilActing(folder, api);
      child.kill('SIGKILL');
    });
    expect(await processesLeftOf(on.namespace)).toEqual([]);

    const run = await report(on.workspace, temp);
    expect([run.outputs['outcome'], run.outputs['incident'], run.code]).toEqual(['interrupted', 'INC-7', 0]);
    expect(run.incident).toContain('pending-rollback');
    expect(run.incident).toContain('interrupted');
    expect(run.journal.map((event) => event['type'])).toEqual(
      expect.arrayContaining(['run-started', 'intent', 'found']),
    );
    // It looked, and did nothing.
    expect(await api.history()).toMatch(/pending-rollback$/);
  });

  test('a run that left nothing at all is told as lost, with what is there now', async () => {
    const on = await setScene(stage, helm, onePlan);
    await on.release('api').deploy({ version: '1' });
    const temp = await mkdtemp(join(stage.folder, 'empty-'));
    const run = await report(on.workspace, temp, { reason: 'errors at checkout' });
    expect([run.outputs['outcome'], run.outputs['reason-code'], run.code]).toEqual([
      'interrupted',
      'run-lost',
      0,
    ]);
    expect(run.incident).toContain('revision 1');
  });

  test('a run that ended is told as it ended, and a report of a report adds nothing', async () => {
    const on = await setScene(stage, helm, onePlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    let temp = '';
    const press = await on.press({ incident: 'INC-7' }, (_child, folder) => {
      temp = folder;
    });
    const first = await report(on.workspace, temp);
    expect([verdictOf(press), verdictOf(first)]).toEqual(['rolled-back - exit 0', 'rolled-back - exit 0']);
    expect(first.incident).toContain('rolled-back');
    expect(await api.liveVersion()).toBe('1');
    expect((await readdir(join(temp, 'rollback-plan'))).sort()).toEqual(['INC-7', 'INC-7-2']);
    const second = await report(on.workspace, temp);
    expect(second.incident.match(/^\| \d{4}-\d\d-\d\dT/gm)).toEqual(
      first.incident.match(/^\| \d{4}-\d\d-\d\dT/gm),
    );
  });

  test('without a cluster and without a plan there still is a record, and it is red while nothing says where it goes', async () => {
    const on = await setScene(stage, helm, onePlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    let temp = '';
    await on.press({ incident: 'INC-7' }, (_child, folder) => {
      temp = folder;
    });
    const elsewhere = join(stage.folder, 'no-plan-here');
    await mkdir(elsewhere, { recursive: true });
    const inputs = { mode: 'report', incident: 'INC-7' };
    const unsaid = await runAction({ inputs, workspace: elsewhere, temp });
    expect([unsaid.outputs['outcome'], unsaid.code]).toEqual(['rolled-back', 1]);
    expect(unsaid.incident).toContain('revision 1');
    expect(unsaid.summary).toContain('nothing says where the record goes');
    const nowhere = await runAction({ inputs: { ...inputs, publish: 'none' }, workspace: elsewhere, temp });
    expect([nowhere.outputs['outcome'], nowhere.code]).toEqual(['rolled-back', 0]);
    expect(nowhere.incident).toContain('revision 1');
  });
});
