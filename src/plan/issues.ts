// What zod says, as findings in the words of the plan: at the key or value in question, with the rule, and with
// the way out where there is a usual one.

import type { z } from 'zod';
import { isJsonObject, type Json } from '../values/json.ts';
import {
  branchPattern,
  environmentPattern,
  identifierPattern,
  labelPattern,
  namePattern,
  titlePattern,
  variablePattern,
} from '../values/names.ts';
import { suggestion } from '../values/suggest.ts';
import type { PlanDocument, Span } from './document.ts';
import type { Finding } from './findings.ts';
import { elsewhere, laterKeys } from './foreign-keys.ts';
import { limits } from './limits.ts';
import type { Path } from './plan.ts';
import { isRule, type Rule } from './rules.ts';
import { keysKnownAt } from './schema-keys.ts';

type Issue = z.core.$ZodIssue;

/** Where the value stands that the schema judged, and the schema, for the keys it knows. */
export type Judged = {
  readonly document: PlanDocument;
  readonly schema: z.ZodType;
  /** Path of the judged value in the document. */
  readonly prefix: Path;
  readonly value: Json;
};

const namePatterns = new Set(
  [
    namePattern,
    identifierPattern,
    variablePattern,
    environmentPattern,
    titlePattern,
    labelPattern,
    branchPattern,
  ].map(String),
);

/** One finding or more for each issue, in the order given. */
export function findingsOf(issues: readonly Issue[], judged: Judged): readonly Finding[] {
  return issues.slice(0, limits.enough).flatMap((issue) => findingsOfIssue(issue, judged, []));
}

/** The message for an issue without a document, for values that came out of expressions. */
export function describeIssue(issue: Issue, value: Json): string {
  return wordIssue(issue, valueAt(value, asPath(issue.path))).message;
}

function findingsOfIssue(issue: Issue, judged: Judged, above: Path): readonly Finding[] {
  const path = [...above, ...asPath(issue.path)];
  const full = [...judged.prefix, ...path];
  const found = valueAt(judged.value, path);
  if (found === undefined && path.length > 0 && isMismatch(issue)) {
    return [missingKey(String(path.at(-1)), full.slice(0, -1), judged)];
  }
  if (issue.code === 'unrecognized_keys') {
    const known = keysKnownAt(judged.schema, path);
    return issue.keys.slice(0, limits.enough).map((key) => unknownKey(key, path, known, judged));
  }
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue.errors, found);
    if (branch !== undefined) return branch.flatMap((inner) => findingsOfIssue(inner, judged, path));
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    const key = String(path.at(-1));
    return issue.issues.map((inner) => {
      const { message, rule } = wordIssue(inner, key);
      return finding(rule, message, undefined, judged.document.keySpanOf(full));
    });
  }
  const { message, rule, hint } = wordIssue(issue, found);
  return [finding(rule, message, hint, judged.document.spanOf(full))];
}

function unknownKey(
  key: string,
  path: Path,
  known: readonly string[],
  { document, prefix }: Judged,
): Finding {
  const full = [...prefix, ...path];
  const span = document.keySpanOf([...full, key]);
  if (laterKeys.has(key)) {
    return finding('unknown-key', `\`${key}\` is not supported by this version`, 'delete it for now', span);
  }
  const hint = elsewhere.get(key) ?? suggestion(key, known) ?? 'delete it';
  return finding('unknown-key', `unknown key \`${key}\` in ${placeName(full)}`, hint, span);
}

function missingKey(key: string, parent: Path, { document }: Judged): Finding {
  const span = parent.length === 0 ? document.spanOf(parent) : document.keySpanOf(parent);
  return finding('missing-key', `${placeName(parent)} has no \`${key}\``, `add \`${key}:\``, span);
}

/** `the plan`, `` `phases[0].steps[1]` `` */
function placeName(path: Path): string {
  if (path.length === 0) return 'the plan';
  const text = path.map((part, index) => {
    if (typeof part === 'number') return `[${part}]`;
    return index === 0 ? part : `.${part}`;
  });
  return `\`${text.join('')}\``;
}

function finding(rule: Rule, message: string, hint: string | undefined, span: Span): Finding {
  const base = { rule, severity: 'error', message, ...span } as const;
  return hint === undefined ? base : { ...base, hint };
}

type Worded = { readonly message: string; readonly rule: Rule; readonly hint?: string };

