// What a person pastes after the API server has forbidden something, made from the server's own words.

import { expect, test } from '@jest/globals';
import { grantHint } from '../../src/adapters/state-faults.ts';

const ledger =
  'configmaps "rollback-plan-ledger" is forbidden: User "system:serviceaccount:ci:deployer" cannot get resource "configmaps" in API group "" in the namespace "shop"';
const scale =
  'deployments.apps "api" is forbidden: User "limited" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"';

test.each([
  [
    'for the ledger all that lock, journal and ledger need',
    ledger,
    [
      'kubectl -n shop create role rollback-plan-state --verb=get,create,update --resource=leases.coordination.k8s.io,configmaps',
      'kubectl -n shop create rolebinding rollback-plan-state --role=rollback-plan-state --serviceaccount=ci:deployer',
    ],
  ],
  [
    'for anything else that right, under a name of its own',
    scale,
    [
      'kubectl -n shop create role rollback-plan-patch-deployments-scale --verb=patch --resource=deployments.apps/scale',
      'kubectl -n shop create rolebinding rollback-plan-patch-deployments-scale --role=rollback-plan-patch-deployments-scale --user=limited',
    ],
  ],
  ['for what is not of a namespace no line that could be wrong', 'nodes is forbidden', []],
])('%s', (_name, message, lines) => {
  expect(
    grantHint(message)
      .split('\n')
      .filter((line) => line.startsWith('kubectl')),
  ).toEqual(lines);
});
