// The outputs of a script: written to a file as GitHub's own `$GITHUB_OUTPUT` is, read strictly and within bounds,
// because what one step writes is what later steps act upon.

import { identifierPattern } from './names.ts';

export type StepOutputs =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: string };

/** All outputs of one step together. */
export const maxOutputBytes = 32_768;

/**
 * Reads `name=value` lines and `name<<END` blocks. Only the declared names, each exactly once: a value with a line
 * break in it can so not smuggle another output in, nor replace one.
 */
export function parseStepOutputs(text: string, declared: readonly string[]): StepOutputs {
  if (Buffer.byteLength(text) > maxOutputBytes)
    return no(`the outputs have more than ${maxOutputBytes} bytes`);
  const found = new Map<string, string>();
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name = '', operator = '', rest = ''] = /^([^=<]*)(=|<<)(.*)$/s.exec(line) ?? [];
    if (!identifierPattern.test(name))
      return no(`line ${at + 1} is neither name=value nor name<<END: ${shorten(line)}`);
    if (!declared.includes(name))
      return no(`the output ${name} is not among the declared ones (${declared.join(', ')})`);
    if (found.has(name)) return no(`the output ${name} is written twice`);
    if (operator === '=') {
      found.set(name, rest);
      continue;
    }
    const end = lines.indexOf(rest, at + 1);
    if (rest === '' || end < 0)
      return no(`the block of ${name} does not end with the line ${JSON.stringify(rest)}`);
    found.set(name, lines.slice(at + 1, end).join('\n'));
    at = end;
  }
  const missing = declared.filter((name) => !found.has(name));
  if (missing.length > 0) return no(`the output ${missing.join(', ')} was not written`);
  return { ok: true, outputs: Object.fromEntries(found) };
}

function no(why: string): StepOutputs {
  return { ok: false, why };
}

function shorten(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 79)}…` : line);
}
