// One grammar for `expect`, wherever health is stated: a scalar is what it must equal, a leading operator compares,
// a list is "one of", a map looks inside.

import { z } from 'zod';
import { parseDuration } from './durations.ts';
import { isJsonObject, type Json } from './json.ts';
import { findPattern, whyNotPattern } from './pattern-matching.ts';

export type Expectation =
  | null
  | boolean
  | number
  | string
  | readonly Expectation[]
  | { readonly [key: string]: Expectation };

/** `why` names the place inside the value, what was expected there and what was found. */
export type Verdict = { readonly ok: boolean; readonly why: string };

const operators = ['<=', '>=', '==', '!=', '!~', '<', '>', '~'] as const;
type Operator = (typeof operators)[number];
type Comparison = { readonly operator: Operator; readonly operand: string };

/** The zod piece for `expect`. A text that begins with an operator must make sense as a comparison. */
export const expectation: z.ZodType<Expectation> = z
  .lazy(() =>
    z.union([
      z.null(),
      z.boolean(),
      z.number(),
      z.string().superRefine((text, context) => {
        const reason = whyNotExpectation(text);
        if (reason !== undefined) context.addIssue({ code: 'custom', message: reason });
      }),
      z.array(expectation).min(1),
      z.record(z.string(), expectation),
    ]),
  )
  .meta({
    id: 'Expectation',
    description:
      'The health that is expected. A value means equality; `<= 0.05`, `>= 3`, `< 500ms`, `> 0`, `!= x`, `== x` compare; ' +
      '`~ pattern` and `!~ pattern` search with a regular expression; a list means one of; a map looks inside.',
  });

/** Whether a value is as expected. Pure, and bounded in time even for hostile patterns. */
export function meets(expected: Expectation, value: Json | undefined): Verdict {
  return judge(expected, value, '');
}

/** For people: `status = 200, body ~ ok`. */
export function describeExpectation(expected: Expectation): string {
  return describe(expected, '');
}

/** The number at which health ends, where the expectation is a bound such as `<= 0.05` or `< 500ms` (then in ms). */
export function limitOf(expected: Expectation): number | undefined {
  const comparison = typeof expected === 'string' ? comparisonOf(expected) : undefined;
  if (comparison === undefined || !['<', '<=', '>', '>='].includes(comparison.operator)) return undefined;
  return quantityOf(comparison.operand);
}

function describe(expected: Expectation, place: string): string {
  const prefix = place === '' ? '' : `${place} `;
  if (isChoice(expected))
    return `${prefix}one of ${expected.map((choice) => describe(choice, '')).join(', ')}`;
  if (isMap(expected)) {
    const parts = Object.entries(expected).map(([key, child]) => describe(child, join(place, key)));
    return parts.length === 0 ? `${prefix}a map` : parts.join(', ');
  }
  const comparison = typeof expected === 'string' ? comparisonOf(expected) : undefined;
  if (comparison === undefined) return place === '' ? show(expected) : `${place} = ${show(expected)}`;
  return `${prefix}${comparison.operator} ${comparison.operand}`;
}

function judge(expected: Expectation, value: Json | undefined, place: string): Verdict {
  if (isChoice(expected)) {
    const met = expected.map((choice) => judge(choice, value, place)).find((verdict) => verdict.ok);
    return met ?? verdict(false, expected, value, place);
  }
  if (isMap(expected)) return judgeMap(expected, value, place);
  if (value === undefined) return verdict(false, expected, value, place);
  const comparison = typeof expected === 'string' ? comparisonOf(expected) : undefined;
  if (comparison === undefined) return verdict(equal(expected, value), expected, value, place);
  return compare(comparison, expected, value, place);
}

