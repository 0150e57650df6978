// Which of a workload's pods run its newest template. For a Deployment that is told by the template itself: its revision
// annotation and its conditions still speak of the ReplicaSet before for as long as old pods take to end.

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PodFacts } from './workload-pods.ts';
import type { WorkloadKind } from './workload-reference.ts';

const hashLabel = 'pod-template-hash';

const replicaSet = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).nullish() }),
  spec: z.object({ template: z.record(z.string(), z.json()).nullish() }),
});

export type NewestReplicaSet = { readonly name: string; readonly hash: string | undefined };

/** The ReplicaSet with the Deployment's own template; `undefined` as long as the controller has not made it. */
export function newestReplicaSet(
  deployment: JsonObject,
  replicaSets: readonly JsonObject[],
): NewestReplicaSet | undefined {
  const spec = deployment['spec'];
  const wanted = withoutHash(isJsonObject(spec) ? spec['template'] : undefined);
  for (const each of replicaSets) {
    const parsed = replicaSet.safeParse(each);
    if (!parsed.success || !isDeepStrictEqual(withoutHash(parsed.data.spec.template ?? undefined), wanted))
      continue;
    return { name: parsed.data.metadata.name, hash: parsed.data.metadata.labels?.[hashLabel] };
  }
  return undefined;
}

export type CurrentPodsRequest = {
  readonly kind: WorkloadKind;
  readonly newest: NewestReplicaSet | undefined;
  /** `status.updateRevision` of a StatefulSet. */
  readonly updateRevision: string | undefined;
  /** `metadata.annotations` of the workload. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly pods: readonly PodFacts[];
};

/** Pods of the newest template. Where the cluster doesn't tell which those are, none: an old pod's trouble proves nothing. */
export function currentPods(request: CurrentPodsRequest): readonly PodFacts[] {
  const { kind, newest, updateRevision, annotations, pods } = request;
  const wearing = (label: string, value: string | undefined): readonly PodFacts[] =>
    value === undefined ? [] : pods.filter((each) => each.labels[label] === value);
  switch (kind) {
    case 'Deployment':
      return wearing(hashLabel, newest?.hash);
    case 'StatefulSet':
      return wearing('controller-revision-hash', updateRevision);
    case 'DaemonSet':
      return wearing('pod-template-generation', annotations['deprecated.daemonset.template.generation']);
  }
}

function withoutHash(template: Json | undefined): Json | undefined {
  if (!isJsonObject(template) || !isJsonObject(template['metadata'])) return template;
  const { labels, ...metadata } = template['metadata'];
  if (!isJsonObject(labels)) return template;
  const { [hashLabel]: _hash, ...others } = labels;
  return { ...template, metadata: { ...metadata, labels: others } };
}
