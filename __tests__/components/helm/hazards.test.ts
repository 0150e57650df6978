// Hooks and custom resource definitions around a Helm rollback: what is told, and when it refuses.

import { describe, expect, test } from '@jest/globals';
import {
  type CustomObjects,
  crdFileHazards,
  type DefinitionFacts,
  definitionHazards,
} from '../../../src/components/helm/custom-resource-hazards.ts';
import { hookHazards } from '../../../src/components/helm/hook-hazards.ts';
import { sampleRevision } from './sample-revisions.ts';

const hook = (name: string, events: readonly string[], image = 'one') => ({
  name,
  kind: 'Job',
  events: [...events],
  manifest: `kind: Job\nimage: ${image}\n`,
});

const lines = (hazards: readonly { readonly state: string; readonly detail: string }[]): readonly string[] =>
  hazards.map(({ state, detail }) => `${state}: ${detail}`);

describe('hooks', () => {
  const migrate = hook('migrate', ['pre-upgrade', 'pre-install']);
  const target = sampleRevision({ revision: 2, hooks: [migrate, hook('drain', ['pre-rollback'], 'drain')] });

  test.each([
    [true, 'hooks of revision 2 will run, and what they do is not undone by Helm: Job/drain (pre-rollback)'],
    [false, 'hooks of revision 2 are skipped (hooks: false): Job/drain (pre-rollback)'],
  ])('of the destination, with hooks: %s', (hooks, expected) => {
    expect(lines(hookHazards({ target, revisions: [target], hooks }))).toEqual([`warn: ${expected}`]);
  });

  const quiet = sampleRevision({ revision: 2, hooks: [migrate] });
  test.each([
    ['a new migration', [hook('migrate', ['pre-upgrade'], 'two')], 'Upgrade complete', ['migrate']],
    ['the very same hook', [migrate], 'Upgrade complete', []],
    ['an earlier rollback, which ran no such hook', [hook('m', ['pre-upgrade'], 'two')], 'Rollback to 1', []],
    ['hooks of an installation', [hook('seed', ['post-install'], 'two')], 'Upgrade complete', []],
  ])('that ran for what is left behind: %s', (_, hooks, description, names) => {
    const newest = sampleRevision({ revision: 3, hooks, description });
    expect(lines(hookHazards({ target: quiet, revisions: [newest, quiet], hooks: true }))).toEqual(
      names.map(
        (name) =>
          `warn: hooks ran when revision 3 was deployed, and what they changed stays: Job/${name} (pre-upgrade)`,
      ),
    );
  });

  test('of revisions before the destination are none of its business', () => {
    const older = sampleRevision({ revision: 1, hooks: [hook('m', ['pre-upgrade'], 'zero')] });
    expect(hookHazards({ target: quiet, revisions: [quiet, older], hooks: true })).toEqual([]);
  });
});

describe('a definition', () => {
  const crd = (...versions: readonly string[]) => ({
    kind: 'CustomResourceDefinition',
    spec: { group: 'shop.example', names: { plural: 'carts' }, versions: versions.map((name) => ({ name })) },
  });
  const facts = (
    change: DefinitionFacts['change'],
    objects: CustomObjects,
    after?: ReturnType<typeof crd>,
  ): DefinitionFacts => ({
    object: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: 'carts.shop.example',
      namespace: undefined,
      body: {},
    },
    change,
    live: crd('v1', 'v2'),
    after,
    objects,
  });
  const none: CustomObjects = { known: true, count: 0, names: [] };
  const seven: CustomObjects = { known: true, count: 7, names: ['shop/a', 'shop/b'] };
  const name = 'CustomResourceDefinition/carts.shop.example';

  test.each([
    [
      'deleted without objects',
      facts('delete', none),
      `warn: ${name} is deleted; there is no object of its kind`,
    ],
    [
      'deleted with objects',
      facts('delete', seven),
      `refuse: ${name} is deleted, and with it 7 objects (shop/a, shop/b and 5 more)`,
    ],
    [
      'deleted, and nobody may count',
      facts('delete', { known: false, why: 'forbidden' }),
      `unknown: ${name} is deleted, and with it every object of its kind; how many there are can't be known: forbidden`,
    ],
    [
      'changed',
      facts('change', seven, crd('v1')),
      `warn: ${name} changes (version v2 is served no more); there are 7 objects (shop/a, shop/b and 5 more)`,
    ],
    [
      'changed, no objects',
      facts('change', none, crd('v1', 'v2')),
      `warn: ${name} changes (versions v1, v2 stay)`,
    ],
  ])('that is %s', (_, given, expected) => {
    expect(lines(definitionHazards([given]))).toEqual([expected]);
  });

  test('in crds/ stays, and that is told where the revisions differ', () => {
    const revision = (number: number, digest: string) => ({
      ...sampleRevision({ revision: number }),
      crdFiles: [{ name: 'crds/cart.yaml', digest }],
    });
    expect(crdFileHazards(revision(3, 'a'), revision(2, 'a'))).toEqual([]);
    expect(lines(crdFileHazards(revision(3, 'b'), revision(2, 'a')))).toEqual([
      'warn: revision 3 and 2 have different CRDs in crds/cart.yaml, and Helm leaves the live ones as they are',
    ]);
  });
});
