// What gates make of what they saw: facts in, findings out.

import { describe, expect, test } from '@jest/globals';
import { judgeAutoscalers } from '../../src/preflight/gates/autoscaler.ts';
import { judgeBudgets } from '../../src/preflight/gates/disruption-budget.ts';
import type { GateFinding } from '../../src/preflight/gates/gate.ts';
import { judgeInFlight } from '../../src/preflight/gates/in-flight.ts';
import { judgeOwners, type Owned, suspendedOf, syncOf } from '../../src/preflight/gates/owner.ts';
import { judgePaused } from '../../src/preflight/gates/paused.ts';
import { judgePermissions, permissionsOf } from '../../src/preflight/gates/permission.ts';
import { judgeQuotas } from '../../src/preflight/gates/quota.ts';
import { unproven } from '../../src/preflight/gates/tool.ts';
import type { MovedWorkload } from '../../src/preflight/live-objects.ts';
import type { JsonObject } from '../../src/values/json.ts';
import { subjectWith } from './gate-subject.ts';

const json = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value));
const states = (findings: readonly GateFinding[]): readonly string[] => findings.map(({ state }) => state);

type Shape = {
  readonly image?: string;
  readonly cpu?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: object;
};

function deployment({ image = 'a:2', cpu, spec = {}, status = {}, metadata = {} }: Shape): JsonObject {
  const resources = cpu === undefined ? {} : { requests: { cpu } };
  return json({
    metadata: { name: 'api', namespace: 'shop', generation: 1, ...metadata },
    spec: {
      replicas: 2,
      template: {
        metadata: { labels: { app: 'api' } },
        spec: { containers: [{ name: 'main', image, resources }] },
      },
      ...spec,
    },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, ...status },
  });
}

function moved(live: Shape | undefined, wanted: Shape | undefined): MovedWorkload {
  return {
    component: 'api',
    reference: { kind: 'Deployment', name: 'api', namespace: 'shop' },
    live: live === undefined ? undefined : deployment(live),
    wanted: wanted === undefined ? undefined : deployment(wanted),
  };
}

describe('paused', () => {
  test.each([
    ['goes on', {}, {}, ['pass']],
    ['is paused', { paused: true }, {}, ['refuse']],
    ['is paused, and the manifest resumes it', { paused: true }, { paused: false }, ['pass']],
    ['would be paused', {}, { paused: true }, ['refuse']],
  ])('a Deployment that %s', (_name, live, wanted, expected) => {
    expect(states(judgePaused([moved({ spec: live }, { spec: wanted })]))).toEqual(expected);
  });

  test('nothing is said of what is no Deployment', () => {
    expect(judgePaused([])).toEqual([]);
  });
});

