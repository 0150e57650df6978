// What was measured before the deploy comes to the very condition that it was measured of, whatever people call it.

import { expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.ts';
import { conditionKeys } from '../../src/verify/bind-checks.ts';
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
