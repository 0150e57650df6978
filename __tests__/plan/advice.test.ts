// Warnings: plans that would work, but not as well as their authors think.

import { expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.ts';
import { plan, warningsIn } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';

const component = 'components: { api: { uses: helm-release, with: { release: a } } }';
const verify = 'verify: [{ uses: http, with: { url: https://a.example, expect: 1 } }]';

test.each([
  [
    'a plan that verifies nothing',
    plan(component),
    [
      '1:1 [no-verify] the plan has no `verify`, so a rollback is judged by its components and not by what users see',
    ],
  ],
  [
    'a plan whose verify is empty',
    plan(component, 'verify: []'),
    [
      '4:1 [no-verify] the plan has no `verify`, so a rollback is judged by its components and not by what users see',
    ],
  ],
  [
    'a plan that looks only while a deploy is watched',
    plan(component, verify.replace('{ uses', '{ after: deploy, uses')),
    [
      '4:1 [no-verify] every check of `verify` is `after: deploy`, so a rollback is judged by its components and not by what users see',
    ],
  ],
  [
    'a component that no phase takes back',
    plan(component, verify, 'phases: [{ name: a, steps: [{ run: make }] }]'),
    ['3:15 [unused-component] no phase takes `api` back'],
  ],
  [
    'a secret that nothing names',
    plan(component, verify, 'secrets: [DB_PASSWORD]'),
    ['5:11 [unused-secret] nothing in the plan names the secret `DB_PASSWORD`'],
  ],
  [
    'an estimate above the budget',
    plan(component, verify, 'phases: [{ name: a, estimate: 90s, budget: 1m, steps: [{ rollback: api }] }]'),
    ['5:44 [over-budget] the phase is estimated at 90s, longer than its budget of 1m'],
  ],
])('%s is warned of, and still a plan', (_name, text, warnings) => {
  expect(warningsIn(text)).toEqual(warnings);
  expect(parsePlan(text, 'rollback.yml', sampleKinds).plan).toBeDefined();
});

test.each([
  ['a plan without phases uses all components', plan(component, verify)],
  [
    'a secret named in a setting is used',
    plan(
      component,
      'secrets: [TOKEN]',
      'verify: [{ uses: http, with: { url: https://a.example, headers: { a: "$TOKEN" }, expect: 1 } }]',
    ),
  ],
  [
    'a script may use any secret',
    plan(
      component,
      verify,
      'secrets: [TOKEN]',
      'phases: [{ name: a, steps: [{ rollback: api }, { run: ./x.sh }] }]',
    ),
  ],
  [
    'an estimate within the budget is fine',
    plan(component, verify, 'phases: [{ name: a, estimate: 1m, budget: 60s, steps: [{ rollback: api }] }]'),
  ],
  [
    'the same component in two conditional steps is fine',
    plan(
      component,
      verify,
      "phases: [{ name: a, steps: [{ rollback: api, if: service == 'a' }, { rollback: api, if: service != 'a' }] }]",
    ),
  ],
  [
    'the same component in two conditional phases is fine',
    plan(
      component,
      verify,
      "phases: [{ name: a, if: service == 'a', steps: [{ rollback: api }] }, { name: b, if: service != 'a', steps: [{ rollback: api }] }]",
    ),
  ],
  [
    'an expression may stand wherever a kind asks for something else',
    plan(
      component,
      verify,
      'inputs: { n: { type: number } }',
      'phases: [{ name: a, steps: [{ rollback: api }, { uses: scale, with: { workload: "deployment/${{ service }}", replicas: "${{ inputs.n }}" } }] }]',
    ),
  ],
])('%s', (_name, text) => {
  expect(parsePlan(text, 'rollback.yml', sampleKinds).findings).toEqual([]);
});
