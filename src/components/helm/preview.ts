// What a rollback would change, object by object, as the API server itself works it out in a dry run: a unified diff
// between what is live and what would be. What the server would refuse is found here, before anything has happened.

import { RollbackPlanError } from '../../errors.ts';
import type { Cluster } from '../../ports.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { createRedactor } from '../../values/redaction.ts';
import { unifiedDiff } from '../../values/text-diff.ts';
import { at, describeObject, type ManifestObject, objectKey } from './manifest.ts';
import type { FindPath, ObjectPath } from './object-paths.ts';
import { secretValuesOf } from './release-record.ts';
import { showPair } from './shown-object.ts';
import { mergeThreeWays } from './three-way-merge.ts';

export type PreviewRequest = {
  readonly cluster: Cluster;
  readonly findPath: FindPath;
  readonly release: string;
  readonly namespace: string;
  /** Objects of the newest revision: what Helm compares with. */
  readonly last: readonly ManifestObject[];
  readonly wanted: readonly ManifestObject[];
  readonly apply: 'client' | 'server' | 'replace';
  readonly forceConflicts: boolean;
  readonly signal: AbortSignal;
};

export type PreviewedObject = {
  readonly object: ManifestObject;
  /** `unserved`: the server does not know the kind in that version. */
  readonly change: 'none' | 'change' | 'create' | 'delete' | 'unserved';
  readonly live: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  /** The server's own reason for saying no. */
  readonly refusal: string | undefined;
};

export type Preview = {
  readonly text: string;
  readonly objects: readonly PreviewedObject[];
  /** What the API server said no to, object by object. */
  readonly refusals: readonly string[];
};

/** Short values are words of everyday use (`admin`, `true`); blanking them everywhere would make the diff unreadable. */
const minSecretLength = 8;
const maxAttempts = 8;

export async function previewRollback(request: PreviewRequest): Promise<Preview> {
  const wantedKeys = new Set(request.wanted.map(objectKey));
  const dropped = request.last.filter((object) => !wantedKeys.has(objectKey(object)));
  const objects = await Promise.all([
    ...request.wanted.map((object) => previewObject(request, object)),
    ...dropped.map((object) => previewRemoval(request, object)),
  ]);
  const secrets = secretValuesOf([
    ...request.last,
    ...request.wanted,
    ...objects.flatMap(({ object, live }) => (live === undefined ? [] : [{ kind: object.kind, body: live }])),
  ]).filter((value) => value.length >= minSecretLength);
  const redact = createRedactor([...new Set(secrets)]);
  const diffs = objects.map(describeChange).filter((text) => text !== '');
  return {
    text: redact(diffs.join('\n')) || 'Nothing would change: the live objects are what the revision says.\n',
    objects,
    refusals: objects.flatMap(({ object, refusal }) =>
      refusal === undefined
        ? []
        : [redact(`${describeObject(object)}: ${refusal}${adviceOn(object, refusal)}`)],
    ),
  };
}

async function previewObject(request: PreviewRequest, object: ManifestObject): Promise<PreviewedObject> {
  const path = await request.findPath(object);
  if (path === undefined) {
    // No refusal: the gate `removed-api` looks at every object, whatever kind of component it belongs to.
    return { object, change: 'unserved', live: undefined, after: undefined, refusal: undefined };
  }
  for (let attempt = 1; ; attempt++) {
    const live = await request.cluster.get(path.item, request.signal);
    try {
      const after = await dryRun(request, object, path, live);
      if (live === undefined)
        return { object, change: 'create', live, after: object.body, refusal: undefined };
      const shown = showPair(live, after);
      const change = shown.before === shown.after ? 'none' : 'change';
      return { object, change, live, after, refusal: undefined };
    } catch (thrown) {
      if (!(thrown instanceof RollbackPlanError) || thrown.code === 'cluster-unreachable') throw thrown;
      // A controller wrote between our read and the dry run: no refusal, only bad luck.
      const overtaken = request.apply !== 'server' && thrown.facts['reason'] === 'Conflict';
      if (overtaken && attempt < maxAttempts) continue;
      return { object, change: 'none', live, after: undefined, refusal: thrown.message };
    }
  }
}

