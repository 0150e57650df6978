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
  /** Stands under `drill`, where only the drill itself takes components back. */
  readonly inDrill: boolean;
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

export type CheckOutline = { readonly path: Path; readonly value: JsonObject };

/** `checks`: what stands under `check:` if that is a map, or under `all:`. */
export type TriggerOutline = Named & { readonly checks: readonly CheckOutline[] };

export type DrillOutline = {
  readonly path: Path;
  readonly value: JsonObject;
  readonly break: readonly StepOutline[];
  readonly restore: readonly StepOutline[];
};

export type Outline = {
  readonly document: PlanDocument;
  readonly top: JsonObject;
  readonly inputs: readonly Named[];
  readonly targets: readonly Named[];
  readonly components: readonly Named[];
  readonly severities: readonly Named[];
  readonly scenarios: readonly Named[];
  readonly phases: readonly PhaseOutline[];
  /** Those under `verify`. */
  readonly checks: readonly CheckOutline[];
  readonly triggers: readonly TriggerOutline[];
  /** What stands under `point-of-no-return.check` if that is a map. */
  readonly pointOfNoReturn: CheckOutline | undefined;
  readonly drill: DrillOutline | undefined;
};

export function outlineOf(document: PlanDocument): Outline {
  const top = isJsonObject(document.json) ? document.json : {};
  return {
    document,
    top,
    inputs: namedIn(document, 'inputs'),
    targets: namedIn(document, 'targets'),
    components: namedIn(document, 'components'),
    severities: namedIn(document, 'severities'),
    scenarios: namedIn(document, 'scenarios'),
    phases: mapsIn(top['phases'], ['phases']).map(({ path, value }) => phaseOf(path, value)),
    checks: mapsIn(top['verify'], ['verify']),
    triggers: namedIn(document, 'triggers').map(triggerOf),
    pointOfNoReturn: pointOfNoReturnOf(top['point-of-no-return'], ['point-of-no-return']),
    drill: drillOf(top['drill'], ['drill']),
  };
}

/** The steps of the phases: what a rollback can do. */
export function stepsOf(outline: Outline): readonly StepOutline[] {
  return outline.phases.flatMap((phase) => phase.steps);
}

/** Every step of the plan, those of the drill included. */
export function allStepsOf(outline: Outline): readonly StepOutline[] {
  const { drill } = outline;
  return drill === undefined ? stepsOf(outline) : [...stepsOf(outline), ...drill.break, ...drill.restore];
}

/** Every check of the plan, those of triggers and of the point of no return included. */
export function allChecksOf({ checks, triggers, pointOfNoReturn }: Outline): readonly CheckOutline[] {
  const ofTriggers = triggers.flatMap((trigger) => trigger.checks);
  return [...checks, ...ofTriggers, ...(pointOfNoReturn === undefined ? [] : [pointOfNoReturn])];
}

function phaseOf(path: Path, value: JsonObject): PhaseOutline {
  return {
    path,
    value,
    name: textOf(value['name']),
    parallel: value['parallel'] === true,
    steps: stepsIn(value['steps'], [...path, 'steps'], false),
  };
}

function triggerOf(trigger: Named): TriggerOutline {
  const value = trigger.value['check'];
  const one = isJsonObject(value) ? [{ path: [...trigger.path, 'check'], value }] : [];
  return { ...trigger, checks: [...one, ...mapsIn(trigger.value['all'], [...trigger.path, 'all'])] };
}

function pointOfNoReturnOf(value: Json | undefined, path: Path): CheckOutline | undefined {
  const check = isJsonObject(value) ? value['check'] : undefined;
  return isJsonObject(check) ? { path: [...path, 'check'], value: check } : undefined;
}

function drillOf(value: Json | undefined, path: Path): DrillOutline | undefined {
  if (!isJsonObject(value)) return undefined;
  return {
    path,
    value,
    break: stepsIn(value['break'], [...path, 'break'], true),
    restore: stepsIn(value['restore'], [...path, 'restore'], true),
  };
}

function stepsIn(value: Json | undefined, path: Path, inDrill: boolean): readonly StepOutline[] {
  return mapsIn(value, path).map((step) => ({
    ...step,
    inDrill,
    id: textOf(step.value['id']),
    rollback: textOf(step.value['rollback']),
    uses: 'run' in step.value ? runKind : textOf(step.value['uses']),
  }));
}

function namedIn(document: PlanDocument, section: string): readonly Named[] {
  return document.keysAt([section]).flatMap((name) => {
    const path = [section, name];
    const value = isJsonObject(document.json) ? document.json[section] : undefined;
    const entry = isJsonObject(value) ? value[name] : undefined;
    return isJsonObject(entry) ? [{ name, path, value: entry }] : [{ name, path, value: {} }];
  });
}

function mapsIn(value: Json | undefined, path: Path): readonly CheckOutline[] {
  if (!Array.isArray(value)) return [];
  const items: readonly Json[] = value;
  return items.flatMap((item, index) =>
    isJsonObject(item) ? [{ path: [...path, index], value: item }] : [],
  );
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
