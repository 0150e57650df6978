// What workloads' revisions are called, which of them is live, and where `previous` goes from there: the numbers of
// Kubernetes move with every rollback, and only contents stay.

import { describe, expect, test } from '@jest/globals';
import { jointHistory, jointLiveVersion } from '../../../src/components/workload/joint-versions.ts';
import { imageTag, readPodTemplate } from '../../../src/components/workload/pod-template.ts';
import { historyOf, liveVersion } from '../../../src/components/workload/versions.ts';
import type { WorkloadState } from '../../../src/components/workload/workload-state.ts';
import { workload } from '../../../src/components/workload.ts';
import { chooseVersion, type Wish } from '../../../src/target/choose-version.ts';
import type { Choice } from '../../../src/target/refuse-version.ts';
import { pod, type SampleRevision, sample, template } from './sample-states.ts';

const choose = (states: readonly WorkloadState[], wish: Wish = 'previous'): Choice => {
  const [only, ...others] = states;
  const single = only !== undefined && others.length === 0;
  const live = single ? liveVersion(only) : jointLiveVersion(states);
  const { version, rolledBackTo, unfinished } = live;
  const reading = {
    version,
    health: 'unhealthy' as const,
    detail: '',
    facts: {},
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
    ...(unfinished === undefined ? {} : { unfinished }),
  };
  return chooseVersion('worker', wish, reading, single ? historyOf(only) : jointHistory(states));
};
const said = (choice: Choice): string =>
  choice.type === 'refuse' ? choice.code : `${choice.type} ${choice.to.id}`;

test.each([
  ['registry:5000/shop/worker:2.4.1', '2.4.1'],
  ['registry:5000/shop/worker', 'latest'],
  ['worker:2.4.1@sha256:0123456789abcdef', '2.4.1'],
  ['worker@sha256:0123456789abcdef', 'sha256:0123456789ab'],
])('the tag of %s is %s', (image, tag) => {
  expect(imageTag(image)).toBe(tag);
});

describe('a template', () => {
  const digest = (raw: Parameters<typeof readPodTemplate>[0]): string | undefined =>
    readPodTemplate(raw)?.digest;
  const plain = template({ version: '1' });

  test.each([
    ['a ReplicaSet’s hash', template({ version: '1', labels: { 'pod-template-hash': 'x' } })],
    ['a patch directive', { $patch: 'replace', ...plain }],
    [
      'a restart by kubectl',
      template({ version: '1', annotations: { 'kubectl.kubernetes.io/restartedAt': '2026' } }),
    ],
    [
      'a restart of ours',
      template({
        version: '1',
        annotations: { 'rollback-plan/config-digest': 'd', 'rollback-plan/config-incident': 'i' },
      }),
    ],
  ])('is the same with %s', (_, other) => {
    expect(digest(other)).toBe(digest(plain));
  });

  test.each([
    ['image', template({ version: '2' })],
    ['label', template({ version: '1', labels: { tier: 'a' } })],
    ['annotation', template({ version: '1', annotations: { tier: 'a' } })],
  ])('is another with another %s', (_, other) => {
    expect(digest(other)).not.toBe(digest(plain));
  });

  test('is called by its version label, then by the tag of its default container', () => {
    const named = readPodTemplate({
      metadata: {
        labels: { 'app.kubernetes.io/version': '2.4.1' },
        annotations: { 'kubectl.kubernetes.io/default-container': 'app' },
      },
      spec: {
        containers: [
          { name: 'sidecar', image: 'proxy:9' },
          { name: 'app', image: 'r/worker:2.4.1-alpine' },
        ],
      },
    });
    expect([named?.names, named?.image]).toEqual([['2.4.1', '2.4.1-alpine'], 'worker:2.4.1-alpine']);
    expect(readPodTemplate({ spec: {} })).toBeUndefined();
  });
});

const deployment = (revisions: readonly SampleRevision[], more = {}): WorkloadState =>
  sample({ name: 'deployment/worker', revisions, ...more });
const statefulSet = (revisions: readonly SampleRevision[], more = {}): WorkloadState =>
  sample({ name: 'statefulset/db', revisions, ...more });

