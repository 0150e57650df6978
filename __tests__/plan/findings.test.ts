// How findings read: exact text, stable order, and nothing that could steer a terminal.

import { describe, expect, test } from '@jest/globals';
import {
  type Finding,
  renderFinding,
  renderFindings,
  sortFindings,
  toAnnotation,
} from '../../src/plan/findings.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { sampleKinds } from './sample-kinds.ts';

function finding(line: number, column: number, rest: Partial<Finding> = {}): Finding {
  return {
    rule: 'type',
    severity: 'error',
    message: 'wrong',
    where: { file: 'a.yml', line, column },
    length: 1,
    ...rest,
  };
}

test('a finding shows file, line, column, message, rule, the line, a caret and the way out', () => {
  const text = 'version: 1\nservice: shop\ncomponents: {}\nverfy: []\n';
  const { findings } = parsePlan(text, '.github/rollback.yml', sampleKinds);
  expect(renderFindings(findings, text)).toBe(
    [
      '.github/rollback.yml:1:1: warning: the plan has no `verify`, so a rollback is judged by its components and not by what users see [no-verify]',
      ' 1 | version: 1',
      '   | ^',
      '   = add `verify: [{ uses: http, with: { url: …, expect: { status: 200 } } }]`',
      '',
      '.github/rollback.yml:4:1: unknown key `verfy` in the plan [unknown-key]',
      ' 4 | verfy: []',
      '   | ^^^^^',
      '   = did you mean `verify`?',
      '',
      '1 error, 1 warning',
      '',
    ].join('\n'),
  );
});

describe('the source line', () => {
  test.each([
    ['keeps the caret under a value after tabs', '\ta: x', finding(1, 5), [' 1 |     a: x', '   |        ^']],
    [
      'shows escape characters as what they are not',
      'a\u001b[31mb: x',
      finding(1, 9),
      [' 1 | a\ufffd[31mb: x', '   |         ^'],
    ],
    [
      'shows marks that reorder text as what they are not',
      'a\u202eb: x',
      finding(1, 6),
      [' 1 | a\ufffdb: x', '   |      ^'],
    ],
    [
      'underlines as far as the value goes, on this line',
      'abc def',
      finding(1, 5, { length: 99 }),
      [' 1 | abc def', '   |     ^^^'],
    ],
    ['points behind the end of a line', 'abc', finding(1, 4), [' 1 | abc', '   |    ^']],
    ['is left out where there is none', 'abc', finding(9, 1), []],
  ])('%s', (_name, text, given, lines) => {
    expect(renderFinding(given, text).split('\n').slice(1)).toEqual(lines);
  });

  test('of 5000 characters is cut to a window around the caret', () => {
    const text = `${'x'.repeat(3000)}HERE${'y'.repeat(2000)}`;
    const [, source, caret] = renderFinding(finding(1, 3001, { length: 4 }), text).split('\n');
    expect(source).toBe(` 1 | …${'x'.repeat(30)}HERE${'y'.repeat(86)}…`);
    expect(caret).toBe(`   | ${' '.repeat(31)}^^^^`);
  });
});

test('findings are in the order of the file, errors before warnings, whatever order they come in', () => {
  const inOrder = [
    finding(1, 2),
    finding(1, 2, { severity: 'warning', rule: 'no-verify' }),
    finding(1, 10),
    finding(2, 1, { message: 'a' }),
    finding(2, 1, { message: 'b' }),
    finding(10, 1),
  ];
  expect(sortFindings([...inOrder].reverse())).toEqual(inOrder);
});

test('a message can not add lines, colours or workflow commands of its own', () => {
  const shown = renderFinding(finding(1, 1, { message: 'x\u001b[2K\r', hint: 'y\u0007' }), 'a');
  expect(shown).not.toMatch(/[^\P{Cc}\n]/u);
});

test('an annotation carries rule, place and hint as plain data', () => {
  expect(toAnnotation(finding(3, 7, { length: 5, hint: 'do this' }))).toEqual({
    level: 'error',
    title: 'type',
    message: 'wrong\ndo this',
    file: 'a.yml',
    startLine: 3,
    startColumn: 7,
    endColumn: 12,
  });
});
