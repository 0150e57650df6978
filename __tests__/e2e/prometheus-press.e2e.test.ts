// A release whose pods are ready and whose users are not served: only Prometheus can tell. The watch asks it, takes the
// release back, and Prometheus tells that users are served again.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Front, startFront } from '../../tools/real-parts/front.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { type Prometheus, startPrometheus } from '../../tools/real-parts/prometheus.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, pins, setScene, setStage } from '../support/scene.ts';
import { scraped } from '../support/watched-scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24', 'prometheus']);
const suite = parts.ready ? describe : describe.skip;

suite('a deploy that only Prometheus sees is bad', () => {
  let stage: OwnStage<'helm4'>;
  let front: Front | undefined;
  let load: { end(): Promise<void> } | undefined;
  let server: Prometheus | undefined;

  beforeAll(async () => {
    stage = await setStage('helm4');
  });
  afterAll(async () => {
    await server?.stop();
    await load?.end();
    await front?.stop();
    await stage?.stop();
  });

  test('is taken back by its trigger, and the number is in the record', async () => {
    let url = '';
    const plan = (namespace: string): string =>
      onePlan(
        namespace,
        `triggers:
  errors:
    every: 1s
    failures: 2
    check:
      uses: prometheus
      with:
        url: ${url}
        query: sum(rate(http_requests_total{code=~"5.."}[4s])) / sum(rate(http_requests_total[4s]))
        expect: "<= 0.05"
        unit: ratio
`,
      );
    // The address has to be known to the plan, and the namespace to the front: the target comes first.
    const before = await setScene(stage, stage.tools.helm4, () => '');
    const api = before.release('api');
    await api.deploy({ version: '1' });
    front = await startFront(stage.cluster, { namespace: before.namespace, deployment: 'api' });
    load = front.load(20);
    server = await startPrometheus({ targets: [{ job: 'shop', address: front.address }] });
    await scraped(server, ['shop']);
    url = server.url;
    const { workspace } = await setScene(stage, stage.tools.helm4, () => plan(before.namespace));
    const verify = (window: string) =>
      before.press({ mode: 'verify', to: 'previous', window }, undefined, { workspace });
    const version = async (): Promise<unknown> => (await fetch(`${front?.url}/version`)).json();

    const quiet = await verify('6s');
    expect([verdictOf(quiet), await version()]).toEqual(['verified - exit 0', { version: '1' }]);

    await api.deploy({ version: '2', behaviour: 'errors' });
    const bad = await verify('30s');
    expect([verdictOf(bad), pins(bad), await version()]).toEqual([
      'rolled-back deploy-rolled-back exit 1',
      ['api 2 → 1'],
      { version: '1' },
    ]);
    expect(bad.journal.find(({ type }) => type === 'decided')).toMatchObject({
      trigger: 'errors',
      reasons: [expect.stringMatching(/^trigger errors: .* 0\.\d+ \([\d.]+ %\): expected <= 0\.05$/)],
    });
    expect(bad.incident).toMatch(/trigger errors: .* %\)/);
  });
});
