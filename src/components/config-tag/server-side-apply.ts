// ConfigMaps that are deployed with server-side apply, by `kubectl apply --server-side` or Helm 4: whoever deploys
// them owns their fields. Replaced by anybody else, the next deployment would stop at a conflict; so a rollback
// applies in the deployer's name, as deploying the earlier version again would.

import { z } from 'zod';
import type { ConfigContent } from '../../values/config-map.ts';
import type { Json, JsonObject } from '../../values/json.ts';
import { definedData, type LiveConfigMap, objectOf } from './config-map-object.ts';

const managedFields = z
  .array(
    z.looseObject({
      manager: z.string().optional(),
      operation: z.string().optional(),
      fieldsV1: z.record(z.string(), z.json()).optional(),
    }),
  )
  .nullish();

export type Applier = { readonly manager: string; readonly fields: JsonObject };

/** The one manager that applies the data; `undefined` when there is none, or several, so that nobody's name is taken wrongly. */
export function soleApplier(live: LiveConfigMap): Applier | undefined {
  const entries = managedFields.safeParse(objectOf(live.object['metadata'])['managedFields']);
  const appliers = (entries.data ?? []).flatMap(({ manager, operation, fieldsV1 }): Applier[] =>
    operation === 'Apply' &&
    manager !== undefined &&
    fieldsV1 !== undefined &&
    ('f:data' in fieldsV1 || 'f:binaryData' in fieldsV1)
      ? [{ manager, fields: fieldsV1 }]
      : [],
  );
  return appliers.length === 1 ? appliers[0] : undefined;
}

/** What this manager applies: everything it owns as it is, because what it leaves out is removed; other data; our marks. */
export function appliedBy(
  applier: Applier,
  live: LiveConfigMap,
  content: ConfigContent,
  marks: Readonly<Record<string, string>>,
): JsonObject {
  const metadata = objectOf(live.object['metadata']);
  const owned = objectOf(applier.fields['f:metadata']);
  const keep = (field: string): JsonObject => {
    const value = metadata[field];
    return `f:${field}` in owned && value !== undefined ? { [field]: value } : {};
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: metadata['name'] ?? '',
      namespace: metadata['namespace'] ?? '',
      resourceVersion: live.resourceVersion,
      ...keep('ownerReferences'),
      ...keep('finalizers'),
      labels: ownedEntries(live.labels, owned['f:labels']),
      annotations: { ...ownedEntries(live.annotations, owned['f:annotations']), ...marks },
    },
    ...('f:immutable' in applier.fields ? { immutable: live.immutable } : {}),
    ...definedData(content),
  };
}

function ownedEntries(values: Readonly<Record<string, string>>, fields: Json | undefined): JsonObject {
  const owned = objectOf(fields);
  return Object.fromEntries(Object.entries(values).filter(([name]) => `f:${name}` in owned));
}
