// What pods' status means for the check `pods`, on both sides of every limit, without a cluster.

import { describe, expect, test } from '@jest/globals';
import { judgePods, type PodExpectations } from '../../src/checks/pods/judge-pods.ts';
import { tallyPods } from '../../src/checks/pods/tally-pods.ts';
import { pods } from '../../src/checks/pods.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';

const now = new Date('2026-03-01T12:00:00Z');
const windowMs = 300_000;
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString();

type Status = {
  readonly phase?: string;
  readonly ready?: boolean;
  readonly containers?: readonly JsonObject[];
  readonly init?: readonly JsonObject[];
  readonly deleted?: boolean;
};

const pod = (name: string, status: Status = {}): JsonObject => ({
  metadata: { name, ...(status.deleted === true ? { deletionTimestamp: ago(1) } : {}) },
  status: {
    phase: status.phase ?? 'Running',
    conditions: [{ type: 'Ready', status: status.ready === false ? 'False' : 'True' }],
    containerStatuses: status.containers ?? [{ name: 'main', restartCount: 0, state: { running: {} } }],
    initContainerStatuses: status.init ?? [],
  },
});
const ended = (reason: string, finishedAt: string | null, restartCount = 1): JsonObject => ({
  name: 'main',
  restartCount,
  state: { running: {} },
  lastState: { terminated: { reason, exitCode: 137, finishedAt } },
});
const oom = (name: string, seconds: number, restarts = 1): JsonObject =>
  pod(name, { containers: [ended('OOMKilled', ago(seconds), restarts)] });
const waiting = (reason: string, restartCount = 0): JsonObject => ({
  name: 'main',
  restartCount,
  state: { waiting: { reason } },
});

const defaults: PodExpectations = { 'oom-killed': 0, 'crash-looping': 0, 'image-pull-failing': 0 };
const judged = (found: readonly JsonObject[], wanted: PodExpectations = {}): string => {
  const { state, evidence } = judgePods(tallyPods(found, { now, windowMs }), { ...defaults, ...wanted });
  return `${state}: ${evidence}`;
};
const four = [oom('a', 10), oom('b', 20), oom('c', 30), oom('d', 40)];
const atMostThree: PodExpectations = { 'oom-killed': '<= 3' };

describe('killed for memory', () => {
  test.each<[string, readonly JsonObject[], PodExpectations, RegExp]>([
    ['three pods are within three', four.slice(0, 3), atMostThree, /^pass: 3 pods, oom-killed 3/],
    [
      'four are not, and three of them are named',
      four,
      atMostThree,
      /^fail: oom-killed: .*found 4 \(a, b, c and 1 more\)/,
    ],
    ['one pod that was killed five times is one pod', [oom('a', 10, 5)], { 'oom-killed': '<= 1' }, /^pass/],
    [
      'two containers of one pod are one pod',
      [pod('a', { containers: [ended('OOMKilled', ago(1)), ended('OOMKilled', ago(2))] })],
      { 'oom-killed': '<= 1' },
      /^pass/,
    ],
    ['at the edge of the window it counts', [oom('a', 300)], {}, /^fail/],
    ['beyond it, it does not', [oom('a', 301)], {}, /^pass/],
    ['a clock that is ahead of ours does not hide it', [oom('a', -30)], {}, /^fail/],
    [
      'another reason is no lack of memory',
      [pod('a', { containers: [ended('Error', ago(1))] })],
      {},
      /^pass/,
    ],
    [
      'a container that has just ended counts, too',
      [
        pod('a', {
          containers: [
            {
              name: 'main',
              restartCount: 0,
              state: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: ago(1) } },
            },
          ],
        }),
      ],
      {},
      /^fail/,
    ],
    ['an init container counts, too', [pod('a', { init: [ended('OOMKilled', ago(1))] })], {}, /^fail/],
    [
      'one that is on its way out does not',
      [pod('a', { deleted: true, containers: [ended('OOMKilled', ago(1))] }), pod('b')],
      {},
      /^pass: 1 pod,/,
    ],
    [
      'without a time nobody knows',
      [pod('a', { containers: [ended('OOMKilled', null)] })],
      {},
      /^inconclusive: oom-killed: nothing says when it happened to a/,
    ],
    [
      'without a time, where it makes no difference',
      [pod('a', { containers: [ended('OOMKilled', null)] })],
      { 'oom-killed': '<= 1' },
      /^pass/,
    ],
  ])('%s', (_name, found, wanted, said) => {
    expect(judged(found, wanted)).toMatch(said);
  });
});