function wordIssue(issue: Issue, found: Json | undefined): Worded {
  const own = isOwnWording(issue.message) ? issue.message : undefined;
  switch (issue.code) {
    case 'invalid_type':
      return own === undefined ? wrongType(issue.expected, found) : { message: own, rule: 'type' };
    case 'invalid_value':
      return notAmong(issue.values.map(String), found, own);
    case 'invalid_union':
      return { message: own ?? `no allowed form fits ${show(found)}`, rule: 'type' };
    case 'invalid_format': {
      const rule = issue.pattern !== undefined && namePatterns.has(issue.pattern) ? 'name' : 'type';
      const wanted =
        own ?? `expected ${issue.format === 'regex' ? `a text like ${issue.pattern}` : issue.format}`;
      return { message: `${wanted}; found ${show(found)}`, rule };
    }
    case 'too_small':
    case 'too_big':
      return { message: own ?? outOfRange(issue), rule: 'type' };
    case 'custom': {
      const rule: unknown = issue.params?.['rule'];
      return { message: own ?? 'the value does not fit', rule: isRule(rule) ? rule : 'type' };
    }
    default:
      return { message: issue.message, rule: 'type' };
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
};

function wrongType(expected: string, found: Json | undefined): Worded {
  const message = `expected ${typeWords[expected] ?? expected}, found ${show(found)}`;
  const hint = typeHint(expected, found);
  return hint === undefined ? { message, rule: 'type' } : { message, rule: 'type', hint };
}

function typeHint(expected: string, found: Json | undefined): string | undefined {
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')) {
    return `quote it: "${found}"`;
  }
  if (expected === 'array' && found !== null) return 'write a list: `- …` on lines of their own, or `[…]`';
  if ((expected === 'object' || expected === 'record') && Array.isArray(found)) {
    return 'write a map: `name: …`, without `-`';
  }
  if (found === null) return 'fill it in, or delete the key';
  if (expected === 'number' && typeof found === 'string' && Number.isFinite(Number(found))) {
    return 'write it without quotes';
  }
  return undefined;
}

function notAmong(values: readonly string[], found: Json | undefined, own: string | undefined): Worded {
  if (own !== undefined) return { message: own, rule: 'type' };
  const message = `expected ${alternatives(values.map((value) => `\`${value}\``))}, found ${show(found)}`;
  const hint = typeof found === 'string' && values.length > 1 ? suggestion(found, values) : undefined;
  return hint?.startsWith('did') ? { message, rule: 'type', hint } : { message, rule: 'type' };
}

/** `a, b or c` */
function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? 'something else';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

function outOfRange(issue: Extract<Issue, { readonly code: 'too_small' | 'too_big' }>): string {
  const limit = String(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const bound = issue.code === 'too_small' ? 'at least' : 'at most';
  const units: Readonly<Record<string, readonly [string, string]>> = {
    string: ['character', 'characters'],
    array: ['entry', 'entries'],
    object: ['key', 'keys'],
  };
  const unit = units[issue.origin];
  return unit === undefined
    ? `expected ${bound} ${limit}`
    : `expected ${bound} ${limit} ${limit === '1' ? unit[0] : unit[1]}`;
}

/** Zod's own messages speak of "input"; those that a schema of ours gives do not. */
function isOwnWording(message: string): boolean {
  return !/^(?:Invalid (?:input|string|option|key|value|number|ISO|URL|email)|Too (?:small|big)|Unrecognized)/.test(
    message,
  );
}

/** The branch that came furthest: whose type fits, with the deepest and fewest complaints. */
function bestBranch(
  branches: readonly (readonly Issue[])[],
  found: Json | undefined,
): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (branch) => !branch.some((issue) => issue.path.length === 0 && isMismatch(issue)),
  );
  if (fitting.length === 0) {
    const [only, ...others] = branches;
    return others.length === 0 ? only : mergedMismatch(branches, found);
  }
  return [...fitting].sort((a, b) => a.length - b.length)[0];
}

function isMismatch(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union';
}

function mergedMismatch(branches: readonly (readonly Issue[])[], found: Json | undefined): readonly Issue[] {
  const expected = branches.flat().flatMap((issue) => {
    if (issue.code === 'invalid_type') return [typeWords[issue.expected] ?? issue.expected];
    return issue.code === 'invalid_value' ? issue.values.map((value) => `\`${String(value)}\``) : [];
  });
  const message = `expected ${alternatives([...new Set(expected)])}, found ${show(found)}`;
  return [{ code: 'custom', path: [], message, input: found }];
}

export function valueAt(value: Json, path: Path): Json | undefined {
  let here: Json | undefined = value;
  for (const part of path) {
    if (isJsonObject(here)) here = Object.hasOwn(here, part) ? here[part] : undefined;
    else here = Array.isArray(here) && typeof part === 'number' ? here[part] : undefined;
  }
  return here;
}

function asPath(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === 'number' ? part : String(part)));
}

function show(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map';
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
