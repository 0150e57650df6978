// Expressions that do not parse, stand in the wrong place, or refer to what will not exist.

import { describe, expect, test } from '@jest/globals';
import { errorsIn, plan, type Row, step } from './errors-in.ts';

const expressions: readonly Row[] = [
  {
    name: 'an expression in a script',
    plan: step('      - run: echo ${{ inputs.note }}'),
    errors: ['7:19 [expression-in-run] an expression inside a script could inject commands'],
  },
  {
    name: 'an expression in a script of many lines',
    plan: step('      - run: |', '          set -e', '          echo "${{ service }}"'),
    errors: ['9:17 [expression-in-run] an expression inside a script could inject commands'],
  },
  {
    name: 'an expression in a script inside settings',
    plan: step('      - { uses: run, with: { run: "echo ${{ service }}" } }'),
    errors: ['7:41 [expression-in-run] an expression inside a script could inject commands'],
  },
  {
    name: 'an input that is not declared',
    plan: plan(
      'inputs: { note: { type: string } }',
      'components: { api: { uses: helm-release, with: { release: "${{ inputs.nota }}" } } }',
    ),
    errors: ['4:71 [expression-unknown-property] `inputs` has no `nota`'],
  },
  {
    name: 'a context that does not exist',
    plan: plan('components: { api: { uses: helm-release, with: { release: "${{ input.x }}" } } }'),
    errors: ['3:64 [expression-unknown-property] unknown name `input` in the expression'],
  },
  {
    name: 'the secrets context',
    plan: step('      - { run: make, env: { PASSWORD: "${{ secrets.PASSWORD }}" } }'),
    errors: ['7:44 [expression-unknown-property] unknown name `secrets` in the expression'],
  },
  {
    name: 'the github context',
    plan: step('      - { run: make, if: github.actor }'),
    errors: ['7:26 [expression-unknown-property] unknown name `github` in the expression'],
  },
  {
    name: 'versions in settings of components',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: "${{ components.api.to.version }}" } } }',
    ),
    errors: ['3:64 [expression-unknown-property] unknown name `components` in the expression'],
  },
  {
    name: 'a property that versions do not have',
    plan: step('      - { run: make, if: components.api.from.versoin }'),
    errors: ['7:46 [expression-unknown-property] `components.api.from` has no `versoin`'],
  },
  {
    name: 'what was deployed, in a check that also runs after a rollback',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify: [{ uses: http, with: { url: "https://a.example/${{ deploy.versions.api }}", expect: 1 } }]',
    ),
    errors: ['4:60 [expression-unknown-property] unknown name `deploy` in the expression'],
  },
  {
    name: 'what was deployed, in a check that runs only after a rollback',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify: [{ uses: http, after: rollback, with: { url: "https://a.example/${{ deploy.commit }}", expect: 1 } }]',
    ),
    errors: ['4:77 [expression-unknown-property] unknown name `deploy` in the expression'],
  },
  {
    name: 'what was deployed, in a step',
    plan: step('      - { run: make, if: deploy.commit }'),
    errors: ['7:26 [expression-unknown-property] unknown name `deploy` in the expression'],
  },
  {
    name: 'a property of a plain value',
    plan: step('      - { run: make, if: service.name }'),
    errors: ['7:34 [expression-unknown-property] `service` is a plain value and has no `name`'],
  },
  {
    name: 'a step that comes later',
    plan: step('      - { run: make, if: steps.later.outcome }', '      - { id: later, run: make }'),
    errors: ['7:32 [expression-unknown-property] `steps` has no `later`'],
  },
  {
    name: 'a step beside it in a parallel phase',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'phases:',
      '  - name: one',
      '    parallel: true',
      '    steps:',
      '      - { id: a, run: make }',
      '      - { run: make, if: steps.a.outcome }',
    ),
    errors: ['9:32 [expression-unknown-property] `steps` has no `a`'],
  },
  {
    name: 'braces that are never closed',
    plan: step('      - { uses: scale, with: { workload: "${{ service", replicas: 1 } }'),
    errors: ['7:43 [expression-syntax] `${{` is never closed with `}}`'],
  },
  {
    name: 'an expression that does not parse',
    plan: step('      - { run: make, if: "failure() &&" }'),
    errors: ["7:37 [expression-syntax] the expression does not parse: unexpected end of expression: '&&'"],
  },
  {
    name: 'double quotes in an expression',
    plan: step('      - run: make', '        if: service == "shop"'),
    errors: ['8:24 [expression-syntax] the expression does not parse: unexpected symbol: \'"shop"\''],
  },
  {
    name: 'an empty expression',
    plan: step('      - { run: make, env: { A: "${{ }}" } }'),
    errors: ['7:36 [expression-syntax] an expression can not be empty'],
  },
  {
    name: 'a function that does not exist',
    plan: step('      - { run: make, if: alway() }'),
    errors: ['7:26 [expression-syntax] unknown function `alway`'],
  },
  {
    name: 'a function that JavaScript objects have',
    plan: step('      - { run: make, if: constructor(1) }'),
    errors: ['7:26 [expression-syntax] unknown function `constructor`'],
  },
  {
    name: 'too many arguments',
    plan: step('      - { run: make, if: "failure(1)" }'),
    errors: [
      "7:27 [expression-syntax] the expression does not parse: too many parameters supplied: 'failure'",
    ],
  },
  {
    name: 'text around a condition',
    plan: step('      - { run: make, if: "${{ failure() }} or so" }'),
    errors: [
      '7:27 [expression-syntax] a condition is one expression; text around `${{ }}` would make it always true',
    ],
  },
  {
    name: 'a status function outside conditions',
    plan: step('      - { run: make, env: { A: "${{ always() }}" } }'),
    errors: [
      '7:36 [expression-not-here] `always()`, `success()`, `failure()` and `cancelled()` are for conditions',
    ],
  },
  {
    name: 'an expression where none is computed',
    plan: plan('owner: ${{ service }}', 'components: { api: { uses: helm-release, with: { release: a } } }'),
    errors: ['3:8 [expression-not-here] expressions are not computed here'],
  },
  {
    name: 'an expression in a key',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify: [{ uses: http, with: { url: https://a.example, headers: { "${{ service }}": a }, expect: 1 } }]',
    ),
    errors: ['4:68 [expression-not-here] expressions are not computed in keys'],
  },
  {
    name: 'an expression of more than 1000 characters',
    plan: step(`      - { run: make, if: "${'1 == '.repeat(200)}1" }`),
    errors: ['7:27 [expression-syntax] an expression has at most 1000 characters, this one 1001'],
  },
  {
    name: 'brackets fifty deep in an expression',
    plan: step(`      - { run: make, if: "${'('.repeat(60)}1${')'.repeat(60)}" }`),
    errors: ["7:77 [expression-syntax] the expression does not parse: exceeded max expression depth 50: '('"],
  },
];

describe('expressions', () => {
  test.each(expressions)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});
