// Regular expressions that come from a plan and meet texts that come from the world: neither may hold up a rollback.

import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { messageOf } from '../errors.ts';

const longestPattern = 256;
const longestText = 64 * 1024;
const patienceMs = 200;

/** Why a pattern can't be used, or `undefined` if it can. */
export function whyNotPattern(pattern: string): string | undefined {
  if (pattern === '') return 'a pattern can not be empty';
  if (pattern.length > longestPattern) return `a pattern has at most ${longestPattern} characters`;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/**
 * Whether the pattern is found in the first 64 KiB of the text. `undecided` if that takes longer than 200 ms:
 * backtracking can take for ever, and V8 stops it only from outside, which `vm` does without a second process.
 */
export function findPattern(pattern: string, text: string): 'found' | 'not-found' | 'undecided' {
  try {
    const sandbox = { pattern, text: text.slice(0, longestText) };
    const found: unknown = runInNewContext('new RegExp(pattern, "u").test(text)', sandbox, {
      timeout: patienceMs,
    });
    return found === true ? 'found' : 'not-found';
  } catch {
    return 'undecided';
  }
}

export type LinePatterns = {
  readonly match: string;
  /** Lines that it finds don't count, although `match` finds them. */
  readonly allow?: string | undefined;
  /** Counted apart, in all lines. */
  readonly of?: string | undefined;
};

export type LineCounts = {
  /** Lines that are not empty. */
  readonly lines: number;
  readonly matched: number;
  readonly of: number;
  /** The first of the matching lines. */
  readonly examples: readonly string[];
};

const keptExamples = 3;
const linesPatienceMs = 1_000;
const counts = z.object({
  lines: z.number(),
  matched: z.number(),
  of: z.number(),
  examples: z.array(z.string()),
});

/** Counts the lines of a text. `undecided` if that takes longer than a second. Of a line the first 4096 characters are looked at. */
export function countLines(patterns: LinePatterns, text: string): LineCounts | 'undecided' {
  const { match, allow = '', of = '' } = patterns;
  try {
    const answer: unknown = runInNewContext(
      countingScript,
      { match, allow, of, text, keep: keptExamples },
      { timeout: linesPatienceMs },
    );
    return counts.parse(JSON.parse(String(answer)));
  } catch {
    return 'undecided';
  }
}

/** Text in, text out: nothing of the other realm comes back. */
const countingScript = `
  const wanted = new RegExp(match, 'u');
  const allowed = allow === '' ? undefined : new RegExp(allow, 'u');
  const whole = of === '' ? undefined : new RegExp(of, 'u');
  const found = { lines: 0, matched: 0, of: 0, examples: [] };
  for (const each of text.split(/\\r?\\n/)) {
    if (each === '') continue;
    const line = each.slice(0, 4096);
    found.lines++;
    if (whole !== undefined && whole.test(line)) found.of++;
    if (!wanted.test(line) || (allowed !== undefined && allowed.test(line))) continue;
    found.matched++;
    if (found.examples.length < keep) found.examples.push(line);
  }
  JSON.stringify(found);
`;
