// Phases and steps of an assembled plan, those of the drill included: each step with a key of its own.

import { slug, uniqueSlug } from '../values/names.ts';
import { defined, partOf, settingsAt } from './assemble-parts.ts';
import type { PlanDocument } from './document.ts';
import { runKind } from './kinds.ts';
import { settingsOfRun } from './lint-kinds.ts';
import type { DrillSpec, Part, Path, Phase, RollbackStep, Step } from './plan.ts';
import type { DrillFile, PlanFile, StepFile } from './schema.ts';

export function phasesOf(document: PlanDocument, content: PlanFile): readonly Phase[] {
  const phaseKeys = new Set<string>();
  if (content.phases === undefined) return [everythingBack(document)];
  return content.phases.map((phase, index): Phase => {
    const path = ['phases', index];
    const key = uniqueSlug(phase.name, phaseKeys);
    return {
      name: phase.name,
      key,
      parallel: phase.parallel,
      ...defined({ if: conditionOf(phase.if), estimateMs: phase.estimate, budgetMs: phase.budget }),
      steps: stepsOf(document, phase.steps, [...path, 'steps'], key),
      where: document.keySpanOf([...path, 'name']).where,
    };
  });
}

/** The drill of a plan that has one. Its phases' keys are unique among those of the plan, as its steps' keys are. */
export function drillOf(
  document: PlanDocument,
  { drill }: PlanFile,
  phases: readonly Phase[],
): DrillSpec | undefined {
  if (drill === undefined) return undefined;
  const taken = new Set(phases.map(({ key }) => key));
  return {
    ...defined({ target: drill.target, scenario: drill.scenario }),
    detectWithinMs: drill['detect-within'],
    overdue: drill.overdue,
    ...defined({ everyMs: drill.every }),
    break: drillPhase(document, 'break', drill.break, taken),
    ...defined({ restore: drill.restore && drillPhase(document, 'restore', drill.restore, taken) }),
    where: document.keySpanOf(['drill']).where,
  };
}

function drillPhase(
  document: PlanDocument,
  name: 'break' | 'restore',
  steps: DrillFile['break'],
  taken: Set<string>,
): Phase {
  const key = uniqueSlug(name, taken);
  return {
    name,
    key,
    parallel: false,
    steps: stepsOf(document, steps, ['drill', name], key),
    where: document.keySpanOf(['drill', name]).where,
  };
}

function stepsOf(
  document: PlanDocument,
  steps: readonly StepFile[],
  path: Path,
  phaseKey: string,
): readonly Step[] {
  const taken = new Set<string>();
  return steps.map((step, position) =>
    stepOf(document, step, [...path, position], (text) => `${phaseKey}/${uniqueSlug(text, taken)}`),
  );
}

/** The phase of a plan that has none. */
function everythingBack(document: PlanDocument): Phase {
  const taken = new Set<string>();
  const name = 'roll back';
  return {
    name,
    key: slug(name),
    parallel: false,
    steps: document.keysAt(['components']).map((component): RollbackStep => {
      const { where } = document.keySpanOf(['components', component]);
      const key = `${slug(name)}/${uniqueSlug(component, taken)}`;
      return {
        type: 'rollback',
        component,
        key,
        title: titleOfRollback(component),
        onFailure: 'stop',
        where,
      };
    }),
    where: document.keySpanOf(['components']).where,
  };
}

function titleOfRollback(component: string): string {
  return `roll ${component} back`;
}

function stepOf(document: PlanDocument, step: StepFile, path: Path, keyFor: (text: string) => string): Step {
  const { id, rollback } = step;
  const base = {
    onFailure: step['on-failure'],
    ...defined({ id, if: conditionOf(step.if), timeoutMs: step.timeout, retries: step.retries }),
  };
  if (rollback !== undefined) {
    return {
      ...base,
      type: 'rollback',
      component: rollback,
      key: keyFor(id ?? rollback),
      title: step.name ?? titleOfRollback(rollback),
      where: document.spanOf([...path, 'rollback']).where,
    };
  }
  const part =
    step.run === undefined ? partOf(document, path, step.uses ?? '') : { ...runPartOf(document, path) };
  return {
    ...base,
    ...part,
    type: 'act',
    key: keyFor(id ?? step.name ?? part.uses),
    title: step.name ?? (step.run === undefined ? part.uses : firstLine(step.run)),
  };
}

function runPartOf(document: PlanDocument, path: Path): Part {
  return {
    uses: runKind,
    with: settingsOfRun(settingsAt(document, path)),
    where: document.keySpanOf([...path, 'run']).where,
    locate: (below) => document.locate([...path, ...below]),
  };
}

function firstLine(script: string): string {
  const line = script.trim().split('\n')[0] ?? '';
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}

function conditionOf(condition: string | boolean | undefined): string | undefined {
  return condition === undefined ? undefined : String(condition);
}
