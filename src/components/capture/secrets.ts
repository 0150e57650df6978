// What may be told of Secrets (names and keys), and which of their values are searched for in what is kept. Pure.

import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { looksSecret } from '../../values/secret-shapes.ts';
import { child } from './references.ts';

export function secretsOf(secret: JsonObject): Json {
  const data = secret['data'];
  return {
    name: child(secret['metadata'], 'name') ?? null,
    type: secret['type'] ?? null,
    keys: isJsonObject(data) ? Object.keys(data).sort() : [],
  };
}

/**
 * All values, but short ones under a name that tells of no secret (`username: shop`, `port: 5432`): those stand
 * everywhere, and hiding each of them would leave nothing that could be applied again.
 */
export function worthHiding(secrets: readonly JsonObject[]): readonly string[] {
  return secrets
    .flatMap(({ data, stringData }) => [
      ...textsOf(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const),
      ...textsOf(stringData),
    ])
    .flatMap(([key, value]) => (looksSecret(key) || value.trim().length >= shortest ? [value] : []));
}

const shortest = 8;

function textsOf(data: Json | undefined): readonly (readonly [string, string])[] {
  if (!isJsonObject(data)) return [];
  return Object.entries(data).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []));
}
