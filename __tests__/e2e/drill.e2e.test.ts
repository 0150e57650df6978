// The rehearsal on a real cluster: only where it is allowed, noticed, taken back, everything as it was, and measured.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, type Scene, setScene, setStage } from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal.each([['helm3'], ['helm4']] as const)('drill with %s', (helmName) => {
  let stage: OwnStage<'helm3' | 'helm4'>;
  let helm = '';

  beforeAll(async () => {
    stage = await setStage(helmName);
    helm = stage.tools[helmName];
  });
  afterAll(() => stage?.stop());

  const breaking =
    (more: string, with_ = '') =>
    (namespace: string): string =>
      onePlan(
        namespace,
        `drill:
  detect-within: 15s
  break:
${more}
${with_}`,
      ).replace('deployment/api } }', 'deployment/api }, within: 20s, every: 300ms, failures: 2 }');
  const deployBad = (namespace: string): string =>
    breaking(
      `    - { run: 'helm upgrade api "$CHART" --namespace ${namespace} --set-string version=9 --set-string behaviour=crash', env: { CHART: "${stage.chart}" } }`,
    )(namespace);
  const allow = (namespace: string): Promise<unknown> =>
    stage.cluster.call('PATCH', `/api/v1/namespaces/${namespace}`, {
      metadata: { labels: { 'rollback-plan.dev/drill': 'allowed' } },
    });
  const drill = (on: Scene, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    on.press({ mode: 'drill', ...inputs });
  const events = (run: ActionRun, type: string): readonly Readonly<Record<string, unknown>>[] =>
    run.journal.filter((event) => event['type'] === type);

  test('a bad version is noticed, taken back, and everything is as it was, with the times measured', async () => {
    const on = await setScene(stage, helm, deployBad);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    await allow(on.namespace);
    const run = await drill(on);
    expect([verdictOf(run), await api.liveVersion()]).toEqual(['verified - exit 0', '2']);
    expect(events(run, 'drill-compared')).toMatchObject([{ component: 'api', same: true }]);
    const measured = Object.fromEntries(
      events(run, 'drill-measured').map((event) => [event['name'], Number(event['durationMs'])]),
    );
    expect(Object.keys(measured)).toEqual(['noticed', 'rolled-back', 'served-again']);
    expect(measured['noticed']).toBeLessThan(40_000);
    expect(measured['served-again']).toBeGreaterThan(Number(measured['noticed']));
    // What the drill put out really was out: the bad revision is in Helm's own history, and the way back after it.
    expect(await api.history()).toMatch(/^1 superseded, 2 superseded, 3 \w+, 4 deployed$/);
    expect(run.summary.toLowerCase()).toContain('drill');
  });

  if (helmName === 'helm3') return; // What does not depend on Helm's records is told once.

  test('a namespace that is not marked is refused, and so is one that only a setting names', async () => {
    const on = await setScene(stage, helm, deployBad);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    const before = await api.history();
    const run = await drill(on);
    expect([verdictOf(run), await api.history()]).toEqual(['refused drill-target-unmarked exit 1', before]);
    expect(run.summary).toContain(`kubectl label namespace ${on.namespace} rollback-plan.dev/drill=allowed`);

    const elsewhere = await setScene(stage, helm, (namespace) =>
      deployBad(namespace).replace('release: api }', `release: api, namespace: ${on.namespace} }`),
    );
    await elsewhere.release('api').deploy({ version: '1' });
    await allow(elsewhere.namespace);
    const other = await drill(elsewhere);
    expect([verdictOf(other), await api.history()]).toEqual(['refused drill-target-unmarked exit 1', before]);
  });

  test('a target that is not well to begin with is not broken further', async () => {
    const on = await setScene(stage, helm, (namespace) =>
      deployBad(namespace).replace('within: 20s', 'within: 1s'),
    );
    const api = on.release('api');
    await api.deploy({ version: '1', behaviour: 'crash' }, ['--wait=false']);
    await allow(on.namespace);
    const before = await api.history();
    const run = await drill(on);
    expect([verdictOf(run), await api.history()]).toEqual(['refused drill-not-steady exit 1', before]);
  });

  test('a bad version that nothing notices fails the drill and is taken back all the same', async () => {
    const on = await setScene(stage, helm, (namespace) =>
      deployBad(namespace)
        .replace('--set-string behaviour=crash', '')
        .replace('detect-within: 15s', 'detect-within: 3s')
        // The rollout itself must not be noticed, however slow this machine is.
        .replace('failures: 2', 'failures: 9'),
    );
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await allow(on.namespace);
    const run = await drill(on);
    expect([verdictOf(run), await api.liveVersion()]).toEqual(['failed drill-not-noticed exit 1', '1']);
    expect(events(run, 'drill-compared')).toMatchObject([{ same: true }]);
  });

  test('restore runs although the bad version could not be put out; a break that changes nothing is said', async () => {
    const on = await setScene(
      stage,
      helm,
      breaking("    - { run: 'exit 3' }", "  restore:\n    - { name: clean up, run: 'echo put back' }"),
    );
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await allow(on.namespace);
    const run = await drill(on);
    expect([verdictOf(run), await api.liveVersion()]).toEqual(['failed command-failed exit 1', '1']);
    expect(events(run, 'step-finished')).toContainEqual(
      expect.objectContaining({ title: 'clean up', status: 'succeeded' }),
    );

    const harmless = await setScene(stage, helm, (namespace) =>
      breaking(`    - { run: 'kubectl -n ${namespace} label pods -l app=api touched=yes' }`)(
        namespace,
      ).replace('detect-within: 15s', 'detect-within: 2s'),
    );
    await harmless.release('api').deploy({ version: '1' });
    await allow(harmless.namespace);
    expect(verdictOf(await drill(harmless))).toBe('failed drill-not-noticed exit 1');
  });

  test('a component that the plan’s rollback does not reach is found out', async () => {
    const on = await setScene(stage, helm, (namespace) =>
      deployBad(namespace)
        .replace('components:\n', 'components:\n  web: { uses: helm-release, with: { release: web } }\n')
        .replace('drill:', 'phases: [{ name: application, steps: [{ rollback: web }] }]\ndrill:'),
    );
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await on.release('web').deploy({ version: '1' });
    await allow(on.namespace);
    const run = await drill(on);
    expect(verdictOf(run)).toBe('failed drill-not-restored exit 1');
    expect(run.summary).toContain('api was revision 1');
  });

  test('a restore that breaks users fails the drill, although the rollback had worked', async () => {
    const on = await setScene(stage, helm, (namespace) => {
      const restore = `  restore: [{ run: 'kubectl -n ${namespace} scale deployment/api --replicas=0' }]`;
      return `${deployBad(namespace).trimEnd()}\n${restore}\n`.replace('within: 20s', 'within: 2s');
    });
    await on.release('api').deploy({ version: '1' });
    await allow(on.namespace);
    const run = await drill(on);
    expect(verdictOf(run)).toBe('failed drill-not-restored exit 1');
    expect(run.summary).toContain('drill.restore');
  });

  test('a trigger that fails before anything is broken, and a component that another scenario moves elsewhere, are refused', async () => {
    const noisy = await setScene(stage, helm, (namespace) =>
      deployBad(namespace).replace(
        'drill:',
        'triggers: { errors: { check: { uses: http, with: { url: "http://127.0.0.1:1/" } }, every: 200ms } }\ndrill:',
      ),
    );
    const api = noisy.release('api');
    await api.deploy({ version: '1' });
    await allow(noisy.namespace);
    const before = await api.history();
    expect([verdictOf(await drill(noisy)), await api.history()]).toEqual([
      'refused drill-not-steady exit 1',
      before,
    ]);

    // Only the namespace that the default scenario names carries the label.
    const moving = await setScene(stage, helm, (namespace) =>
      deployBad(namespace)
        .replace(
          'release: api }',
          `release: api, namespace: "\${{ incident.scenario == 'full' && '${noisy.namespace}' || '${namespace}' }}" }`,
        )
        .replace(
          'drill:',
          `triggers: { pods: { check: { uses: rollout, with: { workload: deployment/api } }, every: 200ms, scenario: full } }
scenarios: { full: { phases: all }, other: { default: true, phases: [application] } }
phases: [{ name: application, steps: [{ rollback: api }] }]
drill:`,
        ),
    );
    await moving.release('api').deploy({ version: '1' });
    await allow(moving.namespace);
    const run = await drill(moving);
    expect([verdictOf(run), await api.history()]).toEqual(['refused drill-target-unmarked exit 1', before]);
  });

  test('a drill that could be cut off while it watches is refused', async () => {
    const on = await setScene(stage, helm, deployBad);
    await on.release('api').deploy({ version: '1' });
    await allow(on.namespace);
    expect(verdictOf(await drill(on, { timeout: '15s' }))).toBe('refused input-invalid exit 1');
  });

  test('a dry run says what would be done and does nothing; a plan without a drill says what to add', async () => {
    const on = await setScene(stage, helm, deployBad);
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await allow(on.namespace);
    const before = await api.history();
    const run = await drill(on, { 'dry-run': 'true' });
    expect([verdictOf(run), await api.history()]).toEqual(['planned - exit 0', before]);
    expect(run.summary).toContain('helm upgrade api');

    const none = await setScene(stage, helm, onePlan);
    await none.release('api').deploy({ version: '1' });
    expect(verdictOf(await drill(none))).toBe('refused drill-missing exit 1');
  });
});
