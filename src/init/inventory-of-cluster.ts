// From Helm's records and the live workloads of a namespace to what a plan is made of. Pure.

import { at, parseManifest } from '../components/helm/manifest.ts';
import type { HelmRevision } from '../components/helm/release-record.ts';
import type { HelmRelease } from '../components/helm/release-store.ts';
import { failureOf } from '../components/helm/revision-standing.ts';
import { candidateOf } from '../components/helm/revision-version.ts';
import { leftBehind } from '../target/history-rules.ts';
import type { JsonObject } from '../values/json.ts';
import type { Candidate } from '../values/version.ts';
import { describeWorkload, isWorkloadKind, type WorkloadReference } from '../values/workload-reference.ts';
import type { FoundRelease, Inventory, KnownBad, Measurable, Source } from './inventory.ts';

export type ClusterFacts = {
  readonly source: Extract<Source, { type: 'cluster' }>;
  /** Sorted by name. */
  readonly releases: readonly HelmRelease[];
  /** Live Deployments, StatefulSets and DaemonSets of the namespace, as the server gives them. */
  readonly workloads: readonly JsonObject[];
};

export function inventoryOfCluster({ source, releases, workloads }: ClusterFacts): Inventory {
  const live = workloads.flatMap((object) => {
    const reference = referenceOf(object, source.namespace);
    return reference === undefined ? [] : [{ object, reference }];
  });
  const liveByName = new Map(live.map(({ object, reference }) => [keyOf(reference), object]));
  const found = releases.map((release) => releaseIn(release, liveByName));
  const owned = live.map(({ object, reference }) => ({
    measurable: { reference, pods: podsOf(object) },
    owner: ownerOf(object),
  }));
  return {
    source,
    releases: found.flatMap((each) => ('release' in each ? [each] : [])),
    workloads: owned
      .flatMap(({ measurable, owner }) => (owner === undefined ? [measurable] : []))
      .sort((a, b) => (describeWorkload(a.reference) < describeWorkload(b.reference) ? -1 : 1)),
    unmeasured: [],
    leftOut: [
      ...found.flatMap((each) => ('because' in each ? [each.because] : [])),
      ...owned.flatMap(({ measurable, owner }) =>
        owner === undefined || isOfThese(owner, releases, source.namespace)
          ? []
          : [`${describeWorkload(measurable.reference)}: ${describeOwner(owner)}`],
      ),
    ],
  };
}

function releaseIn(
  release: HelmRelease,
  live: ReadonlyMap<string, JsonObject>,
): FoundRelease | { readonly because: string } {
  const [newest] = release.revisions;
  if (!newest.readable) {
    return {
      because: `Helm release ${release.name}: revision ${newest.revision} can't be read: ${newest.problem}`,
    };
  }
  if (newest.status === 'uninstalled' || newest.status === 'uninstalling') {
    return { because: `Helm release ${release.name}: it is ${newest.status}; only its history is left` };
  }
  const history = release.revisions.map((revision) => candidateOf(revision, release.revisions));
  const left = leftBehind(history);
  const settled = history
    .filter(({ id, standing }) => standing === 'deployed' && !left.has(id))
    .flatMap(({ id }) => readableRevisions(release).filter(({ revision }) => String(revision) === id));
  const [current = newest, before] = settled;
  const workloads = workloadsOf(current, release.namespace);
  const olderKeys =
    before === undefined
      ? undefined
      : new Set(workloadsOf(before, release.namespace).map(({ reference }) => keyOf(reference)));
  const isNew = ({ reference }: Measurable): boolean =>
    olderKeys !== undefined && !olderKeys.has(keyOf(reference));
  return {
    release: release.name,
    chartFolder: undefined,
    workloads: workloads
      .filter((each) => !isNew(each))
      .map(({ reference, pods }) => {
        const object = live.get(keyOf(reference));
        return { reference, pods: object === undefined ? pods : podsOf(object) };
      }),
    newWorkloads: workloads.filter(isNew).map(({ reference }) => reference),
    knownBad: knownBadOf(release, history, left),
  };
}

