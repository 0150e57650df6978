// How a revision fares in the cluster, measured on the objects of its manifest: are they there, are they what the
// manifest says, do the workloads among them serve? Helm's own word for it (status, exit code) counts for nothing here.

import { RollbackPlanError } from '../../errors.ts';
import type { Cluster } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import { judgeWorkload, type WorkloadHealth } from '../../values/workload-health.ts';
import { readWorkload } from '../../values/workload-reading.ts';
import { isWorkloadKind, type WorkloadReference } from '../../values/workload-reference.ts';
import { isCompared, type Match, matchLive } from './live-match.ts';
import { at, describeObject, type ManifestObject, objectKey, parseManifest } from './manifest.ts';
import { createFindPath } from './object-paths.ts';
import type { HelmRevision } from './release-record.ts';
import type { HelmRelease } from './release-store.ts';

/** What was seen of one object. */
export type Sighting = {
  readonly object: ManifestObject;
  readonly live: JsonObject | undefined;
  /** `undefined` where content isn't compared or the object is missing. */
  readonly match: Match | undefined;
  /** Only for Deployments, StatefulSets and DaemonSets. */
  readonly health: WorkloadHealth | undefined;
  /** Why it could not be looked at, if so. */
  readonly unreadable: string | undefined;
};

export type ReleaseHealth = {
  readonly state: 'healthy' | 'progressing' | 'failed' | 'unknown';
  readonly evidence: string;
};

/** Objects that come and go by themselves, or whose pods have no controller that we judge. */
const unmeasuredKinds: readonly string[] = ['Pod', 'ReplicaSet', 'ReplicationController', 'Job', 'Rollout'];

/** Looks at every object of a revision. */
export async function sightRevision(
  cluster: Cluster,
  release: HelmRelease,
  revision: HelmRevision,
  signal: AbortSignal,
): Promise<readonly Sighting[]> {
  const objects = parseManifest(revision.manifest);
  const elsewhere = objectsElsewhere(release, revision);
  const findPath = createFindPath(cluster, release.namespace, signal);
  const sightOne = async (object: ManifestObject): Promise<Sighting> => {
    const nothing = { object, live: undefined, match: undefined, health: undefined, unreadable: undefined };
    try {
      const path = await findPath(object);
      if (path === undefined)
        return { ...nothing, unreadable: `${object.apiVersion} is not served any more` };
      const reference = workloadReference(object, release.namespace);
      const facts = reference === undefined ? undefined : await readWorkload(cluster, reference, signal);
      const live = facts === undefined ? await cluster.get(path.item, signal) : facts.live;
      const others = elsewhere.get(objectKey(object)) ?? [];
      const match =
        live !== undefined && isCompared(object)
          ? await matchLive(cluster, path.item, {
              object,
              live: { ...live, kind: object.kind },
              elsewhere: others,
            })
          : undefined;
      const health = facts === undefined ? undefined : judgeWorkload(facts);
      return { object, live, match, health, unreadable: undefined };
    } catch (thrown) {
      // A role for one namespace can't read cluster-wide objects; what decides (workloads, configuration) must be readable.
      if (
        thrown instanceof RollbackPlanError &&
        thrown.code === 'permission-missing' &&
        !isCompared(object)
      ) {
        return { ...nothing, unreadable: 'not readable with this account' };
      }
      throw thrown;
    }
  };
  return await Promise.all(objects.map(sightOne));
}

