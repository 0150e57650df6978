// What a workload’s health means for the check, without a cluster: a pass only where something serves.

import { describe, expect, test } from '@jest/globals';
import { judgeRollout, rollout } from '../../src/checks/rollout.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import type { KindContext } from '../../src/ports.ts';
import type { Json } from '../../src/values/json.ts';
import type { WorkloadHealth } from '../../src/values/workload-health.ts';

const health = (state: WorkloadHealth['state'], ready = 0): WorkloadHealth => ({
  state,
  evidence: `deployment/api: ${state}`,
  desired: 3,
  updated: 3,
  ready,
});

describe('the check', () => {
  test.each<[string, WorkloadHealth, Parameters<typeof judgeRollout>[1], string]>([
    ['passes when rolled out', health('ready', 3), '>= 1', 'pass'],
    ['fails when more pods are expected', health('ready', 3), '>= 4', 'fail'],
    ['fails while progressing, for it is not rolled out', health('progressing', 2), '>= 1', 'fail'],
    ['fails when failed', health('failed'), '>= 1', 'fail'],
    ['fails when held', health('held', 3), '>= 1', 'fail'],
    ['fails when missing', health('missing'), '>= 1', 'fail'],
    ['never passes at zero by default', health('empty'), '>= 1', 'fail'],
    ['passes at zero for who expects just that', health('empty'), 0, 'pass'],
    ['is inconclusive when no sense can be made of the answer', health('unreadable'), '>= 1', 'inconclusive'],
  ])('%s', (_name, given, ready, state) => {
    expect(judgeRollout(given, ready).state).toBe(state);
  });
});

describe('settings', () => {
  test.each<[string, Json, boolean]>([
    ['one workload', { workload: 'deployment/api' }, true],
    ['a list', { workload: ['deployment/api', 'sts/db'], namespace: 'shop', ready: '>= 2' }, true],
    ['an empty list', { workload: [] }, false],
    ['a pod', { workload: 'pod/api' }, false],
    ['something that looks like a flag', { workload: 'deployment/--all' }, false],
    ['an unknown key', { workload: 'deployment/api', timeout: '5m' }, false],
  ])('%s', (_name, given, valid) => {
    expect(rollout.schema.safeParse(given).success).toBe(valid);
  });

  test('ask for the permissions that they take', () => {
    const settings = rollout.schema.parse({
      workload: ['deployment/a', 'deploy/b', 'ds/c'],
      namespace: 'shop',
    });
    const asked = rollout
      .requires(settings)
      .map((each) => (each.type === 'permission' ? `${each.verb} ${each.resource}` : ''));
    expect([...new Set(asked)]).toEqual([
      'get deployments',
      'get daemonsets',
      'list pods',
      'list replicasets',
    ]);
  });
});

test('what cannot be measured is an error, never an exception and never a pass', async () => {
  const refuse = (): Promise<never> =>
    Promise.reject(new RollbackPlanError('permission-missing', 'the API server refused', { hint: 'ask' }));
  const context = {
    cluster: {
      namespace: 'shop',
      get: refuse,
      list: refuse,
      text: refuse,
      mayI: async () => false,
      whoAmI: async () => undefined,
      dryRun: refuse,
      helmFlags: [],
      kubectlFlags: [],
    },
    signal: new AbortController().signal,
  };
  const measured = await rollout.measure(
    standIn(context),
    rollout.schema.parse({ workload: 'deployment/api' }),
  );
  expect(measured).toEqual({
    state: 'error',
    value: null,
    expected: 'rolled out, ready >= 1',
    evidence: 'could not measure: the API server refused',
  });
});

/** A context with only what the check uses; touching anything else fails the test. */
function standIn(parts: Pick<KindContext, 'cluster' | 'signal'>): KindContext {
  const unused = (name: string): never => {
    throw new Error(`the check has no business with ${name}`);
  };
  return {
    ...parts,
    get target() {
      return unused('target');
    },
    get incident() {
      return unused('incident');
    },
    get repository() {
      return unused('repository');
    },
    get http() {
      return unused('http');
    },
    get clock() {
      return unused('clock');
    },
    get log() {
      return unused('log');
    },
    get secretNames() {
      return unused('secretNames');
    },
    pathType: () => unused('pathType'),
    get workspace() {
      return unused('workspace');
    },
    read: () => unused('commands'),
    forward: () => unused('forward'),
  };
}