describe('the other counts', () => {
  test.each<[string, readonly JsonObject[], PodExpectations, RegExp]>([
    [
      'a crash loop fails',
      [pod('a', { containers: [waiting('CrashLoopBackOff', 3)] })],
      {},
      /^fail: crash-looping: .*\(a\)/,
    ],
    [
      'as many as are allowed do not',
      [pod('a', { containers: [waiting('CrashLoopBackOff', 3)] })],
      { 'crash-looping': '<= 1' },
      /^pass/,
    ],
    [
      'an end with an error, once more, is one',
      [pod('a', { containers: [{ name: 'main', restartCount: 2, state: { terminated: { exitCode: 1 } } }] })],
      {},
      /^fail: crash-looping/,
    ],
    [
      'the first end is none yet',
      [pod('a', { containers: [{ name: 'main', restartCount: 0, state: { terminated: { exitCode: 1 } } }] })],
      {},
      /^pass/,
    ],
    [
      'an image that can not be pulled fails',
      [pod('a', { phase: 'Pending', containers: [waiting('ErrImagePull')] })],
      {},
      /^fail: image-pull-failing/,
    ],
    [
      'one that is being pulled does not',
      [pod('a', { phase: 'Pending', containers: [waiting('ContainerCreating')] })],
      {},
      /^pass/,
    ],
    [
      'a restart in the window counts',
      [pod('a', { containers: [ended('Error', ago(300))] })],
      { restarted: 0 },
      /^fail: restarted/,
    ],
    [
      'an earlier one does not',
      [pod('a', { containers: [ended('Error', ago(301))] })],
      { restarted: 0 },
      /^pass/,
    ],
    [
      'restarts are not judged unless asked for',
      [pod('a', { containers: [ended('Error', ago(1))] })],
      {},
      /^pass/,
    ],
    [
      'a restart of which only the number is known',
      [pod('a', { containers: [{ name: 'main', restartCount: 1 }] })],
      { restarted: 0 },
      /^inconclusive/,
    ],
    [
      'a pod that is not ready counts',
      [pod('a', { ready: false }), pod('b')],
      { 'not-ready': 0 },
      /^fail: not-ready: .*found 1 \(a\)/,
    ],
    [
      'one that has ended does not',
      [pod('a', { ready: false, phase: 'Succeeded' }), pod('b')],
      { 'not-ready': 0 },
      /^pass/,
    ],
    [
      'a pod without a node counts as pending',
      [pod('a', { phase: 'Pending', ready: false })],
      { pending: 0 },
      /^fail: pending/,
    ],
    ['fewer pods than expected fail', [pod('a')], { pods: '>= 2' }, /^fail: pods/],
  ])('%s', (_name, found, wanted, said) => {
    expect(judged(found, wanted)).toMatch(said);
  });
});

describe('without data', () => {
  test.each<[string, readonly JsonObject[], PodExpectations, RegExp]>([
    ['no pods are no pass', [], {}, /^inconclusive: there are no pods, so nothing can be measured/],
    ['no pods, where more are expected, are none either', [], { pods: '>= 1' }, /^inconclusive/],
    ['no pods are one for who expects that', [], { pods: 0 }, /^pass: 0 pods/],
    ['pods that are on their way out are no pods', [pod('a', { deleted: true })], {}, /^inconclusive/],
    [
      'pods that have all ended neither',
      [pod('a', { phase: 'Failed' })],
      {},
      /^inconclusive: there are no pods \(1 have ended\)/,
    ],
    [
      'what makes no sense is none',
      [pod('a'), { metadata: {} }],
      {},
      /^inconclusive: no sense can be made of 1/,
    ],
    ['a certain failure counts in spite of it', [oom('a', 1), { metadata: {} }], {}, /^fail/],
  ])('%s', (_name, found, wanted, said) => {
    expect(judged(found, wanted)).toMatch(said);
  });
});

test.each<[string, Json, boolean]>([
  ['a workload', { workload: 'deployment/api', 'oom-killed': '<= 3' }, true],
  ['a selector', { selector: 'app=api', namespace: 'shop', window: '10m' }, true],
  ['neither', { 'crash-looping': 0 }, false],
  ['both', { workload: 'deployment/api', selector: 'app=api' }, false],
  ['no duration', { workload: 'deployment/api', window: 5 }, false],
])('settings: %s', (_name, given, valid) => {
  expect(pods.schema.safeParse(given).success).toBe(valid);
});