async function previewRemoval(request: PreviewRequest, object: ManifestObject): Promise<PreviewedObject> {
  const path = await request.findPath(object);
  if (path === undefined)
    return { object, change: 'unserved', live: undefined, after: undefined, refusal: undefined };
  const live = await request.cluster.get(path.item, request.signal);
  // Helm asks the live object, so an annotation that came by hand counts, and one of the manifest alone does not.
  const kept = at(live, 'metadata', 'annotations', 'helm.sh/resource-policy') === 'keep';
  const change = live === undefined || kept ? 'none' : 'delete';
  return { object, change, live, after: undefined, refusal: undefined };
}

/** Where the server doesn't say what to do: somebody else's fields, as an autoscaler's replicas, and fixed ones. */
function adviceOn(object: ManifestObject, refusal: string): string {
  if (/conflicts? with "/.test(refusal))
    return '; Helm would fail with the same. To take these fields over: force-conflicts: true in the component';
  if (!/field is immutable|updates to statefulset spec/i.test(refusal)) return '';
  const cascade = object.kind === 'StatefulSet' ? ' --cascade=orphan' : '';
  return ` (this can't be changed on an object that exists; if it may go, and Helm then makes it anew: kubectl delete ${object.kind.toLowerCase()} ${object.name}${cascade})`;
}

/** The very write that Helm would do, marked as a dry run. */
async function dryRun(
  request: PreviewRequest,
  object: ManifestObject,
  path: ObjectPath,
  live: JsonObject | undefined,
): Promise<JsonObject> {
  const body = withHelmMarks(request, object);
  if (live === undefined) return await request.cluster.dryRun('create', path.collection, body);
  if (request.apply === 'replace') {
    return await request.cluster.dryRun('replace', path.item, withResourceVersion(body, live));
  }
  if (request.apply === 'client') {
    const last = request.last.find((each) => objectKey(each) === objectKey(object));
    return await request.cluster.dryRun('replace', path.item, mergeThreeWays(last?.body, body, live));
  }
  // Helm's field manager is the name of its binary.
  const query = `fieldManager=helm&force=${request.forceConflicts}`;
  return await request.cluster.dryRun('patch', `${path.item}?${query}`, body, 'application/apply-patch+yaml');
}

/** Custom resources can't be replaced without saying which version of them. */
function withResourceVersion(body: JsonObject, live: JsonObject): JsonObject {
  const metadata = at(body, 'metadata');
  const resourceVersion = at(live, 'metadata', 'resourceVersion');
  if (!isJsonObject(metadata) || resourceVersion === undefined) return body;
  return { ...body, metadata: { ...metadata, resourceVersion } };
}

/** Helm adds these to every object itself; without them a dry run would show them as taken away. */
function withHelmMarks(request: PreviewRequest, object: ManifestObject): JsonObject {
  const metadata = at(object.body, 'metadata');
  const own = isJsonObject(metadata) ? metadata : {};
  const labels = isJsonObject(own['labels']) ? own['labels'] : {};
  const annotations = isJsonObject(own['annotations']) ? own['annotations'] : {};
  return {
    ...object.body,
    metadata: {
      ...own,
      labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...annotations,
        'meta.helm.sh/release-name': request.release,
        'meta.helm.sh/release-namespace': request.namespace,
      },
    },
  };
}

function describeChange({ object, change, live, after }: PreviewedObject): string {
  const name = describeObject(object);
  switch (change) {
    case 'none':
      return '';
    case 'unserved':
      return `not served by this server: ${name} in ${object.apiVersion}\n`;
    case 'create':
      return `create ${name}\n${diff(name, undefined, after)}`;
    case 'delete':
      return `delete ${name}\n`;
    case 'change':
      return `change ${name}\n${diff(name, live, after)}`;
  }
}

function diff(name: string, live: JsonObject | undefined, after: JsonObject | undefined): string {
  const { before, after: fresh } = showPair(live, after);
  return unifiedDiff({ before, after: fresh, beforeName: `live ${name}`, afterName: `after ${name}` });
}
