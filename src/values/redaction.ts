// Keeps secrets out of everything that leaves a run: given the values, returns a function that blanks each of them
// in every form a command, a server or a log is likely to print it in.

import { base64Forms, textForms } from './redaction-forms.ts';
import { createWrappedSearch, type Hit, lastLines } from './redaction-wrapped.ts';

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
 * Covered: the value, its lines when it has several, base64 (both alphabets, padded or not, wrapped into lines or not,
 * also inside a longer encoded text such as a Basic credential), URL-, form-, JSON-, HTML- and Markdown-escaped and
 * shell-quoted forms. Redacting twice gives the same as redacting once.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const { needles, encoded } = searchedFor(secrets);
  if (needles.length === 0) return (text) => text;
  const wrapped = createWrappedSearch(encoded);
  return (text) => blank(text, [...needles.flatMap((needle) => hitsOf(text, needle)), ...wrapped(text)]);
}

type SearchedFor = { readonly needles: readonly string[]; readonly encoded: ReadonlySet<string> };

function searchedFor(secrets: readonly string[]): SearchedFor {
  const needles = new Set<string>();
  const encoded = new Set<string>();
  const add = (form: string, least = minSecretLength): void => {
    if (form.length >= least && form !== redacted) needles.add(form);
  };
  for (const secret of secrets) {
    const whole = secret.trim();
    if (whole.length < minSecretLength) continue;
    for (const value of new Set([secret, whole, whole.replaceAll('\n', '\r\n')])) {
      for (const form of textForms(value)) add(form);
      for (const form of new Set(base64Forms(value))) {
        encoded.add(form);
        for (const one of [form, ...lastLines(form)]) add(one, minEncodedLength);
      }
    }
    if (!/[\r\n]/.test(whole)) continue;
    for (const line of whole.split(/[\r\n]+/)) {
      if (line.trim().length < minSecretLength) continue;
      for (const form of textForms(line.trim())) add(form);
    }
  }
  return { needles: [...needles], encoded };
}

function blank(text: string, found: readonly Hit[]): string {
  const hits = found.toSorted((a, b) => a.start - b.start);
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

function hitsOf(text: string, needle: string): readonly Hit[] {
  const hits: Hit[] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
    hits.push({ start: at, end: at + needle.length });
  }
  return hits;
}
