// What expressions can see: once as the names that will exist, for the linter, and once as values, for the run.
// Both stand here side by side so that they can't drift apart.

import type { Scope } from '../values/expression-evaluation.ts';
import { type Shape, shapeOfNames } from '../values/expression-references.ts';
import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import type { Version } from '../values/version.ts';
import type { Outline, StepOutline } from './outline.ts';
import type { InputValues, TargetSpec } from './plan.ts';

/** Everything known about a run at the moment an expression is computed. */
export type ScopeFacts = {
  readonly service: string;
  readonly target: Pick<TargetSpec, 'name' | 'environment' | 'context' | 'namespace' | 'vars'>;
  readonly inputs: InputValues;
  readonly incident: {
    readonly id: string;
    readonly reason: string;
    readonly scenario: string;
    readonly actor: string;
    readonly severity?: string;
  };
  /** What `verify` was told that the deploy has put out; who looks after a rollback, too, does not see it. */
  readonly deploy?: {
    readonly commit?: string | undefined;
    readonly versions: Readonly<Record<string, string>>;
  };
  /** By component name; absent until versions are pinned. */
  readonly components?: ReadonlyMap<
    string,
    { readonly from: Version; readonly to: Version; readonly live: Version }
  >;
  /** By step id, the steps that are over. */
  readonly steps?: ReadonlyMap<string, { readonly outcome: string; readonly outputs: JsonObject }>;
  readonly status?: Scope['status'];
};

/** The values behind the names of `shapesOf`. */
export function scopeFor(facts: ScopeFacts): Scope {
  const { service, target, inputs, incident, deploy, components, steps, status } = facts;
  const contexts: JsonObject = {
    service,
    inputs,
    vars: target.vars,
    target: {
      name: target.name,
      environment: target.environment ?? null,
      context: target.context ?? null,
      namespace: target.namespace ?? null,
    },
    incident: { ...incident, severity: incident.severity ?? null },
    deploy: { commit: deploy?.commit ?? null, versions: deploy?.versions ?? {} },
    components: mapValues(components, ({ from, to, live }) => ({
      from: ofVersion(from),
      to: ofVersion(to),
      live: ofVersion(live),
    })),
    steps: mapValues(steps, ({ outcome, outputs }) => ({ outcome, outputs })),
  };
  return { contexts, status: status ?? { failed: false, cancelled: false } };
}

function ofVersion({ id, names, label, digest }: Version): JsonObject {
  return { version: id, names: names ?? [], label, digest };
}

function mapValues<Value>(
  map: ReadonlyMap<string, Value> | undefined,
  turn: (value: Value) => Json,
): JsonObject {
  return Object.fromEntries(Array.from(map ?? [], ([name, value]) => [name, turn(value)]));
}

/** Where in a run an expression is computed. */
export type Moment =
  /** Before anything is read: component settings. */
  | { readonly pinned: false }
  /**
   * After versions are pinned; `earlier` are the steps that will be over, `others` those that won't, and why. `deployed`:
   * only while a deploy is watched, never after a rollback.
   */
  | {
      readonly pinned: true;
      readonly earlier: readonly StepOutline[];
      readonly others: readonly Unseen[];
      readonly deployed?: true;
    };

export type Unseen = { readonly steps: readonly StepOutline[]; readonly because: string };

const version: Shape = namesOf({ version: 'value', names: 'any', label: 'value', digest: 'value' });

const absentEverywhere: readonly (readonly [string, string])[] = [
  ['secrets', 'list the secret under `secrets:` and read it from the environment by its name'],
  ['env', 'a script reads its environment itself: `$NAME`'],
  ['github', 'a plan also runs without GitHub; take what you need as an input'],
  ['needs', 'a plan has no jobs; take what you need as an input'],
  ['matrix', 'a plan has `target` and `vars` instead'],
  ['runner', 'a script asks the machine itself'],
  ['job', 'conditions have `success()`, `failure()` and `cancelled()`'],
];

const deployed = namesOf({ commit: 'value', versions: 'any' });
/** A check of `verify` also runs after a rollback, and a step only in one. */
const nothingDeployed = [
  [
    'deploy',
    'only triggers, and checks with `after: deploy`, know what was deployed, because after a rollback nothing was; `components.<name>.to` is what has to be live, then and now',
  ],
] as const;

/** The names an expression may use, by moment. What does not depend on the moment is put together once. */
export function shapesOf(outline: Outline): (moment: Moment) => Shape {
  const vars = outline.targets.flatMap(({ value }) =>
    isJsonObject(value['vars']) ? Object.keys(value['vars']) : [],
  );
  const pinned = namesOf({ from: version, to: version, live: version });
  const components = shapeOfNames(outline.components.map(({ name }) => [name, pinned]));
  const always: readonly (readonly [string, Shape])[] = [
    ['service', 'value'],
    ['inputs', shapeOfNames(outline.inputs.map(({ name }) => [name, 'value']))],
    ['vars', shapeOfNames(vars.map((name) => [name, 'value']))],
    ['target', namesOf({ name: 'value', environment: 'value', namespace: 'value', context: 'value' })],
    [
      'incident',
      namesOf({ id: 'value', reason: 'value', severity: 'value', scenario: 'value', actor: 'value' }),
    ],
  ];
  const beforePins = shapeOfNames(always, [
    ...absentEverywhere,
    ...nothingDeployed,
    ['components', 'settings of components are needed to find the versions, and come before them'],
    ['steps', 'settings of components are computed before any step'],
  ]);
  return (moment) => {
    if (!moment.pinned) return beforePins;
    const steps = shapeOfSteps(moment.earlier, moment.others);
    const names = [...always, ['components', components], ['steps', steps]] as const;
    return moment.deployed === true
      ? shapeOfNames([...names, ['deploy', deployed]], absentEverywhere)
      : shapeOfNames(names, [...absentEverywhere, ...nothingDeployed]);
  };
}

function shapeOfSteps(earlier: readonly StepOutline[], others: readonly Unseen[]): Shape {
  const one = namesOf({ outcome: 'value', outputs: 'any' });
  return shapeOfNames(
    earlier.flatMap(({ id }) => (id === undefined ? [] : [[id, one] as const])),
    others.flatMap(({ steps, because }) =>
      steps.flatMap(({ id }) => (id === undefined ? [] : [[id, because] as const])),
    ),
  );
}

function namesOf(names: Readonly<Record<string, Shape>>): Shape {
  return shapeOfNames(Object.entries(names));
}
