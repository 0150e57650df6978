// Each way in which a workload can be rolled out, on its way, stuck or held, from the objects alone.

import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../../src/values/json.ts';
import { judgeWorkload, type WorkloadFacts } from '../../src/values/workload-health.ts';
import {
  labelSelectorOf,
  parseWorkloadName,
  type WorkloadKind,
  workloadPath,
} from '../../src/values/workload-reference.ts';

type Row = readonly [name: string, facts: WorkloadFacts, state: string, evidence: string];

const timedOut = (replicaSet: string): JsonObject => ({
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: `ReplicaSet "${replicaSet}" has timed out progressing.`,
});
const available: JsonObject = { type: 'Available', status: 'True' };

function deployment(
  spec: JsonObject,
  status: JsonObject | undefined,
  more: Partial<WorkloadFacts> = {},
): WorkloadFacts {
  return facts('Deployment', { ...spec, template: podTemplate('shop:2') }, status, {
    replicaSets: [replicaSet('old', 'shop:1'), replicaSet('new', 'shop:2')],
    ...more,
  });
}

const podTemplate = (image: string, labels: JsonObject = {}): JsonObject => ({
  metadata: { labels: { app: 'api', ...labels } },
  spec: { containers: [{ name: 'main', image }] },
});

const replicaSet = (hash: string, image: string): JsonObject => ({
  metadata: { name: `api-${hash}`, labels: { 'pod-template-hash': hash } },
  spec: { template: podTemplate(image, { 'pod-template-hash': hash }) },
});

function facts(
  kind: WorkloadKind,
  spec: JsonObject,
  status: JsonObject | undefined,
  more: Partial<WorkloadFacts> = {},
): WorkloadFacts {
  return {
    reference: { kind, name: 'api', namespace: 'shop' },
    live: {
      metadata: {
        name: 'api',
        generation: 5,
        annotations: { 'deprecated.daemonset.template.generation': '3' },
      },
      spec,
      ...(status === undefined ? {} : { status: { observedGeneration: 5, ...status } }),
    },
    pods: [],
    replicaSets: [],
    ...more,
  };
}

function pod(labels: JsonObject, waiting?: string, more: JsonObject = {}): JsonObject {
  const state: Json = waiting === undefined ? { running: {} } : { waiting: { reason: waiting } };
  return {
    metadata: { name: 'api-x', labels, ...more },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'main', image: 'shop:2', restartCount: 3, state }],
    },
  };
}

const full = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const crash = { 'pod-template-hash': 'new' };

