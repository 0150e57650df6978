// The values that a release was rendered with, as `helm get values --all` tells them: the user's over the chart's own.

import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';

/** Maps are merged, everything else is replaced, and a user's null takes a default away, as Helm has it. Pure. */
export function computedValues(chart: JsonObject, user: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...chart };
  for (const [key, value] of Object.entries(user)) {
    const base = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isJsonObject(value) && isJsonObject(base) ? computedValues(base, value) : value;
  }
  return merged;
}
