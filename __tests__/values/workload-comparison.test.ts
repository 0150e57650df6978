// What is wanted against what is live: which differences the server makes by itself, and which count.

import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/values/json.ts';
import { differences, hasPath, leftovers } from '../../src/values/workload-comparison.ts';

describe('what is wanted is there', () => {
  test.each<[string, Json, Json]>([
    ['when the server has added defaults', { a: 1 }, { a: 1, policy: 'Always' }],
    ['when it has dropped what is empty', { a: 1, b: '', c: {}, d: [], e: false, f: null, g: 0 }, { a: 1 }],
    [
      'when it writes quantities its own way',
      { limits: { cpu: '500m', memory: '1024Mi' } },
      { limits: { cpu: '0.5', memory: '1Gi' } },
    ],
    ['when it makes numbers text in quantities', { requests: { cpu: 1 } }, { requests: { cpu: '1' } }],
    [
      'when keyed lists come in another order',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      {
        env: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      },
    ],
    [
      'when a sidecar was injected',
      { containers: [{ name: 'main' }] },
      { containers: [{ name: 'proxy' }, { name: 'main' }] },
    ],
    [
      'when a port has the default protocol',
      { ports: [{ containerPort: 80 }] },
      { ports: [{ containerPort: 80, protocol: 'TCP' }] },
    ],
  ])('%s', (_name, wanted, live) => {
    expect(differences(wanted, live)).toEqual([]);
  });
});

describe('what is wanted is not there', () => {
  test.each<[string, Json, Json, string]>([
    [
      'when an image differs',
      { containers: [{ name: 'main', image: 'a:1' }] },
      { containers: [{ name: 'main', image: 'a:2' }] },
      'containers[main].image',
    ],
    [
      'when a container is missing',
      { containers: [{ name: 'main' }] },
      { containers: [] },
      'containers[main]',
    ],
    [
      'when a quantity is another amount',
      { limits: { cpu: '500m' } },
      { limits: { cpu: '0.6' } },
      'limits.cpu',
    ],
    ['when amounts only look alike outside of quantities', { value: '1000m' }, { value: '1' }, 'value'],
    ['when a list without keys has another length', { args: ['a'] }, { args: ['a', 'b'] }, 'args'],
    ['when a type differs', { a: { b: 1 } }, { a: 'b' }, 'a'],
    ['when a list is none', { a: [1] }, { a: 1 }, 'a'],
  ])('%s', (_name, wanted, live, path) => {
    expect(differences(wanted, live).map((each) => each.path)).toEqual([path]);
  });
});

describe('left behind is', () => {
  test.each<[string, Json, Json, Json, readonly string[]]>([
    ['what an earlier version explains', { a: 1 }, { a: 1, left: 'x' }, { a: 1, left: 'x' }, ['left']],
    ['not what has another value by now', { a: 1 }, { a: 1, left: 'y' }, { a: 1, left: 'x' }, []],
    ['not what nobody explains: a default', { a: 1 }, { a: 1, policy: 'Always' }, { a: 2 }, []],
    ['not what is wanted, too', { a: 1 }, { a: 1 }, { a: 1 }, []],
    [
      'an environment variable by its name',
      { env: [{ name: 'A' }] },
      { env: [{ name: 'A' }, { name: 'B', value: '1' }] },
      { env: [{ name: 'B', value: '1' }] },
      ['env[B]'],
    ],
    [
      'a field deep in a container',
      { containers: [{ name: 'm' }] },
      { containers: [{ name: 'm', tty: true }] },
      { containers: [{ name: 'm', tty: true }] },
      ['containers[m].tty'],
    ],
    ['not an empty value', { a: 1 }, { a: 1 }, { a: 1, b: '' }, []],
  ])('%s', (_name, wanted, live, earlier, paths) => {
    expect(leftovers(wanted, live, earlier)).toEqual(paths);
    for (const path of paths) {
      expect(hasPath(live, path)).toBe(true);
      expect(hasPath(wanted, path)).toBe(false);
    }
  });
});