/** The verdict on what was seen. Pure. */
export function judgeSightings(sightings: readonly Sighting[]): ReleaseHealth {
  const verdicts = sightings.map(judgeSighting);
  const told = (state: Verdict['state']): readonly string[] =>
    verdicts.flatMap((verdict) => (verdict.state === state ? verdict.evidence : []));
  for (const state of ['failed', 'progressing', 'unknown'] as const) {
    if (verdicts.some((verdict) => verdict.state === state))
      return { state, evidence: told(state).join('; ') };
  }
  const measured = told('good');
  const unmeasured = told('unmeasured');
  const asWritten = sightings.filter(({ match }) => match?.state === 'same').length;
  const rest = [
    ...(asWritten > 0
      ? [`${asWritten} ${asWritten === 1 ? 'object has' : 'objects have'} the content of the manifest`]
      : []),
    ...(unmeasured.length > 0 ? [`not measured: ${unmeasured.join(', ')}`] : []),
  ];
  const idle = verdicts.filter((verdict) => verdict.state === 'idle').flatMap(({ evidence }) => evidence);
  if (idle.length > 0 && measured.length === 0)
    return { state: 'unknown', evidence: [...idle, ...rest].join('; ') };
  return {
    state: 'healthy',
    evidence: [...measured, ...idle, ...rest].join('; ') || 'the manifest has no objects',
  };
}

type Verdict = {
  readonly state: 'good' | 'progressing' | 'failed' | 'unknown' | 'idle' | 'unmeasured' | 'present';
  readonly evidence: readonly string[];
};

function judgeSighting({ object, live, match, health, unreadable }: Sighting): Verdict {
  const name = describeObject(object);
  if (unreadable !== undefined) return { state: 'unmeasured', evidence: [`${name} (${unreadable})`] };
  if (live === undefined) {
    if (unmeasuredKinds.includes(object.kind))
      return { state: 'unmeasured', evidence: [`${name} (not there)`] };
    return { state: 'failed', evidence: [`${name} does not exist`] };
  }
  if (match?.state === 'different') return { state: 'failed', evidence: [match.detail] };
  if (match?.state === 'undecided') return { state: 'unknown', evidence: [match.detail] };
  if (health !== undefined) return judgeWorkloadSighting(object, health);
  if (unmeasuredKinds.includes(object.kind)) return { state: 'unmeasured', evidence: [name] };
  return { state: 'present', evidence: [] };
}

function judgeWorkloadSighting(object: ManifestObject, health: WorkloadHealth): Verdict {
  const evidence = [health.evidence];
  switch (health.state) {
    case 'ready':
      return { state: 'good', evidence };
    case 'progressing':
      return { state: 'progressing', evidence };
    case 'unreadable':
      return { state: 'unknown', evidence };
    case 'empty': {
      const replicas = at(object.body, 'spec', 'replicas');
      if (replicas === 0)
        return { state: 'good', evidence: [`${health.evidence} (0 replicas, as the manifest says)`] };
      if (typeof replicas === 'number') {
        return {
          state: 'failed',
          evidence: [`${health.evidence}, though the manifest says ${replicas} replicas`],
        };
      }
      return { state: 'idle', evidence };
    }
    case 'failed':
    case 'held':
    case 'missing':
      return { state: 'failed', evidence };
  }
}

function workloadReference(object: ManifestObject, namespace: string): WorkloadReference | undefined {
  if (!isWorkloadKind(object.kind) || !object.apiVersion.startsWith('apps/')) return undefined;
  return { kind: object.kind, name: object.name, namespace: object.namespace ?? namespace };
}

/** The same objects as the other revisions had them, by key. A revision that is no YAML contributes nothing. */
export function objectsElsewhere(
  release: HelmRelease,
  revision: HelmRevision,
): ReadonlyMap<string, readonly ManifestObject[]> {
  const found = new Map<string, ManifestObject[]>();
  const manifests = new Set(
    release.revisions.flatMap((each) =>
      each.readable && each.manifest !== revision.manifest ? [each.manifest] : [],
    ),
  );
  for (const manifest of manifests) {
    for (const object of safelyParsed(manifest)) {
      const key = objectKey(object);
      found.set(key, [...(found.get(key) ?? []), object]);
    }
  }
  return found;
}

function safelyParsed(manifest: string): readonly ManifestObject[] {
  try {
    return parseManifest(manifest);
  } catch {
    return [];
  }
}
