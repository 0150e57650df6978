// Is one live object what a manifest says? Compares locally first, which needs no permission beyond reading; only where
// that leaves a doubt is the server asked, by a dry run, what it would make of the manifest.

import { RollbackPlanError } from '../../errors.ts';
import type { Cluster } from '../../ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { differences, hasPath, leftovers } from '../../values/workload-comparison.ts';
import { isWorkloadKind } from '../../values/workload-reference.ts';
import { at, describeObject, type ManifestObject } from './manifest.ts';

export type Match = {
  readonly state: 'same' | 'different' | 'undecided';
  /** Empty when the same. Never quotes a value other than an image. */
  readonly detail: string;
};

export type MatchRequest = {
  readonly object: ManifestObject;
  readonly live: JsonObject;
  /** The same object in the other revisions of the release: what one of them may have left behind. */
  readonly elsewhere: readonly ManifestObject[];
};

type Doubt = { readonly path: string; readonly text: string; readonly leftBehind: boolean };

const shownDoubts = 3;

/** The first opinion: what can be told without the server. Empty means that the live object is what the manifest says. */
function doubtsOf({ object, live, elsewhere }: MatchRequest): readonly Doubt[] {
  const wanted = comparedPart(object.body);
  const actual = comparedPart(live);
  const lacking = differences(wanted, actual).map(({ path, wanted: said, live: found }): Doubt => {
    const isImage = path.endsWith('.image');
    const text = isImage
      ? `${path} is ${String(found ?? 'absent')} instead of ${String(said)}`
      : `${path} differs`;
    return { path, text, leftBehind: false };
  });
  const left = new Set(elsewhere.flatMap((other) => leftovers(wanted, actual, comparedPart(other.body))));
  return [
    ...lacking,
    ...[...left].map((path) => ({
      path,
      text: `${path} was left behind by another revision`,
      leftBehind: true,
    })),
  ];
}

/** Both opinions. */
export async function matchLive(cluster: Cluster, path: string, request: MatchRequest): Promise<Match> {
  const doubts = doubtsOf(request);
  if (doubts.length === 0) return { state: 'same', detail: '' };
  try {
    const desired = await cluster.dryRun('replace', path, asWritten(request.object, request.live));
    return settleDoubts(request, doubts, desired);
  } catch (thrown) {
    if (!(thrown instanceof RollbackPlanError) || thrown.code === 'cluster-unreachable') throw thrown;
    const name = describeObject(request.object);
    // An image is never rewritten by defaults, so a different one settles it without the server.
    const state = doubts.some((doubt) => doubt.path.endsWith('.image')) ? 'different' : 'undecided';
    return { state, detail: `${name}: ${listDoubts(doubts)} (the server can't be asked: ${thrown.message})` };
  }
}

function settleDoubts(request: MatchRequest, doubts: readonly Doubt[], desired: JsonObject): Match {
  const wanted = comparedPart(desired);
  const lacking = new Set(differences(wanted, comparedPart(request.live)).map(({ path }) => path));
  const real = doubts.filter(
    (doubt) => lacking.has(doubt.path) || (doubt.leftBehind && !hasPath(wanted, doubt.path)),
  );
  if (real.length === 0 && lacking.size === 0) return { state: 'same', detail: '' };
  const told = real.length > 0 ? listDoubts(real) : [...lacking].slice(0, shownDoubts).join(', ');
  return { state: 'different', detail: `${describeObject(request.object)}: ${told}` };
}

function listDoubts(doubts: readonly Doubt[]): string {
  const more = doubts.length > shownDoubts ? ` and ${doubts.length - shownDoubts} more` : '';
  return (
    doubts
      .slice(0, shownDoubts)
      .map((doubt) => doubt.text)
      .join(', ') + more
  );
}

/** The part that decides what runs: a workload's pod template, the content of a ConfigMap or Secret. */
function comparedPart(body: JsonObject): JsonObject {
  const kind = body['kind'];
  if (typeof kind === 'string' && isWorkloadKind(kind)) {
    const template = at(body, 'spec', 'template');
    return template === undefined ? {} : { spec: { template } };
  }
  if (kind === 'ConfigMap') return pick(body, ['data', 'binaryData']);
  if (kind === 'Secret') return { data: secretData(body) };
  return {};
}

/** Whether an object's content is compared at all; of the others only their being there is checked. */
export function isCompared(object: ManifestObject): boolean {
  return isWorkloadKind(object.kind) || object.kind === 'ConfigMap' || object.kind === 'Secret';
}

/** Secret content as the server keeps it: base64 without line breaks, `stringData` folded in. */
export function secretData(body: JsonObject): JsonObject {
  const { data, stringData } = body;
  const recoded = entriesOf(data).map(([key, value]): [string, Json] => [
    key,
    Buffer.from(String(value ?? ''), 'base64').toString('base64'),
  ]);
  const encoded = entriesOf(stringData).map(([key, value]): [string, Json] => [
    key,
    Buffer.from(String(value ?? '')).toString('base64'),
  ]);
  return Object.fromEntries([...recoded, ...encoded]);
}

function entriesOf(value: Json | undefined): readonly [string, Json][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}

/** The manifest's object as a PUT body; replicas stay what they are where the manifest leaves them to an autoscaler. */
function asWritten(object: ManifestObject, live: JsonObject): JsonObject {
  const metadata = at(object.body, 'metadata');
  const namespace = at(live, 'metadata', 'namespace');
  const spec = at(object.body, 'spec');
  const replicas = at(live, 'spec', 'replicas');
  return {
    ...object.body,
    metadata: {
      ...(isJsonObject(metadata) ? metadata : {}),
      ...(namespace === undefined ? {} : { namespace }),
    },
    ...(isJsonObject(spec) && spec['replicas'] === undefined && replicas !== undefined
      ? { spec: { ...spec, replicas } }
      : {}),
  };
}

function pick(body: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => (body[key] === undefined ? [] : [[key, body[key] ?? null]])),
  );
}
