// The plan as far as it makes sense, read leniently: the rules that look across keys work on this, so that one
// wrong value does not hide what is wrong elsewhere.

import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import type { PlanDocument } from './document.ts';
import { runKind } from './kinds.ts';
import type { Path } from './plan.ts';

export type Named = { readonly name: string; readonly path: Path; readonly value: JsonObject };

export type StepOutline = {
  readonly path: Path;
  readonly value: JsonObject;
  readonly phase: number;
  readonly id: string | undefined;
  readonly rollback: string | undefined;
  /** The kind, `run` for `run:`. */
  readonly uses: string | undefined;
};

export type PhaseOutline = {
  readonly path: Path;
  readonly value: JsonObject;
  readonly name: string | undefined;
  readonly parallel: boolean;
  readonly steps: readonly StepOutline[];
};

export type Outline = {
  readonly document: PlanDocument;
  readonly top: JsonObject;
  readonly inputs: readonly Named[];
  readonly targets: readonly Named[];
  readonly components: readonly Named[];
  readonly scenarios: readonly Named[];
  readonly phases: readonly PhaseOutline[];
  readonly checks: readonly { readonly path: Path; readonly value: JsonObject }[];
};

export function outlineOf(document: PlanDocument): Outline {
  const top = isJsonObject(document.json) ? document.json : {};
  return {
    document,
    top,
    inputs: namedIn(document, 'inputs'),
    targets: namedIn(document, 'targets'),
    components: namedIn(document, 'components'),
    scenarios: namedIn(document, 'scenarios'),
    phases: mapsIn(top['phases'], ['phases']).map(({ path, value }, index) => phaseOf(path, value, index)),
    checks: mapsIn(top['verify'], ['verify']),
  };
}

export function stepsOf(outline: Outline): readonly StepOutline[] {
  return outline.phases.flatMap((phase) => phase.steps);
}

function phaseOf(path: Path, value: JsonObject, phase: number): PhaseOutline {
  return {
    path,
    value,
    name: textOf(value['name']),
    parallel: value['parallel'] === true,
    steps: mapsIn(value['steps'], [...path, 'steps']).map((step) => ({
      ...step,
      phase,
      id: textOf(step.value['id']),
      rollback: textOf(step.value['rollback']),
      uses: 'run' in step.value ? runKind : textOf(step.value['uses']),
    })),
  };
}

function namedIn(document: PlanDocument, section: string): readonly Named[] {
  return document.keysAt([section]).flatMap((name) => {
    const path = [section, name];
    const value = isJsonObject(document.json) ? document.json[section] : undefined;
    const entry = isJsonObject(value) ? value[name] : undefined;
    return isJsonObject(entry) ? [{ name, path, value: entry }] : [{ name, path, value: {} }];
  });
}

function mapsIn(
  value: Json | undefined,
  path: Path,
): readonly { readonly path: Path; readonly value: JsonObject }[] {
  if (!Array.isArray(value)) return [];
  const items: readonly Json[] = value;
  return items.flatMap((item, index) =>
    isJsonObject(item) ? [{ path: [...path, index], value: item }] : [],
  );
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
