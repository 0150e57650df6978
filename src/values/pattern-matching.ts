// Regular expressions that come from a plan and meet texts that come from the world: neither may hold up a rollback.

import { runInNewContext } from 'node:vm';
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
