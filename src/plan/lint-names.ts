// Names that refer to each other: phases and scenarios, step ids, and names that expressions could not tell apart.

import { isJsonObject } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { Span } from './document.ts';
import type { Finding } from './findings.ts';
import { allStepsOf, type Outline, type PhaseOutline, type StepOutline, stepsOf, textOf } from './outline.ts';
import type { Path } from './plan.ts';
import type { Rule } from './rules.ts';

export function lintNames(outline: Outline): readonly Finding[] {
  return [
    ...lintCase(outline),
    ...lintStepIds(outline),
    ...lintPhaseNames(outline),
    ...lintScenarios(outline),
    ...lintRepeatedRollbacks(outline),
  ];
}

/** Records tell phases apart by name, and a drill has two of its own besides those of its scenario. */
export const drillPhases: readonly string[] = ['break', 'restore'];

const sectionsSeenByExpressions: readonly Path[] = [['components'], ['inputs'], ['targets'], ['scenarios']];

/** Expressions ignore case, so `Api` and `api` would be one. */
function lintCase({ document, targets }: Outline): readonly Finding[] {
  const sections = [...sectionsSeenByExpressions, ...targets.map(({ path }) => [...path, 'vars'])];
  return sections.flatMap((section) => {
    const seen = new Map<string, string>();
    return document.keysAt(section).flatMap((key) => {
      const first = seen.get(key.toLowerCase());
      if (first === undefined) {
        seen.set(key.toLowerCase(), key);
        return [];
      }
      const message = `\`${key}\` differs from \`${first}\` only in upper and lower case`;
      return [
        error(
          'name-case',
          message,
          'expressions ignore case; rename one',
          document.keySpanOf([...section, key]),
        ),
      ];
    });
  });
}

function lintStepIds(outline: Outline): readonly Finding[] {
  const seen = new Set<string>();
  return allStepsOf(outline).flatMap(({ id, path }) => {
    if (id === undefined) return [];
    const lower = id.toLowerCase();
    if (!seen.has(lower)) {
      seen.add(lower);
      return [];
    }
    const span = outline.document.spanOf([...path, 'id']);
    return [
      error('duplicate-step-id', `there is already a step with the id \`${id}\``, 'choose another id', span),
    ];
  });
}

function lintPhaseNames({ phases, drill, document }: Outline): readonly Finding[] {
  const seen = new Set<string>();
  const ofDrill = drill === undefined ? [] : drillPhases;
  return phases.flatMap(({ name, path }) => {
    if (name === undefined) return [];
    const taken = ofDrill.includes(name)
      ? `\`${name}\` is the name of a phase of the drill`
      : `there is already a phase named \`${name}\``;
    if (!seen.has(name) && !ofDrill.includes(name)) {
      seen.add(name);
      return [];
    }
    return [error('duplicate-phase', taken, 'choose another name', document.spanOf([...path, 'name']))];
  });
}

function lintScenarios(outline: Outline): readonly Finding[] {
  const { scenarios, document } = outline;
  const names = outline.phases.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const unknown = scenarios.flatMap(({ path, value }) => {
    const phases = value['phases'];
    if (!Array.isArray(phases)) return [];
    const listed: readonly unknown[] = phases;
    return listed.flatMap((phase, index) => {
      if (typeof phase !== 'string' || names.includes(phase)) return [];
      const span = document.spanOf([...path, 'phases', index]);
      const hint = suggestion(phase, names) ?? 'declare it under `phases:`';
      return [error('unknown-phase', `there is no phase \`${phase}\``, hint, span)];
    });
  });
  const defaults = scenarios.filter(({ value }) => value['default'] === true);
  const first = defaults[0];
  const repeated = defaults.slice(1).map(({ path }) => {
    const message = `\`${first?.name}\` is the default scenario already`;
    return error(
      'two-default-scenarios',
      message,
      'keep `default: true` at one',
      document.spanOf([...path, 'default']),
    );
  });
  return [...unknown, ...repeated];
}

/** Going back twice in one run would either do nothing or go too far. Conditions may exclude each other and are trusted. */
function lintRepeatedRollbacks(outline: Outline): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const phases of runsOf(outline)) {
    const seen = new Set<string>();
    for (const { rollback, path } of phases.flatMap(unconditionalSteps)) {
      if (rollback === undefined) continue;
      if (seen.has(rollback)) {
        const span = outline.document.spanOf([...path, 'rollback']);
        const message = `\`${rollback}\` is rolled back already in this run`;
        found.set(path.join('/'), error('duplicate-rollback', message, 'delete the second step', span));
      }
      seen.add(rollback);
    }
  }
  return [...found.values()];
}

function unconditionalSteps({ steps, value }: PhaseOutline): readonly StepOutline[] {
  return 'if' in value ? [] : steps.filter((step) => !('if' in step.value));
}

/** The phases of each scenario, and all phases where nothing narrows them. */
function runsOf({ phases, scenarios }: Outline): readonly (readonly PhaseOutline[])[] {
  const listed = scenarios.map(({ value }) => {
    const names = value['phases'];
    if (!Array.isArray(names)) return phases;
    const wanted: readonly unknown[] = names;
    return phases.filter(({ name }) => wanted.includes(name));
  });
  const hasDefault = scenarios.some(({ value }) => isJsonObject(value) && value['default'] === true);
  return hasDefault ? listed : [...listed, phases];
}

export function usedComponents(outline: Outline): ReadonlySet<string> {
  if (outline.phases.length === 0) return new Set(outline.components.map(({ name }) => name));
  return new Set(stepsOf(outline).flatMap(({ value }) => textOf(value['rollback']) ?? []));
}

function error(rule: Rule, message: string, hint: string, span: Span): Finding {
  return { rule, severity: 'error', message, hint, ...span };
}
