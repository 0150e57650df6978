// `${{ }}` in plan texts, read with GitHub's own evaluator so that it means what it means in a workflow.
// This file finds and parses; `expression-evaluation.ts` computes, `expression-references.ts` looks inside.

import { Lexer, Parser } from '@actions/expressions';
import type { Expr } from '@actions/expressions/ast';
import { ExpressionError } from '@actions/expressions/errors';
import { type Token, TokenType } from '@actions/expressions/lexer';
import { messageOf } from '../errors.ts';
import { suggestion } from './suggest.ts';

/** Something wrong with an expression; `offset` and `length` count in the text that was given. */
export type ExpressionProblem = {
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
  readonly length: number;
};

export type Expression = {
  /** Without the braces. */
  readonly source: string;
  /** Where `source` begins in the text that was parsed. */
  readonly offset: number;
  readonly tree: Expr;
};

/** A text cut into what stands as it is and what is computed. */
export type Template = { readonly pieces: readonly (string | Expression)[] };

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/** Conditions may ask how things went so far. */
export const statusFunctions = ['always', 'success', 'failure', 'cancelled'] as const;

const valueFunctions = [
  'case',
  'contains',
  'endsWith',
  'format',
  'fromJSON',
  'join',
  'startsWith',
  'toJSON',
] as const;
const functionNames: readonly string[] = [...valueFunctions, ...statusFunctions];
const knownFunctions: ReadonlySet<string> = new Set(functionNames.map((known) => known.toLowerCase()));

/** Long enough for any condition a person can read; keeps the evaluator's recursion shallow. */
const longestExpression = 1000;

/** 100 expressions and the texts around them. */
const mostPieces = 200;

/** Whether a text holds something to compute. */
export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

/** Cuts a text at its `${{ }}`. Braces inside an expression's quoted strings don't end it. */
export function parseTemplate(text: string): Parsed<Template> {
  const pieces: (string | Expression)[] = [];
  let position = 0;
  for (;;) {
    const open = text.indexOf('${{', position);
    if (open === -1) break;
    const close = endOfExpression(text, open + 3);
    if (close === undefined) {
      return failed(
        '`${{` is never closed with `}}`',
        open,
        3,
        "close it; a literal `${{` is written `${{ '${{' }}`",
      );
    }
    if (open > position) pieces.push(text.slice(position, open));
    const expression = parseExpression(text.slice(open + 3, close), open + 3);
    if (!expression.ok) return expression;
    pieces.push(expression.value);
    if (pieces.length > mostPieces) {
      return failed('a text holds at most 100 expressions', open, 3, 'compute it in a script');
    }
    position = close + 2;
  }
  if (position < text.length) pieces.push(text.slice(position));
  return { ok: true, value: { pieces } };
}

/** Parses an `if:`, whose `${{ }}` may be left out. Text around an expression would always be true and is refused. */
export function parseCondition(text: string): Parsed<Expression> {
  if (!hasExpression(text)) return parseExpression(text, 0);
  const template = parseTemplate(text);
  if (!template.ok) return template;
  const expressions = template.value.pieces.filter((piece) => typeof piece !== 'string');
  const words = template.value.pieces.filter((piece) => typeof piece === 'string' && piece.trim() !== '');
  const [only, ...others] = expressions;
  if (only !== undefined && others.length === 0 && words.length === 0) return { ok: true, value: only };
  return failed(
    'a condition is one expression; text around `${{ }}` would make it always true',
    0,
    text.length,
    'put the whole condition into one `${{ }}`, or leave the braces out',
  );
}

function parseExpression(source: string, offset: number): Parsed<Expression> {
  if (source.trim() === '')
    return failed('an expression can not be empty', offset, Math.max(1, source.length));
  if (source.length > longestExpression) {
    return failed(
      `an expression has at most ${longestExpression} characters, this one ${source.length}`,
      offset,
      1,
    );
  }
  try {
    const { tokens } = new Lexer(source).lex();
    for (const token of tokens) restoreQuotes(token);
    const unknown = unknownFunction(tokens);
    if (unknown !== undefined) {
      return failed(
        `unknown function \`${unknown.lexeme}\``,
        offset + offsetOf(unknown, source),
        unknown.lexeme.length,
        suggestion(unknown.lexeme, functionNames),
      );
    }
    // Any name passes as a context here: which names exist depends on the place, and the linter says so better.
    const contexts = tokens
      .filter((token) => token.type === TokenType.IDENTIFIER)
      .map((token) => token.lexeme);
    const extensions = statusFunctions.map((known) => ({ name: known, minArgs: 0, maxArgs: 0 }));
    return { ok: true, value: { source, offset, tree: new Parser(tokens, contexts, extensions).parse() } };
  } catch (thrown) {
    return problemOf(thrown, source, offset);
  }
}

/** The lexer unescapes only the first `''` of a string. */
function restoreQuotes(token: Token): void {
  if (token.type === TokenType.STRING) token.value = token.lexeme.slice(1, -1).replaceAll("''", "'");
}

/** The evaluator looks functions up in a plain object, where `constructor` would be found. */
function unknownFunction(tokens: readonly Token[]): Token | undefined {
  return tokens.find(
    (token, index) =>
      token.type === TokenType.IDENTIFIER &&
      tokens[index + 1]?.type === TokenType.LEFT_PAREN &&
      !knownFunctions.has(token.lexeme.toLowerCase()),
  );
}

/** Position of the `}}` that ends an expression: the first outside single quotes. */
function endOfExpression(text: string, from: number): number | undefined {
  let quoted = false;
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === "'") quoted = !quoted;
    else if (!quoted && text.startsWith('}}', index)) return index;
  }
  return undefined;
}

/** Where a token of an expression begins, counted in characters of its source. */
export function offsetOf(token: Token, source: string): number {
  let lineStart = 0;
  for (let line = 0; line < token.range.start.line; line += 1)
    lineStart = source.indexOf('\n', lineStart) + 1;
  return Math.min(Math.max(0, lineStart + token.range.start.column), source.length);
}

function problemOf(thrown: unknown, source: string, offset: number): Parsed<never> {
  const message = messageOf(thrown);
  if (thrown instanceof ExpressionError) {
    const column = Math.min(Math.max(0, thrown.pos.column), source.length);
    const at = source.includes('\n') ? 0 : column;
    return failed(`the expression does not parse: ${lowerFirst(message)}`, offset + at, 1);
  }
  const located = /^(Unexpected symbol: '[\s\S]*?')\. Located at position (\d+)/.exec(message);
  if (located !== null) {
    const hint = source.includes('"') ? "strings in expressions take single quotes: 'text'" : undefined;
    return failed(
      `the expression does not parse: ${lowerFirst(located[1] ?? '')}`,
      offset + Number(located[2]) - 1,
      1,
      hint,
    );
  }
  return failed(`the expression does not parse: ${lowerFirst(message)}`, offset, 1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function failed(message: string, offset: number, length: number, hint?: string): Parsed<never> {
  return { ok: false, problem: { message, offset, length, ...(hint === undefined ? {} : { hint }) } };
}