describe('quota', () => {
  const quota = (hard: object, used: object, spec: object = {}): JsonObject =>
    json({ metadata: { name: 'few', namespace: 'shop' }, spec, status: { hard, used } });
  const newFirst = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };
  const back: Shape = { image: 'a:1' };

  test.each<[string, MovedWorkload, JsonObject, readonly string[]]>([
    [
      'has room for one more',
      moved({ spec: newFirst }, { ...back, spec: newFirst }),
      quota({ pods: '3' }, { pods: '2' }),
      ['pass'],
    ],
    [
      'is full, and a new pod comes first',
      moved({ spec: newFirst }, { ...back, spec: newFirst }),
      quota({ pods: '2' }, { pods: '2' }),
      ['refuse'],
    ],
    [
      'is full, and an old pod may go first',
      moved(
        { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } },
        { ...back, spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } },
      ),
      quota({ pods: '2' }, { pods: '2' }),
      ['pass'],
    ],
    [
      'is full, and all are recreated',
      moved({}, { ...back, spec: { strategy: { type: 'Recreate' } } }),
      quota({ pods: '2' }, { pods: '2' }),
      ['pass'],
    ],
    [
      '25 % of two pods round to a new pod first',
      moved({}, back),
      quota({ pods: '2' }, { pods: '2' }),
      ['refuse'],
    ],
    [
      'is full, and nothing is replaced',
      moved({ spec: newFirst }, { spec: newFirst }),
      quota({ pods: '2' }, { pods: '2' }),
      ['pass'],
    ],
    [
      'is full, and another rollout is under way',
      moved({ spec: newFirst, status: { updatedReplicas: 1 } }, { ...back, spec: newFirst }),
      quota({ pods: '2' }, { pods: '2' }),
      ['warn'],
    ],
    [
      'counts only some pods',
      moved({ spec: newFirst }, { ...back, spec: newFirst }),
      quota({ pods: '2' }, { pods: '2' }, { scopes: ['BestEffort'] }),
      ['warn'],
    ],
    [
      'has no room for the larger pods',
      moved({ cpu: '100m' }, { ...back, cpu: '1', spec: { strategy: { type: 'Recreate' } } }),
      quota({ 'requests.cpu': '1' }, { 'requests.cpu': '200m' }),
      ['refuse'],
    ],
    [
      'has room for the larger pods once the old are gone',
      moved({ cpu: '500m' }, { ...back, cpu: '1', spec: { strategy: { type: 'Recreate' } } }),
      quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1' }),
      ['pass'],
    ],
    [
      'is of another namespace',
      { ...moved({}, back), reference: { kind: 'Deployment', name: 'api', namespace: 'other' } },
      quota({ pods: '0' }, { pods: '0' }),
      [],
    ],
  ])('that %s', (_name, workload, object, expected) => {
    expect(states(judgeQuotas({ workloads: [workload], quotas: [object] }))).toEqual(expected);
  });
});

describe('autoscaler', () => {
  const hpa = (status: object = {}): JsonObject =>
    json({
      metadata: { name: 'api', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'api' }, minReplicas: 2, maxReplicas: 9 },
      status,
    });
  const blind = {
    conditions: [{ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' }],
  };
  test.each<[string, MovedWorkload, JsonObject, string, string]>([
    ['keeps its pods', moved({}, {}), hpa(), 'pass', 'keeps its 2 pods'],
    ['is reset', moved({ spec: { replicas: 7 } }, {}), hpa(), 'warn', 'from 7 to 2 pods'],
    ['is reset below the minimum', moved({}, { spec: { replicas: 1 } }), hpa(), 'warn', 'outside of what'],
    ['is put to sleep', moved({}, { spec: { replicas: 0 } }), hpa(), 'warn', 'would be scaled to 0'],
    ['sleeps', moved({ spec: { replicas: 0 } }, undefined), hpa(), 'warn', 'is scaled to 0'],
    ['is not measured', moved({}, {}), hpa(blind), 'warn', 'FailedGetResourceMetric'],
  ])('of what %s', (_name, workload, object, state, words) => {
    const [finding] = judgeAutoscalers({ workloads: [workload], autoscalers: [object] });
    expect([finding?.state, finding?.detail]).toEqual([state, expect.stringContaining(words)]);
  });

  test('of somebody else is not told', () => {
    const other = {
      ...moved({}, {}),
      reference: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    } as const;
    expect(judgeAutoscalers({ workloads: [other], autoscalers: [hpa()] })).toEqual([]);
  });
});

describe('disruption-budget', () => {
  const budget = (disruptionsAllowed: number, selector: object | undefined): JsonObject =>
    json({
      metadata: { name: 'api', namespace: 'shop' },
      spec: { selector },
      status: { disruptionsAllowed, currentHealthy: 2, desiredHealthy: 2, expectedPods: 2 },
    });
  test.each<[number, object | undefined, readonly string[]]>([
    [0, { matchLabels: { app: 'api' } }, ['warn']],
    [1, { matchLabels: { app: 'api' } }, ['pass']],
    [0, { matchLabels: { app: 'web' } }, []],
    [0, {}, ['warn']],
    [0, undefined, []],
    [0, { matchExpressions: [{ key: 'app', operator: 'In', values: ['api'] }] }, ['warn']],
    [0, { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['api'] }] }, []],
    [0, { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, []],
  ])('that allows %p of %j', (allowed, selector, expected) => {
    const facts = { workloads: [moved({}, {})], budgets: [budget(allowed, selector)] };
    expect(states(judgeBudgets(facts))).toEqual(expected);
  });
});

