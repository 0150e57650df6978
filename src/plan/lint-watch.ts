// What watches and what rehearses: the names that triggers and the drill refer to, a drill that could notice nothing, and
// environments for watching beside none for acting.

import type { JsonObject } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { Span } from './document.ts';
import type { Finding } from './findings.ts';
import { type Outline, textOf } from './outline.ts';
import type { Path } from './plan.ts';
import type { Rule } from './rules.ts';

export function lintWatch(outline: Outline): readonly Finding[] {
  return [
    ...outline.triggers.flatMap(({ path, value }) => [
      ...lintReference({ key: 'severity', path, value, rule: 'unknown-severity' }, outline),
      ...lintReference({ key: 'scenario', path, value, rule: 'unknown-scenario' }, outline),
      ...lintLooks(path, value, outline),
    ]),
    ...lintDrill(outline),
    ...lintWatchEnvironments(outline),
    ...lintBrake(outline),
  ];
}

const lookKeys = ['every', 'failures', 'delay', 'inconclusive-limit', 'error-limit', 'on-no-data'] as const;

/** The rule that sends an alert says how long something has to be bad, and what is declared a person judges. */
function lintLooks(path: Path, value: JsonObject, { document }: Outline): readonly Finding[] {
  if (value['check'] !== undefined || value['all'] !== undefined) return [];
  const alert = value['alert'] !== undefined;
  if (!alert && value['declared'] === undefined) return [];
  return lookKeys
    .filter((key) => value[key] !== undefined)
    .map((key) =>
      error(
        'alert-looks',
        `nobody looks at ${alert ? 'an alert' : 'what is declared'}, so \`${key}\` says nothing`,
        alert
          ? 'remove it; `for:` of the alerting rule says how long it takes'
          : 'remove it; a person judges',
        document.keySpanOf([...path, key]),
      ),
    );
}

type Reference = {
  readonly key: 'severity' | 'scenario' | 'target';
  readonly path: Path;
  readonly value: JsonObject;
  readonly rule: Rule;
};

/** A key whose value is the name of something that the plan declares. */
function lintReference({ key, path, value, rule }: Reference, outline: Outline): readonly Finding[] {
  const given = textOf(value[key]);
  const known = namesFor(key, outline);
  if (given === undefined || known.includes(given)) return [];
  const section = { severity: 'severities', scenario: 'scenarios', target: 'targets' }[key];
  const hint = suggestion(given, known) ?? `declare it under \`${section}:\``;
  return [error(rule, `there is no ${key} \`${given}\``, hint, outline.document.spanOf([...path, key]))];
}

function namesFor(key: Reference['key'], { scenarios, severities, targets }: Outline): readonly string[] {
  if (key === 'severity') return severities.map(({ name }) => name);
  if (key === 'scenario') return [...scenarios.map(({ name }) => name), 'all'];
  return targets.length === 0 ? ['default'] : targets.map(({ name }) => name);
}

function lintDrill(outline: Outline): readonly Finding[] {
  const { drill, document, targets, triggers, checks } = outline;
  if (drill === undefined) return [];
  const { path, value } = drill;
  const found = [
    ...lintReference({ key: 'target', path, value, rule: 'unknown-target' }, outline),
    ...lintReference({ key: 'scenario', path, value, rule: 'unknown-scenario' }, outline),
  ];
  if (value['target'] === undefined && targets.length > 1) {
    const names = targets.map(({ name }) => `\`${name}\``).join(', ');
    found.push(
      error(
        'unknown-target',
        `the plan has ${targets.length} targets, and the drill names none`,
        `add \`target:\` with one of ${names}; never the one that users see`,
        document.keySpanOf(path),
      ),
    );
  }
  // An alert comes from outside, and no drill waits for it.
  if ([...checks, ...triggers.flatMap((trigger) => trigger.checks)].length === 0) {
    found.push(
      error(
        'drill-blind',
        'nothing would notice what the drill breaks: the plan has neither `verify` nor `triggers`',
        'add `verify: [{ uses: http, with: { url: …, expect: { status: 200 } } }]`',
        document.keySpanOf(path),
      ),
    );
  }
  return found;
}

/** Only what watches presses by itself. */
function lintBrake({ top, triggers, checks, document }: Outline): readonly Finding[] {
  // What is declared a person presses for.
  const watching = triggers.some(({ value }) => value['declared'] === undefined);
  if (top['brake'] === undefined || watching || checks.length > 0) return [];
  return [
    {
      rule: 'brake-idle',
      severity: 'warning',
      message:
        'the brake holds nothing: the plan has neither `verify` nor `triggers`, so nothing rolls back by itself',
      hint: 'add `verify` or `triggers`, or leave `brake` out',
      ...document.keySpanOf(['brake']),
    },
  ];
}

/** Alone they would guard nothing: a target without `environment` may be acted on from any. */
function lintWatchEnvironments({ targets, document }: Outline): readonly Finding[] {
  return targets.flatMap(({ name, path, value }) => {
    if (value['watch-environments'] === undefined || value['environment'] !== undefined) return [];
    const message = `the target \`${name}\` has environments for watching, and none for acting`;
    const span = document.keySpanOf([...path, 'watch-environments']);
    return [
      error(
        'watch-environments',
        message,
        'add `environment:` with the one whose reviewers approve a rollback',
        span,
      ),
    ];
  });
}

function error(rule: Rule, message: string, hint: string, span: Span): Finding {
  return { rule, severity: 'error', message, hint, ...span };
}
