// A finding is what the linter has to say about one place in a plan: which rule, how bad, what, where, and what to do.
// Rendering follows compilers: `file:line:col: message [rule]`, the line, a caret, the way out.

import { formatLocation, type Location } from '../errors.ts';
import type { Rule } from './rules.ts';

export type Finding = {
  readonly rule: Rule;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly where: Location;
  /** UTF-16 units to underline, on the line of `where`; at least 1. */
  readonly length: number;
};

/** What a workflow annotation needs, as plain data; `title` is the rule. */
export type Annotation = {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  readonly file: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endColumn: number;
};

/** By position, then errors first, then by text: the same plan always reads the same. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) =>
      a.where.line - b.where.line ||
      a.where.column - b.where.column ||
      compareText(a.severity, b.severity) ||
      compareText(a.rule, b.rule) ||
      compareText(a.message, b.message),
  );
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

export function toAnnotation(finding: Finding): Annotation {
  const { message, hint, where, severity, rule, length } = finding;
  return {
    level: severity,
    title: rule,
    message: visible(hint === undefined ? message : `${message}\n${hint}`),
    file: where.file,
    startLine: where.line,
    startColumn: where.column,
    endColumn: where.column + length,
  };
}

/** All findings with their source lines, and a last line that counts them. Ends with a newline. */
export function renderFindings(findings: readonly Finding[], text: string): string {
  const lines = splitLines(text);
  const blocks = sortFindings(findings).map((finding) => render(finding, lines));
  return `${[...blocks, countFindings(findings)].join('\n\n')}\n`;
}

/** One finding with its source line; several lines, without a newline at the end. */
export function renderFinding(finding: Finding, text: string): string {
  return render(finding, splitLines(text));
}

/** `2 errors, 1 warning` */
function countFindings(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.length - errors;
  const count = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;
  return `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}

const widest = 120;
const lead = 30;
const tabWidth = 4;

function render(finding: Finding, lines: readonly string[]): string {
  const { where, message, rule, severity, hint } = finding;
  const word = severity === 'warning' ? 'warning: ' : '';
  const head = visible(`${formatLocation(where)}: ${word}${message} [${rule}]`);
  const number = String(where.line);
  const gutter = ' '.repeat(number.length);
  const source = lines[where.line - 1];
  const shown = source === undefined ? [] : sourceLines(source, finding, number, gutter);
  const help =
    hint === undefined
      ? []
      : visible(hint)
          .split('\n')
          .map((line) => ` ${gutter} = ${line}`);
  return [head, ...shown, ...help].join('\n');
}

/** The line and the caret below it, both cut to the same window around the column. */
function sourceLines(source: string, finding: Finding, number: string, gutter: string): readonly string[] {
  const start = finding.where.column - 1;
  const from = start > widest - lead ? start - lead : 0;
  const to = Math.min(source.length, from + widest);
  const before = expand(source.slice(from, start));
  const marked = expand(source.slice(start, Math.min(to, start + Math.max(1, finding.length))));
  const after = expand(source.slice(start + Math.max(1, finding.length), to));
  const cutLeft = from > 0 ? '…' : '';
  const cutRight = to < source.length ? '…' : '';
  const carets = '^'.repeat(Math.max(1, marked.trimEnd().length));
  return [
    ` ${number} | ${cutLeft}${before}${marked}${after}${cutRight}`.trimEnd(),
    ` ${gutter} | ${' '.repeat(cutLeft.length + before.length)}${carets}`,
  ];
}

/** Tabs as spaces, and every character that could move the cursor or hide text as a visible stand-in of width one. */
function expand(text: string): string {
  return neutralise(text.replaceAll('\t', ' '.repeat(tabWidth)));
}

/** Like `expand`, for messages: line breaks stay. */
function visible(text: string): string {
  return text.split('\n').map(neutralise).join('\n');
}

function neutralise(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufeff]/gu, '\ufffd');
}

function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
