// What an expression refers to, read from its syntax tree without computing anything: for the linter, which knows
// what will exist, and for the dry run, which has to know what does not exist yet.

import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from '@actions/expressions/ast';
import type { Token } from '@actions/expressions/lexer';
import { type Expression, type ExpressionProblem, offsetOf, statusFunctions } from './expressions.ts';
import { suggestion } from './suggest.ts';

/**
 * What there is to refer to: a value without properties, anything at all, or a map of names.
 * `absent` explains names that people expect but that aren't there.
 */
export type Shape =
  | 'value'
  | 'any'
  | {
      /** By name in small letters. */
      readonly names: ReadonlyMap<string, { readonly name: string; readonly shape: Shape }>;
      readonly absent: ReadonlyMap<string, string>;
    };

/** A map of names, which are compared as GitHub does, without case. The first of two alike wins, as it does there. */
export function shapeOfNames(
  names: readonly (readonly [string, Shape])[],
  absent: readonly (readonly [string, string])[] = [],
): Shape {
  const byName = new Map<string, { readonly name: string; readonly shape: Shape }>();
  for (const [name, shape] of names) {
    if (!byName.has(name.toLowerCase())) byName.set(name.toLowerCase(), { name, shape });
  }
  return { names: byName, absent: new Map(absent.map(([name, why]) => [name.toLowerCase(), why])) };
}

/** One dotted name, such as `components.api.from`; `undefined` stands for a part only known when it runs. */
export type Reference = {
  readonly parts: readonly (string | undefined)[];
  readonly tokens: readonly (Token | undefined)[];
};

/** All references of an expression, outermost first. */
function referencesIn(expression: Expression): readonly Reference[] {
  const found: Reference[] = [];
  walk(expression.tree, (node) => {
    if (!(node instanceof IndexAccess) && !(node instanceof ContextAccess)) return 'descend';
    const chain = chainOf(node);
    if (chain === undefined) return 'descend';
    found.push(chain.reference);
    for (const index of chain.computed) found.push(...referencesIn({ ...expression, tree: index }));
    return 'done';
  });
  return found;
}

/** Whether the expression asks `always()`, `success()`, `failure()` or `cancelled()`. */
export function usesStatus(expression: Expression): boolean {
  let found = false;
  walk(expression.tree, (node) => {
    if (node instanceof FunctionCall) found ||= isStatusFunction(node.functionName.lexeme);
    return 'descend';
  });
  return found;
}

function isStatusFunction(written: string): boolean {
  return statusFunctions.some((known) => known === written.toLowerCase());
}

/** Whether it refers to anything below this name, such as `deploy`. */
export function refersTo(expression: Expression, name: string): boolean {
  return referencesIn(expression).some(({ parts: [first] }) => first?.toLowerCase() === name);
}

/** Compares every reference with what there will be. */
export function checkReferences(expression: Expression, shape: Shape): readonly ExpressionProblem[] {
  return referencesIn(expression).flatMap((reference) => {
    const problem = firstUnknown(reference, shape, expression);
    return problem === undefined ? [] : [problem];
  });
}

function firstUnknown(
  reference: Reference,
  shape: Shape,
  expression: Expression,
): ExpressionProblem | undefined {
  let here = shape;
  const said: string[] = [];
  for (const [index, part] of reference.parts.entries()) {
    if (here === 'any' || part === undefined) return undefined;
    const next: Shape | undefined = here === 'value' ? undefined : here.names.get(part.toLowerCase())?.shape;
    if (next === undefined) {
      const token = reference.tokens[index];
      const at = token === undefined ? 0 : offsetOf(token, expression.source);
      const hint = here === 'value' ? undefined : hintFor(here, part);
      return {
        message: unknownMessage(said, part, here),
        offset: expression.offset + at,
        length: token?.lexeme.length ?? 1,
        ...(hint === undefined ? {} : { hint }),
      };
    }
    said.push(part);
    here = next;
  }
  return undefined;
}

function unknownMessage(said: readonly string[], part: string, here: Shape): string {
  if (here === 'value') return `\`${said.join('.')}\` is a plain value and has no \`${part}\``;
  if (said.length === 0) return `unknown name \`${part}\` in the expression`;
  return `\`${said.join('.')}\` has no \`${part}\``;
}

function hintFor(shape: Exclude<Shape, string>, part: string): string {
  const known = Array.from(shape.names.values(), ({ name }) => name);
  return (
    shape.absent.get(part.toLowerCase()) ?? suggestion(part, known) ?? 'there is nothing to refer to here'
  );
}

/** Unrolls `a.b['c'].d`; `undefined` if it doesn't begin at a context. */
function chainOf(
  node: IndexAccess | ContextAccess,
): { readonly reference: Reference; readonly computed: readonly Expr[] } | undefined {
  const parts: (string | undefined)[] = [];
  const tokens: (Token | undefined)[] = [];
  const computed: Expr[] = [];
  let here: Expr = node;
  while (here instanceof IndexAccess || here instanceof Grouping) {
    if (here instanceof Grouping) {
      here = here.group;
      continue;
    }
    const fixed = here.index instanceof Literal ? here.index : undefined;
    parts.unshift(fixed?.literal.coerceString());
    tokens.unshift(fixed?.token);
    if (fixed === undefined) computed.unshift(here.index);
    here = here.expr;
  }
  if (!(here instanceof ContextAccess)) return undefined;
  parts.unshift(here.name.lexeme);
  tokens.unshift(here.name);
  return { reference: { parts, tokens }, computed };
}

function walk(node: Expr, visit: (node: Expr) => 'descend' | 'done'): void {
  if (visit(node) === 'done') return;
  for (const child of childrenOf(node)) walk(child, visit);
}

function childrenOf(node: Expr): readonly Expr[] {
  if (node instanceof Unary) return [node.expr];
  if (node instanceof Binary) return [node.left, node.right];
  if (node instanceof Logical) return node.args;
  if (node instanceof Grouping) return [node.group];
  if (node instanceof FunctionCall) return node.args;
  if (node instanceof IndexAccess) return [node.expr, node.index];
  return [];
}
