// `@{token}`: a value that an answer held and a later request needs. Written differently from `${{ }}`, which is computed
// before anything is sent. A kept value may be a session or a token, so none is ever shown.

import type { HttpResponse } from '../../ports.ts';
import { isJsonObject, type Json } from '../../values/json.ts';
import type { HttpStep, RequestSettings } from './settings.ts';

export type Kept = ReadonlyMap<string, string>;

const placeholder = /@\{([^{}\s]*)\}/g;
export const secretPlaceholder = /^secrets\.([A-Z_][A-Z0-9_]{0,127})$/;

/** What a request says that no earlier one keeps; each a sentence. */
export function unknownPlaceholders(
  request: RequestSettings & { readonly url: string },
  known: readonly string[],
): readonly string[] {
  const { url, headers, body, json } = request;
  const hasPlace = /^https?:\/\/[^/?#]*@\{/i.test(url);
  const plain = [url, ...Object.values(headers)].flatMap(namesIn).filter((name) => !known.includes(name));
  const sent = [body ?? '', json === undefined ? '' : JSON.stringify(json)]
    .flatMap(namesIn)
    .filter((name) => !known.includes(name) && !secretPlaceholder.test(name));
  return [
    ...(hasPlace ? ['a kept value can not be the host of a URL'] : []),
    ...[...new Set([...plain, ...sent])].map((name) =>
      secretPlaceholder.test(name)
        ? `\`@{${name}}\` stands in a body only; for a header there are \`bearer-token-env\` and \`headers-from-env\``
        : `\`@{${name}}\`: no earlier request keeps \`${name}\``,
    ),
  ];
}

export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name);
}

/** The text with kept values in it; what is no kept value stays. */
export function fill(text: string, kept: Kept, write: (value: string) => string = (value) => value): string {
  return text.replaceAll(placeholder, (whole, name: string) => {
    const value = kept.get(name);
    return value === undefined ? whole : write(value);
  });
}

export function fillJson(value: Json, kept: Kept): Json {
  if (typeof value === 'string') return fill(value, kept);
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fillJson(child, kept)]));
  if (typeof value !== 'object' || value === null) return value;
  const items: readonly Json[] = value;
  return items.map((child) => fillJson(child, kept));
}

/** What the answer holds for later requests, or where it holds nothing. */
export function keepFrom(
  { keep }: Pick<HttpStep, 'keep'>,
  response: HttpResponse,
  json: Json | undefined,
): { readonly kept: Kept; readonly missing: readonly string[] } {
  const found = Object.entries(keep).map(([name, from]) => ({
    name,
    from,
    value: valueAt(from, response, json),
  }));
  return {
    kept: new Map(found.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))),
    missing: found.flatMap(({ name, from, value }) =>
      value === undefined ? [`there is no ${name} at ${from} in the answer`] : [],
    ),
  };
}

function valueAt(from: string, response: HttpResponse, json: Json | undefined): string | undefined {
  const [place, ...keys] = from.split('.');
  const value = place === 'header' ? response.headers[keys.join('.').toLowerCase()] : jsonAt(json, keys);
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text === '' ? undefined : text;
}

/** Keys and indexes. */
export function jsonAt(json: Json | undefined, keys: readonly string[]): Json | undefined {
  let found = json;
  for (const key of keys) {
    if (Array.isArray(found)) {
      const items: readonly Json[] = found;
      found = /^\d+$/.test(key) ? items[Number(key)] : undefined;
    } else found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}
