// Computing expressions: texts, whole trees of settings, and conditions. Everything a value could grow into is bounded,
// and a hole in the middle of a text is an error, because a command with a hole in it does something else.

import { data, Evaluator, wellKnownFunctions } from '@actions/expressions';
import type { ExpressionData } from '@actions/expressions/data/expressiondata';
import { type Location, messageOf, RollbackPlanError } from '../errors.ts';
import { usesStatus } from './expression-references.ts';
import { type Expression, hasExpression, type Parsed, parseCondition, parseTemplate } from './expressions.ts';
import type { Json, JsonObject } from './json.ts';

/** What expressions see: the contexts by name, and how things went so far. */
export type Scope = {
  readonly contexts: JsonObject;
  readonly status: { readonly failed: boolean; readonly cancelled: boolean };
};

/** Tells where a value of a tree stands in the plan, for messages. */
export type Locate = (path: readonly (string | number)[]) => Location;

const longestText = 1024 * 1024;

/** A text with its expressions computed. A text that is one expression keeps the expression's type. Throws `expression-failed`. */
export function evaluateText(text: string, scope: Scope, where?: Location): Json {
  if (!hasExpression(text)) return text;
  const { pieces } = parsedOrThrow(parseTemplate(text), text, where);
  const [only, ...others] = pieces;
  if (only !== undefined && typeof only !== 'string' && others.length === 0) {
    return toJson(compute(only, scope, where), only, where);
  }
  const parts = pieces.map((piece) => (typeof piece === 'string' ? piece : asText(piece, scope, where)));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > longestText) throw failure(`the text grew to ${length} characters`, 'Make it shorter.', where);
  return parts.join('');
}

/** A copy of a value in which every text is computed; keys stay as they are. Throws `expression-failed`. */
export function evaluateTree(value: Json, scope: Scope, locate?: Locate): Json {
  return evaluateBranch(value, scope, locate, []);
}

function evaluateBranch(
  value: Json,
  scope: Scope,
  locate: Locate | undefined,
  path: readonly (string | number)[],
): Json {
  if (typeof value === 'string') return evaluateText(value, scope, locate?.(path));
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item, index) => evaluateBranch(item, scope, locate, [...path, index]));
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, evaluateBranch(child, scope, locate, [...path, key])]),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * Whether to go ahead. GitHub's rule: a condition that doesn't ask for the status means `success() && (…)`,
 * so without a condition nothing runs after a failure or a cancellation. Throws `expression-failed`.
 */
export function evaluateCondition(condition: string | undefined, scope: Scope, where?: Location): boolean {
  const successful = !scope.status.failed && !scope.status.cancelled;
  if (condition === undefined) return successful;
  const expression = parsedOrThrow(parseCondition(condition), condition, where);
  if (!successful && !usesStatus(expression)) return false;
  const result = compute(expression, scope, where);
  if (result.kind === data.Kind.Array || result.kind === data.Kind.Dictionary) return true;
  if (result.kind === data.Kind.Number) return result.number() !== 0 && !Number.isNaN(result.number());
  return result.kind === data.Kind.Boolean ? result.value : result.coerceString() !== '';
}

/** Whether a condition asks how things went so far. One that can't be parsed does not; evaluating it will say so. */
export function conditionUsesStatus(condition: string): boolean {
  const parsed = parseCondition(condition);
  return parsed.ok && usesStatus(parsed.value);
}

function parsedOrThrow<Value>(parsed: Parsed<Value>, text: string, where: Location | undefined): Value {
  if (parsed.ok) return parsed.value;
  const { message, hint } = parsed.problem;
  throw failure(
    `${message} in ${JSON.stringify(text.slice(0, 200))}`,
    hint ?? 'Correct the expression.',
    where,
  );
}