describe('a Deployment is', () => {
  const rows: readonly Row[] = [
    [
      'ready when all its pods are',
      deployment({ replicas: 3 }, full),
      'ready',
      'deployment/api: 3 of 3 pods ready',
    ],
    [
      'ready when as many serve as it asks for itself',
      deployment({ replicas: 3 }, { ...full, readyReplicas: 2, conditions: [available] }),
      'ready',
      '2 of 3 pods ready',
    ],
    [
      'progressing when fewer do',
      deployment({ replicas: 3 }, { ...full, readyReplicas: 2 }),
      'progressing',
      '2 of 3',
    ],
    [
      'progressing until its controller has seen the change',
      deployment({ replicas: 3 }, { ...full, observedGeneration: 4 }),
      'progressing',
      'generation 5 is not observed yet (controller at 4)',
    ],
    [
      'progressing while it has no status',
      deployment({ replicas: 3 }, undefined),
      'progressing',
      'has not written a status',
    ],
    [
      'progressing while old pods are left',
      deployment({ replicas: 3 }, { ...full, replicas: 4 }),
      'progressing',
      '1 old pod left',
    ],
    [
      'progressing while pods are missing',
      deployment({ replicas: 3 }, { ...full, updatedReplicas: 1 }),
      'progressing',
      '1 of 3 pods have the newest template',
    ],
    [
      'progressing while none of its pods is ready, even if it calls that available',
      deployment({ replicas: 3 }, { ...full, readyReplicas: 0, conditions: [available] }),
      'progressing',
      '0 of 3 pods ready',
    ],
    [
      'empty at zero, never ready',
      deployment({ replicas: 0 }, {}),
      'empty',
      'scaled to 0, so nothing can be measured',
    ],
    [
      'progressing towards zero',
      deployment({ replicas: 0 }, { replicas: 1 }),
      'progressing',
      '0 pods wanted, 1 still there',
    ],
    ['missing when there is none', { ...deployment({}, {}), live: undefined }, 'missing', 'does not exist'],
    [
      'unreadable when it makes no sense',
      { ...deployment({}, {}), live: { metadata: 1 } },
      'unreadable',
      'makes no sense',
    ],
    [
      'held while it is paused half-way',
      deployment({ replicas: 3, paused: true }, { ...full, updatedReplicas: 0 }),
      'held',
      'kubectl rollout resume deployment/api',
    ],
    [
      'ready though paused if it is all the way',
      deployment({ replicas: 3, paused: true }, full),
      'ready',
      '3 of 3',
    ],
    [
      'failed when a new pod crash-loops',
      deployment({ replicas: 3 }, full, { pods: [pod(crash, 'CrashLoopBackOff')] }),
      'failed',
      'pod api-x: container main is in CrashLoopBackOff after 3 restarts',
    ],
    [
      'failed when a new image cannot be pulled',
      deployment({ replicas: 3 }, full, { pods: [pod(crash, 'ImagePullBackOff')] }),
      'failed',
      '(shop:2) is in ImagePullBackOff',
    ],
    [
      'not blamed for an old pod',
      deployment({ replicas: 3 }, full, { pods: [pod({ 'pod-template-hash': 'old' }, 'CrashLoopBackOff')] }),
      'ready',
      '3 of 3',
    ],
    [
      'not blamed for a pod on its way out',
      deployment({ replicas: 3 }, full, {
        pods: [pod(crash, 'CrashLoopBackOff', { deletionTimestamp: 'now' })],
      }),
      'ready',
      '3 of 3',
    ],
    [
      'patient with a pod that is only starting',
      deployment(
        { replicas: 3 },
        { ...full, updatedReplicas: 2 },
        { pods: [pod(crash, 'ContainerCreating')] },
      ),
      'progressing',
      '2 of 3',
    ],
    [
      'failed when its newest ReplicaSet has timed out',
      deployment({ replicas: 3 }, { ...full, updatedReplicas: 1, conditions: [timedOut('api-new')] }),
      'failed',
      'ProgressDeadlineExceeded',
    ],
    [
      'not failed when that was the one before',
      deployment({ replicas: 3 }, { ...full, updatedReplicas: 1, conditions: [timedOut('api-old')] }),
      'progressing',
      '1 of 3',
    ],
    [
      'not failed while the newest ReplicaSet is still to be made',
      deployment(
        { replicas: 3 },
        { ...full, updatedReplicas: 0, conditions: [timedOut('api-old')] },
        { replicaSets: [replicaSet('old', 'shop:1')] },
      ),
      'progressing',
      '0 of 3',
    ],
  ];
  test.each(rows)('%s', (_name, given, state, evidence) => {
    const health = judgeWorkload(given);
    expect(health.state).toBe(state);
    expect(health.evidence).toContain(evidence);
  });
});

describe('a StatefulSet is', () => {
  const rolling = (spec: JsonObject, status: JsonObject, pods: readonly JsonObject[] = []): WorkloadFacts =>
    facts('StatefulSet', { replicas: 3, ...spec }, { updateRevision: 'api-2', ...status }, { pods });
  const partition = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } };
  const rows: readonly Row[] = [
    ['ready when all its pods are', rolling({}, full), 'ready', 'statefulset/api: 3 of 3'],
    ['progressing when one is not', rolling({}, { ...full, readyReplicas: 2 }), 'progressing', '2 of 3'],
    [
      'held by a partition, though it reports done',
      rolling(partition, { ...full, updatedReplicas: 1 }),
      'held',
      'partition 2 keeps pods below ordinal 2',
    ],
    [
      'held by OnDelete',
      rolling({ updateStrategy: { type: 'OnDelete' } }, { ...full, updatedReplicas: 0 }),
      'held',
      'waits to be deleted by hand',
    ],
    [
      'stuck behind a broken old pod',
      rolling({}, { ...full, updatedReplicas: 0 }, [
        pod({ 'controller-revision-hash': 'api-1' }, 'CrashLoopBackOff'),
      ]),
      'failed',
      'delete it by hand: pod api-x',
    ],
    [
      'not stuck behind it when its pods go in parallel',
      rolling({ podManagementPolicy: 'Parallel' }, { ...full, updatedReplicas: 0 }, [
        pod({ 'controller-revision-hash': 'api-1' }, 'CrashLoopBackOff'),
      ]),
      'progressing',
      '0 of 3',
    ],
    [
      'failed when a new pod crash-loops',
      rolling({}, full, [pod({ 'controller-revision-hash': 'api-2' }, 'CrashLoopBackOff')]),
      'failed',
      'CrashLoopBackOff',
    ],
  ];
  test.each(rows)('%s', (_name, given, state, evidence) => {
    const health = judgeWorkload(given);
    expect(health.state).toBe(state);
    expect(health.evidence).toContain(evidence);
  });
});