function judgeMap(
  expected: { readonly [key: string]: Expectation },
  value: Json | undefined,
  place: string,
): Verdict {
  if (!isJsonObject(value)) return verdict(false, expected, value, place);
  const verdicts = Object.entries(expected).map(([key, child]) =>
    judge(child, Object.hasOwn(value, key) ? value[key] : undefined, join(place, key)),
  );
  const misses = verdicts.filter((each) => !each.ok);
  if (misses.length > 0) return { ok: false, why: misses.map((miss) => miss.why).join('; ') };
  return { ok: true, why: verdicts.map((each) => each.why).join('; ') || 'a map, as expected' };
}

function compare(
  { operator, operand }: Comparison,
  expected: Expectation,
  value: Json,
  place: string,
): Verdict {
  switch (operator) {
    case '==':
      return verdict(equal(scalarOf(operand), value), expected, value, place);
    case '!=':
      return verdict(!equal(scalarOf(operand), value), expected, value, place);
    case '~':
    case '!~': {
      if (typeof value === 'object') return verdict(false, expected, value, place);
      const answer = findPattern(operand, String(value));
      const met = answer === (operator === '~' ? 'found' : 'not-found');
      const base = verdict(met, expected, value, place);
      return answer === 'undecided' ? { ok: false, why: `${base.why} (the pattern took too long)` } : base;
    }
    default: {
      const left = numberOf(value);
      const right = quantityOf(operand);
      if (left === undefined || right === undefined) {
        return { ok: false, why: `${verdict(false, expected, value, place).why}, which is not a number` };
      }
      return verdict(inOrder(operator, left, right), expected, value, place);
    }
  }
}

function inOrder(operator: '<' | '<=' | '>' | '>=', left: number, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** Equal, where a number and a text that writes the same number are equal: measurements often arrive as text. */
function equal(expected: Json, value: Json): boolean {
  if (expected === value) return true;
  if (typeof expected === 'number' && typeof value === 'string') return numberOf(value) === expected;
  if (typeof expected === 'string' && typeof value === 'number') return numberOf(expected) === value;
  if (typeof expected === 'boolean' && typeof value === 'string') return value === String(expected);
  if (typeof expected === 'string' && typeof value === 'boolean') return expected === String(value);
  return false;
}

function comparisonOf(text: string): Comparison | undefined {
  const operator = operators.find((candidate) => text.startsWith(candidate));
  return operator === undefined ? undefined : { operator, operand: text.slice(operator.length).trim() };
}

function whyNotExpectation(text: string): string | undefined {
  const comparison = comparisonOf(text);
  if (comparison === undefined) return undefined;
  const { operator, operand } = comparison;
  if (operand === '') return `the comparison \`${operator}\` has nothing to compare with`;
  if (operator === '~' || operator === '!~') return whyNotPattern(operand);
  if (operator === '==' || operator === '!=') return undefined;
  return quantityOf(operand) === undefined
    ? `\`${operator}\` compares with a number or a duration, not with ${JSON.stringify(operand)}`
    : undefined;
}

/** A number, or a duration in milliseconds. */
function quantityOf(text: string): number | undefined {
  return numberOf(text) ?? parseDuration(text);
}

function numberOf(value: Json): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?$/.test(value.trim())) {
    return undefined;
  }
  return Number(value);
}

function scalarOf(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return text.replace(/^(["'])(.*)\1$/s, '$2');
}

function isChoice(expected: Expectation): expected is readonly Expectation[] {
  return Array.isArray(expected);
}

function isMap(expected: Expectation): expected is { readonly [key: string]: Expectation } {
  return typeof expected === 'object' && expected !== null && !Array.isArray(expected);
}

function verdict(ok: boolean, expected: Expectation, value: Json | undefined, place: string): Verdict {
  const prefix = place === '' ? '' : `${place}: `;
  const found = value === undefined ? 'nothing' : show(value);
  return { ok, why: `${prefix}expected ${describe(expected, '')}, found ${found}` };
}

function join(place: string, key: string): string {
  return place === '' ? key : `${place}.${key}`;
}

function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}
