// Collects what judging a workload takes: the object, its pods, its ReplicaSets. It reads through whatever reader it is
// handed, so that checks and components share it; two round trips of a few milliseconds each.

import { isJsonObject, type JsonObject } from './json.ts';
import type { WorkloadFacts } from './workload-health.ts';
import {
  labelSelectorOf,
  podsPath,
  replicaSetsPath,
  type WorkloadReference,
  workloadPath,
} from './workload-reference.ts';

/** The part of a cluster that is needed here. */
export type ObjectReader = {
  get(path: string, signal?: AbortSignal): Promise<JsonObject | undefined>;
  list(
    path: string,
    query?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly JsonObject[]>;
};

export async function readWorkload(
  reader: ObjectReader,
  reference: WorkloadReference,
  signal: AbortSignal,
): Promise<WorkloadFacts> {
  const live = await reader.get(workloadPath(reference), signal);
  const labelSelector = live === undefined ? undefined : labelSelectorOf(live);
  if (live === undefined || labelSelector === undefined) {
    return { reference, live, pods: [], replicaSets: [] };
  }
  const query = { labelSelector };
  const [pods, replicaSets] = await Promise.all([
    reader.list(podsPath(reference.namespace), query, signal),
    reference.kind === 'Deployment'
      ? reader.list(replicaSetsPath(reference.namespace), query, signal)
      : Promise.resolve([]),
  ]);
  // A selector may match the pods of somebody else; the owner settles whose they are.
  const uid = uidOf(live);
  const owned = replicaSets.filter((each) => ownersOf(each).includes(uid));
  const owners = new Set(reference.kind === 'Deployment' ? owned.map(uidOf) : [uid]);
  return {
    reference,
    live,
    pods: pods.filter((pod) => ownersOf(pod).some((owner) => owners.has(owner))),
    replicaSets: owned,
  };
}

function uidOf(object: JsonObject): string {
  const metadata = object['metadata'];
  const uid = isJsonObject(metadata) ? metadata['uid'] : undefined;
  return typeof uid === 'string' ? uid : '';
}

function ownersOf(object: JsonObject): readonly string[] {
  const metadata = object['metadata'];
  const references = isJsonObject(metadata) ? metadata['ownerReferences'] : undefined;
  if (!Array.isArray(references)) return [];
  return references.flatMap((each) =>
    isJsonObject(each) && typeof each['uid'] === 'string' ? [each['uid']] : [],
  );
}
