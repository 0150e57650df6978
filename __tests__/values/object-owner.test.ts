// Whose a live object is, by the marks that owners leave on it.

import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../src/values/json.ts';
import { describeOwner, ownersOf, pauseCommand } from '../../src/values/object-owner.ts';

const canary = { ownerReferences: [{ kind: 'Canary', name: 'api', controller: true }] };
const cases: readonly (readonly [string, JsonObject, readonly string[], string | undefined])[] = [
  ['nobody', { labels: { app: 'x' } }, [], undefined],
  [
    'a Kustomization',
    {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop', 'kustomize.toolkit.fluxcd.io/namespace': 'flux' },
    },
    ['Flux (shop)'],
    'flux suspend kustomization shop --namespace=flux',
  ],
  [
    'a HelmRelease, with its release',
    {
      labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'shop' },
    },
    ['Flux (shop)', 'the Helm release shop'],
    'flux suspend helmrelease shop',
  ],
  [
    'an Application',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:x/y' } },
    ['Argo CD (application shop)'],
    'argocd app set shop --sync-policy none',
  ],
  [
    'Argo CD by its writes alone',
    { managedFields: [{ manager: 'argocd-controller', operation: 'Update' }] },
    ['Argo CD'],
    undefined,
  ],
  ['a canary', canary, ['Flagger (canary api)'], undefined],
  [
    'an operator',
    { ownerReferences: [{ kind: 'Shop', name: 'main', controller: true }] },
    ['Shop/main'],
    undefined,
  ],
  ['an owner that controls nothing', { ownerReferences: [{ kind: 'Shop', name: 'main' }] }, [], undefined],
  [
    'one who only wrote the status',
    { managedFields: [{ manager: 'argocd-controller', subresource: 'status' }] },
    [],
    undefined,
  ],
];

describe('an object of', () => {
  test.each(cases)('%s', (_name, metadata, who, pause) => {
    const owners = ownersOf({ metadata });
    expect(owners.map(describeOwner)).toEqual(who);
    const [first] = owners;
    expect(first === undefined ? undefined : pauseCommand(first)).toBe(pause);
  });
});
