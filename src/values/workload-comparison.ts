// Compares what a manifest wants with what the server holds. The server adds defaults, drops empty values and rewrites
// quantities, so "equal" means: everything that is wanted is there, and nothing an earlier version left behind.

import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { parseQuantity } from './quantity.ts';

export type Difference = {
  /** `spec.template.spec.containers[main].image` */
  readonly path: string;
  readonly wanted: Json;
  /** `undefined`: not there at all. */
  readonly live: Json | undefined;
};

/** Where the live value lacks or contradicts something wanted. What the live value has beyond that does not count. */
export function differences(wanted: Json, live: Json | undefined, path = ''): readonly Difference[] {
  if (live === undefined) return isEmpty(wanted) ? [] : [{ path, wanted, live }];
  if (Array.isArray(wanted)) return listDifferences(wanted, live, path);
  if (isJsonObject(wanted)) {
    if (!isJsonObject(live)) return [{ path, wanted, live }];
    return Object.entries(wanted).flatMap(([key, child]) => differences(child, live[key], join(path, key)));
  }
  return wanted === null || scalarsEqual(wanted, live, path) ? [] : [{ path, wanted, live }];
}

/**
 * Paths that `wanted` doesn't have, the live object has, and `earlier` explains: left behind by it. They need a second
 * look, because a server default may be equal to what the earlier version said in so many words.
 */
export function leftovers(
  wanted: Json | undefined,
  live: Json | undefined,
  earlier: Json | undefined,
  path = '',
): readonly string[] {
  if (live === undefined || earlier === undefined || isEmpty(earlier)) return [];
  if (wanted === undefined) return differences(earlier, live, path).length === 0 ? [path] : [];
  if (isJsonObject(wanted) && isJsonObject(live) && isJsonObject(earlier)) {
    return Object.entries(earlier).flatMap(([key, child]) =>
      leftovers(wanted[key], live[key], child, join(path, key)),
    );
  }
  if (Array.isArray(wanted) && Array.isArray(live) && Array.isArray(earlier)) {
    return earlier.flatMap((item: Json) => {
      const key = itemKey(path, item);
      if (key === undefined) return [];
      return leftovers(itemByKey(wanted, path, key), itemByKey(live, path, key), item, `${path}[${key}]`);
    });
  }
  return [];
}

/** Whether the value has something at a path as `leftovers` writes it. */
export function hasPath(value: Json | undefined, path: string, prefix = ''): boolean {
  if (value === undefined) return false;
  if (path === prefix) return true;
  if (isJsonObject(value)) {
    return Object.entries(value).some(([key, child]) => {
      const next = join(prefix, key);
      return (
        (path === next || path.startsWith(`${next}.`) || path.startsWith(`${next}[`)) &&
        hasPath(child, path, next)
      );
    });
  }
  if (!Array.isArray(value)) return false;
  return value.some((item: Json) => {
    const next = `${prefix}[${itemKey(prefix, item)}]`;
    return (path === next || path.startsWith(`${next}.`)) && hasPath(item, path, next);
  });
}

/**
 * What identifies an item of a list that Kubernetes merges by key; `undefined` where the list is replaced whole.
 * The last part of the path is the list's name.
 */
export function itemKey(path: string, item: Json): string | undefined {
  const fields = mergeKeys[path.split('.').at(-1) ?? ''];
  if (fields === undefined || !isJsonObject(item)) return undefined;
  const values = fields.map((field) => item[field] ?? (field === 'protocol' ? 'TCP' : undefined));
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.map(String).join('/');
}

export function itemByKey(list: readonly Json[], path: string, key: string): JsonObject | undefined {
  return list.filter(isJsonObject).find((item) => itemKey(path, item) === key);
}

/** Merge keys of the built-in types, by the name of the list. */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  ports: ['containerPort', 'port', 'protocol'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};

function listDifferences(wanted: readonly Json[], live: Json, path: string): readonly Difference[] {
  if (!Array.isArray(live)) return [{ path, wanted, live }];
  const keys = wanted.map((item) => itemKey(path, item));
  if (keys.length > 0 && keys.every((key) => key !== undefined)) {
    return wanted.flatMap((item, index) => {
      const key = keys[index] ?? '';
      return differences(item, itemByKey(live, path, key), `${path}[${key}]`);
    });
  }
  if (wanted.length !== live.length) return [{ path, wanted, live }];
  return wanted.flatMap((item, index) => differences(item, live[index], `${path}[${index}]`));
}

/** The server forgets these: absent and empty are the same to it. */
function isEmpty(value: Json): boolean {
  if (value === null || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.values(value).every(isEmpty);
}

function scalarsEqual(wanted: Json, live: Json, path: string): boolean {
  if (wanted === live) return true;
  if (typeof live === 'object') return false;
  if (!quantityPath.test(path)) return false;
  const left = amount(String(wanted));
  return left !== undefined && left === amount(String(live));
}

const quantityPath = /(?:limits|requests|capacity|sizeLimit|divisor|storage)\b/;

/** `500m` and `0.5`, `1Gi` and `1024Mi` are the same amount; rounded to what floating point can tell apart. */
function amount(value: Json): number | undefined {
  const quantity = parseQuantity(value);
  return quantity === undefined ? undefined : Number(quantity.toPrecision(12));
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
