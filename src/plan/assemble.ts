// From a plan file that passed the linter to the plan the engine works with: defaults filled in, keys made,
// order kept as written, and for every part its place in the file.

import { isJsonObject, type JsonObject } from '../values/json.ts';
import { slug, uniqueSlug } from '../values/names.ts';
import type { PlanDocument } from './document.ts';
import { runKind } from './kinds.ts';
import { settingsOfRun } from './lint-kinds.ts';
import type { CheckSpec, Part, Path, Phase, Plan, RollbackStep, Step, TargetSpec } from './plan.ts';
import type { CheckFile, PlanFile, StepFile } from './schema.ts';

type Request = { readonly document: PlanDocument; readonly content: PlanFile; readonly digest: string };

export function assemblePlan({ document, content, digest }: Request): Plan {
  const { service, secrets, records } = content;
  return {
    file: document.file,
    digest,
    service,
    ...defined({ owner: content.owner, description: content.description }),
    inputs: ordered(document, 'inputs', content.inputs, ({ options, ...input }, name) => ({
      name,
      type: input.type,
      required: input.required,
      options: options ?? [],
      ...defined({ description: input.description, default: input.default }),
      where: document.keySpanOf(['inputs', name]).where,
    })),
    secrets,
    targets: targetsOf(document, content),
    components: ordered(document, 'components', content.components, (component, name) => ({
      name,
      ...partOf(
        document,
        ['components', name],
        component.uses,
        settingsAt(document, ['components', name, 'with']),
      ),
    })),
    severities: ordered(document, 'severities', content.severities, (severity, name) => ({
      name,
      ...defined({ recoverWithinMs: severity['recover-within'], description: severity.description }),
      where: document.keySpanOf(['severities', name]).where,
    })),
    phases: phasesOf(document, content),
    scenarios: ordered(document, 'scenarios', content.scenarios, (scenario, name) => ({
      name,
      default: scenario.default,
      phases: scenario.phases,
      ...defined({ description: scenario.description }),
      where: document.keySpanOf(['scenarios', name]).where,
    })),
    verify: checksOf(document, content.verify),
    triggers: new Map(),
    records: {
      incidents: records.incidents.replace(/\/$/, ''),
      drills: 'drills',
      publish: records.publish,
      ...defined({ branch: records.branch }),
    },
    locate: (path) => document.locate(path),
  };
}

/** A map in the order of the file: JavaScript objects would put names made of digits first. */
function ordered<File, Spec>(
  document: PlanDocument,
  section: string,
  entries: Readonly<Record<string, File>>,
  make: (entry: File, name: string) => Spec,
): ReadonlyMap<string, Spec> {
  return new Map(
    document.keysAt([section]).flatMap((name) => {
      const entry = entries[name];
      return entry === undefined ? [] : [[name, make(entry, name)] as const];
    }),
  );
}

function targetsOf(document: PlanDocument, content: PlanFile): ReadonlyMap<string, TargetSpec> {
  const targets = ordered(document, 'targets', content.targets, (target, name): TargetSpec => {
    const { environment, context, namespace, vars } = target;
    return {
      name,
      vars,
      ...defined({ environment, context, namespace }),
      where: document.keySpanOf(['targets', name]).where,
    };
  });
  if (targets.size > 0) return targets;
  return new Map([['default', { name: 'default', vars: {}, where: document.locate([]) }]]);
}

function phasesOf(document: PlanDocument, content: PlanFile): readonly Phase[] {
  const phaseKeys = new Set<string>();
  if (content.phases === undefined) return [everythingBack(document)];
  return content.phases.map((phase, index): Phase => {
    const path = ['phases', index];
    const key = uniqueSlug(phase.name, phaseKeys);
    const stepKeys = new Set<string>();
    return {
      name: phase.name,
      key,
      parallel: phase.parallel,
      ...defined({ if: conditionOf(phase.if), estimateMs: phase.estimate, budgetMs: phase.budget }),
      steps: phase.steps.map((step, position) =>
        stepOf(
          document,
          step,
          [...path, 'steps', position],
          (text) => `${key}/${uniqueSlug(text, stepKeys)}`,
        ),
      ),
      where: document.keySpanOf([...path, 'name']).where,
    };
  });
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
    step.run === undefined
      ? partOf(document, path, step.uses ?? '', settingsAt(document, [...path, 'with']))
      : { ...runPartOf(document, path) };
  return {
    ...base,
    ...part,
    type: 'act',
    key: keyFor(id ?? step.name ?? part.uses),
    title: step.name ?? (step.run === undefined ? part.uses : firstLine(step.run)),
  };
}

function partOf(document: PlanDocument, path: Path, uses: string, settings: JsonObject): Part {
  return {
    uses,
    with: settings,
    where: document.locate([...path, 'uses']),
    locate: (below) => document.locate([...path, 'with', ...below]),
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

function settingsAt(document: PlanDocument, path: Path): JsonObject {
  const value = document.valueAt(path);
  return isJsonObject(value) ? value : {};
}

function firstLine(script: string): string {
  const line = script.trim().split('\n')[0] ?? '';
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}

function conditionOf(condition: string | boolean | undefined): string | undefined {
  return condition === undefined ? undefined : String(condition);
}

function checksOf(document: PlanDocument, checks: readonly CheckFile[]): readonly CheckSpec[] {
  const taken = new Set<string>();
  return checks.map((check, index) => {
    const path = ['verify', index];
    return {
      ...partOf(document, path, check.uses, settingsAt(document, [...path, 'with'])),
      name: check.name ?? check.uses,
      key: `verify/${uniqueSlug(check.name ?? check.uses, taken)}`,
      ...defined({ withinMs: check.within, everyMs: check.every }),
    };
  });
}

/** The entries that have a value, so that optional keys are absent rather than `undefined`. */
function defined<Entries extends Readonly<Record<string, unknown>>>(
  entries: Entries,
): { [Key in keyof Entries]?: Exclude<Entries[Key], undefined> } {
  const present: { [Key in keyof Entries]?: Exclude<Entries[Key], undefined> } = {};
  for (const key in entries) {
    const value = entries[key];
    if (isDefined(value)) present[key] = value;
  }
  return present;
}

function isDefined<Value>(value: Value): value is Exclude<Value, undefined> {
  return value !== undefined;
}
