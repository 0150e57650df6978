// `uses` and `with`: does the kind exist, do its settings fit its schema, and can it do what the step asks of it.

import { refersTo } from '../values/expression-references.ts';
import { hasExpression, parseTemplate } from '../values/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { Finding } from './findings.ts';
import { findingsOf, valueAt } from './issues.ts';
import { type KindShape, type PlanKinds, runKeys, runKind } from './kinds.ts';
import {
  allChecksOf,
  allStepsOf,
  type CheckOutline,
  type Outline,
  type StepOutline,
  textOf,
} from './outline.ts';
import type { Path } from './plan.ts';

type Use = {
  readonly path: Path;
  readonly uses: string | undefined;
  readonly what: 'component' | 'step' | 'check';
  /** Path of the settings, for positions. */
  readonly settingsPath: Path;
  readonly settings: Json | undefined;
};

export function lintKinds(outline: Outline, kinds: PlanKinds): readonly Finding[] {
  return [
    ...usesIn(outline).flatMap((use) => {
      if (use.uses === undefined) return [];
      const known = kindsFor(use.what, kinds);
      const kind = known.get(use.uses);
      return kind === undefined
        ? [unknownKind(use, use.uses, known, kinds, outline)]
        : lintSettings(use, kind, outline);
    }),
    ...allChecksOf(outline).flatMap((check) => adviceFor(check, kinds, outline)),
  ];
}

/** What the kind of a check has to say about settings that may well fit. */
function adviceFor(
  { path, value }: CheckOutline,
  kinds: PlanKinds,
  { document }: Outline,
): readonly Finding[] {
  const settings = value['with'];
  const kind = kinds.checks.get(textOf(value['uses']) ?? '');
  if (kind?.advise === undefined) return [];
  return kind.advise(isJsonObject(settings) ? settings : {}).map(({ path: below, ...advice }) => ({
    ...advice,
    severity: 'warning',
    ...document.keySpanOf([...path, 'with', ...below]),
  }));
}

function usesIn(outline: Outline): readonly Use[] {
  const part = (what: Use['what'], path: Path, value: JsonObject): Use => ({
    path,
    what,
    uses: textOf(value['uses']),
    settingsPath: [...path, 'with'],
    settings: value['with'],
  });
  return [
    ...outline.components.map(({ path, value }) => part('component', path, value)),
    ...allStepsOf(outline).flatMap((step) => {
      if (step.uses === undefined) return [];
      return 'run' in step.value ? [useOfRun(step)] : [part('step', step.path, step.value)];
    }),
    ...allChecksOf(outline).map(({ path, value }) => part('check', path, value)),
  ];
}

/** The settings of `run:` stand on the step itself. */
function useOfRun({ path, value }: StepOutline): Use {
  return { path, what: 'step', uses: runKind, settingsPath: path, settings: settingsOfRun(value) };
}

/** What a `run:` step says, as the settings of the kind `run`. An environment is text. */
export function settingsOfRun(step: JsonObject): JsonObject {
  const entries = runKeys.flatMap((key) => {
    const value = step[key];
    if (value === undefined) return [];
    return [[key, key === 'env' && isJsonObject(value) ? textualEnvironment(value) : value] as const];
  });
  return Object.fromEntries(entries);
}

/** Numbers and truth values as the text that a process gets. */
export function textualEnvironment(env: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
    ]),
  );
}

function kindsFor(what: Use['what'], kinds: PlanKinds): ReadonlyMap<string, KindShape> {
  if (what === 'component') return kinds.components;
  return what === 'step' ? kinds.steps : kinds.checks;
}

function unknownKind(
  use: Use,
  uses: string,
  known: ReadonlyMap<string, KindShape>,
  kinds: PlanKinds,
  outline: Outline,
): Finding {
  const span = outline.document.spanOf([
    ...use.path,
    uses === runKind && use.settingsPath === use.path ? 'run' : 'uses',
  ]);
  const names = [...known.keys()];
  const list =
    names.length === 0 ? '' : `; ${use.what} kinds: ${names.map((name) => `\`${name}\``).join(', ')}`;
  const base = { rule: 'unknown-kind', severity: 'error', ...span } as const;
  if (/^[\w.-]+\/[\w./-]+(?:@.+)?$|^\.{1,2}\/|^docker:/.test(uses)) {
    return {
      ...base,
      message: `\`${uses}\` is an action, and \`uses\` names kinds of this plan`,
      hint: `run actions in the workflow that calls the plan${list}`,
    };
  }
  const elsewhere = (['component', 'step', 'check'] as const).find((what) => kindsFor(what, kinds).has(uses));
  if (elsewhere !== undefined) {
    return {
      ...base,
      message: `\`${uses}\` is a ${elsewhere} kind and can't be used as a ${use.what}`,
      hint: elsewhere === 'check' ? `checks stand under \`verify:\`${list}` : `see \`${elsewhere}s\`${list}`,
    };
  }
  return {
    ...base,
    message: `unknown ${use.what} kind \`${uses}\``,
    hint: suggestion(uses, names) ?? 'see docs/kinds',
  };
}

function lintSettings(use: Use, kind: KindShape, outline: Outline): readonly Finding[] {
  const settings = use.settings ?? {};
  if (!isJsonObject(settings)) return [];
  const result = kind.schema.safeParse(settings);
  if (result.success) return [];
  // What an expression will make of a value is judged when it is known.
  const certain = result.error.issues.filter(
    (issue) =>
      issue.code === 'unrecognized_keys' ||
      !holdsExpression(
        valueAt(
          settings,
          issue.path.map((part) => (typeof part === 'number' ? part : String(part))),
        ),
      ),
  );
  return findingsOf(certain, {
    document: outline.document,
    schema: kind.schema,
    prefix: use.settingsPath,
    value: settings,
  });
}

/** Whether settings say what was deployed: after a rollback nothing was, so they can't be looked at then. */
export function namesDeploy(value: Json | undefined): boolean {
  if (typeof value === 'string') {
    const parsed = hasExpression(value) ? parseTemplate(value) : undefined;
    return (
      parsed?.ok === true &&
      parsed.value.pieces.some((piece) => typeof piece !== 'string' && refersTo(piece, 'deploy'))
    );
  }
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(namesDeploy);
}

export function holdsExpression(value: Json | undefined): boolean {
  if (typeof value === 'string') return hasExpression(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsExpression);
}
