// What a tired person does next: presses again after a failure, a kill, or a change by somebody else. Each of these once
// led to a wrong version or to a green that nobody had seen.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { verdictOf } from '../support/runner.ts';
import {
  type OwnStage,
  onePlan,
  pins,
  processesOf,
  type Scene,
  setScene,
  setStage,
  untilActing,
  untilJournalled,
} from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('pressing again', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';
  const scene = (plan: (namespace: string) => string): Promise<Scene> => setScene(stage, helm, plan);
  const phases = (steps: string): ((namespace: string) => string) => {
    return (namespace) => onePlan(namespace, `phases:\n  - name: application\n    steps:\n${steps}`);
  };

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
  });
  afterAll(() => stage?.stop());

  test('after a rollback that failed, it is finished, not turned into a deployment of the bad version', async () => {
    const hasty = (namespace: string): string =>
      onePlan(namespace).replace('release: api }', 'release: api, timeout: 3s }');
    const { release, press } = await scene(hasty);
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2', behaviour: 'crash' }, ['--wait=false']);
    await api.deploy({ version: '3' });
    const first = await press();
    expect([verdictOf(first), pins(first)]).toEqual(['halted command-failed exit 1', ['api 3 → 2']]);
    expect(await api.history()).toBe('1 superseded, 2 superseded, 3 deployed, 4 failed');
    const second = await press({ 'dry-run': 'true' });
    expect(pins(second)).toEqual(['api 3 → 2']);
  });

  test('the bad version deployed again after a rollback is gone back from again', async () => {
    const { release, press } = await scene(onePlan);
    const api = release('api');
    await api.deploy({ version: '1' });
    for (let round = 0; round < 2; round++) {
      await api.deploy({ version: '2' });
      const seen = [verdictOf(await press()), await api.liveVersion()];
      expect([...seen, verdictOf(await press()), await api.liveVersion()]).toEqual([
        'rolled-back - exit 0',
        '1',
        'already-there - exit 0',
        '1',
      ]);
    }
  });

  test('after a run that was killed, the operation that it left pending is finished, and nobody else’s', async () => {
    const { release, press } = await scene(phases('      - { rollback: api, timeout: 6s, retries: 0 }\n'));
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2', hangingHook: 'true' });
    await api.deploy({ version: '3' });
    await press({}, async (child, temp) => {
      await untilActing(temp, api);
      child.kill('SIGKILL');
    });
    expect(await api.history()).toContain('4 pending-rollback');
    // Without the journal in the target nobody could tell whose operation that is.
    expect(verdictOf(await press({ override: 'local-journal' }))).toBe('refused operation-pending exit 1');
    const second = await press({ 'dry-run': 'true' });
    expect([verdictOf(second), pins(second)]).toEqual(['planned - exit 0', ['api 3 → 2']]);
  });

  test.each([
    ['its condition is not met', "      - { rollback: api, if: '${{ false }}' }\n"],
    ['its failure is ignored', '      - { rollback: api, on-failure: continue, timeout: 6s, retries: 0 }\n'],
  ])('a component that did not go back is never green: %s', async (_, steps) => {
    const { release, press } = await scene(phases(steps));
    const api = release('api');
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2' });
    const run = await press();
    expect(verdictOf(run)).toBe('failed component-not-moved exit 1');
    expect(run.outputs['reason-code']).toBe('component-not-moved');
  });

  test('somebody else’s deployment between the decision and the act is not rolled over', async () => {
    const wait = 'while [ ! -e deployed ]; do sleep 0.1; done';
    const steps = `      - { name: wait, run: '${wait}' }\n      - { rollback: api }\n`;
    const { workspace, release, press } = await scene(phases(steps));
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const run = await press({}, async (_, temp) => {
      await untilJournalled(temp, '"type":"intent"');
      await api.deploy({ version: '3' });
      await writeFile(join(workspace, 'deployed'), '');
    });
    expect([verdictOf(run), await api.liveVersion()]).toEqual(['halted live-changed exit 1', '3']);
  });

  test('what the server would refuse is refused before anything changes, and an override tries it', async () => {
    const { namespace, release, press } = await scene(onePlan);
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    // Somebody took the image over by hand: Helm 4 would fail with a conflict half-way.
    const kubectl = [
      'set',
      'image',
      'deployment/api',
      'app=registry.example/by-hand:1',
      '--namespace',
      namespace,
    ];
    await new Promise<void>((done, fail) =>
      execFile(stage.kubectl, [`--kubeconfig=${stage.cluster.kubeconfig}`, ...kubectl], (error) =>
        error === null ? done() : fail(error),
      ),
    );
    const before = await api.history();
    const refused = await press();
    expect([verdictOf(refused), await api.history()]).toEqual(['refused server-refusal exit 1', before]);
    expect(refused.summary).toContain('kubectl-set');
    expect(verdictOf(await press({ 'dry-run': 'true' }))).toBe('refused server-refusal exit 1');
    const tried = await press({ override: 'server-refusal' });
    expect(verdictOf(tried)).toMatch(/^halted/);
    expect(tried.summary).toContain('Overridden by');
  });

  test.each([200, 400, 600, 900])(
    'cancelled %i ms after its start, it never says refused',
    async (milliseconds) => {
      const { namespace, release, press } = await scene(onePlan);
      const api = release('api');
      await api.deploy({ version: '1' });
      await api.deploy({ version: '2' });
      const run = await press({}, async (child) => {
        await sleep(milliseconds);
        child.kill('SIGINT');
      });
      // Before our handler stands, Node dies of the signal itself; nothing was read or written then.
      const verdict = run.code === null ? 'died' : verdictOf(run);
      expect(['died', 'interrupted cancelled exit 1', 'rolled-back - exit 0']).toContain(verdict);
      expect(processesOf(namespace)).toEqual([]);
    },
  );

  test('a reader that goes away does not stop the rollback', async () => {
    const { release, press } = await scene(onePlan);
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const run = await press({}, (child) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
    expect([verdictOf(run), await api.liveVersion()]).toEqual(['rolled-back - exit 0', '1']);
  });
});
