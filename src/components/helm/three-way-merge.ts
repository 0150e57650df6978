// Foretells Helm's client-side apply (all of Helm 3, and Helm 4 where the revision was made that way): what the last
// revision had and the wanted one has not goes, what is wanted comes, everything else on the live object stays.
// That last part is why something a failed revision left behind can outlive a rollback.

import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { itemByKey, itemKey } from '../../values/workload-comparison.ts';

/** The live object after Helm's patch. `last` is the same object in the newest revision, if that one has it. */
export function mergeThreeWays(
  last: JsonObject | undefined,
  wanted: JsonObject,
  live: JsonObject,
): JsonObject {
  return mergeObjects(last ?? {}, wanted, live, '');
}

function mergeObjects(last: JsonObject, wanted: JsonObject, live: JsonObject, path: string): JsonObject {
  const kept = Object.entries(live).filter(([key]) => !(key in last) || key in wanted);
  const merged = new Map<string, Json>(kept);
  for (const [key, child] of Object.entries(wanted)) {
    if (child === null) merged.delete(key);
    else merged.set(key, mergeValues(last[key], child, live[key], path === '' ? key : `${path}.${key}`));
  }
  return Object.fromEntries(merged);
}

function mergeValues(last: Json | undefined, wanted: Json, live: Json | undefined, path: string): Json {
  if (isJsonObject(wanted) && isJsonObject(live)) {
    return mergeObjects(isJsonObject(last) ? last : {}, wanted, live, path);
  }
  if (Array.isArray(wanted) && Array.isArray(live)) {
    return mergeLists(Array.isArray(last) ? last : [], wanted, live, path);
  }
  return wanted;
}

function mergeLists(
  last: readonly Json[],
  wanted: readonly Json[],
  live: readonly Json[],
  path: string,
): Json {
  const keyOf = (item: Json): string | undefined => itemKey(path, item);
  if ([...wanted, ...live].some((item) => keyOf(item) === undefined)) return wanted;
  const removed = new Set(last.map(keyOf));
  const merged = wanted.map((item) => {
    const key = keyOf(item) ?? '';
    return mergeValues(itemByKey(last, path, key), item, itemByKey(live, path, key), `${path}[${key}]`);
  });
  const present = new Set(wanted.map(keyOf));
  const foreign = live.filter((item) => !present.has(keyOf(item)) && !removed.has(keyOf(item)));
  return [...merged, ...foreign];
}
