// All releases of a namespace from Helm's own records, for whoever does not know their names yet.

import { RollbackPlanError } from '../../errors.ts';
import type { Cluster } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import { at } from './manifest.ts';
import { readStoredRevision } from './release-record.ts';
import type { HelmRelease } from './release-store.ts';

export type ReleaseList = {
  /** Sorted by name, uninstalled ones with a kept history included. */
  readonly releases: readonly HelmRelease[];
  /** Why the releases in ConfigMaps are not among them, where the account may not list those. */
  readonly withoutConfigMaps: string | undefined;
};

/** Throws what the cluster's `list` throws for Secrets, which is where Helm keeps releases unless told otherwise. */
export async function fetchReleases(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<ReleaseList> {
  const list = (resource: string): Promise<readonly JsonObject[]> =>
    cluster.list(`/api/v1/namespaces/${namespace}/${resource}`, { labelSelector: 'owner=helm' }, signal);
  const secrets = await list('secrets');
  const configMaps = await list('configmaps').catch((thrown: unknown) => {
    // Few clusters keep releases there, and few accounts that may read Secrets may not read these.
    if (thrown instanceof RollbackPlanError && thrown.code === 'permission-missing') return thrown;
    throw thrown;
  });
  const refused = configMaps instanceof RollbackPlanError ? configMaps : undefined;
  const inSecrets = releasesIn(secrets, namespace, 'secret');
  const names = new Set(inSecrets.map(({ name }) => name));
  const inConfigMaps = releasesIn(
    configMaps instanceof RollbackPlanError ? [] : configMaps,
    namespace,
    'configmap',
  );
  return {
    // Where a name is in both, Secrets win, as they do for the component kind.
    releases: [...inSecrets, ...inConfigMaps.filter(({ name }) => !names.has(name))].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
    withoutConfigMaps: refused?.message,
  };
}

/** Groups storage objects by the release that their label names. Pure. */
export function releasesIn(
  stored: readonly JsonObject[],
  namespace: string,
  storage: HelmRelease['storage'],
): readonly HelmRelease[] {
  const kind = storage === 'secret' ? 'Secret' : 'ConfigMap';
  const byName = new Map<string, JsonObject[]>();
  for (const item of stored) {
    const name = at(item, 'metadata', 'labels', 'name');
    if (typeof name !== 'string') continue;
    byName.set(name, [...(byName.get(name) ?? []), item]);
  }
  return [...byName].flatMap(([name, items]) => {
    const [newest, ...older] = items
      .map((item) => readStoredRevision({ ...item, kind }))
      .sort((a, b) => b.revision - a.revision);
    return newest === undefined ? [] : [{ name, namespace, storage, revisions: [newest, ...older] as const }];
  });
}