describe('owner', () => {
  const owned = (more: Partial<Owned>): Owned => ({
    component: 'api',
    componentKind: 'workload',
    namespace: 'shop',
    owner: { type: 'argo-cd', application: 'shop', mark: 'tracking-id: shop' },
    objects: ['deployment/api'],
    state: 'unseen',
    ...more,
  });
  const helm = { type: 'helm', release: 'api', namespace: undefined, labelled: true } as const;
  test.each<[string, Partial<Owned>, string, string]>([
    ['whose owner can’t be seen', {}, 'refuse', 'argocd app set shop --sync-policy none'],
    ['whose owner acts', { state: 'acting' }, 'refuse', 'git revert'],
    ['whose owner is held back', { state: 'held' }, 'warn', 'git revert'],
    ['whose owner does not heal itself', { state: 'later' }, 'warn', 'git revert'],
    ['of a controller', { owner: { type: 'controller', kind: 'Shop', name: 'main' } }, 'refuse', 'Shop/main'],
    [
      'of a Helm release, taken back beside it',
      { owner: helm, componentKind: 'config-tag' },
      'warn',
      'helm-release',
    ],
    ['of its own Helm release', { owner: helm, componentKind: 'helm-release' }, 'pass', ''],
    [
      'of Flagger',
      { owner: { type: 'flagger', canary: 'api', mark: 'Canary/api' } },
      'refuse',
      'kubectl patch canary api --namespace=shop',
    ],
  ])('of an object %s', (_name, more, state, words) => {
    const [finding] = judgeOwners({ looked: 1, owned: [owned(more)] });
    expect([finding?.state, finding?.hint ?? '']).toEqual([state, expect.stringContaining(words)]);
  });

  test('nothing looked at, nothing said', () => {
    expect(judgeOwners({ looked: 0, owned: [] })).toEqual([]);
  });

  test.each([
    [undefined, 'unseen'],
    [{ spec: { suspend: true } }, 'held'],
    [{ spec: {} }, 'acting'],
  ])('%j of Flux is %s', (object, state) => {
    expect(suspendedOf(object)).toBe(state);
  });

  test.each([
    [undefined, 'unseen'],
    [{ spec: {} }, 'held'],
    [{ spec: { syncPolicy: { automated: {} } } }, 'later'],
    [{ spec: { syncPolicy: { automated: { enabled: false, selfHeal: true } } } }, 'held'],
    [{ spec: { syncPolicy: { automated: { selfHeal: true } } } }, 'acting'],
  ])('%j of Argo CD is %s', (object, state) => {
    expect(syncOf(object)).toBe(state);
  });
});

