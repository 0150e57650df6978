// A live object as somebody could apply it again: without what the server and its controllers set, and without secrets.
// Applied as it is, a live object is refused for its resourceVersion, or drags owners and addresses along.

import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { redacted } from './redaction.ts';
import { hideSecretShapes, looksSecret } from './secret-shapes.ts';

const serverSetMetadata = new Set([
  'uid',
  'resourceVersion',
  'managedFields',
  'creationTimestamp',
  'generation',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  // An owner is known by its uid: in another namespace, or after it is gone, the garbage collector would take the object.
  'ownerReferences',
  'finalizers',
]);
const serverSetAnnotations =
  /^(?:kubectl\.kubernetes\.io\/last-applied-configuration|deployment\.kubernetes\.io\/|deprecated\.daemonset\.template\.generation|autoscaling\.alpha\.kubernetes\.io\/(?:conditions|current-metrics)|control-plane\.alpha\.kubernetes\.io\/|pv\.kubernetes\.io\/bind)/;

/** Without status, identity and defaults of addresses; `home` is left out as namespace, so that the caller names it. */
export function reappliable(object: JsonObject, home?: string): JsonObject {
  const { apiVersion = null, kind = null, metadata, status: _status, spec, ...rest } = object;
  const kept = isJsonObject(metadata) ? cleanMetadata(metadata) : {};
  const { namespace, ...elsewhere } = kept;
  return {
    apiVersion,
    kind,
    metadata: namespace === undefined || namespace === home ? elsewhere : kept,
    ...rest,
    ...(spec === undefined ? {} : { spec: cleanSpec(kind, spec) }),
  };
}

function cleanMetadata(metadata: JsonObject): JsonObject {
  const { annotations, ...others } = metadata;
  const kept = Object.entries(others).filter(([key]) => !serverSetMetadata.has(key));
  const told = isJsonObject(annotations)
    ? Object.entries(annotations).filter(([key]) => !serverSetAnnotations.test(key))
    : [];
  return {
    ...Object.fromEntries(kept),
    ...(told.length === 0 ? {} : { annotations: Object.fromEntries(told) }),
  };
}

function cleanSpec(kind: Json, spec: Json): Json {
  if (!isJsonObject(spec)) return spec;
  const { clusterIP, clusterIPs, healthCheckNodePort: _port, ...service } = spec;
  // `None` is a choice (a headless Service); an address is an allocation.
  if (kind === 'Service')
    return clusterIP === 'None' ? { ...service, clusterIP, ...(clusterIPs ? { clusterIPs } : {}) } : service;
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => {
      if (key === 'template') return [key, withoutTime(value)];
      if (key === 'volumeClaimTemplates' && Array.isArray(value)) return [key, value.map(cleanClaim)];
      return [key, value];
    }),
  );
}

function cleanClaim(claim: Json): Json {
  if (!isJsonObject(claim)) return claim;
  const { status: _status, ...kept } = claim;
  return withoutTime(kept);
}

/** The API server writes `creationTimestamp: null` into templates. */
function withoutTime(value: Json): Json {
  if (!isJsonObject(value) || !isJsonObject(value['metadata'])) return value;
  const { creationTimestamp: _time, ...metadata } = value['metadata'];
  return { ...value, metadata };
}

export type Hidden = {
  readonly object: JsonObject;
  /** Paths of what is `***` now: `spec.template.spec.containers[0].env[1].value`. Empty: the object is whole. */
  readonly hidden: readonly string[];
};

/** Keys whose values are names and addresses that the object hangs together by. */
const structural = new Set(
  'apiVersion kind name namespace image labels matchLabels selector key secretName claimName serviceAccountName serviceAccount protocol type operator topologyKey'.split(
    ' ',
  ),
);

const ownWords = /^(?:data|binaryData|(?:.*\.)?annotations)$/;

/**
 * Hides secrets in a live object: values of variables and ConfigMap keys whose name looks like one, what has a secret's
 * form in any text, and what `known` replaces. A Secret keeps the names of its keys.
 */
export function hideInObject(object: JsonObject, known: (text: string) => string): Hidden {
  const hidden: string[] = [];
  const isConfig = object['kind'] === 'ConfigMap';
  const walk = (value: Json, path: string, forced: boolean): Json => {
    if (typeof value === 'string') {
      const safe = forced && value !== '' ? redacted : hideSecretShapes(known(value));
      if (safe !== value) hidden.push(path);
      return safe;
    }
    if (Array.isArray(value)) {
      return value.map((each, index) =>
        walk(each, `${path}[${index}]`, forced || followsSecretFlag(value[index - 1])),
      );
    }
    if (!isJsonObject(value)) return value;
    const named = typeof value['name'] === 'string' && looksSecret(value['name']);
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => {
        const where = path === '' ? key : `${path}.${key}`;
        // Keys of a ConfigMap and names of annotations are people's own words: `key` holds anything there.
        if (structural.has(key) && !ownWords.test(path)) return [key, child];
        if (isConfig && path === 'binaryData') return [key, hideBinary(child, where)];
        const secret =
          (key === 'value' && named) ||
          ((path === 'data' ? isConfig : /(?:^|\.)annotations$/.test(path)) && looksSecret(key));
        return [key, walk(child, where, forced || secret)];
      }),
    );
  };
  const hideBinary = (value: Json, path: string): Json => {
    if (typeof value !== 'string') return value;
    const text = Buffer.from(value, 'base64').toString('latin1');
    if (known(value) === value && hideSecretShapes(known(text)) === text) return value;
    hidden.push(path);
    return redacted;
  };
  const safe = walk(object, '', false);
  return { object: isJsonObject(safe) ? safe : {}, hidden };
}

/** `--password` as an argument of its own: the next one is it. */
function followsSecretFlag(before: Json | undefined): boolean {
  return typeof before === 'string' && /^--?[\w.-]+$/.test(before) && looksSecret(before);
}

/** The same for values of a chart, where every key may be a secret's name, and everything below such a key is hidden. */
export function hideInValues(values: Json, known: (text: string) => string): Json {
  const walk = (value: Json, forced: boolean): Json => {
    if (typeof value === 'string') return forced && value !== '' ? redacted : hideSecretShapes(known(value));
    if (typeof value === 'number') return forced ? redacted : value;
    if (Array.isArray(value))
      return value.map((each, index) => walk(each, forced || followsSecretFlag(value[index - 1])));
    if (!isJsonObject(value)) return value;
    const named = typeof value['name'] === 'string' && looksSecret(value['name']);
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => {
        if (key === 'name' && typeof child === 'string') return [key, known(child)];
        return [key, walk(child, forced || looksSecret(key) || (named && key === 'value'))];
      }),
    );
  };
  return walk(values, false);
}
