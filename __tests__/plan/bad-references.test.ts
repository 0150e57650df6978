// Names that name nothing, and steps that ask for what their kind cannot do.

import { describe, expect, test } from '@jest/globals';
import { errorsIn, plan, type Row, step } from './errors-in.ts';

const references: readonly Row[] = [
  {
    name: 'a component that is not declared',
    plan: step('      - rollback: apo'),
    errors: ['7:19 [unknown-component] there is no component `apo`'],
  },
  {
    name: 'a component far from any declared',
    plan: step('      - rollback: database'),
    errors: ['7:19 [unknown-component] there is no component `database`'],
  },
  {
    name: 'a kind that does not exist',
    plan: plan('components: { api: { uses: helm, with: {} } }'),
    errors: ['3:28 [unknown-kind] unknown component kind `helm`'],
  },
  {
    name: 'a misspelt kind',
    plan: plan('components: { api: { uses: helm-relaese, with: { release: a } } }'),
    errors: ['3:28 [unknown-kind] unknown component kind `helm-relaese`'],
  },
  {
    name: 'an action as a kind',
    plan: step('      - uses: actions/checkout@v4'),
    errors: ['7:15 [unknown-kind] `actions/checkout@v4` is an action, and `uses` names kinds of this plan'],
  },
  {
    name: 'a local action as a kind',
    plan: step('      - uses: ./.github/actions/restart'),
    errors: [
      '7:15 [unknown-kind] `./.github/actions/restart` is an action, and `uses` names kinds of this plan',
    ],
  },
  {
    name: 'a check kind as a step',
    plan: step('      - { uses: http, with: {} }'),
    errors: ["7:17 [unknown-kind] `http` is a check kind and can't be used as a step"],
  },
  {
    name: 'a phase that a scenario invents',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'phases: [{ name: application, steps: [{ rollback: api }] }]',
      'scenarios: { full: { phases: [aplication] } }',
    ),
    errors: ['5:31 [unknown-phase] there is no phase `aplication`'],
  },
  {
    name: 'two phases of one name',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'phases:',
      '  - { name: one, steps: [{ run: make }] }',
      '  - { name: one, steps: [{ run: make }] }',
    ),
    errors: ['6:13 [duplicate-phase] there is already a phase named `one`'],
  },
  {
    name: 'two steps of one id',
    plan: step('      - { id: stop, run: make }', '      - { id: Stop, run: make }'),
    errors: ['8:15 [duplicate-step-id] there is already a step with the id `Stop`'],
  },
  {
    name: 'two default scenarios',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'scenarios:',
      '  a: { default: true, phases: all }',
      '  b: { default: true, phases: all }',
    ),
    errors: ['6:17 [two-default-scenarios] `a` is the default scenario already'],
  },
  {
    name: 'the same component twice in one run',
    plan: step('      - rollback: api', '      - rollback: api'),
    errors: ['8:19 [duplicate-rollback] `api` is rolled back already in this run'],
  },
  {
    name: 'names that differ only in case',
    plan: plan(
      'components:',
      '  api: { uses: helm-release, with: { release: a } }',
      '  API: { uses: helm-release, with: { release: a } }',
    ),
    errors: ['5:3 [name-case] `API` differs from `api` only in upper and lower case'],
  },
  {
    name: 'an input whose default is not of its type',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'inputs: { n: { type: number, default: many } }',
    ),
    errors: ['4:39 [input-default] the default of `n` does not fit: "many" is not a number'],
  },
  {
    name: 'a choice without options',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'inputs: { colour: { type: choice } }',
    ),
    errors: ['4:11 [input-default] the choice `colour` has no options'],
  },
  {
    name: 'a default that is no option',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'inputs: { colour: { type: choice, options: [red, green], default: blue } }',
    ),
    errors: ['4:67 [input-default] the default of `colour` does not fit: "blue" is none of red, green'],
  },
];

const steps: readonly Row[] = [
  {
    name: 'a step that does nothing',
    plan: step('      - { name: think }'),
    errors: ['7:9 [step-verb] the step does nothing'],
  },
  {
    name: 'a step with two verbs',
    plan: step('      - { rollback: api, run: make }'),
    errors: ['7:26 [step-verb] the step has `rollback` and `run`'],
  },
  {
    name: 'settings on a rollback',
    plan: step('      - { rollback: api, with: { release: b } }'),
    errors: ['7:26 [step-option] settings of a rollback stand with its component'],
  },
  {
    name: 'a shell without a script',
    plan: step('      - { uses: scale, shell: sh, with: { workload: deployment/a, replicas: 1 } }'),
    errors: ['7:24 [step-option] `shell` belongs to `run`'],
  },
  {
    name: 'an environment without a script',
    plan: step('      - { rollback: api, env: { A: b } }'),
    errors: ['7:26 [step-option] `env` belongs to `run`'],
  },
  {
    name: "compensation that the kind can't do",
    plan: step('      - { rollback: api, on-failure: compensate }'),
    errors: ["7:38 [step-option] the kind `helm-release` can't compensate"],
  },
  {
    name: 'retries of what is never repeated',
    plan: step('      - { run: make, retries: 3 }'),
    errors: ['7:31 [step-option] a script is run once, so `retries` has no effect'],
  },
];

describe('references', () => {
  test.each(references)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('steps', () => {
  test.each(steps)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});