describe('in-flight', () => {
  const nowMs = Date.parse('2026-11-21T10:00:00Z');
  const record = (seconds: number): JsonObject =>
    json({
      metadata: {
        labels: { status: 'pending-upgrade', version: '3', modifiedAt: String(nowMs / 1000 - seconds) },
        managedFields: [{ manager: 'helm', time: '2026-11-21T09:00:00Z' }],
      },
    });
  const judge = (seconds: number, own = false): GateFinding | undefined =>
    judgeInFlight({
      nowMs,
      workloads: [],
      releases: 1,
      pending: [
        {
          component: 'api',
          release: 'api',
          namespace: 'shop',
          longestMs: 600_000,
          record: record(seconds),
          own,
        },
      ],
    })[0];

  test('a young operation is waited for', () => {
    expect(judge(60)).toMatchObject({
      state: 'refuse',
      detail:
        'helm upgrade of api (revision 3) is pending since 1 m, written by helm: it may be at work still',
    });
  });

  test.each([60, 900])('what this incident itself began is no reason to refuse, %d s old', (seconds) => {
    const finding = judge(seconds, true);
    expect(finding?.state).toBe('warn');
    expect(finding?.detail).toContain('an earlier run of this incident began it and is over');
  });

  test('an old one is stale, and how to clear it is said', () => {
    const finding = judge(900);
    expect(finding?.detail).toContain('it is stale and was abandoned');
    expect(finding?.hint).toContain('override: ignore-pending');
  });

  test.each<[string, Shape, readonly string[]]>([
    ['at rest', {}, ['pass']],
    ['with a template that no pod has yet', { metadata: { generation: 2 } }, ['warn']],
    ['with old pods', { status: { replicas: 3 } }, ['warn']],
    [
      'that gave up',
      {
        status: {
          updatedReplicas: 1,
          conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }],
        },
      },
      ['pass'],
    ],
  ])('a rollout %s', (_name, live, expected) => {
    expect(states(judgeInFlight({ nowMs, workloads: [moved(live, {})], releases: 0, pending: [] }))).toEqual(
      expected,
    );
  });
});

describe('permission', () => {
  const { plan } = subjectWith();
  const patch = {
    type: 'permission',
    verb: 'patch',
    group: 'apps',
    resource: 'deployments',
    name: 'api',
  } as const;
  const asked = (overrides: readonly string[]): readonly string[] =>
    permissionsOf({ plan, requirements: [patch, patch], overrides }, 'shop').map(
      ({ verb, resource, name, namespace }) => `${namespace} ${verb} ${resource}/${name ?? '*'}`,
    );

  test('asks each once, with those of lock, journal and ledger', () => {
    const all = asked([]);
    expect(all.filter((each) => each.includes('deployments'))).toEqual(['shop patch deployments/api']);
    expect(all).toContain('shop update leases/rollback-plan-shop');
    expect(all).toContain('shop create configmaps/*');
  });

  test('asks for none of ours when lock and journal are not to be kept', () => {
    expect(asked(['local-journal'])).toEqual(['shop patch deployments/api']);
  });

  test('tells what is missing, with the Role for the very account', () => {
    const { type: _type, ...question } = patch;
    const permission = { ...question, namespace: 'shop' };
    const [finding] = judgePermissions({
      asked: [{ permission, allowed: false }],
      account: 'system:serviceaccount:ci:deployer',
      planOnly: false,
    });
    expect(finding).toMatchObject({
      state: 'refuse',
      subject: 'shop',
      detail: 'system:serviceaccount:ci:deployer may not patch deployments.apps/api',
    });
    expect(finding?.hint).toContain(
      '- { apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["api"], verbs: [patch] }',
    );
    expect(finding?.hint).toContain('{ kind: ServiceAccount, name: "deployer", namespace: "ci" }');
  });

  test('an account that only plans may change nothing, and that is told', () => {
    const permission = { verb: 'patch', group: '', resource: 'pods', namespace: 'shop' };
    const [finding] = judgePermissions({
      asked: [{ permission, allowed: false }],
      account: 'planner',
      planOnly: true,
    });
    expect(finding).toMatchObject({ state: 'warn', detail: 'planner may not patch pods' });
  });

  test('passes when all is allowed, and has nothing to say where nothing is asked', () => {
    const permission = { verb: 'get', group: '', resource: 'pods', namespace: 'shop' };
    expect(
      states(
        judgePermissions({ asked: [{ permission, allowed: true }], account: undefined, planOnly: false }),
      ),
    ).toEqual(['pass']);
    expect(judgePermissions({ asked: [], account: undefined, planOnly: false })).toEqual([]);
  });
});

test('tool: what no component requires is left to prove', () => {
  const bash = { type: 'tool', name: 'bash', versionArgs: ['--version'], install: 'bash' } as const;
  expect(unproven({ components: [], requirements: [bash] })).toEqual([bash]);
});