describe('one workload', () => {
  const good1 = { number: 1, version: '2.3.0' };
  const good2 = { number: 2, version: '2.4.0' };
  const bad = { number: 3, version: '2.4.1' };
  const putBack = { number: 4, version: '2.4.0', history: '2' };
  const restarted = {
    number: 5,
    version: '2.4.0',
    annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' },
  };

  test('has its revision numbers as versions, newest first, and says what Kubernetes does not know', () => {
    const [newest] = historyOf(deployment([good1, bad, good2]));
    expect(newest).toMatchObject({
      id: '3',
      names: ['2.4.1'],
      label: 'revision 3 (worker:2.4.1)',
      at: '2026-01-01T00:00:03.000Z',
      standing: 'deployed',
      because: 'was put out; Kubernetes does not record whether it served',
    });
  });

  test.each<[string, readonly SampleRevision[], Wish, string]>([
    ['the one before a bad one', [good1, good2, bad], 'previous', 'go 2'],
    ['nowhere, when it was put back already', [good1, bad, putBack], 'previous', 'already-there 4'],
    [
      'nowhere, when it was only restarted since',
      [good1, bad, putBack, restarted],
      'previous',
      'already-there 5',
    ],
    [
      'what was put back, from a bad one after it',
      [good1, bad, putBack, { number: 5, version: '2.5.0' }],
      'previous',
      'go 4',
    ],
    [
      'past a re-deployment that changed nothing',
      [good1, good2, { ...restarted, number: 3 }],
      'previous',
      'go 1',
    ],
    ['nowhere, when nothing is kept', [bad], 'previous', 'to-no-candidate'],
    ['where its version is called so', [good1, good2, bad], { version: '2.3.0' }, 'go 1'],
    [
      'not to a number that has moved',
      [good1, putBack, { number: 5, version: '2.5.0' }],
      { version: '2' },
      'to-not-deployable',
    ],
  ])('goes to %s', (_, revisions, wish, expected) => {
    expect(said(choose([deployment(revisions)], wish))).toBe(expected);
  });

  test('never goes to what was rolled back from, even when all that is newer has the live content', () => {
    // 3 was bad; 2 was put back as 4; 5 is a restart under another incident, and 4 has lost its note.
    const history = historyOf(deployment([bad, putBack, restarted]));
    expect(history.map(({ id, standing }) => `${id} ${standing}`)).toEqual([
      '5 deployed',
      '4 deployed',
      '3 deployed',
      '2 gone',
    ]);
    const reading = { version: history[0], health: 'healthy' as const, detail: '', facts: {} };
    if (reading.version === undefined) throw new Error('there is a newest');
    const choice = chooseVersion('worker', 'previous', { ...reading, version: reading.version }, history);
    expect(said(choice)).toBe('to-no-candidate');
  });

  test('a StatefulSet’s object that is older than one below it was put back', () => {
    const back = { number: 4, version: '2.4.0', second: 2 };
    expect(liveVersion(statefulSet([good1, bad, back])).rolledBackTo).toBe('an earlier revision');
    expect(liveVersion(statefulSet([good1, good2, bad])).rolledBackTo).toBeUndefined();
  });

  test('revisions of somebody else whose labels match do not count', () => {
    const own = statefulSet([good1, good2]);
    expect(historyOf(own).map(({ id }) => id)).toEqual(['2', '1']);
    const foreign = sample({ name: 'statefulset/db', revisions: [good1], metadata: { uid: 'another' } });
    expect(historyOf(foreign)).toEqual([]);
  });

  test('a template that no revision has is not taken for one', () => {
    const { version } = liveVersion(deployment([good1], { live: { version: '9' } }));
    expect([version.id, version.label]).toEqual(['no-revision', 'no revision yet (worker:9)']);
  });

  test('a restart by this very incident is not a new version, by another it is', () => {
    const restart = { number: 4, version: '2.4.1', annotations: { 'rollback-plan/config-incident': 'mine' } };
    const states = (incident: string): string =>
      liveVersion(deployment([good2, bad, restart], { incident })).version.id;
    expect([states('mine'), states('another')]).toEqual(['3', '4']);
  });

  test('an undo whose broken pods are still there is finished', () => {
    const back = { number: 4, version: '1', second: 2 };
    const revisions = [{ number: 3, version: '2' }, back];
    const pods = [pod('db-0', 'db-1', true), pod('db-1', 'db-2', false)];
    const choice = choose([statefulSet(revisions, { pods })]);
    expect([said(choice), choice.type === 'go' ? choice.because : '']).toEqual([
      'go 4',
      'a rollback to 4 is not finished: statefulset/db waits for db-1, which still has the template before',
    ]);
    // The same pods after a deployment that nobody rolled back: its trouble is its own.
    const deployed = [
      { number: 3, version: '2' },
      { number: 4, version: '1' },
      { number: 2, version: '0' },
    ];
    expect(said(choose([statefulSet(deployed, { pods })]))).toBe('go 3');
  });
});

