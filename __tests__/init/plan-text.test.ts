// Generated plans: valid without a single finding whatever things are called, and each comment that can be switched on
// makes a valid plan, too.

import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { drillExample } from '../../src/init/drill-text.ts';
import { planText } from '../../src/init/plan-text.ts';
import { bad, draft, found, measurable, planIn, switchOn, written } from './drafts.ts';

const hostile = ['on', 'null', 'true', '1e3', '0x10', '1.0', 'y', '2026-11-21', '0', 'a.b', 'a-b', '1-0'];

describe('a plan from a cluster', () => {
  test('names hostile to YAML stay names: of releases, targets, namespaces, services', () => {
    const namespace = '0x10';
    const { text, plan } = written(
      draft({
        source: { type: 'cluster', context: 'null', namespace },
        releases: hostile.map((name) => found(name, { workloads: [measurable(name, { namespace })] })),
      }),
    );
    expect([...plan.components.values()].map((component) => component.with)).toEqual(
      hostile.map((release) => ({ release })),
    );
    expect([...plan.components.keys()]).toEqual([
      'on',
      'null',
      'true',
      'release-1e3',
      'release-0x10',
      'release-1-0',
      'y',
      'release-2026-11-21',
      'release-0',
      'a-b',
      'a-b-2',
      'release-1-0-2',
    ]);
    expect(plan.targets.get('null')).toMatchObject({ context: 'null', namespace });
    expect(plan.verify.map((check) => check.with)).toEqual([
      { workload: hostile.map((name) => `deployment/${name}`) },
    ]);
    // Any other reader of YAML sees the same.
    expect(load(text)).toMatchObject({
      targets: { null: { context: 'null', namespace } },
      components: { 'release-1e3': { with: { release: '1e3' } } },
    });
  });

  test.each([
    ['arn:aws:eks:eu-west-1:123456789012:cluster/shop-prod', 'shop-prod'],
    ['admin@prod', 'admin-prod'],
    ['gke_my-project_europe-west1_prod', 'gke-my-project-europe-west1-prod'],
    ['кластер', 'unnamed'],
    ['a # b: {c}', 'a-b-c'],
  ])('the context %j is written as it is, and its target is called %s', (context, name) => {
    const { plan } = written(draft({ source: { type: 'cluster', context, namespace: 'shop' } }));
    expect([...plan.targets.values()]).toMatchObject([{ name, context, namespace: 'shop' }]);
  });

  test('a context that no plan can hold is not written, and that is said', () => {
    const context = `arn:${'x'.repeat(130)}`;
    const { text, plan } = written(draft({ source: { type: 'cluster', context, namespace: 'shop' } }));
    expect([...plan.targets.values()][0]).not.toHaveProperty('context');
    expect(text).toContain('# The name of the context has no form in a plan');
  });

  test('each namespace and what is scaled to zero are measured by checks of their own', () => {
    const { plan } = written(
      draft({
        releases: [
          found('shop-api', {
            workloads: [
              measurable('api'),
              measurable('agent', { kind: 'DaemonSet', namespace: 'ops' }),
              measurable('batch', { kind: 'StatefulSet', pods: 'none' }),
            ],
          }),
        ],
      }),
    );
    expect(plan.verify.map((check) => [check.name, check.with])).toEqual([
      ['the workloads are rolled out', { workload: ['deployment/api'] }],
      ['what is scaled to zero is rolled out', { workload: ['statefulset/batch'], ready: '>= 0' }],
      ['the workloads are rolled out in ops', { workload: ['daemonset/agent'], namespace: 'ops' }],
    ]);
  });

  test('where nothing can be measured, the made-up address says that it is one', () => {
    const { text, plan } = written(draft({ releases: [found('crds', { workloads: [] })] }));
    expect(plan.verify.map(({ uses }) => uses)).toEqual(['http']);
    expect(text).toContain('# CHANGE THIS: the address is made up');
  });

  test('what is not in it, and what came with the newest revision, is said in comments that stay comments', () => {
    const { text, plan } = written(
      draft({
        releases: [
          found('shop-api', {
            newWorkloads: [{ kind: 'Deployment', name: 'queue', namespace: 'shop' }],
          }),
        ],
        leftOut: ['deployment/x: made by somebody\nsecrets: [A]\u2028components: {}'],
      }),
    );
    expect(plan.secrets).toEqual([]);
    expect(text).toContain('# Not here: deployment/x: made by somebody secrets: [A] components: {}.');
    expect(text).toContain('# deployment/queue of shop-api came with the newest revision');
  });

  test.each([
    [
      '- name: users are served',
      (plan: ReturnType<typeof planIn>) => plan.verify.map(({ uses }) => uses),
      ['rollout', 'http'],
    ],
    ['severities:', (plan: ReturnType<typeof planIn>) => [...plan.severities.keys()], ['P0', 'P1']],
    [
      'environment:',
      (plan: ReturnType<typeof planIn>) => [...plan.targets.values()].map((target) => target.environment),
      ['production'],
    ],
  ])('the comment %j can be switched on', (setting, look, expected) => {
    const { text } = written(draft());
    expect(look(planIn(switchOn(text, setting)))).toEqual(expected);
  });

  test('records become pull requests where there are callers to open them', () => {
    expect(written(draft({}, ['button'])).plan.records).toMatchObject({ publish: 'pull-request' });
    const { text, plan } = written(draft());
    expect(plan.records.publish).toBe('none');
    expect(planIn(switchOn(text, 'records:')).records.publish).toBe('pull-request');
  });

  test('the heartbeat brings looks to life, and an alert says what is still missing', () => {
    const { text, plan } = written(draft({}, ['alert', 'heartbeat']));
    expect(plan.recovery.rechecksMs).toEqual([900_000, 3_600_000, 86_400_000]);
    expect(text).toMatch(/CHANGE THIS: until one stands here,[\s\S]{1,60}`alert-unknown`/);
    const { text: plain } = written(draft());
    expect(plain).not.toContain('CHANGE THIS');
    const looking = planIn(switchOn(plain, 'recovery:'));
    expect(looking.recovery.rechecksMs).toEqual(plan.recovery.rechecksMs);
    expect([...planIn(switchOn(plain, 'follow-ups:')).followUps.keys()]).toEqual([
      'postmortem',
      'root-cause',
    ]);
    expect([...planIn(switchOn(plain, 'triggers:')).alerts.keys()]).toEqual(['errors']);
  });

  test('with callers the section on records is live', () => {
    const lines = planText(draft({}, ['button'])).split('\n');
    expect(lines).toContain('records: { incidents: incidents/, publish: pull-request }');
  });
});

