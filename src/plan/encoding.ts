// The first gate: bytes become text only if they are UTF-8, and text is parsed only if what is seen is what is there.

import type { Finding } from './findings.ts';
import { limits } from './limits.ts';
import { positionsIn } from './positions.ts';

export type Decoded = { readonly text: string; readonly findings: readonly Finding[] };

/** Decodes a file. A byte order mark is accepted and dropped; with findings, `text` is not to be parsed. */
export function decodePlan(bytes: Uint8Array, file: string): Decoded {
  const start = { file, line: 1, column: 1 };
  const utf16 = utf16Flavour(bytes);
  if (utf16 !== undefined) {
    return {
      text: '',
      findings: [encodingFinding(`the file is ${utf16}, not UTF-8`, start, 'save the file as UTF-8')],
    };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text: withoutMark(text), findings: [] };
  } catch {
    const where = { file, ...firstInvalid(bytes) };
    return {
      text: new TextDecoder('utf-8').decode(bytes),
      findings: [
        encodingFinding('the file is not valid UTF-8 from here on', where, 'save the file as UTF-8'),
      ],
    };
  }
}

export function tooLarge(bytes: number, file: string): Finding {
  const shown = Math.ceil(bytes / 1024);
  return {
    rule: 'limit',
    severity: 'error',
    message: `the plan has ${shown} KiB, more than ${limits.bytes / 1024} KiB`,
    hint: 'move scripts into files of their own and call them with `run:`',
    where: { file, line: 1, column: 1 },
    length: 1,
  };
}

export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

// Controls but tab and line breaks, invisible spaces, marks that reorder text, Unicode line breaks, halves of pairs.
const deceptive =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|\p{Cs}/gu;

/** Where a text holds characters that a reviewer would not see for what they are. */
export function deceptiveCharacters(
  text: string,
): readonly { readonly offset: number; readonly name: string }[] {
  const found: { readonly offset: number; readonly name: string }[] = [];
  for (const { index, 0: character } of text.matchAll(deceptive)) {
    found.push({ offset: index, name: nameOf(character.charCodeAt(0)) });
    if (found.length > limits.findings) break;
  }
  return found;
}

/** A text with each such character written as `\u202e`. */
export function escapeDeceptive(text: string): string {
  return text.replace(
    deceptive,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Findings for the raw text. */
export function findDeceptive(text: string, file: string): readonly Finding[] {
  const found = deceptiveCharacters(text);
  if (found.length === 0) return [];
  const positions = positionsIn(text, file);
  return found.map(({ offset, name }) =>
    encodingFinding(`the file holds ${name}`, positions.at(offset), 'delete the character'),
  );
}

function encodingFinding(message: string, where: Finding['where'], hint: string): Finding {
  return { rule: 'encoding', severity: 'error', message, hint, where, length: 1 };
}

function nameOf(code: number): string {
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code === 0) return `a NUL character (${number})`;
  if (code === 0x1b) return `an escape character (${number})`;
  if (code < 0x20 || code === 0x7f) return `a control character (${number})`;
  if (code < 0xa0) return `a C1 control character (${number})`;
  if (code >= 0xd800 && code <= 0xdfff) return `half of a surrogate pair (${number})`;
  if (code === 0x2028 || code === 0x2029) return `a line break that editors do not show (${number})`;
  if (code === 0x200b || code === 0x2060 || code === 0xfeff) return `an invisible character (${number})`;
  if (code >= 0xfffe) return `a code point that is no character (${number})`;
  return `a character that reorders text (${number})`;
}

function utf16Flavour(bytes: Uint8Array): string | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return 'UTF-16 (little endian)';
  if (first === 0xfe && second === 0xff) return 'UTF-16 (big endian)';
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'UTF-16 (little endian)';
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return 'UTF-16 (big endian)';
  return undefined;
}

/** Line and column of the first byte sequence that is not UTF-8. */
function firstInvalid(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  let line = 1;
  let from = 0;
  for (;;) {
    const end = bytes.indexOf(10, from);
    const slice = bytes.subarray(from, end === -1 ? bytes.length : end);
    if (!isUtf8(slice)) return { line, column: validPrefix(slice).length + 1 };
    if (end === -1) return { line, column: 1 };
    line += 1;
    from = end + 1;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The longest beginning that decodes, by halving: a sequence cut in two counts as good until it is seen to be bad. */
function validPrefix(bytes: Uint8Array): string {
  const decode = (length: number): string | undefined => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
    } catch {
      return undefined;
    }
  };
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (decode(middle) === undefined) bad = middle;
    else good = middle;
  }
  return decode(good) ?? '';
}
