// What is worth knowing about a release after it has changed: its revisions, what ran, and how much of it.
// Digests and images only; neither manifests nor values, because both may hold secrets.

import type { KindContext } from '../../ports.ts';
import type { Json, JsonObject } from '../../values/json.ts';
import type { Captured } from '../../values/operation.ts';
import { isWorkloadKind, workloadPath } from '../../values/workload-reference.ts';
import { at, describeObject, type ManifestObject, parseManifest } from './manifest.ts';
import type { HelmRevision } from './release-record.ts';
import type { HelmRelease } from './release-store.ts';
import { candidateOf } from './revision-version.ts';

export async function captureRelease(
  context: Pick<KindContext, 'cluster' | 'signal'>,
  release: HelmRelease,
  newest: HelmRevision,
): Promise<Captured> {
  const workloads = await Promise.all(
    parseManifest(newest.manifest).map((object) => captureWorkload(context, release.namespace, object)),
  );
  const revisions = release.revisions.map((revision): JsonObject => {
    const { id, label, digest, at: time, standing, because } = candidateOf(revision, release.revisions);
    return { id, label, digest, standing, because, ...(time === undefined ? {} : { at: time }) };
  });
  return {
    label: `Helm release ${release.name} in ${release.namespace}`,
    data: { revisions, workloads: workloads.flat() },
  };
}

async function captureWorkload(
  { cluster, signal }: Pick<KindContext, 'cluster' | 'signal'>,
  namespace: string,
  object: ManifestObject,
): Promise<readonly Json[]> {
  if (!isWorkloadKind(object.kind)) return [];
  const reference = { kind: object.kind, name: object.name, namespace: object.namespace ?? namespace };
  const live = await cluster.get(workloadPath(reference), signal);
  if (live === undefined) return [{ workload: describeObject(object), missing: true }];
  const containers = at(live, 'spec', 'template', 'spec', 'containers');
  const images = Array.isArray(containers)
    ? containers.map((each): Json => ({ name: at(each, 'name') ?? null, image: at(each, 'image') ?? null }))
    : [];
  return [
    {
      workload: describeObject(object),
      replicas: at(live, 'spec', 'replicas') ?? null,
      ready: at(live, 'status', 'readyReplicas') ?? at(live, 'status', 'numberReady') ?? 0,
      generation: at(live, 'metadata', 'generation') ?? null,
      images,
    },
  ];
}
