// Where in a plan expressions are computed, and what they can see there.

import type { Shape } from '../values/expression-references.ts';
import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import { commandKind, runKind, scriptKeys } from './kinds.ts';
import { allStepsOf, type DrillOutline, type Outline, type StepOutline, stepsOf } from './outline.ts';
import type { Path } from './plan.ts';
import { type Moment, shapesOf, type Unseen } from './scope.ts';

/** A part of the plan in which expressions are computed, and what they can see there. */
export type Zone = {
  readonly path: Path;
  readonly value: Json | undefined;
  readonly shape: Shape;
  readonly form: Form;
};
type Form = 'text' | 'condition' | 'script';
type ShapeAt = (moment: Moment) => Shape;

const later = 'a step can refer only to steps that are over before it begins';
const onlyInDrill = 'steps of the drill run in a drill and at no other time';
const onlyDrill = 'steps of a drill can refer only to steps of the drill that are over before they begin';
const noStepsYet = 'the point of no return is looked at before any step has run';
const noSteps = 'triggers are looked at before any step has run';

/** Every zone that is there. Pure. */
export function zonesOf(outline: Outline): readonly Zone[] {
  const all = stepsOf(outline);
  const shapeAt = shapesOf(outline);
  const ofDrill = outline.drill === undefined ? [] : [unseen(drillSteps(outline.drill), onlyInDrill)];
  const others = [unseen(all, later), ...ofDrill];
  const zones: Zone[] = [];
  const beforePins = shapeAt({ pinned: false });
  for (const { path, value } of outline.components) zones.push(settingsZone(path, value, beforePins));
  const before: StepOutline[] = [];
  for (const { path, value, parallel, steps } of outline.phases) {
    const shape = shapeAt({ pinned: true, earlier: before, others });
    zones.push({ path: [...path, 'if'], value: value['if'], shape, form: 'condition' });
    for (const [position, step] of steps.entries()) {
      const earlier = parallel ? before : [...before, ...steps.slice(0, position)];
      zones.push(...zonesOfStep(step, shapeAt({ pinned: true, earlier, others })));
    }
    before.push(...steps);
  }
  const atTheEnd = shapeAt({ pinned: true, earlier: all, others: ofDrill });
  const onlyWatched = shapeAt({ pinned: true, earlier: all, others: ofDrill, deployed: true });
  for (const { path, value } of outline.checks)
    zones.push(...checkZones(path, value, value['after'] === 'deploy' ? onlyWatched : atTheEnd));
  const watching = shapeAt({
    pinned: true,
    earlier: [],
    others: [unseen(allStepsOf(outline), noSteps)],
    deployed: true,
  });
  for (const { path, value } of outline.triggers.flatMap(({ checks }) => checks))
    zones.push(...checkZones(path, value, watching));
  const { pointOfNoReturn } = outline;
  if (pointOfNoReturn !== undefined) {
    const others = [unseen(allStepsOf(outline), noStepsYet)];
    zones.push(
      ...checkZones(
        pointOfNoReturn.path,
        pointOfNoReturn.value,
        shapeAt({ pinned: true, earlier: [], others }),
      ),
    );
  }
  if (outline.drill !== undefined) zones.push(...zonesOfDrill(outline.drill, all, shapeAt));
  return zones.filter(({ value }) => value !== undefined);
}

function unseen(steps: readonly StepOutline[], because: string): Unseen {
  return { steps, because };
}

function drillSteps(drill: DrillOutline): readonly StepOutline[] {
  return [...drill.break, ...drill.restore];
}

/** `restore` runs whatever happened in between, so that it can rely only on what `break` left. */
function zonesOfDrill(
  drill: DrillOutline,
  ofPhases: readonly StepOutline[],
  shapeAt: ShapeAt,
): readonly Zone[] {
  const steps = drillSteps(drill);
  const others = [unseen(steps, later), unseen(ofPhases, onlyDrill)];
  return steps.flatMap((step, position) =>
    zonesOfStep(step, shapeAt({ pinned: true, earlier: steps.slice(0, position), others })),
  );
}

function settingsZone(path: Path, value: JsonObject, shape: Shape): Zone {
  return { path: [...path, 'with'], value: value['with'], shape, form: 'text' };
}

function checkZones(path: Path, value: JsonObject, shape: Shape): readonly Zone[] {
  const settings = value['with'];
  return value['uses'] === commandKind && isJsonObject(settings)
    ? scriptedZones([...path, 'with'], settings, shape)
    : [settingsZone(path, value, shape)];
}

/** Of settings among which there are scripts. */
function scriptedZones(path: Path, settings: JsonObject, shape: Shape): readonly Zone[] {
  return Object.entries(settings).map(([key, child]) => ({
    path: [...path, key],
    value: child,
    shape,
    form: scriptKeys.includes(key) ? 'script' : 'text',
  }));
}

function zonesOfStep({ path, value, uses }: StepOutline, shape: Shape): readonly Zone[] {
  const settings = value['with'];
  const isScript = uses === runKind && isJsonObject(settings);
  const below: readonly Zone[] = isScript
    ? scriptedZones([...path, 'with'], settings, shape)
    : [{ path: [...path, 'with'], value: settings, shape, form: 'text' }];
  return [
    { path: [...path, 'if'], value: value['if'], shape, form: 'condition' },
    ...scriptKeys.map((key) => ({ path: [...path, key], value: value[key], shape, form: 'script' }) as const),
    { path: [...path, 'env'], value: value['env'], shape, form: 'text' },
    ...below,
  ];
}
