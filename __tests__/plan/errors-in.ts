// What the linter says about a plan text, one line per finding, for tables: `3:1 [unknown-key] message`.

import type { Finding } from '../../src/plan/findings.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { sampleKinds } from './sample-kinds.ts';

export type Row = { readonly name: string; readonly plan: string; readonly errors: readonly string[] };

export function linesOf(findings: readonly Finding[], severity: Finding['severity']): readonly string[] {
  return findings
    .filter((finding) => finding.severity === severity)
    .map(({ where, rule, message }) => `${where.line}:${where.column} [${rule}] ${message}`);
}

export function errorsIn(text: string): readonly string[] {
  return linesOf(parsePlan(text, 'rollback.yml', sampleKinds).findings, 'error');
}

export function warningsIn(text: string): readonly string[] {
  return linesOf(parsePlan(text, 'rollback.yml', sampleKinds).findings, 'warning');
}

/** Two lines that every plan begins with, so that the interesting part begins in line 3. */
export function plan(...lines: readonly string[]): string {
  return `version: 1\nservice: shop\n${lines.join('\n')}\n`;
}

/** A plan whose interesting part, from line 4 on, is a phase's step. */
export function step(...lines: readonly string[]): string {
  return plan(
    'components: { api: { uses: helm-release, with: { release: shop-api } } }',
    'phases:',
    '  - name: one',
    '    steps:',
    ...lines,
  );
}
