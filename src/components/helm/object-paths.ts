// Finds where the API server keeps an object of a manifest. Common kinds are known; for the rest the server is asked
// once per API version, which also tells when a version is served no more.

import { z } from 'zod';
import type { Cluster } from '../../ports.ts';
import type { ManifestObject } from './manifest.ts';

export type ObjectPath = { readonly collection: string; readonly item: string };

/** `undefined`: this server does not serve the kind in that version. */
export type FindPath = (object: ManifestObject) => Promise<ObjectPath | undefined>;

type Resource = { readonly kind: string; readonly plural: string; readonly namespaced: boolean };

const resourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

const known: Readonly<Record<string, string>> = {
  'v1 ConfigMap': 'configmaps',
  'v1 Secret': 'secrets',
  'v1 Service': 'services',
  'v1 ServiceAccount': 'serviceaccounts',
  'apps/v1 Deployment': 'deployments',
  'apps/v1 StatefulSet': 'statefulsets',
  'apps/v1 DaemonSet': 'daemonsets',
};

/** A finder that remembers what the server said; `namespace` is where objects without one of their own go. */
export function createFindPath(cluster: Cluster, namespace: string, signal: AbortSignal): FindPath {
  const asked = new Map<string, Promise<readonly Resource[]>>();

  const resourcesOf = (apiVersion: string): Promise<readonly Resource[]> => {
    const earlier = asked.get(apiVersion);
    if (earlier !== undefined) return earlier;
    const answer = cluster.get(prefixOf(apiVersion), signal).then((found) => {
      const parsed = resourceList.safeParse(found);
      if (!parsed.success) return [];
      // Subresources such as `deployments/scale` carry kinds of their own.
      return parsed.data.resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced }) => ({ kind, plural: name, namespaced }));
    });
    asked.set(apiVersion, answer);
    return answer;
  };

  return async (object) => {
    const prefix = prefixOf(object.apiVersion);
    const plural = known[`${object.apiVersion} ${object.kind}`];
    const resource: Resource | undefined =
      plural === undefined
        ? (await resourcesOf(object.apiVersion)).find(({ kind }) => kind === object.kind)
        : { kind: object.kind, plural, namespaced: true };
    if (resource === undefined) return undefined;
    const scope = resource.namespaced ? `/namespaces/${object.namespace ?? namespace}` : '';
    const collection = `${prefix}${scope}/${resource.plural}`;
    return { collection, item: `${collection}/${encodeURIComponent(object.name)}` };
  };
}

function prefixOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
