// After a deploy, on a real cluster and with the real Helm: quiet is noted, bad is taken back and red, blind is neither.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import {
  type OwnStage,
  onePlan,
  pins,
  type Scene,
  setScene,
  setStage,
  untilJournalled,
} from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'helm3', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal.each([['helm3'], ['helm4']] as const)('verify with %s', (helmName) => {
  // What does not depend on Helm's records is told once.
  const once = helmName === 'helm4';
  let stage: OwnStage<'helm3' | 'helm4'>;
  let helm = '';
  const scene = (plan: (namespace: string) => string): Promise<Scene> => setScene(stage, helm, plan);
  /** A check that is quick to judge, so that a bad deploy takes seconds and not the default minute. */
  const quickPlan = (namespace: string): string =>
    onePlan(namespace).replace(
      'with: { workload: deployment/api } }',
      'with: { workload: deployment/api }, within: 2s, every: 500ms, failures: 2 }',
    );
  const verify = (on: Scene, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    on.press({ mode: 'verify', window: '4s', to: 'last-good', ...inputs });
  /** The ledger as anybody may read it with kubectl: the labels of each snapshot, newest first. */
  const ledger = async (namespace: string): Promise<readonly string[]> => {
    const { status, body } = await stage.cluster.call(
      'GET',
      `/api/v1/namespaces/${namespace}/configmaps/rollback-plan-ledger`,
    );
    if (status === 404) return [];
    const { data } = JSON.parse(JSON.stringify(body));
    const page = JSON.parse(data.shop);
    return page.snapshots.map(
      (each: { components: { api: { version: string } } }) => each.components.api.version,
    );
  };

  beforeAll(async () => {
    stage = await setStage(helmName);
    helm = stage.tools[helmName];
  });
  afterAll(() => stage?.stop());

  test('good deploys are noted, once each; a bad one goes back to the last good, and the run is red', async () => {
    const on = await scene(quickPlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    expect([verdictOf(await verify(on)), await ledger(on.namespace)]).toEqual(['verified - exit 0', ['1']]);
    expect([verdictOf(await verify(on)), await ledger(on.namespace)]).toEqual(['verified - exit 0', ['1']]);
    await api.deploy({ version: '2' });
    expect([verdictOf(await verify(on)), await ledger(on.namespace)]).toEqual([
      'verified - exit 0',
      ['2', '1'],
    ]);

    await api.deploy({ version: '3', behaviour: 'crash' }, ['--wait=false']);
    const bad = await verify(on, { window: '20s' });
    expect([verdictOf(bad), pins(bad), await api.liveVersion(), await ledger(on.namespace)]).toEqual([
      'rolled-back deploy-rolled-back exit 1',
      ['api 3 → 2'],
      '2',
      ['2', '1'],
    ]);
    expect(bad.summary).toContain('the deploy was bad');
    expect(bad.incident).toContain('deploy-rolled-back');

    // The button, pressed by somebody who saw the red run: it is done already.
    const pressed = await on.press({ to: 'last-good' });
    expect([verdictOf(pressed), await api.liveVersion()]).toEqual(['already-there - exit 0', '2']);
  });

  if (!once) return;

  test('a rollback is fine where the caller says so; a dry run only says what it would do', async () => {
    const on = await scene(quickPlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    const quiet = await verify(on, { 'dry-run': 'true' });
    expect([verdictOf(quiet), await ledger(on.namespace)]).toEqual(['verified - exit 0', []]);
    await api.deploy({ version: '2', behaviour: 'crash' }, ['--wait=false']);
    const dry = await verify(on, { window: '15s', to: 'previous', 'dry-run': 'true' });
    expect([verdictOf(dry), await api.liveVersion()]).toEqual(['failed check-failed exit 1', '2']);
    expect(dry.summary).toContain('helm rollback api 1');
    const fine = await verify(on, { window: '15s', to: 'previous', 'fail-on-rollback': 'false' });
    expect([verdictOf(fine), await api.liveVersion()]).toEqual([
      'rolled-back deploy-rolled-back exit 0',
      '1',
    ]);
  });

  test('without a good version on record, a bad deploy is red and stays, and the words to type are there', async () => {
    const on = await scene(quickPlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2', behaviour: 'crash' }, ['--wait=false']);
    const bad = await verify(on, { window: '20s' });
    expect([verdictOf(bad), await api.liveVersion()]).toEqual(['refused last-good-unknown exit 1', '2']);
    expect(bad.summary).toContain('the deploy is bad');
    expect(bad.summary).toContain('to: api=1');
  });

  test('a deploy that changes under the watch is not noted', async () => {
    const on = await scene(quickPlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    const run = await on.press({ mode: 'verify', window: '12s' }, async (_child, temp) => {
      await untilJournalled(temp, '"type":"watch-started"');
      await api.deploy({ version: '2' }, ['--wait=false']);
    });
    expect([verdictOf(run), await ledger(on.namespace)]).toEqual(['inconclusive live-changed exit 1', []]);
    expect(run.summary).toContain('revision 2');
  });

  test('a cancelled watch changes nothing and says so', async () => {
    const on = await scene(quickPlan);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    const before = await api.history();
    const run = await on.press({ mode: 'verify', window: '60s' }, async (child, temp) => {
      await untilJournalled(temp, '"type":"watch-started"');
      child.kill('SIGINT');
    });
    expect([verdictOf(run), await api.history(), await ledger(on.namespace)]).toEqual([
      'interrupted cancelled exit 1',
      before,
      [],
    ]);
  });

  describe('what users see over HTTP', () => {
    let front: Server;
    let answers: (look: number) => number | 'reset' = () => 200;
    let looks = 0;
    let url = '';
    beforeAll(async () => {
      front = createServer((request, response) => {
        looks += 1;
        const answer = answers(looks);
        if (answer === 'reset') request.socket.destroy();
        else response.writeHead(answer).end();
      });
      await new Promise<void>((ready) => front.listen(0, '127.0.0.1', ready));
      url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/`;
    });
    afterAll(() => new Promise((closed) => front.close(closed)));

    const triggered = (namespace: string, more = ''): string => `${onePlan(namespace)}
triggers:
  errors:
    check: { uses: http, with: { url: "${url}" } }
    every: 300ms
    failures: 3
    scenario: full
scenarios: { full: { phases: all }, other: { default: true, phases: [nothing] } }
phases:
  - { name: nothing, steps: [{ run: "true" }] }
  - { name: application, steps: [{ rollback: api }] }
${more}`;

    test.each<[string, (look: number) => number | 'reset', string]>([
      [
        'a trigger that holds calls for its own scenario',
        (look) => (look < 4 || look > 6 ? 200 : 503),
        'rolled-back deploy-rolled-back exit 1',
      ],
      [
        'two bad looks between good ones are no trigger',
        (look) => (look % 4 < 2 ? 503 : 200),
        'verified - exit 0',
      ],
      [
        'what users can’t reach is bad, too',
        (look) => (look < 4 || look > 6 ? 200 : 'reset'),
        'rolled-back deploy-rolled-back exit 1',
      ],
    ])('%s', async (_title, by, expected) => {
      const on = await scene((namespace) => triggered(namespace));
      const api = on.release('api');
      await api.deploy({ version: '1' });
      await api.deploy({ version: '2' });
      looks = 0;
      answers = by;
      const run = await verify(on, { to: 'previous', window: '5s' });
      expect(verdictOf(run)).toBe(expected);
      expect(await api.liveVersion()).toBe(expected.startsWith('rolled') ? '1' : '2');
    });

    test('a measurement that tells nothing is neither a pass nor a reason to roll back', async () => {
      const on = await scene((namespace) =>
        triggered(namespace).replace(`url: "${url}"`, 'url: "http://no-such-name.invalid/"'),
      );
      const api = on.release('api');
      await api.deploy({ version: '1' });
      await api.deploy({ version: '2' });
      const run = await verify(on, { to: 'previous', window: '3s' });
      expect([verdictOf(run), await api.liveVersion(), await ledger(on.namespace)]).toEqual([
        'inconclusive check-inconclusive exit 1',
        '2',
        [],
      ]);
    });
  });
});
