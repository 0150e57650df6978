// Values that have to fit each other: inputs and their defaults, budgets, and advice that is no error.

import { parseDuration } from '../values/durations.ts';
import { isJsonObject, type Json } from '../values/json.ts';
import type { Span } from './document.ts';
import type { Finding } from './findings.ts';
import { whyNotInput } from './input-values.ts';
import { commandKind } from './kinds.ts';
import { usedComponents } from './lint-names.ts';
import { allStepsOf, type Named, type Outline, textOf } from './outline.ts';
import type { Rule } from './rules.ts';

export function lintValues(outline: Outline): readonly Finding[] {
  return [
    ...outline.inputs.flatMap((input) => lintInput(input, outline)),
    ...lintBudgets(outline),
    ...lintUnused(outline),
    ...lintVerify(outline),
  ];
}

function lintInput({ name, path, value }: Named, { document }: Outline): readonly Finding[] {
  const { type, options, default: fallback } = value;
  const at = (key: string): Span => document.keySpanOf([...path, key]);
  if (type === 'choice' && options === undefined) {
    const span = document.keySpanOf(path);
    return [finding('input-default', `the choice \`${name}\` has no options`, 'add `options: […]`', span)];
  }
  if (type !== 'choice' && options !== undefined) {
    const message = `only a \`choice\` has options, \`${name}\` is a ${String(type)}`;
    return [finding('input-default', message, 'write `type: choice`, or delete the options', at('options'))];
  }
  if (fallback === undefined) return [];
  const choices = Array.isArray(options) ? options.filter((option) => typeof option === 'string') : [];
  const reason = whyNotInput(textOf(type) ?? '', choices, fallback);
  if (reason === undefined) return [];
  const message = `the default of \`${name}\` does not fit: ${reason}`;
  return [
    finding('input-default', message, 'give a default of that type', document.spanOf([...path, 'default'])),
  ];
}

function lintBudgets({ phases, document }: Outline): readonly Finding[] {
  return phases.flatMap(({ path, value }) => {
    const estimate = durationOf(value['estimate']);
    const budget = durationOf(value['budget']);
    if (estimate === undefined || budget === undefined || estimate <= budget) return [];
    const message = `the phase is estimated at ${textOf(value['estimate'])}, longer than its budget of ${textOf(value['budget'])}`;
    return [
      advice(
        'over-budget',
        message,
        'raise the budget, or split the phase',
        document.spanOf([...path, 'budget']),
      ),
    ];
  });
}

function durationOf(value: Json | undefined): number | undefined {
  return typeof value === 'string' ? parseDuration(value) : undefined;
}

function lintUnused(outline: Outline): readonly Finding[] {
  const used = usedComponents(outline);
  const { document } = outline;
  const components = outline.components.flatMap(({ name, path }) =>
    used.has(name)
      ? []
      : [
          advice(
            'unused-component',
            `no phase takes \`${name}\` back`,
            `add \`- rollback: ${name}\` to a phase, or delete the component`,
            document.keySpanOf(path),
          ),
        ],
  );
  return [...components, ...lintSecrets(outline)];
}

/** A script may use a secret in a file we don't see, so only plans without scripts can be told that it is unused. */
function lintSecrets(outline: Outline): readonly Finding[] {
  const secrets = outline.top['secrets'];
  const checks = [...outline.checks, ...outline.triggers.flatMap((trigger) => trigger.checks)];
  const scripted =
    allStepsOf(outline).some(({ uses }) => uses === 'run') ||
    checks.some(({ value }) => value['uses'] === commandKind);
  if (!Array.isArray(secrets) || scripted) return [];
  const words = new Set(wordsIn(Object.entries(outline.top).filter(([key]) => key !== 'secrets')));
  const listed: readonly Json[] = secrets;
  return listed.flatMap((secret, index) =>
    typeof secret !== 'string' || words.has(secret)
      ? []
      : [
          advice(
            'unused-secret',
            `nothing in the plan names the secret \`${secret}\``,
            'delete it from `secrets`',
            outline.document.spanOf(['secrets', index]),
          ),
        ],
  );
}

function wordsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return value.match(/[A-Z_][A-Z0-9_]*/g) ?? [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(wordsIn);
}

function lintVerify({ top, document }: Outline): readonly Finding[] {
  const { verify } = top;
  const none = verify === undefined || (Array.isArray(verify) && verify.length === 0);
  const onlyDeploy =
    Array.isArray(verify) && verify.every((check) => isJsonObject(check) && check['after'] === 'deploy');
  if (!none && !onlyDeploy) return [];
  return [
    advice(
      'no-verify',
      `${none ? 'the plan has no `verify`' : 'every check of `verify` is `after: deploy`'}, so a rollback is judged by its components and not by what users see`,
      'add `verify: [{ uses: http, with: { url: …, expect: { status: 200 } } }]`',
      verify === undefined ? document.spanOf([]) : document.keySpanOf(['verify']),
    ),
  ];
}

function finding(rule: Rule, message: string, hint: string, span: Span): Finding {
  return { rule, severity: 'error', message, hint, ...span };
}

function advice(rule: Rule, message: string, hint: string, span: Span): Finding {
  return { rule, severity: 'warning', message, hint, ...span };
}
