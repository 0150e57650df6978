// The linter: all that can be wrong with a plan without asking the world, in one pass, every finding with its place.

import type { PlanDocument } from './document.ts';
import { escapeDeceptive } from './encoding.ts';
import { type Finding, sortFindings } from './findings.ts';
import { findingsOf } from './issues.ts';
import type { PlanKinds } from './kinds.ts';
import { limits } from './limits.ts';
import { lintCounts } from './lint-counts.ts';
import { lintExpressions } from './lint-expressions.ts';
import { lintFollowUps } from './lint-follow-ups.ts';
import { lintGates } from './lint-gates.ts';
import { lintKinds } from './lint-kinds.ts';
import { lintNames } from './lint-names.ts';
import { lintSteps } from './lint-steps.ts';
import { lintValues } from './lint-values.ts';
import { lintWatch } from './lint-watch.ts';
import { outlineOf } from './outline.ts';
import { planSchema } from './schema.ts';

/** Findings in the order of the file. Pure; the rules see as much as makes sense, whatever else is wrong. */
export function lintPlan(document: PlanDocument, kinds: PlanKinds): readonly Finding[] {
  const outline = outlineOf(document);
  const tooMany = lintCounts(outline);
  if (tooMany.length > 0) return tidy(tooMany);
  const shape = planSchema.safeParse(document.json);
  const misshapen = shape.success
    ? []
    : findingsOf(shape.error.issues, {
        document,
        schema: planSchema,
        prefix: [],
        value: document.json,
      });
  return tidy([
    ...misshapen,
    ...lintKinds(outline, kinds),
    ...lintSteps(outline, kinds),
    ...lintNames(outline),
    ...lintValues(outline),
    ...lintWatch(outline),
    ...lintGates(outline),
    ...lintFollowUps(outline),
    ...lintExpressions(outline),
  ]);
}

/** Messages quote the plan, and an escape in a plan can be any character. */
function printable(finding: Finding): Finding {
  const { message, hint } = finding;
  const shown = { ...finding, message: escapeDeceptive(message) };
  return hint === undefined ? shown : { ...shown, hint: escapeDeceptive(hint) };
}

/** Sorted, each thing said once, and no more than a person would read. */
export function tidy(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  const unique = sortFindings(findings.map(printable)).filter(({ where, rule, message }) => {
    const key = `${where.line}:${where.column}:${rule}:${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (unique.length <= limits.findings) return unique;
  const shown = unique.slice(0, limits.findings - 1);
  const next = unique[limits.findings - 1];
  if (next === undefined) return shown;
  const summary: Finding = {
    rule: 'limit',
    severity: 'error',
    message: 'there are more findings, which are not shown',
    hint: 'correct the ones above first',
    where: next.where,
    length: 1,
  };
  return [...shown, summary];
}