function compute(expression: Expression, scope: Scope, where: Location | undefined): ExpressionData {
  try {
    const contexts = new data.Dictionary();
    for (const [name, value] of Object.entries(scope.contexts)) contexts.add(name, fromJson(value));
    const result: ExpressionData | undefined = new Evaluator(
      expression.tree,
      contexts,
      functionsFor(scope),
    ).evaluate();
    // The evaluator hands out `undefined` for a context it wasn't given.
    return result ?? new data.Null();
  } catch (thrown) {
    const reason = messageOf(thrown);
    const shown = expression.source.trim();
    throw failure(
      `\`${shown}\` can not be computed: ${reason}`,
      'Correct the expression or what it refers to.',
      where,
    );
  }
}

type FunctionDefinition = (typeof wellKnownFunctions)[string];

function functionsFor(scope: Scope): Map<string, FunctionDefinition> {
  const { failed, cancelled } = scope.status;
  const functions = new Map<string, FunctionDefinition>();
  const status = { always: true, success: !failed && !cancelled, failure: failed && !cancelled, cancelled };
  for (const [name, answer] of Object.entries(status)) {
    functions.set(name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer) });
  }
  for (const name of ['format', 'join', 'tojson', 'fromjson']) {
    const original = wellKnownFunctions[name];
    if (original !== undefined) functions.set(name, { ...original, call: bounded(original.call) });
  }
  return functions;
}

/** Refuses before building it what could grow without end: `format` repeats its arguments, `join` its separator. */
function bounded(call: FunctionDefinition['call']): FunctionDefinition['call'] {
  return (...args) => {
    const texts = args.map((arg) => (arg.primitive ? arg.coerceString() : ''));
    const longest = Math.max(0, ...texts.map((text) => text.length));
    const places = Math.max(
      1,
      (texts[0]?.match(/\{/g) ?? []).length,
      ...args.map((arg) => (arg.kind === data.Kind.Array ? arg.values().length : 1)),
    );
    const result = longest * places > longestText ? undefined : call(...args);
    if (result === undefined || (result.primitive && result.coerceString().length > longestText)) {
      throw new Error(`the result is longer than ${longestText} characters`);
    }
    return result;
  };
}

function asText(expression: Expression, scope: Scope, where: Location | undefined): string {
  const result = compute(expression, scope, where);
  const shown = expression.source.trim();
  if (result.kind === data.Kind.Null) {
    throw failure(
      `\`${shown}\` has no value, and the text around it would have a hole`,
      `Give it a value, or say what to take instead: \`${shown} || 'default'\`.`,
      where,
    );
  }
  if (!result.primitive) {
    throw failure(
      `\`${shown}\` is a ${result.kind === data.Kind.Array ? 'list' : 'map'}, which can't stand inside a text`,
      `Refer to one of its values, or write \`toJSON(${shown})\`.`,
      where,
    );
  }
  return result.coerceString();
}

function fromJson(value: Json): ExpressionData {
  if (value === null) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (isList(value)) {
    const list = new data.Array();
    for (const item of value) list.add(fromJson(item));
    return list;
  }
  const map = new data.Dictionary();
  for (const [key, child] of Object.entries(value)) map.add(key, fromJson(child));
  return map;
}

function toJson(value: ExpressionData, expression: Expression, where: Location | undefined): Json {
  const json = convert(value);
  if (json !== undefined) return json;
  throw failure(`\`${expression.source.trim()}\` is not a finite number`, 'Correct the expression.', where);
}

function convert(value: ExpressionData): Json | undefined {
  switch (value.kind) {
    case data.Kind.Null:
      return null;
    case data.Kind.Boolean:
    case data.Kind.String:
      return value.value;
    case data.Kind.Number:
      return Number.isFinite(value.value) ? value.value : undefined;
    case data.Kind.Array: {
      const items = value.values().map(convert);
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case data.Kind.Dictionary: {
      const pairs = value.pairs().map(({ key, value: child }) => [key, convert(child)] as const);
      const known = pairs.flatMap(([key, child]) => (child === undefined ? [] : [[key, child] as const]));
      return known.length === pairs.length ? Object.fromEntries(known) : undefined;
    }
    default:
      return undefined;
  }
}

function failure(message: string, hint: string, where: Location | undefined): RollbackPlanError {
  return new RollbackPlanError('expression-failed', message, {
    hint,
    ...(where === undefined ? {} : { where }),
  });
}
