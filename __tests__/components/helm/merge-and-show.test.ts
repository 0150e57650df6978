// Helm’s three-way merge, as the preview repeats it, and how two objects are shown side by side.

import { describe, expect, test } from '@jest/globals';
import { showPair } from '../../../src/components/helm/shown-object.ts';
import { mergeThreeWays } from '../../../src/components/helm/three-way-merge.ts';
import type { JsonObject } from '../../../src/values/json.ts';

const withEnv = (...names: readonly string[]): JsonObject => ({
  spec: { containers: [{ name: 'main', env: names.map((name) => ({ name, value: 'x' })) }] },
});

describe('Helm’s merge on the client', () => {
  test.each<[string, JsonObject | undefined, JsonObject, JsonObject, JsonObject]>([
    ['takes what is wanted', { a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }],
    [
      'removes what the last revision had and the wanted one has not',
      { a: 1, b: 1 },
      { a: 1 },
      { a: 1, b: 1 },
      { a: 1 },
    ],
    ['keeps what somebody else added', { a: 1 }, { a: 1 }, { a: 1, c: 3 }, { a: 1, c: 3 }],
    ['keeps what a forgotten revision left', { a: 1 }, { a: 1 }, { a: 1, left: true }, { a: 1, left: true }],
    [
      'works where the last revision did not have the object',
      undefined,
      { a: { b: 1 } },
      { a: { c: 1 } },
      { a: { b: 1, c: 1 } },
    ],
    [
      'merges containers and variables by name',
      withEnv('A', 'B'),
      withEnv('A'),
      withEnv('A', 'B', 'C'),
      withEnv('A', 'C'),
    ],
    ['replaces lists without a key', { args: [1] }, { args: [2] }, { args: [1, 3] }, { args: [2] }],
    ['takes null for absent', { a: 1 }, { a: null }, { a: 1 }, {}],
  ])('%s', (_name, last, wanted, live, expected) => {
    expect(mergeThreeWays(last, wanted, live)).toEqual(expected);
  });
});

describe('an object is shown', () => {
  const secret = (data: JsonObject): JsonObject => ({ kind: 'Secret', metadata: { name: 's' }, data });

  test('without what only the server cares about', () => {
    const { before } = showPair(
      {
        kind: 'ConfigMap',
        metadata: {
          name: 'c',
          uid: '1',
          resourceVersion: '2',
          managedFields: [],
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"p":"hunter2"}}' },
        },
        status: { x: 1 },
      },
      undefined,
    );
    expect(before).toBe('kind: ConfigMap\nmetadata:\n  name: c\n');
  });

  test('with masks for secret values that still tell which of them change', () => {
    const { before, after } = showPair(secret({ a: 'b2xk', same: 'c2FtZQ==' }), {
      ...secret({ same: 'c2FtZQ==' }),
      stringData: { a: 'new' },
    });
    expect(before).toContain("a: '*** (before)'\n  same: '***'");
    expect(after).toContain("a: '*** (after)'\n  same: '***'");
    expect(`${before}${after}`).not.toMatch(/b2xk|new|bmV3/);
  });

  test('with a plain mask for the values of a new Secret', () => {
    expect(showPair(undefined, secret({ a: 'eA==' })).after).toContain("a: '***'");
  });
});