describe('a DaemonSet is', () => {
  const counts = {
    desiredNumberScheduled: 10,
    updatedNumberScheduled: 10,
    numberReady: 10,
    numberAvailable: 10,
  };
  const rolling = (
    status: JsonObject,
    spec: JsonObject = {},
    pods: readonly JsonObject[] = [],
  ): WorkloadFacts => facts('DaemonSet', spec, { ...counts, ...status }, { pods });
  const allow = (maxUnavailable: Json): JsonObject => ({
    updateStrategy: { rollingUpdate: { maxUnavailable } },
  });
  const rows: readonly Row[] = [
    ['ready on all nodes', rolling({}), 'ready', 'daemonset/api: 10 of 10'],
    ['ready with one node missing', rolling({ numberReady: 9 }), 'ready', '9 of 10'],
    ['progressing with two', rolling({ numberReady: 8 }), 'progressing', '8 of 10'],
    ['ready within its own allowance', rolling({ numberReady: 8 }, allow('20%')), 'ready', '8 of 10'],
    ['never ready without a pod', rolling({ numberReady: 0 }, allow('100%')), 'progressing', '0 of 10'],
    [
      'empty without nodes',
      rolling({ desiredNumberScheduled: 0, updatedNumberScheduled: 0 }),
      'empty',
      'no node matches',
    ],
    [
      'failed when a new pod crash-loops',
      rolling({}, {}, [pod({ 'pod-template-generation': '3' }, 'CrashLoopBackOff')]),
      'failed',
      'CrashLoopBackOff',
    ],
    [
      'not blamed for an old pod',
      rolling({}, {}, [pod({ 'pod-template-generation': '2' }, 'CrashLoopBackOff')]),
      'ready',
      '10 of 10',
    ],
  ];
  test.each(rows)('%s', (_name, given, state, evidence) => {
    const health = judgeWorkload(given);
    expect(health.state).toBe(state);
    expect(health.evidence).toContain(evidence);
  });
});

test('a pod without a node tells why', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }];
  const waiting = { metadata: { name: 'api-y', labels: crash }, status: { phase: 'Pending', conditions } };
  expect(
    judgeWorkload(deployment({ replicas: 3 }, { ...full, readyReplicas: 0 }, { pods: [waiting] })).evidence,
  ).toContain('pod api-y has no node: 0/3 nodes are available');
});

describe('a workload in a plan', () => {
  test.each([
    ['deployment/api', '/apis/apps/v1/namespaces/shop/deployments/api'],
    ['deploy/api', '/apis/apps/v1/namespaces/shop/deployments/api'],
    ['sts/db', '/apis/apps/v1/namespaces/shop/statefulsets/db'],
    ['daemonset/agent', '/apis/apps/v1/namespaces/shop/daemonsets/agent'],
  ])('%s lies at %s', (written, path) => {
    const reference = parseWorkloadName(written, 'shop');
    expect(reference && workloadPath(reference)).toBe(path);
  });
  test.each(['api', 'pod/api', 'deployment/', 'deployment/-x', 'deployment/a/b', 'Deployment/api'])(
    '%s is none',
    (written) => {
      expect(parseWorkloadName(written, 'shop')).toBeUndefined();
    },
  );
});

test('a selector becomes a query, and one that selects nothing becomes none', () => {
  const selector = {
    matchLabels: { app: 'api' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };
  expect(labelSelectorOf({ spec: { selector } })).toBe('app=api,tier in (a,b),!old');
  expect(labelSelectorOf({ spec: { selector: {} } })).toBeUndefined();
  expect(labelSelectorOf({})).toBeUndefined();
});
