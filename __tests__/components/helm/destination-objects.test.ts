// What the gates are given of a Helm rollback: every object of the revision in its namespace, hooks only if they run,
// and no Secret with its data.

import { expect, test } from '@jest/globals';
import { destinationObjects } from '../../../src/components/helm/destination-objects.ts';
import type { FindPath } from '../../../src/components/helm/object-paths.ts';
import { sampleRevision } from './sample-revisions.ts';

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: { name: shop }
data: { tag: one }
---
apiVersion: v1
kind: Secret
metadata: { name: access, namespace: other, annotations: { kubectl.kubernetes.io/last-applied-configuration: x } }
stringData: { password: hunter22 }
data: { key: aHVudGVyMjI= }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader }
---
apiVersion: gone.example/v1
kind: Thing
metadata: { name: thing }
`;

const hook = (name: string, event: string) => ({
  name,
  kind: 'Job',
  events: [event],
  manifest: `apiVersion: batch/v1\nkind: Job\nmetadata: { name: ${name}, annotations: { helm.sh/hook: ${event} } }\n`,
});

const revision = sampleRevision({
  revision: 2,
  manifest,
  hooks: [hook('back', 'pre-rollback'), hook('forth', 'pre-upgrade')],
});

const findPath: FindPath = async ({ kind, name }) => {
  if (kind === 'Thing') return undefined;
  const collection = kind === 'ClusterRole' ? '/apis/x/clusterroles' : '/api/v1/namespaces/shop/things';
  return { collection, item: `${collection}/${name}` };
};

test.each([
  ['with their hooks', true, ['Job back in shop']],
  ['without hooks that do not run', false, []],
])('objects of a revision, %s', async (_, hooks, last) => {
  const objects = await destinationObjects(revision, { hooks, namespace: 'shop', findPath });
  const lines = objects.map(({ kind, metadata }) => {
    const { name, namespace } = Object(metadata);
    return `${kind} ${name}${namespace === undefined ? '' : ` in ${namespace}`}`;
  });
  expect(lines).toEqual([
    'ConfigMap shop in shop',
    'Secret access in other',
    'ClusterRole reader',
    'Thing thing in shop',
    ...last,
  ]);
  expect(JSON.stringify(objects)).not.toMatch(/hunter22|aHVudGVyMjI|last-applied/);
});
