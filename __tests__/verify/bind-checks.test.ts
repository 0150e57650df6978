// Which conditions count when, and that what was measured before the deploy comes to the very one it was measured of.

import { expect, test } from '@jest/globals';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { stepKinds } from '../../src/steps/registry.ts';
import { bindCalled, bindChecks, bindConditions, conditionKeys } from '../../src/verify/bind-checks.ts';
import { sampleKinds } from '../plan/sample-kinds.ts';

test('no two conditions share what was measured before the deploy', () => {
  const check = '{ uses: http, with: { url: https://shop.example/health, expect: { status: 200 } } }';
  const named = check.replace('{', '{ name: trigger errors,');
  const text = `version: 1
service: shop
components:
  api: { uses: helm-release, with: { release: shop-api } }
verify: [${check}, ${check}, ${named}]
triggers: { errors: { check: ${check} } }
`;
  const { plan, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const keys = plan === undefined ? [] : conditionKeys(plan);
  expect([keys.length, new Set(keys).size]).toEqual([4, 4]);
});

const occasions = `version: 1
service: shop
components:
  api: { uses: helm-release, with: { release: shop-api } }
recovery: { passes: 2, within: 30s }
verify:
  - { name: always, uses: http, with: { url: https://shop.example/ } }
  - { name: deployed, uses: http, with: { url: https://shop.example/ }, after: deploy }
  - { name: back, uses: http, with: { url: https://shop.example/ }, after: rollback }
triggers:
  errors:
    check: { uses: prometheus, with: { url: http://p:9090, query: 'sum(rate(x[5m])) / sum(rate(y[5m]))', expect: '<= 0.05' } }
    every: 5s
  logged: { check: { uses: logs, with: { workload: deployment/api, match: panic } } }
  quiet: { check: { uses: http, with: { url: https://shop.example/ } } }
`;
const kinds = { components: componentKinds, steps: stepKinds, checks: checkKinds };
const scope = (): never => {
  throw new Error('nothing is evaluated here');
};

function occasionsPlan() {
  const { plan, findings } = parsePlan(occasions, 'rollback.yml', kinds);
  if (plan === undefined) throw new Error(JSON.stringify(findings));
  return plan;
}

const every = ['trigger errors', 'trigger logged', 'trigger quiet'];
test.each([
  ['deploy', ['always', 'deployed', ...every]],
  ['rollback', ['always', 'back', ...every]],
  ['any', ['always', 'deployed', 'back', ...every]],
] as const)('conditions for: %s', (occasion, names) => {
  const bound = bindConditions(occasionsPlan(), checkKinds, scope, { steady: true, occasion });
  expect(bound.map(({ name }) => name)).toEqual(names);
});

test('after a rollback its own checks have to pass, and the triggers that called', () => {
  const plan = occasionsPlan();
  expect(bindChecks(plan, checkKinds, scope).map(({ name }) => name)).toEqual(['always', 'back']);
  expect(
    bindCalled(plan, checkKinds, scope, ['logged', 'unknown', 'errors']).map(
      ({ name, withinMs, everyMs, passes, vote }) => ({ name, withinMs, everyMs, passes, vote }),
    ),
  ).toEqual([
    // As far back as each looks, and then as the plan says.
    { name: 'trigger errors', withinMs: 330_000, everyMs: 5_000, passes: 2, vote: 'alone' },
    { name: 'trigger logged', withinMs: 930_000, everyMs: 10_000, passes: 2, vote: 'alone' },
  ]);
});
