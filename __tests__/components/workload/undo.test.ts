// The rollback of workloads as data: targets by content, one command for each number, refusals with the words to
// write, and what the live objects prove afterwards.

import { describe, expect, test } from '@jest/globals';
import { blockedPods } from '../../../src/components/workload/blocked-pods.ts';
import { jointHistory, jointLiveVersion } from '../../../src/components/workload/joint-versions.ts';
import { probeWorkloads, verifyWorkloads } from '../../../src/components/workload/outcome.ts';
import { ownershipNotes, requireUndoable } from '../../../src/components/workload/ownership.ts';
import { configMapsOf } from '../../../src/components/workload/undo-notes.ts';
import { objectAfter, undoOperations } from '../../../src/components/workload/undo-preparation.ts';
import { patchOf } from '../../../src/components/workload/undo-preview.ts';
import { undoTargets } from '../../../src/components/workload/undo-targets.ts';
import { historyOf, liveVersion } from '../../../src/components/workload/versions.ts';
import type { WorkloadState } from '../../../src/components/workload/workload-state.ts';
import type { PinnedChange } from '../../../src/values/version.ts';
import { pod, type SampleRevision, sample } from './sample-states.ts';

const v1 = { number: 1, version: '1' };
const v2 = { number: 2, version: '2' };
const deployment = (revisions: readonly SampleRevision[], more = {}): WorkloadState =>
  sample({ name: 'deployment/worker', revisions, ...more });

/** From what is live to another version, as it would have been pinned. */
function change(states: readonly WorkloadState[], to: string): PinnedChange {
  const [only, ...others] = states;
  const single = only !== undefined && others.length === 0;
  const target = (single ? historyOf(only) : jointHistory(states)).find(({ id }) => id === to);
  if (target === undefined) throw new Error(`there is no ${to}`);
  const { version } = single ? liveVersion(only) : jointLiveVersion(states);
  return { component: 'worker', from: version, to: target };
}

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
}

test('what would be live is the workload with the other template, all else as it is', () => {
  const state = deployment([v1, v2]);
  const [target] = undoTargets([state], change([state], '1'));
  if (target === undefined) throw new Error('there is a target');
  const after = objectAfter(target);
  expect(after).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'worker' } });
  expect(after['spec']).toMatchObject({ template: target.revision.template.content });
  expect(after['spec']).not.toMatchObject({ template: state.template.content });
  expect(after).not.toHaveProperty('status');
});

describe('targets', () => {
  const pinned = change([deployment([v1, v2])], '1');

  test('are found by content where the number has moved since', () => {
    const moved = deployment([{ number: 3, version: '1', history: '1' }, v2]);
    expect(undoTargets([moved], pinned)[0]?.revision.number).toBe(3);
  });

  test.each([
    ['gone', [v2], 'to-unknown-version'],
    ['another content under the same number', [{ number: 1, version: 'x' }, v2], 'prepare-failed'],
  ])('that are %s refuse', (_, revisions, code) => {
    expect(errorOf(() => undoTargets([deployment(revisions)], pinned))).toMatchObject({ code });
  });

  test('of several refuse when one is gone or another', () => {
    const api = sample({ name: 'deployment/api', revisions: [v1, v2] });
    const both = change([api, deployment([v1, v2])], '1');
    expect(undoTargets([api, deployment([v1, v2])], both).length).toBe(2);
    const gone = errorOf(() => undoTargets([api, deployment([v2])], both));
    expect(gone).toMatchObject({
      code: 'to-unknown-version',
      message: expect.stringContaining('worker has 2'),
    });
    const other = deployment([{ ...v1, labels: { tier: 'x' } }, v2]);
    expect(errorOf(() => undoTargets([api, other], both))).toMatchObject({ code: 'prepare-failed' });
  });
});