describe('a plan from charts', () => {
  const charts = (more: { context?: string; namespace?: string } = {}): ReturnType<typeof draft> =>
    draft({
      source: {
        type: 'charts',
        folder: '.',
        because: 'a test',
        context: undefined,
        namespace: undefined,
        ...more,
      },
      releases: [found('shop-api', { chartFolder: 'charts/shop-api', workloads: [] })],
      unmeasured: ['charts/shop-api: helm is not on the PATH'],
    });

  test('says that its names have to be checked, and where each chart is', () => {
    const { text, plan } = written(charts());
    expect([...plan.components.values()].map((component) => component.with)).toEqual([
      { release: 'shop-api' },
    ]);
    expect(text).toContain('# CHECK: no cluster was read.');
    expect(text).toContain('release: shop-api } } # charts/shop-api');
    expect(text).toContain('# Not measured: charts/shop-api: helm is not on the PATH.');
    expect([...planIn(switchOn(text, 'targets:')).targets.keys()]).toEqual(['production']);
  });

  test('takes the namespace and the context that were given', () => {
    const { plan } = written(charts({ context: 'prod', namespace: 'shop' }));
    expect([...plan.targets.values()]).toMatchObject([{ name: 'prod', context: 'prod', namespace: 'shop' }]);
    expect([...written(charts({ namespace: 'shop' })).plan.targets.keys()]).toEqual(['shop']);
  });
});

describe('workloads that Helm does not own', () => {
  const own = draft({
    releases: [found('api')],
    workloads: [measurable('api'), measurable('worker', { kind: 'StatefulSet' }), measurable('1st')],
  });

  test('become components with names of their own', () => {
    const text = planText(own);
    expect(text).toContain('  api: { uses: helm-release, with: { release: api } }');
    expect(text).toContain('  api-deployment: { uses: workload, with: { name: deployment/api } }');
    expect(text).toContain('  worker: { uses: workload, with: { name: statefulset/worker } }');
    expect(text).toContain('  deployment-1st: { uses: workload, with: { name: deployment/1st } }');
  });

  test('and the plan is valid', () => {
    expect(written(own).plan.components.get('worker')?.with).toEqual({ name: 'statefulset/worker' });
  });
});

describe('the drill', () => {
  const known = draft({
    releases: [
      found('shop-api', { knownBad: bad('shop-api') }),
      found('shop-web', { knownBad: bad('shop-web', { because: 'failed' }) }),
    ],
  });

  test('is live where a bad version is known, and says that a revision does not last', () => {
    const text = planText(known);
    const section = text.slice(text.indexOf('\ndrill:\n'));
    expect(section).toContain(
      '    # Revision 3 of shop-api was rolled back from, put out at 2026-11-20T03:12:00.000Z.',
    );
    expect(section).toContain('      with: { helm: { release: shop-api, revision: 3 } }');
    expect(section).toContain('    # Revision 3 of shop-web failed, put out at');
    expect(section).toContain('      with: { helm: { release: shop-web, revision: 3 } }');
    expect(section).toContain('# Helm prunes revisions, 10 are kept');
    expect(text).toContain('#   kubectl --context prod label namespace shop rollback-plan.dev/drill=allowed');
  });

  test('is a comment where none is known', () => {
    const text = planText(draft());
    expect(text).not.toMatch(/^drill:/m);
    expect(text).toContain('# drill:\n#   detect-within: 2m\n');
  });

  test('is valid, live and switched on', () => {
    expect(written(known).plan.drill?.break.steps.length).toBe(2);
    expect(written(draft()).plan.drill).toBeUndefined();
    expect(planIn(switchOn(written(draft()).text, 'drill:')).drill?.break.steps.length).toBe(1);
  });

  test('without any Helm release the example is a workload', () => {
    const { components } = draft({ releases: [], workloads: [measurable('worker')] });
    expect(drillExample(components).join('\n')).toContain('workload: { name: deployment/worker,');
  });
});

test('no line is wider than 100 columns where the names are of usual length', () => {
  const { text } = written(draft({ releases: [found('shop-api', { knownBad: bad('shop-api') })] }));
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
});
