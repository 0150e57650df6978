// How an object is shown in a preview: without what only the server cares about, and without any secret value.

import { dump } from 'js-yaml';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { redacted } from '../../values/redaction.ts';

const serverMetadata: readonly string[] = [
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'selfLink',
];
const bookkeeping: readonly string[] = [
  // Holds a copy of the whole object, secrets included.
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
];

/** An object before and after, as texts to compare; `undefined` for one that is not there. */
export function showPair(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): { readonly before: string | undefined; readonly after: string | undefined } {
  const [hiddenBefore, hiddenAfter] = hideSecrets(before, after);
  return { before: show(hiddenBefore), after: show(hiddenAfter) };
}

function show(object: JsonObject | undefined): string | undefined {
  return object === undefined
    ? undefined
    : dump(withoutNoise(object), { sortKeys: true, lineWidth: -1, noRefs: true });
}

function withoutNoise(object: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = object;
  if (!isJsonObject(metadata)) return rest;
  const annotations = isJsonObject(metadata['annotations'])
    ? without(metadata['annotations'], bookkeeping)
    : {};
  const bare = without(metadata, [...serverMetadata, 'annotations']);
  return {
    ...rest,
    metadata: Object.keys(annotations).length === 0 ? bare : { ...bare, annotations },
  };
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** A changed value must still be seen to change, so the two sides get different masks; equal values get the same. */
function hideSecrets(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): readonly [JsonObject | undefined, JsonObject | undefined] {
  if ((before ?? after)?.['kind'] !== 'Secret') return [before, after];
  const old = contentOf(before);
  const fresh = contentOf(after);
  const mask = (own: JsonObject, other: JsonObject, word: string): JsonObject =>
    Object.fromEntries(
      Object.entries(own).map(([key, value]): [string, Json] => {
        const unchanged = other[key] === value || Object.keys(other).length === 0;
        return [key, unchanged ? redacted : `${redacted} (${word})`];
      }),
    );
  return [masked(before, mask(old, fresh, 'before')), masked(after, mask(fresh, old, 'after'))];
}

function masked(secret: JsonObject | undefined, data: JsonObject): JsonObject | undefined {
  if (secret === undefined) return undefined;
  const { stringData: _stringData, ...rest } = secret;
  return { ...rest, data };
}

function contentOf(secret: JsonObject | undefined): JsonObject {
  const data = secret?.['data'];
  const plain = secret?.['stringData'];
  const encoded = isJsonObject(plain)
    ? Object.entries(plain).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')])
    : [];
  return { ...(isJsonObject(data) ? data : {}), ...Object.fromEntries(encoded) };
}
