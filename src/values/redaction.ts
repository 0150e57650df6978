// Keeps secrets out of everything that leaves a run: given the values, returns a function that blanks each of them
// in every form a command, a server or a log is likely to print it in.

import { escapeText } from './markdown.ts';

/** What stands where a secret stood. */
export const redacted = '***';

/**
 * Shorter values are not searched for: blanking every `1` or `no` makes a record unreadable and gives the value
 * away by the holes it leaves. Use `tooShortToRedact` to refuse them where secrets are declared.
 */
export const minSecretLength = 4;

/** Encoded text below this length is too likely to stand for something else. */
const minEncodedLength = 8;

/** The values (by position) that `createRedactor` will not search for, empty ones excluded: nothing can leak from those. */
export function tooShortToRedact(secrets: readonly string[]): readonly number[] {
  return secrets.flatMap((secret, index) => {
    const length = secret.trim().length;
    return length > 0 && length < minSecretLength ? [index] : [];
  });
}

/**
 * Returns a function that replaces every occurrence of every secret with `***`. Overlapping and touching
 * occurrences become one, so that the end of one secret never survives beside the start of another.
 * Covered: the value, its lines when it has several, base64 (both alphabets, padded or not, also inside a longer
 * encoded text such as a Basic credential), URL-, form-, JSON-, HTML- and Markdown-escaped and shell-quoted forms.
 * Redacting twice gives the same as redacting once.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const needles = needlesOf(secrets);
  if (needles.length === 0) return (text) => text;
  return (text) => blank(text, needles);
}

function needlesOf(secrets: readonly string[]): readonly string[] {
  const needles = new Set<string>();
  const add = (form: string, least = minSecretLength): void => {
    if (form.length >= least && form !== redacted) needles.add(form);
  };
  for (const secret of secrets) {
    const whole = secret.trim();
    if (whole.length < minSecretLength) continue;
    for (const value of new Set([secret, whole, whole.replaceAll('\n', '\r\n')])) {
      for (const form of textForms(value)) add(form);
      for (const bare of new Set([value, JSON.stringify(value).slice(1, -1)])) {
        for (const form of base64Forms(bare)) add(form, minEncodedLength);
      }
    }
    if (!/[\r\n]/.test(whole)) continue;
    for (const line of whole.split(/[\r\n]+/)) {
      if (line.trim().length < minSecretLength) continue;
      for (const form of textForms(line.trim())) add(form);
    }
  }
  return [...needles].sort((a, b) => b.length - a.length);
}

function textForms(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const url = percentEncoded(value);
  return [
    value,
    json,
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
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
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    escapeText(value),
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

/**
 * The whole value encoded, and for each of the three ways its bytes can fall into base64's groups of three the part
 * that doesn't depend on its neighbours: that part is found when the value was encoded together with something else.
 */
function base64Forms(value: string): readonly string[] {
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

function blank(text: string, needles: readonly string[]): string {
  const hits = needles.flatMap((needle) => hitsOf(text, needle)).sort((a, b) => a.start - b.start);
  let out = '';
  let end = -1;
  let copied = 0;
  for (const hit of hits) {
    if (hit.start > end) {
      out += text.slice(copied, hit.start) + redacted;
    }
    end = Math.max(end, hit.end);
    copied = end;
  }
  return out + text.slice(copied);
}

type Hit = { readonly start: number; readonly end: number };

function hitsOf(text: string, needle: string): readonly Hit[] {
  const hits: Hit[] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
    hits.push({ start: at, end: at + needle.length });
  }
  return hits;
}
