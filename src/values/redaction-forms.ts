// The forms in which a command, a server or a log is likely to print a value: escaped for the many places a text can
// stand in, and encoded.

import { escapeText } from './markdown.ts';

/** The value as it is, and escaped for URLs, forms, JSON, shells, HTML and Markdown by the writers that are about. */
export function textForms(value: string): readonly string[] {
  const json = jsonOf(value);
  const url = percentEncoded(value);
  return [
    value,
    ...jsonForms(value),
    json.replaceAll('/', '\\/'),
    url,
    lowerHex(url),
    url.replaceAll('%20', '+'),
    strictlyPercentEncoded(value),
    lowerHex(strictlyPercentEncoded(value)),
    strictlyPercentEncoded(value).replaceAll('%20', '+'),
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    value.replaceAll(/["\\$`]/g, '\\$&'),
    value.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    ...htmlForms(value),
    escapeText(value),
  ];
}

/**
 * The whole value encoded, and for each of the three ways its bytes can fall into base64's groups of three the part
 * that doesn't depend on its neighbours: that part is found when the value was encoded together with something else.
 */
export function base64Forms(value: string): readonly string[] {
  return [value, jsonOf(value), goJson(jsonOf(value))].flatMap(encodings);
}

function encodings(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  const forms: string[] = [bytes.toString('base64'), bytes.toString('base64').replaceAll('=', '')];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const skip = offset === 0 ? 0 : offset + 1;
    const ragged = (offset + bytes.length) % 3 !== 0 ? 1 : 0;
    forms.push(encoded.slice(skip, encoded.length - ragged));
  }
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** As JSON's writers differ: Go's also escapes what means something in HTML, Python's all but ASCII, .NET's both. */
function jsonForms(value: string): readonly string[] {
  const plain = jsonOf(value);
  const forms = [plain, goJson(plain), escapeUnits(plain, notAscii), escapeUnits(goJson(plain), notAscii)];
  return forms.flatMap((form) => [form, upperHex(form)]).flatMap((form) => [form, jsonOf(form)]);
}

function jsonOf(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

const notAscii = /[^\x20-\x7e]/g;

function goJson(json: string): string {
  return escapeUnits(json, /[&<>\u2028\u2029]/g);
}

function escapeUnits(text: string, which: RegExp): string {
  return text.replaceAll(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function upperHex(json: string): string {
  return json.replaceAll(/\\u[0-9a-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`);
}

/** Quotes are left alone, named, or numbered: by Go, and by Python. */
function htmlForms(value: string): readonly string[] {
  const safe = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    safe,
    safe.replaceAll('"', '&quot;'),
    safe.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    safe.replaceAll('"', '&quot;').replaceAll("'", '&#x27;'),
    safe.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  ];
}

/** Lone surrogates can't be percent-encoded; such a value has no URL form. */
function percentEncoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value;
  }
}

function strictlyPercentEncoded(value: string): string {
  return percentEncoded(value).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function lowerHex(encoded: string): string {
  return encoded.replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
}
