// Reads the text of an `auto_rollback` file, or says everything that is wrong with it: the path, what, and what to do.
// Pure.

import type { z } from 'zod';
import { describeIssue, valueAt } from '../plan/issues.ts';
import { limits } from '../plan/limits.ts';
import { keysKnownAt } from '../plan/schema-keys.ts';
import { parseSource } from '../plan/source.ts';
import type { Json } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import { type AutoRollback, autoRollbackSchema } from './auto-rollback.ts';
import { visible } from './yaml-text.ts';

export type AutoRollbackFinding = {
  /** `auto_rollback.triggers[0].metric`; `the file` for the whole of it. */
  readonly path: string;
  readonly what: string;
  /** What to do about it. */
  readonly hint: string;
};

export type ReadAutoRollback =
  | { readonly type: 'read'; readonly content: AutoRollback }
  /** Never empty. */
  | { readonly type: 'wrong'; readonly findings: readonly AutoRollbackFinding[] };

export function readAutoRollback(text: string): ReadAutoRollback {
  const parsed = parseJson(text);
  if (!parsed.ok) return wrong([parsed.finding]);
  const twice = keysThatStandTwice(text);
  if (twice.length > 0) return wrong(twice);
  const result = autoRollbackSchema.safeParse(parsed.value);
  if (result.success) return { type: 'read', content: result.data.auto_rollback };
  return wrong(result.error.issues.flatMap((issue) => findingsOf(issue, parsed.value)));
}

/** One finding a line, what to do below it. */
export function renderAutoRollbackFindings(findings: readonly AutoRollbackFinding[]): string {
  return findings
    .map(({ path, what, hint }) => `  ${visible(path)}: ${visible(what)}\n    = ${visible(hint)}`)
    .join('\n');
}

function wrong(findings: readonly AutoRollbackFinding[]): ReadAutoRollback {
  return { type: 'wrong', findings: findings.slice(0, limits.findings) };
}

type Parsed =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly finding: AutoRollbackFinding };

function parseJson(text: string): Parsed {
  try {
    const value: Json = JSON.parse(text.replace(/^\uFEFF/, ''));
    return { ok: true, value };
  } catch {
    return {
      ok: false,
      finding: { path: 'the file', what: 'it is no JSON', hint: 'see where with: jq . FILE' },
    };
  }
}

/** `JSON.parse` drops all but the last one without a word. JSON is YAML, and the reader of plans knows where keys stand. */
function keysThatStandTwice(text: string): readonly AutoRollbackFinding[] {
  return parseSource(text, 'FILE')
    .findings.filter(({ rule }) => rule === 'duplicate-key' || rule === 'forbidden-key')
    .map(({ message, where, hint }) => ({
      path: `line ${where.line}, column ${where.column}`,
      what: message,
      hint: hint ?? 'delete it',
    }));
}

function findingsOf(issue: z.core.$ZodIssue, root: Json): readonly AutoRollbackFinding[] {
  const parts = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const path = shown(parts);
  if (issue.code === 'unrecognized_keys') {
    const known = keysKnownAt(autoRollbackSchema, parts);
    return issue.keys.map((key) => ({
      path: shown([...parts, key]),
      what: 'unknown key',
      hint: suggestion(key, known) ?? `delete it; there are: ${known.join(', ')}`,
    }));
  }
  const found = valueAt(root, parts);
  const key = parts.at(-1);
  if (found === undefined && typeof key === 'string')
    return [{ path, what: 'it is missing', hint: `add \`"${key}"\`: ${exampleOf(key)}` }];
  const own: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  return [
    {
      path,
      what: describeIssue(issue, root),
      hint: typeof own === 'string' ? own : hintOf(issue, key, found),
    },
  ];
}

function hintOf(issue: z.core.$ZodIssue, key: string | number | undefined, found: Json | undefined): string {
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    const near = suggestion(found, issue.values.map(String));
    if (near !== undefined) return near;
  }
  return `write ${exampleOf(key)}`;
}

/** What may stand there, as it stands in the file. */
const examples: Readonly<Record<string, string>> = {
  auto_rollback: 'a map, `{ "enabled": true, "triggers": [ … ] }`',
  enabled: '`true` or `false`',
  triggers:
    'a list, such as `[{ "metric": "error_rate", "threshold": 0.01, "duration_seconds": 120, "comparison": "greater_than" }]`',
  metric: 'a name, such as `"error_rate"`',
  threshold: 'a number, such as `0.01`',
  duration_seconds: 'whole seconds, such as `120`',
  consecutive: '`true`',
  comparison: '`"greater_than"`',
  rollback_script: 'a path, such as `"./scripts/rollback.sh"`',
  notification_channels: 'a list of names, such as `["slack"]`',
  rollback_timeout_seconds: 'whole seconds, such as `900`',
  require_manual_confirmation: '`true` or `false`',
  safety_checks: 'a map, such as `{ "verify_backup_exists": true }`',
  verify_backup_exists: '`true` or `false`',
  verify_previous_version_healthy: '`true` or `false`',
  verify_rollback_tested: '`true` or `false`',
};

function exampleOf(key: string | number | undefined): string {
  if (key === undefined) return '`{ "auto_rollback": { … } }`';
  return typeof key === 'string' ? (examples[key] ?? 'one line of text') : 'an item as the others';
}

function shown(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}
