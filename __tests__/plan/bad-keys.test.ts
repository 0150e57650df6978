// Keys that a plan does not have, and keys that it lacks.

import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.ts';
import { errorsIn, plan, type Row, step } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';

const unknownKeys: readonly Row[] = [
  {
    name: 'a misspelt key at the top',
    plan: plan('componets: {}'),
    errors: [
      '1:1 [missing-key] the plan has no `components`',
      '3:1 [unknown-key] unknown key `componets` in the plan',
    ],
  },
  {
    name: 'a misspelt key of a component',
    plan: plan('components: { api: { use: helm-release, uses: helm-release, with: { release: a } } }'),
    errors: ['3:22 [unknown-key] unknown key `use` in `components.api`'],
  },
  {
    name: 'a misspelt setting of a kind',
    plan: plan('components: { api: { uses: helm-release, with: { release: a, namspace: b } } }'),
    errors: ['3:62 [unknown-key] unknown key `namspace` in `components.api.with`'],
  },
  {
    name: 'a misspelt key of a step',
    plan: step('      - { rollback: api, timout: 5m }'),
    errors: ['7:26 [unknown-key] unknown key `timout` in `phases[0].steps[0]`'],
  },
  {
    name: "a workflow's key in a step",
    plan: step('      - { run: make, timeout-minutes: 5 }'),
    errors: ['7:22 [unknown-key] unknown key `timeout-minutes` in `phases[0].steps[0]`'],
  },
  {
    name: 'steps outside phases',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'steps: []'),
    errors: ['4:1 [unknown-key] unknown key `steps` in the plan'],
  },
  {
    name: 'a key of a later version at the top',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'notify: {}',
      'baseline: {}',
    ),
    errors: [
      '4:1 [unknown-key] `notify` is not supported by this version',
      '5:1 [unknown-key] `baseline` is not supported by this version',
    ],
  },
  {
    name: 'a key of a later version below',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'severities: { P0: { recover-within: 5m, may: [role:admin] } }',
    ),
    errors: ['4:41 [unknown-key] `may` is not supported by this version'],
  },
  {
    name: 'a setting that is unknown although its value is an expression',
    plan: plan('components: { api: { uses: helm-release, with: { release: a, colour: "${{ service }}" } } }'),
    errors: ['3:62 [unknown-key] unknown key `colour` in `components.api.with`'],
  },
  {
    name: 'a misspelt key of a check',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify:',
      '  - { uses: http, witin: 5m, with: { url: https://a.example, expect: 1 } }',
    ),
    errors: ['5:19 [unknown-key] unknown key `witin` in `verify[0]`'],
  },
];

const missingKeys: readonly Row[] = [
  {
    name: 'a plan without version',
    plan: 'service: shop\ncomponents: { api: { uses: helm-release, with: { release: a } } }\n',
    errors: ['1:1 [missing-key] the plan has no `version`'],
  },
  {
    name: 'a plan without service and components',
    plan: 'version: 1\n',
    errors: ['1:1 [missing-key] the plan has no `components`', '1:1 [missing-key] the plan has no `service`'],
  },
  {
    name: 'a component without a kind',
    plan: plan('components:', '  api: {}'),
    errors: ['4:3 [missing-key] `components.api` has no `uses`'],
  },
  {
    name: 'a phase without name and steps',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'phases:',
      '  - budget: 5m',
    ),
    errors: ['5:5 [missing-key] `phases[0]` has no `name`', '5:5 [missing-key] `phases[0]` has no `steps`'],
  },
  {
    name: 'settings that a kind requires',
    plan: plan('components:', '  api: { uses: helm-release }'),
    errors: ['4:3 [missing-key] `components.api.with` has no `release`'],
  },
  {
    name: 'a setting that a kind requires',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify:',
      '  - uses: http',
      '    with:',
      '      url: https://shop.example',
    ),
    errors: ['6:5 [missing-key] `verify[0].with` has no `expect`'],
  },
];

describe('unknown keys', () => {
  test.each(unknownKeys)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('missing keys', () => {
  test.each(missingKeys)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('the way out', () => {
  test.each([
    ['a misspelt key', plan('ownr: a'), 'did you mean `owner`?'],
    ['a key that resembles none', step('      - { rollback: api, x: 1 }'), undefined],
    ['a key of workflows', step('      - { run: make, timeout-minutes: 5 }'), 'write `timeout: 5m`'],
    [
      'another key of workflows',
      step('      - { run: make, continue-on-error: true }'),
      'write `on-failure: continue`',
    ],
    [
      'steps outside phases',
      plan('steps: []'),
      'steps belong into a phase: `phases: [{ name: …, steps: […] }]`',
    ],
    ['a key of a later version', plan('notify: {}'), 'delete it for now'],
    [
      'a setting of a kind',
      plan('components: { a: { uses: helm-release, with: { release: a, histori: 1 } } }'),
      'did you mean `history`?',
    ],
    [
      'a setting that resembles none',
      plan('components: { a: { uses: helm-release, with: { release: a, x: 1 } } }'),
      'known here: `release`, `namespace`, `history`',
    ],
  ])('is shown for %s', (_name, text, hint) => {
    const { findings } = parsePlan(text, 'rollback.yml', sampleKinds);
    const unknown = findings.find(({ rule }) => rule === 'unknown-key');
    expect(unknown?.hint).toEqual(
      hint ?? expect.stringContaining('known here: `id`, `name`, `if`, `rollback`'),
    );
  });
});
