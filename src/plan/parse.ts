// From the text of a plan to the plan, or to everything that is wrong with it. Pure; `read.ts` brings the text.

import { createHash } from 'node:crypto';
import { assemblePlan } from './assemble.ts';
import { withoutMark } from './encoding.ts';
import { type Finding, hasErrors } from './findings.ts';
import type { PlanKinds } from './kinds.ts';
import { lintPlan, tidy } from './lint.ts';
import type { Plan } from './plan.ts';
import { planSchema } from './schema.ts';
import { parseSource } from './source.ts';

export type ParsedPlan = {
  /** Present when no finding is an error. */
  readonly plan: Plan | undefined;
  readonly findings: readonly Finding[];
};

/** Reads and lints. Never throws for a bad plan; `file` is used as given in every finding. */
export function parsePlan(text: string, file: string, kinds: PlanKinds): ParsedPlan {
  const { document, findings } = parseSource(text, file);
  if (document === undefined) return { plan: undefined, findings: tidy(findings) };
  const all = tidy([...findings, ...withoutConsequences(lintPlan(document, kinds), findings)]);
  if (hasErrors(all)) return { plan: undefined, findings: all };
  const content = planSchema.parse(document.json);
  return { plan: assemblePlan({ document, content, digest: planDigest(text) }), findings: all };
}

/** What the linter says of a value that could not even be read is only a consequence. */
function withoutConsequences(linted: readonly Finding[], source: readonly Finding[]): readonly Finding[] {
  const places = new Set(source.map(({ where }) => `${where.line}:${where.column}`));
  return linted.filter(({ where }) => !places.has(`${where.line}:${where.column}`));
}

/** `sha256:…` of the text; a byte order mark does not count. */
export function planDigest(text: string): string {
  return `sha256:${createHash('sha256').update(withoutMark(text), 'utf8').digest('hex')}`;
}
