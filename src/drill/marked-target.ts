// Where a drill may happen: only in namespaces that whoever owns the cluster labelled for it. The plan can't do that.

import { RollbackPlanError } from '../errors.ts';
import type { Cluster } from '../ports.ts';
import { drillLabel } from '../values/drill-label.ts';
import { isJsonObject, type Json } from '../values/json.ts';

/** Throws `drill-target-unmarked` for the first namespace without the label. */
export async function proveMarked(cluster: Cluster, namespaces: ReadonlySet<string>): Promise<void> {
  for (const namespace of namespaces) {
    const object = await cluster.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`);
    if (labelOf(object, drillLabel.key) === drillLabel.value) continue;
    throw new RollbackPlanError(
      'drill-target-unmarked',
      object === undefined
        ? `there is no namespace ${namespace} to drill in`
        : `namespace ${namespace} is not marked for drills, and a drill puts a bad version out`,
      {
        hint: `If it may be broken on purpose, whoever owns the cluster marks it: kubectl label namespace ${namespace} ${drillLabel.key}=${drillLabel.value}`,
      },
    );
  }
}

/** Every value under a key `namespace`, at any depth: a step or a component may name another one than the target's. */
export function namespacesIn(settings: unknown): readonly string[] {
  if (Array.isArray(settings)) return settings.flatMap(namespacesIn);
  if (typeof settings !== 'object' || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]) =>
    key === 'namespace' && typeof value === 'string' ? [value] : namespacesIn(value),
  );
}

function labelOf(object: Json | undefined, key: string): Json | undefined {
  if (!isJsonObject(object) || !isJsonObject(object['metadata'])) return undefined;
  const labels = object['metadata']['labels'];
  return isJsonObject(labels) ? labels[key] : undefined;
}
