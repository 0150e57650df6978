// Kubernetes' quantities as numbers, and what a pod counts against a quota.

import { describe, expect, test } from '@jest/globals';
import { podUse } from '../../src/values/pod-resources.ts';
import { exceeds, formatQuantity, parseQuantity } from '../../src/values/quantity.ts';

describe('parseQuantity', () => {
  test.each([
    ['100m', 0.1],
    ['1.5', 1.5],
    ['.5', 0.5],
    [2, 2],
    ['512Mi', 512 * 2 ** 20],
    ['2G', 2e9],
    ['1e3', 1000],
    ['12E', 12e18],
    ['3n', 3e-9],
    ['-1', -1],
  ])('%s', (written, value) => {
    expect(parseQuantity(written)).toBeCloseTo(value, 12);
  });

  test.each([[''], ['1X'], ['Mi'], ['1 Gi'], ['1.2.3'], [undefined], [{}], [Number.NaN]])(
    '%p is none',
    (written) => {
      expect(parseQuantity(written)).toBeUndefined();
    },
  );
});

test('sums of thousandths do not exceed by rounding', () => {
  const tenths = Array.from({ length: 10 }, () => 0.1).reduce((sum, each) => sum + each, 0);
  expect([exceeds(tenths, 1), exceeds(1, tenths), exceeds(1.001, 1)]).toEqual([false, false, true]);
});

test.each([
  [536870912, 'requests.memory', '512Mi'],
  [0.25, 'requests.cpu', '250m'],
  [3, 'pods', '3'],
])('%p of %s is %s', (value, unit, shown) => {
  expect(formatQuantity(value, unit)).toBe(shown);
});

const template = (spec: object) => ({ spec: { template: { spec: JSON.parse(JSON.stringify(spec)) } } });

test('containers add up, a limit stands in for a request, and the larger init container counts', () => {
  const use = podUse(
    template({
      containers: [
        { resources: { requests: { cpu: '100m', memory: '1Gi' } } },
        { resources: { limits: { cpu: '200m' } } },
      ],
      initContainers: [
        { resources: { requests: { cpu: '2' } } },
        { restartPolicy: 'Always', resources: { requests: { memory: '1Gi' } } },
      ],
      overhead: { cpu: '1' },
    }),
  );
  expect(Object.fromEntries(use ?? [])).toEqual({
    pods: 1,
    'count/pods': 1,
    'requests.cpu': 3,
    cpu: 3,
    'limits.cpu': 1.2,
    'requests.memory': 2 * 2 ** 30,
    memory: 2 * 2 ** 30,
    'limits.memory': 0,
  });
});

test('what has no pod template counts nothing that could be told', () => {
  expect(podUse({ spec: {} })).toBeUndefined();
});