test('one call for each number, with all that go to it', () => {
  const target = (name: string, number: number) => {
    const state = sample({
      name,
      revisions: [
        { number, version: '1' },
        { number: 9, version: '2' },
      ],
    });
    const revision = state.revisions.find((each) => each.number === number);
    if (revision === undefined) throw new Error('it has just been made');
    return { state, revision };
  };
  const operations = undoOperations(
    [target('deployment/api', 3), target('statefulset/db', 5), target('daemonset/agent', 3)],
    ['--context=prod'],
  );
  const shown = operations.map(({ act }) => (act.type === 'command' ? act.command.argv.join(' ') : ''));
  expect(shown).toEqual([
    'kubectl rollout undo deployment/api daemonset/agent --to-revision=3 --namespace=shop --context=prod',
    'kubectl rollout undo statefulset/db --to-revision=5 --namespace=shop --context=prod',
  ]);
  expect(new Set(operations.map(({ id }) => id)).size).toBe(2);
  expect(operations.map(({ retry }) => retry)).toEqual(['idempotent', 'idempotent']);
});

test('the dry run sends what kubectl sends: a Deployment gets the annotations of the ReplicaSet, but for bookkeeping', () => {
  const state = deployment([v1, v2], {
    metadata: {
      annotations: {
        'deployment.kubernetes.io/revision': '2',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'kubernetes.io/change-cause': 'bad',
      },
    },
  });
  const [target] = undoTargets([state], change([state], '1'));
  expect(target === undefined ? undefined : patchOf(target).body).toEqual([
    { op: 'replace', path: '/spec/template', value: expect.not.objectContaining({ $patch: 'replace' }) },
    {
      op: 'replace',
      path: '/metadata/annotations',
      value: {
        'deployment.kubernetes.io/revision': '2',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
      },
    },
  ]);
});

describe('blocked pods', () => {
  const pods = [
    pod('db-0', 'db-1', true),
    pod('db-1', 'db-1', false),
    pod('db-2', 'db-2', false),
    pod('db-3', 'db-2', true),
  ];
  const set = (spec: Record<string, unknown>, name = 'statefulset/db'): WorkloadState =>
    sample({ name, revisions: [v1, v2], pods, spec: JSON.parse(JSON.stringify(spec)) });

  test.each<[string, WorkloadState, readonly string[]]>([
    ['exactly those that are not ready and not of the target', set({}), ['db-2']],
    ['none, when pods are started in parallel', set({ podManagementPolicy: 'Parallel' }), []],
    ['none with OnDelete', set({ updateStrategy: { type: 'OnDelete' } }), []],
    [
      'none below the partition',
      set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } }),
      [],
    ],
    ['none of a DaemonSet', set({}, 'daemonset/db'), []],
  ])('are %s', (_, state, expected) => {
    expect(blockedPods(state, 'db-1')).toEqual(expected);
  });
});

describe('somebody else’s workload', () => {
  const helm = (namespace: string): WorkloadState =>
    deployment([v1, v2], {
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          'meta.helm.sh/release-name': 'shop-api',
          'meta.helm.sh/release-namespace': namespace,
        },
      },
    });

  test.each([
    ['shop', 'uses: helm-release, with: { release: shop-api }'],
    ['charts', 'uses: helm-release, with: { release: shop-api, namespace: charts }'],
  ])('of a Helm release in %s is refused with the lines to write', (namespace, lines) => {
    expect(errorOf(() => requireUndoable([helm(namespace)], 'shop'))).toMatchObject({
      code: 'managed-elsewhere',
      hint: expect.stringContaining(lines),
    });
  });

  test('is not Helm’s by the label alone, which `helm template` writes, too', () => {
    const rendered = deployment([v1], { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } });
    expect(errorOf(() => requireUndoable([rendered], 'shop'))).toBeUndefined();
  });

  test('that is paused is refused with the command', () => {
    const paused = deployment([v1, v2], { spec: { paused: true } });
    expect(errorOf(() => requireUndoable([paused], 'shop'))).toMatchObject({
      code: 'workload-paused',
      hint: expect.stringContaining('kubectl rollout resume deployment/worker --namespace=shop'),
    });
  });

  test.each([
    [{ labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }, 'belongs to Flux'],
    [{ annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps' } }, 'belongs to Argo CD'],
    [{ labels: { 'app.kubernetes.io/managed-by': 'kustomize-v5' } }, 'managed by kustomize-v5'],
    [{ ownerReferences: [{ kind: 'Shop', name: 'main', controller: true }] }, 'controlled by Shop/main'],
    [{ annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }, 'next kubectl apply'],
    [
      { managedFields: [{ manager: 'ci', operation: 'Apply' }] },
      'server-side apply of deployment/worker by ci',
    ],
  ])('%j is told', (metadata, words) => {
    expect(ownershipNotes(deployment([v1], { metadata })).join('\n')).toContain(words);
    expect(ownershipNotes(deployment([v1]))).toEqual([]);
  });
});

