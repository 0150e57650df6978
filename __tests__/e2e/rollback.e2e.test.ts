// The thin path through the bundle on a real cluster: histories that mislead naive tools, refusals that change nothing,
// failures that are told truthfully, hooks that hang, and the runner's signals. Each with Helm 3 and Helm 4.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { parseJournal, verdictOf } from '../support/runner.ts';
import {
  type OwnStage,
  onePlan,
  pins,
  processesLeftOf,
  processesOf,
  type Scene,
  setScene,
  setStage,
  untilActing,
} from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

let stage: OwnStage<'helm3' | 'helm4'>;

beforeAll(async () => {
  if (parts.ready) stage = await setStage('helm3', 'helm4');
});
afterAll(() => stage?.stop());

const scene = (helm: string, plan: (namespace: string) => string): Promise<Scene> =>
  setScene(stage, helm, plan);

const twoPlan = (namespace: string): string => `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api, timeout: 10s } }
  web: { uses: helm-release, with: { release: web, timeout: 10s } }
phases:
  - name: application
    parallel: true
    steps: [{ rollback: api, retries: 0 }, { rollback: web, retries: 0 }]
`;

describeReal.each([['3'], ['4']] as const)('with Helm %s', (major) => {
  const helm = (): string => (major === '3' ? stage.tools.helm3 : stage.tools.helm4);

  test('good, good, bad: previous is the second good, and pressing twice makes no new revision', async () => {
    const { release, press } = await scene(helm(), onePlan);
    const api = release('api');
    for (const version of ['1', '2', '3']) await api.deploy({ version });

    const first = await press({ reason: 'error rate 40 %' });
    expect([verdictOf(first), pins(first), await api.liveVersion()]).toEqual([
      'rolled-back - exit 0',
      ['api 3 → 2'],
      '2',
    ]);
    const after = await api.history();
    expect(after).toBe('1 superseded, 2 superseded, 3 superseded, 4 deployed');

    const second = await press();
    expect([verdictOf(second), await api.liveVersion(), await api.history()]).toEqual([
      'already-there - exit 0',
      '2',
      after,
    ]);
  });

  test('after a failed upgrade the last good revision is chosen, not the failed one', async () => {
    const { release, press } = await scene(helm(), onePlan);
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    expect(await api.deploy({ version: '3', behaviour: 'crash' }, ['--timeout', '4s'])).not.toBe(0);
    expect(await api.history()).toBe('1 superseded, 2 deployed, 3 failed');

    const run = await press();
    expect([verdictOf(run), pins(run), await api.liveVersion()]).toEqual([
      'rolled-back - exit 0',
      ['api 3 → 2'],
      '2',
    ]);
  });

  test('after an upgrade that Helm rolled back by itself nothing is touched', async () => {
    const { release, press } = await scene(helm(), onePlan);
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const atomic = major === '3' ? '--atomic' : '--rollback-on-failure';
    expect(await api.deploy({ version: '3', behaviour: 'crash' }, [atomic, '--timeout', '4s'])).not.toBe(0);
    const before = await api.history();
    expect(await api.liveVersion()).toBe('2');

    const run = await press();
    expect([verdictOf(run), await api.liveVersion(), await api.history()]).toEqual([
      'already-there - exit 0',
      '2',
      before,
    ]);
  });

  test('an explicit revision is taken as it is named', async () => {
    const { release, press } = await scene(helm(), onePlan);
    const api = release('api');
    for (const version of ['1', '2', '3']) await api.deploy({ version });
    const run = await press({ to: 'api=1' });
    expect([verdictOf(run), pins(run), await api.liveVersion()]).toEqual([
      'rolled-back - exit 0',
      ['api 3 → 1'],
      '1',
    ]);
  });

  describe('what is refused changes nothing', () => {
    let set: Scene;
    beforeAll(async () => {
      set = await scene(helm(), onePlan);
      for (const version of ['1', '2']) await set.release('api').deploy({ version });
    });

    test.each([
      ['last-good', 'refused last-good-unknown exit 1'],
      ['api=9', 'refused to-unknown-version exit 1'],
      ['web=1', 'refused to-invalid exit 1'],
      ['2', 'refused to-invalid exit 1'],
    ])('to: %s', async (to, expected) => {
      const run = await set.press({ to });
      const { liveVersion, history } = set.release('api');
      expect([verdictOf(run), await liveVersion(), await history()]).toEqual([
        expected,
        '2',
        '1 superseded, 2 deployed',
      ]);
      expect(run.summary).toContain('Refused');
    });
  });

  test('a dry run prints the command and the difference, and changes nothing', async () => {
    const { namespace, release, press } = await scene(helm(), onePlan);
    const api = release('api');
    for (const version of ['1', '2']) await api.deploy({ version });
    const before = await api.history();
    const run = await press({ 'dry-run': 'true' });
    expect([verdictOf(run), await api.history()]).toEqual(['planned - exit 0', before]);
    expect(run.summary).toContain(`helm rollback api 1 --namespace ${namespace}`);
    expect(run.summary).toContain('-        - image: registry.example/api:2');
    expect(run.summary).toContain('+        - image: registry.example/api:1');
    expect(run.outputs['digest']).toMatch(/^sha256:[0-9a-f]{64}$/);

    const approved = await press({ digest: run.outputs['digest'] ?? '' });
    expect(verdictOf(approved)).toBe('rolled-back - exit 0');
  });

  test('an approval of something else is refused', async () => {
    const { release, press } = await scene(helm(), onePlan);
    const api = release('api');
    for (const version of ['1', '2']) await api.deploy({ version });
    const planned = await press({ 'dry-run': 'true' });
    await api.deploy({ version: '3' });
    const before = await api.history();
    const run = await press({ digest: planned.outputs['digest'] ?? '' });
    expect([verdictOf(run), await api.history()]).toEqual(['refused digest-mismatch exit 1', before]);
  });

  test('one of two components fails: halted, and the other one is reported as what it is', async () => {
    const { release, press } = await scene(helm(), twoPlan);
    const [api, web] = [release('api'), release('web')];
    await api.deploy({ version: '1' });
    // The version to go back to never becomes ready: Helm is told not to wait, so it counts as deployed.
    await web.deploy({ version: '1', behaviour: 'crash' }, ['--wait=false']);
    await api.deploy({ version: '2' });
    await web.deploy({ version: '2' });

    const run = await press();
    expect(verdictOf(run)).toMatch(/^halted (command-failed|step-not-verified|command-timeout) exit 1$/);
    expect(await api.liveVersion()).toBe('1');
    const steps = run.journal
      .filter((event) => event['type'] === 'step-finished')
      .map((event) => `${event['component']} ${event['status']}`);
    expect([...steps].sort()).toEqual(['api succeeded', 'web failed']);
    expect(run.outputs['failed-step']).toContain('web');
    expect(run.incident).toContain('api');
  });

  test('a hook that hangs ends at its deadline and leaves no process', async () => {
    const plan = (namespace: string): string =>
      onePlan(
        namespace,
        'phases:\n  - name: application\n    steps: [{ rollback: api, timeout: 6s, retries: 0 }]\n',
      );
    const { namespace, release, press } = await scene(helm(), plan);
    const api = release('api');
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2' });
    const run = await press();
    expect(verdictOf(run)).toBe('halted command-timeout exit 1');
    expect(processesOf(namespace)).toEqual([]);
    expect(run.milliseconds).toBeLessThan(30_000);
  });

  test('the runner’s signals leave a parsable journal, no living child, and a record that says interrupted', async () => {
    const { namespace, release, press } = await scene(helm(), onePlan);
    const api = release('api');
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2' });
    const run = await press({ reason: 'cancelled by hand' }, async (child, temp) => {
      await untilActing(temp, api);
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGINT');
      await Promise.race([ended, sleep(7_500)]);
      if (child.exitCode === null) child.kill('SIGTERM');
      await Promise.race([ended, sleep(2_500)]);
      if (child.exitCode === null) child.kill('SIGKILL');
    });
    expect(verdictOf(run)).toBe('interrupted cancelled exit 1');
    expect(run.journal.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'interrupted' });
    expect(run.incident).toMatch(/interrupted/i);
    expect(run.summary).toMatch(/interrupted/i);
    expect(processesOf(namespace)).toEqual([]);
  });
});

describeReal('killed with -9', () => {
  test('the journal parses, the intent stands without done, and no child lives on', async () => {
    const { namespace, release, press } = await scene(stage.tools.helm4, onePlan);
    const api = release('api');
    await api.deploy({ version: '1', hangingHook: 'true' });
    await api.deploy({ version: '2' });
    let journal = '';
    await press({}, async (child, temp) => {
      journal = await untilActing(temp, api);
      child.kill('SIGKILL');
    });
    const events = parseJournal(await readFile(journal, 'utf8'));
    expect(events.at(-1)).toMatchObject({ type: 'intent' });
    expect(await processesLeftOf(namespace)).toEqual([]);
  });
});