describe('who wrote the template last', () => {
  const owner = (manager: string, second: number, template: object, operation = 'Update'): object => ({
    manager,
    operation,
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    fieldsV1: { 'f:spec': { 'f:template': template } },
  });
  const image = { 'f:spec': { 'f:containers': {} } };
  const restart = {
    'f:metadata': { 'f:annotations': { '.': {}, 'f:kubectl.kubernetes.io/restartedAt': {} } },
  };
  const undo = owner('kubectl', 9, image);
  const one = { number: 3, version: '1', history: '1', second: 1 };
  const two = { number: 2, version: '2', second: 2 };
  const again = { number: 4, version: '2', history: '2', second: 2 };

  test.each<[string, readonly SampleRevision[], readonly object[], string | undefined]>([
    ['an undo', [one, two], [owner('kubectl-client-side-apply', 2, image), undo], '1'],
    ['an undo, restarted since', [one, two], [undo, owner('kubectl-rollout', 11, restart)], '1'],
    ['an undo forward', [one, again], [undo], '2'],
    ['an apply of old content', [one, two], [undo, owner('kubectl-client-side-apply', 10, image)], undefined],
    ['a server-side apply', [one, two], [undo, owner('kubectl', 10, image, 'Apply')], undefined],
    ['kubectl set', [one, two], [undo, owner('kubectl-set', 10, image)], undefined],
    ['an undo before something new', [one, { number: 4, version: '9', second: 12 }], [undo], undefined],
    ['nobody known: older than one below', [one, two], [], '1'],
    ['nobody known: newer than all below', [one, again], [], undefined],
    [
      'nobody: a label was only taken away',
      [one, { ...two, version: '1', labels: { added: 'x' } }],
      [owner('kubectl-client-side-apply', 2, image)],
      '1',
    ],
  ])('%s', (_, revisions, managedFields, expected) => {
    const metadata = JSON.parse(JSON.stringify({ managedFields }));
    expect(liveVersion(deployment(revisions, { metadata })).rolledBackTo).toBe(expected);
    const others = revisions.map(({ history: _none, ...each }) => each);
    expect(liveVersion(statefulSet(others, { metadata })).rolledBackTo).toBe(
      expected === undefined ? undefined : 'an earlier revision',
    );
  });
});

describe('several workloads', () => {
  const named = (name: string, ...versions: readonly string[]): WorkloadState =>
    sample({ name, revisions: versions.map((version, index) => ({ number: index + 1, version })) });

  test('have their common name as version, and each its own number', () => {
    const states = [named('deployment/api', '1', '2', '3'), named('statefulset/db', '2', '3')];
    expect(jointLiveVersion(states).version.label).toBe(
      '3 (deployment/api revision 3, statefulset/db revision 2)',
    );
    expect(jointHistory(states).map(({ id, standing, because }) => [id, standing, because])).toEqual([
      ['3', 'deployed', expect.stringContaining('Kubernetes does not record')],
      ['2', 'deployed', expect.stringContaining('Kubernetes does not record')],
      ['1', 'gone', 'statefulset/db kept no revision of 1'],
    ]);
    expect(said(choose(states))).toBe('go 2');
    expect(said(choose(states, { version: '1' }))).toBe('to-not-deployable');
  });

  test('that are at different versions are a mixture, which goes to what all of them have', () => {
    const ahead = [named('deployment/api', '2', '3'), named('deployment/worker', '2')];
    const behind = [named('deployment/api', '2'), named('deployment/worker', '2', '3')];
    expect(jointLiveVersion(ahead).version).toMatchObject({
      id: '3+2',
      label: 'mixed: deployment/api 3, deployment/worker 2',
    });
    expect([said(choose(ahead)), said(choose(behind))]).toEqual(['go 2', 'go 2']);
  });

  test('of which one has been put back already are taken the rest of the way', () => {
    const back = sample({
      name: 'deployment/api',
      revisions: [
        { number: 2, version: '3' },
        { number: 3, version: '2', history: '1' },
      ],
    });
    const choice = choose([back, named('deployment/worker', '1', '2', '3')]);
    expect([said(choice), choice.type === 'go' ? choice.because : '']).toEqual([
      'go 2',
      'a rollback to 2 is not finished: deployment/worker is at 3',
    ]);
    const there = choose([back, named('deployment/worker', '1', '2')]);
    expect(said(there)).toBe('already-there 2');
  });
});

describe('settings', () => {
  const accepts = (settings: unknown): boolean => workload.schema.safeParse(settings).success;
  test.each([
    [{ name: 'deployment/worker' }, true],
    [{ name: ['deployment/worker', 'sts/db'], namespace: 'shop' }, true],
    [{ name: ['deployment/worker', 'deploy/worker'] }, false],
    [{ name: [] }, false],
    [{ name: 'worker' }, false],
    [{ name: 'rollout/worker' }, false],
    [{ name: 'deployment/worker', to: 3 }, false],
  ])('%j: %s', (settings, good) => {
    expect(accepts(settings)).toBe(good);
  });

  test('the rights that each kind takes', () => {
    const rights = (name: string): readonly string[] =>
      workload
        .requires({ name })
        .flatMap((each) => (each.type === 'permission' ? [`${each.verb} ${each.resource}`] : []));
    expect(rights('deployment/worker')).toEqual([
      'get deployments',
      'patch deployments',
      'list pods',
      'list replicasets',
    ]);
    expect(rights('sts/db')).toEqual(
      expect.arrayContaining(['patch statefulsets', 'list controllerrevisions', 'delete pods']),
    );
  });
});
