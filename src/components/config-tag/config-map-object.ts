// The ConfigMap as the API server has it, and the object that replaces it: same labels, owners and annotations,
// other data.

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import {
  asObjectData,
  type ConfigContent,
  contentOfObject,
  maxAnnotationBytes,
} from '../../values/config-map.ts';
import type { Json, JsonObject } from '../../values/json.ts';
import { describeOwner, type ObjectOwner, ownersOf } from '../../values/object-owner.ts';

/** Names the tag whose content we put there. A tie-breaker between tags of equal content, never a proof. */
export const tagAnnotation = 'rollback-plan/config-tag';
/** Names the incident that put it there: what is live is then the result of a rollback. */
export const incidentAnnotation = 'rollback-plan/incident';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const texts = z.record(z.string(), z.string()).nullish();

const configMapObject = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    // The answer to a dry run of a create has none yet.
    resourceVersion: z.string().default(''),
    labels: texts,
    annotations: texts,
  }),
  data: texts,
  binaryData: texts,
  immutable: z.boolean().nullish(),
});

export type LiveConfigMap = {
  readonly object: JsonObject;
  readonly content: ConfigContent;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
  readonly immutable: boolean;
};

export function collectionPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

export async function getConfigMap(
  context: KindContext,
  namespace: string,
  name: string,
): Promise<LiveConfigMap | undefined> {
  const object = await context.cluster.get(`${collectionPath(namespace)}/${name}`, context.signal);
  return object === undefined ? undefined : readConfigMap(object);
}

export function readConfigMap(object: JsonObject): LiveConfigMap {
  const parsed = configMapObject.safeParse(object);
  if (!parsed.success) {
    throw new RollbackPlanError(
      'component-unreadable',
      `the ConfigMap makes no sense: ${z.prettifyError(parsed.error)}`,
      {
        hint: 'Look at it with kubectl get configmap --output=yaml.',
      },
    );
  }
  const { metadata, data, binaryData, immutable } = parsed.data;
  return {
    object,
    content: contentOfObject({ data, binaryData }),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    resourceVersion: metadata.resourceVersion,
    immutable: immutable === true,
  };
}

export type Replacement = {
  readonly object: JsonObject;
  /** The content is too large for the record that `kubectl apply` keeps, so that record went. */
  readonly droppedLastApplied: boolean;
};

/** The whole new object. Its resourceVersion is the precondition: if anybody changes it meanwhile, the server refuses. */
export function replacementFor(
  live: LiveConfigMap,
  content: ConfigContent,
  marks: Readonly<Record<string, string>>,
): Replacement {
  const { metadata, data: _data, binaryData: _binary, ...rest } = live.object;
  const { managedFields: _managed, annotations: _annotations, ...kept } = objectOf(metadata);
  const annotations: Record<string, string> = { ...live.annotations, ...marks };
  const applied = rememberApplied(live.annotations[lastApplied], content, marks);
  if (applied !== undefined) annotations[lastApplied] = applied;
  const droppedLastApplied = applied !== undefined && annotationBytes(annotations) > maxAnnotationBytes;
  if (droppedLastApplied) delete annotations[lastApplied];
  return {
    object: { ...rest, metadata: { ...kept, annotations }, ...definedData(content) },
    droppedLastApplied,
  };
}

/** For a ConfigMap that is not there any more. */
export function newConfigMap(
  place: { readonly namespace: string; readonly name: string },
  content: ConfigContent,
  marks: Readonly<Record<string, string>>,
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...place, annotations: marks },
    ...definedData(content),
  };
}

/**
 * What `kubectl apply` believes it applied last. It decides by this what to remove: left as it was, the next apply
 * would not remove keys that only the rolled-back version has. Our marks are in it, so that the next apply takes
 * them away and what it deployed no longer counts as rolled back.
 */
function rememberApplied(
  before: string | undefined,
  content: ConfigContent,
  marks: Readonly<Record<string, string>>,
): string | undefined {
  if (before === undefined) return undefined;
  const manifest = parseManifest(before);
  if (manifest === undefined) return undefined;
  const { data: _data, binaryData: _binary, metadata, ...rest } = manifest;
  const { annotations, ...kept } = objectOf(metadata);
  return `${JSON.stringify({
    ...rest,
    ...definedData(content),
    metadata: { ...kept, annotations: { ...objectOf(annotations), ...marks } },
  })}\n`;
}

function parseManifest(text: string): JsonObject | undefined {
  try {
    const parsed = z.record(z.string(), z.json()).safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function objectOf(value: Json | undefined): JsonObject {
  const parsed = z.record(z.string(), z.json()).safeParse(value);
  return parsed.success ? parsed.data : {};
}

export function definedData(content: ConfigContent): JsonObject {
  const { data, binaryData } = asObjectData(content);
  return { ...(data === undefined ? {} : { data }), ...(binaryData === undefined ? {} : { binaryData }) };
}

function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

/** Who will put the deployed state back or trip over ours, as sentences for the person who presses. */
export function warningsAbout({ object }: LiveConfigMap): readonly string[] {
  return ownersOf(object).map(warningAbout);
}

function warningAbout(owner: ObjectOwner): string {
  switch (owner.type) {
    case 'argo-cd':
      return `Argo CD manages this ConfigMap (${owner.mark}) and may undo this: set \`branch\`, or pause its sync.`;
    case 'flux':
      return `Flux manages this ConfigMap (${owner.mark}) and will undo this: set \`branch\`, or suspend it.`;
    case 'helm':
      return `The ConfigMap belongs to the Helm release ${owner.release}, whose next upgrade or rollback writes its own content (Helm 3 leaves keys that only this tag has): prefer to roll the release back.`;
    case 'flagger':
    case 'controller':
      return `${describeOwner(owner)} made this ConfigMap and may put its own content back.`;
  }
}
