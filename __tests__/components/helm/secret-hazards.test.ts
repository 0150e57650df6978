// A Secret that somebody rotated is told apart from one that the release itself changed, and no value is ever said.

import { describe, expect, test } from '@jest/globals';
import type { ManifestObject } from '../../../src/components/helm/manifest.ts';
import type { PreviewedObject } from '../../../src/components/helm/preview.ts';
import { secretHazards } from '../../../src/components/helm/secret-hazards.ts';

type Data = Readonly<Record<string, string>>;

const body = (data: Data) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'access' },
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});
const object = (data: Data): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  name: 'access',
  namespace: undefined,
  body: { ...body({}), stringData: data },
});

type Case = {
  readonly live: Data | undefined;
  readonly after: Data | undefined;
  readonly written: readonly Data[];
  readonly change?: PreviewedObject['change'];
};

function told({ live, after, written, change = 'change' }: Case): readonly string[] {
  const previewed: PreviewedObject = {
    object: object(after ?? {}),
    change,
    live: live === undefined ? undefined : body(live),
    after: after === undefined ? undefined : body(after),
    refusal: undefined,
  };
  const hazards = secretHazards({
    previewed: [previewed],
    written: new Map(written.length === 0 ? [] : [['|Secret||access', written.map(object)]]),
  });
  expect(JSON.stringify(hazards)).not.toMatch(/value-|dmFsdWUt/);
  return hazards.map(({ state, detail }) => `${state}: ${detail}`);
}

const rotated = (keys: string, fate = 'puts older values in their place'): readonly string[] => [
  `refuse: Secret/access was changed by somebody else since it was deployed (${keys}), and the rollback ${fate}`,
];

describe('a Secret', () => {
  const one = { user: 'value-u', password: 'value-1' };
  const two = { user: 'value-u', password: 'value-2' };
  const live = { user: 'value-u', password: 'value-rotated' };

  test.each<[string, Case, readonly string[]]>([
    ['that stays as it is', { live: two, after: two, written: [one, two] }, []],
    ['that is not there yet', { live: undefined, after: one, written: [one], change: 'create' }, []],
    [
      'that the release changed',
      { live: two, after: one, written: [one, two] },
      ['warn: Secret/access goes back to the values of the earlier revision (password)'],
    ],
    ['that was rotated', { live, after: one, written: [one, two] }, rotated('password')],
    ['that was rotated and stays so', { live, after: live, written: [one, two] }, []],
    [
      'that was rotated and is deleted',
      { live, after: undefined, written: [two], change: 'delete' },
      rotated('password', 'deletes it'),
    ],
    [
      'that only the other revision has, and somebody keeps',
      { live, after: one, written: [one] },
      rotated('password'),
    ],
    [
      'with a key that somebody added, which a replacement removes',
      { live: { ...two, token: 'value-t' }, after: two, written: [one, two] },
      rotated('token'),
    ],
    [
      'with a key that somebody took away',
      { live: { user: 'value-u' }, after: two, written: [two] },
      rotated('password'),
    ],
    [
      'that a revision which failed half-way never reached',
      { live: one, after: two, written: [one, two] },
      ['warn: Secret/access goes back to the values of the earlier revision (password)'],
    ],
    [
      'that the release deletes',
      { live: two, after: undefined, written: [two], change: 'delete' },
      ['warn: Secret/access is deleted (password, user)'],
    ],
  ])('%s', (_, facts, expected) => {
    expect(told(facts)).toEqual(expected);
  });

  test('whose dry run the server refused is judged by what the manifest says', () => {
    const refused: PreviewedObject = {
      object: object(one),
      change: 'none',
      live: body(live),
      after: undefined,
      refusal: 'no',
    };
    const written = new Map([['|Secret||access', [object(one)]]]);
    expect(secretHazards({ previewed: [refused], written })).toMatchObject([{ state: 'refuse' }]);
  });
});