test('ConfigMaps that pods can’t start without are found wherever a template names them', () => {
  const content = {
    spec: {
      containers: [
        {
          name: 'main',
          env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'keys', key: 'a' } } }],
          envFrom: [{ configMapRef: { name: 'all' } }, { configMapRef: { name: 'maybe', optional: true } }],
        },
      ],
      volumes: [
        { name: 'a', configMap: { name: 'files' } },
        { name: 'b', projected: { sources: [{ configMap: { name: 'parts' } }] } },
      ],
    },
  };
  expect(configMapsOf({ content })).toEqual(['keys', 'all', 'files', 'parts']);
});

describe('afterwards', () => {
  const pinned = change([deployment([v1, v2])], '1');
  const back = (more = {}): WorkloadState =>
    deployment([{ number: 3, version: '1', history: '1' }, v2], more);
  const elsewhere = deployment([v1, v2, { number: 3, version: '9' }]);

  test.each<[string, WorkloadState, string, string]>([
    ['went back', back(), 'done', 'verified'],
    ['did not', deployment([v1, v2]), 'not-done', 'failed'],
    ['was changed by somebody else', elsewhere, 'unknown', 'failed'],
    ['is rolling', back({ status: { readyReplicas: 0 } }), 'done', 'progressing'],
    ['has an unobserved template', back({ status: { observedGeneration: 6 } }), 'done', 'progressing'],
    ['has no pods', back({ spec: { replicas: 0 } }), 'done', 'failed'],
  ])('a Deployment that %s', (_, state, probed, verified) => {
    expect(probeWorkloads([state], pinned).state).toBe(probed);
    expect(verifyWorkloads([state], pinned).state).toBe(verified);
  });

  test('an OnDelete StatefulSet whose pods keep the version left is not verified', () => {
    const set = (revisions: readonly SampleRevision[], more = {}): WorkloadState =>
      sample({ name: 'statefulset/db', revisions, ...more });
    const state = set([{ number: 3, version: '1', second: 1 }, v2], {
      spec: { updateStrategy: { type: 'OnDelete' } },
      status: { updatedReplicas: 1 },
    });
    expect(verifyWorkloads([state], change([set([v1, v2])], '1'))).toMatchObject({
      state: 'failed',
      evidence: expect.stringContaining('OnDelete'),
    });
  });

  test('a StatefulSet whose broken pods wait is not done', () => {
    const state = sample({
      name: 'statefulset/db',
      revisions: [{ number: 3, version: '1', second: 1 }, v2],
      pods: [pod('db-1', 'db-2', false)],
    });
    const before = sample({ name: 'statefulset/db', revisions: [v1, v2] });
    expect(probeWorkloads([state], change([before], '1'))).toMatchObject({
      state: 'not-done',
      evidence: expect.stringContaining('db-1 not yet deleted'),
    });
  });

  test('of several, half of the way is not done, and one without pods does not hide the other', () => {
    const api = (revisions: readonly SampleRevision[], more = {}): WorkloadState =>
      sample({ name: 'deployment/api', revisions, ...more });
    const both = change([api([v1, v2]), deployment([v1, v2])], '1');
    expect(probeWorkloads([api([v1, v2]), back()], both).state).toBe('not-done');
    const undone = api([{ number: 3, version: '1', history: '1' }, v2], { spec: { replicas: 0 } });
    expect(verifyWorkloads([undone, back()], both)).toMatchObject({
      state: 'verified',
      evidence: expect.stringContaining('scaled to 0'),
    });
  });
});
