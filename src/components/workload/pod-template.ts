// What a pod template is and what it is called: the identity of its content, its images, and the words that people
// know it by. Restarts leave marks in a template; they are no part of what would be live.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { digestAnnotation, restartIncidentAnnotation } from '../config-tag/restarts.ts';

const hashLabel = 'pod-template-hash';
const versionLabel = 'app.kubernetes.io/version';
const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';
const restartMarks: readonly string[] = [
  'kubectl.kubernetes.io/restartedAt',
  digestAnnotation,
  restartIncidentAnnotation,
];

/** Whether an annotation is one that a restart leaves. */
export function isRestartMark(annotation: string): boolean {
  return restartMarks.includes(annotation);
}

const texts = z.record(z.string(), z.string()).nullish();
const templateShape = z.looseObject({
  metadata: z.looseObject({ labels: texts, annotations: texts }).nullish(),
  spec: z.looseObject({
    containers: z.array(z.looseObject({ name: z.string(), image: z.string().default('') })).min(1),
  }),
});

export type PodTemplate = {
  /** As the server has it, without what controllers add. */
  readonly content: JsonObject;
  /** `sha256:…`, equal when the same thing would be live. */
  readonly digest: string;
  /** The label `app.kubernetes.io/version`, then the image tag of the default container; no word twice. */
  readonly names: readonly string[];
  /** The default container's image without registry and path: `worker:2.4.1`. */
  readonly image: string;
  readonly images: readonly { readonly name: string; readonly image: string }[];
  /** The incident whose restart made it, if `config-tag` did. */
  readonly restartedBy: string | undefined;
};

/** Reads a template of a workload, a ReplicaSet or a ControllerRevision; `undefined` for what is none. */
export function readPodTemplate(raw: Json | undefined): PodTemplate | undefined {
  if (!isJsonObject(raw)) return undefined;
  const content = withoutControllerMarks(raw);
  const parsed = templateShape.safeParse(content);
  if (!parsed.success) return undefined;
  const { labels, annotations } = parsed.data.metadata ?? {};
  const { containers } = parsed.data.spec;
  const chosen =
    containers.find(({ name }) => name === annotations?.[defaultContainerAnnotation]) ?? containers[0];
  const image = chosen?.image ?? '';
  const words = [labels?.[versionLabel], imageTag(image)].flatMap((word) => (word ? [word] : []));
  return {
    content,
    digest: digestOf(canonicalJson(withoutRestarts(content))),
    names: [...new Set(words)],
    image: shortImage(image),
    images: containers.map((each) => ({ name: each.name, image: each.image })),
    restartedBy: annotations?.[restartIncidentAnnotation],
  };
}

/** The content of a template without what restarts leave in it. */
export function withoutRestarts(content: JsonObject): JsonObject {
  return without(content, 'annotations', restartMarks);
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** `2.4.1` of `registry:5000/shop/worker:2.4.1@sha256:…`; the digest's beginning where there is no tag; else `latest`. */
export function imageTag(image: string): string {
  const { tag, digest } = partsOf(image);
  return tag ?? (digest === undefined ? 'latest' : shortDigest(digest));
}

function shortImage(image: string): string {
  const { name, tag, digest } = partsOf(image);
  const last = name.split('/').at(-1) ?? name;
  if (tag !== undefined) return `${last}:${tag}`;
  return digest === undefined ? last : `${last}@${shortDigest(digest)}`;
}

function partsOf(image: string): {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
} {
  const [path = '', digest] = image.split('@', 2);
  // A colon before a slash belongs to the registry's port.
  const colon = path.lastIndexOf(':');
  const tagged = colon > path.lastIndexOf('/');
  return {
    name: tagged ? path.slice(0, colon) : path,
    tag: tagged ? path.slice(colon + 1) : undefined,
    digest,
  };
}

/** `sha256:0123456789ab` */
function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}

/** ControllerRevisions keep a patch (`$patch: replace`) and explicit nulls; ReplicaSets a hash of their own. */
function withoutControllerMarks(raw: JsonObject): JsonObject {
  const { $patch: _patch, ...rest } = withoutNulls(raw);
  return without(rest, 'labels', [hashLabel]);
}

function without(template: JsonObject, field: 'labels' | 'annotations', keys: readonly string[]): JsonObject {
  const metadata = template['metadata'];
  if (!isJsonObject(metadata)) return template;
  const { [field]: entries, ...others } = metadata;
  if (!isJsonObject(entries)) return template;
  const kept = Object.entries(entries).filter(([key]) => !keys.includes(key));
  return {
    ...template,
    metadata: kept.length === 0 ? others : { ...others, [field]: Object.fromEntries(kept) },
  };
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => (value === null ? [] : [[key, pruned(value)]])),
  );
}

function pruned(value: Json): Json {
  if (Array.isArray(value)) return value.map(pruned);
  return isJsonObject(value) ? withoutNulls(value) : value;
}
