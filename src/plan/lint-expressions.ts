// Expressions: where they may stand, that they parse, and that what they refer to will exist by then.

import { checkReferences, type Shape, usesStatus } from '../values/expression-references.ts';
import {
  type Expression,
  type ExpressionProblem,
  hasExpression,
  parseCondition,
  parseTemplate,
} from '../values/expressions.ts';
import type { Json } from '../values/json.ts';
import type { PlanDocument } from './document.ts';
import { type Zone, zonesOf } from './expression-zones.ts';
import type { Finding } from './findings.ts';
import { limits } from './limits.ts';
import type { Outline } from './outline.ts';
import type { Path } from './plan.ts';
import type { Rule } from './rules.ts';

export function lintExpressions(outline: Outline): readonly Finding[] {
  const zones = zonesOf(outline);
  const inZone = new Set(zones.map(({ path }) => keyOf(path)));
  const found: Finding[] = [];
  for (const finding of lintAll(zones, inZone, outline)) {
    found.push(finding);
    if (found.length >= limits.enough) break;
  }
  return found;
}

function* lintAll(
  zones: readonly Zone[],
  inZone: ReadonlySet<string>,
  { document, top }: Outline,
): Generator<Finding> {
  for (const zone of zones) yield* lintZone(zone, document);
  yield* lintElsewhere(top, [], inZone, document);
}

function* lintZone(zone: Zone, document: PlanDocument): Generator<Finding> {
  const { path, value, shape, form } = zone;
  if (typeof value === 'string') yield* lintText(value, path, zone, document);
  if (typeof value !== 'object' || value === null || form !== 'text') return;
  for (const [key, child] of Object.entries(value)) {
    const below: Path = [...path, Array.isArray(value) ? Number(key) : key];
    if (hasExpression(key)) yield keyFinding(below, document);
    yield* lintZone({ path: below, value: child, shape, form }, document);
  }
}

function lintText(
  text: string,
  path: Path,
  { shape, form }: Zone,
  document: PlanDocument,
): readonly Finding[] {
  if (form === 'script') return hasExpression(text) ? [scriptFinding(text, path, document)] : [];
  if (form === 'condition') {
    const parsed = parseCondition(text);
    if (!parsed.ok) return [problemFinding('expression-syntax', parsed.problem, path, document)];
    return lintReferences(parsed.value, path, shape, document);
  }
  if (!hasExpression(text)) return [];
  const parsed = parseTemplate(text);
  if (!parsed.ok) return [problemFinding('expression-syntax', parsed.problem, path, document)];
  return parsed.value.pieces.flatMap((piece) => {
    if (typeof piece === 'string') return [];
    const references = lintReferences(piece, path, shape, document);
    return usesStatus(piece) ? [...references, statusFinding(piece, path, document)] : references;
  });
}

function lintReferences(
  expression: Expression,
  path: Path,
  shape: Shape,
  document: PlanDocument,
): readonly Finding[] {
  return checkReferences(expression, shape).map((problem) =>
    problemFinding('expression-unknown-property', problem, path, document),
  );
}

/** Expressions where nobody computes them would be taken as text. */
function* lintElsewhere(
  value: Json,
  path: Path,
  inZone: ReadonlySet<string>,
  document: PlanDocument,
): Generator<Finding> {
  if (inZone.has(keyOf(path))) return;
  if (typeof value === 'string') {
    const offset = value.indexOf('${{');
    if (offset !== -1) yield notHere(path, offset, document);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    yield* lintElsewhere(child, [...path, Array.isArray(value) ? Number(key) : key], inZone, document);
  }
}

function notHere(path: Path, offset: number, document: PlanDocument): Finding {
  return {
    rule: 'expression-not-here',
    severity: 'error',
    message: 'expressions are not computed here',
    hint: 'they are computed in `if`, `with` and `env`',
    ...document.spanWithin(path, offset, 3),
  };
}

function keyFinding(path: Path, document: PlanDocument): Finding {
  return {
    rule: 'expression-not-here',
    severity: 'error',
    message: 'expressions are not computed in keys',
    hint: 'write the key out; only values are computed',
    ...document.keySpanOf(path),
  };
}

function scriptFinding(text: string, path: Path, document: PlanDocument): Finding {
  const offset = text.indexOf('${{');
  const end = text.indexOf('}}', offset);
  const expression = end === -1 ? '${{ … }}' : text.slice(offset, end + 2).replace(/\s+/g, ' ');
  return {
    rule: 'expression-in-run',
    severity: 'error',
    message: 'an expression inside a script could inject commands',
    hint: `write \`env: { VALUE: "${expression}" }\` beside \`run\` and "$VALUE" in the script`,
    ...document.spanWithin(path, offset, end === -1 ? 3 : end + 2 - offset),
  };
}

function statusFinding(expression: Expression, path: Path, document: PlanDocument): Finding {
  return {
    rule: 'expression-not-here',
    severity: 'error',
    message: '`always()`, `success()`, `failure()` and `cancelled()` are for conditions',
    hint: 'use them in `if`',
    ...document.spanWithin(path, expression.offset, expression.source.length),
  };
}

function problemFinding(rule: Rule, problem: ExpressionProblem, path: Path, document: PlanDocument): Finding {
  const { message, hint, offset, length } = problem;
  const base = { rule, severity: 'error', message, ...document.spanWithin(path, offset, length) } as const;
  return hint === undefined ? base : { ...base, hint };
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}
