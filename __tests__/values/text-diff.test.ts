// Unified diffs of configuration: checked by letting git apply them.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unifiedDiff } from '../../src/values/text-diff.ts';

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const diff = (before: string | undefined, after: string | undefined): string =>
  unifiedDiff({ before, after, beforeName: 'live', afterName: 'v1' });

describe('a unified diff', () => {
  test('of equal texts is empty', () => {
    expect(diff('a\n', 'a\n')).toBe('');
  });

  test('shows a changed line between three lines of context, with the line numbers of both sides', () => {
    const after = numbered(20);
    after[9] = 'changed';
    expect(diff(text(numbered(20)), text(after))).toBe(
      [
        '--- live',
        '+++ v1',
        '@@ -7,7 +7,7 @@',
        ' line 7',
        ' line 8',
        ' line 9',
        '-line 10',
        '+changed',
        ' line 11',
        ' line 12',
        ' line 13',
        '',
      ].join('\n'),
    );
  });

  test('says so when only one side ends its last line', () => {
    expect(diff('a', 'a\n')).toContain('-a\n\\ No newline at end of file\n+a\n');
  });

  test('of something that is not there yet comes from /dev/null', () => {
    expect(diff(undefined, 'a\n')).toBe('--- /dev/null\n+++ v1\n@@ -0,0 +1 @@\n+a\n');
  });

  test('of texts that have nothing in common removes the one and adds the other', () => {
    const shown = diff(text(numbered(900)), text(numbered(900).map((line) => `other ${line}`)));
    expect(shown.split('\n').filter((line) => line.startsWith('-line'))).toHaveLength(900);
    expect(shown.split('\n').filter((line) => line.startsWith('+other'))).toHaveLength(900);
  });

  test('turns one text into the other when `patch` applies it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'text-diff-'));
    try {
      const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 40 });
      fc.assert(
        fc.property(lines, lines, fc.boolean(), fc.boolean(), (before, after, endBefore, endAfter) => {
          const old = endBefore ? text(before) : text(before).replace(/\n$/, '');
          const fresh = endAfter ? text(after) : text(after).replace(/\n$/, '');
          if (old === fresh || old === '' || fresh === '') return;
          writeFileSync(join(folder, 'live'), old);
          const patched = execFileSync(
            'git',
            ['apply', '--unsafe-paths', '--directory', folder, '-p0', '-'],
            {
              input: diff(old, fresh).replace('+++ v1', '+++ live'),
              cwd: '/',
              stdio: ['pipe', 'pipe', 'pipe'],
            },
          );
          expect(patched.toString()).toBe('');
          expect(execFileSync('cat', [join(folder, 'live')]).toString()).toBe(fresh);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