/** The newest revision that failed or that somebody rolled back from, unless the same content was good at another time. */
function knownBadOf(
  release: HelmRelease,
  history: readonly Candidate[],
  left: ReadonlySet<string>,
): KnownBad | undefined {
  const good = new Set(
    history.flatMap(({ id, digest, standing }) => (standing === 'deployed' && !left.has(id) ? [digest] : [])),
  );
  for (const { id, digest, at: when } of history) {
    const revision = readableRevisions(release).find((each) => String(each.revision) === id);
    if (revision === undefined || good.has(digest)) continue;
    // Not every revision that may not be returned to was bad: it may never have been tried, or nobody wrote it down.
    const failed = failureOf(revision) !== undefined || revision.status === 'failed';
    if (!failed && !left.has(id)) continue;
    const because = failed ? 'failed' : 'rolled back from';
    return { release: release.name, revision: revision.revision, because, at: when };
  }
  return undefined;
}

/** The workloads in a manifest. Text that is no YAML has none that could be measured. */
export function workloadsOf(revision: Pick<HelmRevision, 'manifest'>, namespace: string): Measurable[] {
  try {
    return parseManifest(revision.manifest).flatMap((object) => {
      const { kind, name, apiVersion, body } = object;
      if (!isWorkloadKind(kind) || !apiVersion.startsWith('apps/')) return [];
      const reference = { kind, name, namespace: object.namespace ?? namespace };
      return [{ reference, pods: podsOf(body) }];
    });
  } catch {
    return [];
  }
}

function readableRevisions(release: HelmRelease): readonly HelmRevision[] {
  return release.revisions.flatMap((revision) => (revision.readable ? [revision] : []));
}

function referenceOf(object: JsonObject, namespace: string): WorkloadReference | undefined {
  const kind = object['kind'];
  const name = at(object, 'metadata', 'name');
  return typeof kind === 'string' && isWorkloadKind(kind) && typeof name === 'string'
    ? { kind, name, namespace }
    : undefined;
}

function podsOf(object: JsonObject): Measurable['pods'] {
  const none =
    at(object, 'spec', 'replicas') === 0 ||
    (object['kind'] === 'DaemonSet' && at(object, 'status', 'desiredNumberScheduled') === 0);
  return none ? 'none' : 'some';
}

type Owner =
  | { readonly type: 'helm'; readonly release: string; readonly namespace: string | undefined }
  | { readonly type: 'controller'; readonly name: string };

function ownerOf(object: JsonObject): Owner | undefined {
  const annotation = (name: string): string | undefined => {
    const value = at(object, 'metadata', 'annotations', `meta.helm.sh/${name}`);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const release = annotation('release-name');
  if (release !== undefined) return { type: 'helm', release, namespace: annotation('release-namespace') };
  const owners = at(object, 'metadata', 'ownerReferences');
  const [first] = Array.isArray(owners) ? owners : [];
  if (first === undefined) return undefined;
  return {
    type: 'controller',
    name: `${String(at(first, 'kind') ?? 'object')}/${String(at(first, 'name') ?? '')}`,
  };
}

function isOfThese(owner: Owner, releases: readonly HelmRelease[], home: string): boolean {
  return (
    owner.type === 'helm' &&
    (owner.namespace ?? home) === home &&
    releases.some(({ name }) => name === owner.release)
  );
}

function describeOwner(owner: Owner): string {
  return owner.type === 'helm'
    ? `it belongs to the Helm release ${owner.release}${owner.namespace === undefined ? '' : ` of namespace ${owner.namespace}`}, which is not among those of this namespace`
    : `${owner.name} made it and would make it again`;
}

function keyOf(reference: WorkloadReference): string {
  return `${reference.namespace}/${describeWorkload(reference)}`;
}
