// Which conditions count when, that what was measured before the deploy comes to the very one it was measured of, and
// that a trigger of several checks is one condition.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Before, Measurement } from '../../src/checks/check-kind.ts';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { stepKinds } from '../../src/steps/registry.ts';
import type { Scope } from '../../src/values/expression-evaluation.ts';
import {
  bindCalled,
  bindChecks,
  bindConditions,
  checksFor,
  conditionKeys,
  lookedAtTooLate,
} from '../../src/verify/bind-checks.ts';
import type { Condition } from '../../src/verify/watch.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';
import { sampleKinds } from '../plan/sample-kinds.ts';

test('no two conditions share what was measured before the deploy', () => {
  const check = '{ uses: http, with: { url: https://shop.example/health, expect: { status: 200 } } }';
  const named = check.replace('{', '{ name: trigger errors,');
  const text = `version: 1
service: shop
components:
  api: { uses: helm-release, with: { release: shop-api } }
verify: [${check}, ${check}, ${named}]
triggers: { errors: { check: ${check} }, down: { all: [${check}, ${check}] } }
`;
  const { plan, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const keys = plan === undefined ? [] : conditionKeys(plan);
  expect([keys.length, new Set(keys).size]).toEqual([5, 5]);
});

test('what waits until the window is over before it looks is named, with its place', () => {
  const text = `version: 1
service: shop
components:
  api: { uses: helm-release, with: { release: shop-api } }
verify:
  - { name: in time, uses: http, with: { url: https://shop.example/ }, delay: 59s }
  - { name: late, uses: http, with: { url: https://shop.example/ }, delay: 1m }
  - { name: only warns, uses: http, with: { url: https://shop.example/ }, delay: 5m, weight: 0 }
  - { name: decides, uses: http, with: { url: https://shop.example/ }, delay: 5m, weight: 0, key: true }
  - { name: afterwards, uses: http, with: { url: https://shop.example/ }, delay: 5m, after: rollback }
triggers:
  errors: { check: { uses: http, with: { url: https://shop.example/ } }, delay: 2m }
  quick: { check: { uses: http, with: { url: https://shop.example/ } } }
`;
  const { plan } = parsePlan(text, 'rollback.yml', {
    components: componentKinds,
    steps: stepKinds,
    checks: checkKinds,
  });
  if (plan === undefined) throw new Error('the plan is not one');
  const late = lookedAtTooLate(plan, 60_000).map(({ name, where, delayMs }) => [name, where.line, delayMs]);
  expect(late).toEqual([
    ['late', 7, 60_000],
    ['decides', 9, 300_000],
    ['trigger errors', 12, 120_000],
  ]);
  expect(lookedAtTooLate(plan, 301_000)).toEqual([]);
});

describe('a trigger of several checks', () => {
  let world: TestWorld;
  let server: Server;
  let base = '';
  let up = 1;
  let status = 200;

  beforeAll(async () => {
    world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
    server = createServer((request, response) => {
      if (request.url === '/health') return void response.writeHead(status).end();
      const result = [{ metric: {}, value: [1, String(up)] }];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  function down(before?: Before): Condition {
    const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: shop-api } } }
triggers:
  down:
    all:
      - { uses: prometheus, with: { url: "${base}", query: up, expect: 1 } }
      - { uses: http, with: { url: "${base}/health" } }
`;
    const kinds = { components: componentKinds, steps: stepKinds, checks: checkKinds };
    const { plan } = parsePlan(text, 'rollback.yml', kinds);
    if (plan === undefined) throw new Error('no plan');
    const scope = (status: Scope['status']): Scope => ({ contexts: {}, status });
    const known = before === undefined ? [] : [['triggers/down', before] as const];
    const [condition, ...others] = bindConditions(plan, checkKinds, scope, {
      steady: false,
      before: new Map(known),
      occasion: 'any',
    });
    if (condition === undefined || others.length > 0) throw new Error('not one condition');
    return condition;
  }

  test.each([
    [1, 200, 'pass', /^0 of 2 fail: prometheus: pass.*; http: pass/],
    // A scrape that is gone is no outage while users are served, and users who are not may be this runner alone.
    [0, 200, 'pass', /^1 of 2 fail: http: pass.*; prometheus: fail/],
    [1, 500, 'pass', /^1 of 2 fail: prometheus: pass.*; http: fail.*500/],
    [0, 500, 'fail', /^2 of 2 fail: prometheus: fail.*expected 1.*; http: fail.*500/],
    [Number.NaN, 500, 'inconclusive', /^1 of 2 fail: http: fail.*; prometheus: inconclusive.*NaN/],
    [Number.NaN, 200, 'pass', /^0 of 2 fail: http: pass.*; prometheus: inconclusive/],
  ])('up %p and status %p: %s', async (isUp, answered, state, evidence) => {
    up = isUp;
    status = answered;
    const { kind, settle } = down();
    const found = await kind.measure(world.context(), settle());
    expect([found.state, found.evidence, found.plot]).toEqual([
      state,
      expect.stringMatching(evidence),
      undefined,
    ]);
  });

  test('is excused only if all of them failed before', () => {
    const earlier = (state: Measurement['state']): Before => ({
      at: '2026-11-21T10:00:00Z',
      state,
      value: [],
    });
    expect([down().excused, down(earlier('fail')).excused, down(earlier('inconclusive')).excused]).toEqual([
      false,
      true,
      false,
    ]);
  });
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
  down:
    all:
      - { uses: http, with: { url: https://shop.example/ } }
      - { uses: prometheus, with: { url: http://p:9090, query: 'sum(increase(x[2m]))', expect: '> 0' } }
      - { uses: prometheus, with: { url: http://p:9090, query: 'sum(increase(x[1m]))', expect: '> 0' } }
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

const every = ['trigger errors', 'trigger logged', 'trigger quiet', 'trigger down'];
test.each([
  ['deploy', ['always', 'deployed', ...every]],
  ['rollback', ['always', 'back', ...every]],
  ['any', ['always', 'deployed', 'back', ...every]],
] as const)('conditions for: %s', (occasion, names) => {
  const bound = bindConditions(occasionsPlan(), checkKinds, scope, { steady: true, occasion });
  expect(bound.map(({ name }) => name)).toEqual(names);
});

test('where nothing was deployed, what has to know it is left out', () => {
  const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: shop-api } } }
verify:
  - { name: always, uses: http, with: { url: https://shop.example/ } }
  - { name: new, uses: version, with: { workload: deployment/api, expect: "\${{ deploy.versions.api }}" }, after: deploy }
triggers:
  other: { check: { uses: version, with: { workload: deployment/api, expect: "\${{ deploy.versions.api }}" } } }
  errors: { check: { uses: http, with: { url: https://shop.example/ } } }
`;
  const { plan, findings } = parsePlan(text, 'rollback.yml', kinds);
  if (plan === undefined) throw new Error(JSON.stringify(findings));
  const names = (nothingDeployed: boolean): readonly string[] =>
    bindConditions(plan, checkKinds, scope, { steady: true, occasion: 'deploy', nothingDeployed }).map(
      ({ name }) => name,
    );
  expect(names(true)).toEqual(['always', 'trigger errors']);
  expect(names(false)).toEqual(['always', 'new', 'trigger other', 'trigger errors']);
});

test('what a good deploy was verified with is what was looked at', () => {
  expect(checksFor(occasionsPlan(), 'deploy').map(({ name }) => name)).toEqual(['always', 'deployed']);
});

test('after a rollback its own checks have to pass, and the triggers that called', () => {
  const plan = occasionsPlan();
  expect(bindChecks(plan, checkKinds, scope).map(({ name }) => name)).toEqual(['always', 'back']);
  expect(
    bindCalled(plan, checkKinds, scope, ['logged', 'unknown', 'errors', 'down']).map(
      ({ name, withinMs, everyMs, passes, vote }) => ({ name, withinMs, everyMs, passes, vote }),
    ),
  ).toEqual([
    // As far back as each looks, and then as the plan says.
    { name: 'trigger errors', withinMs: 330_000, everyMs: 5_000, passes: 2, vote: 'alone' },
    { name: 'trigger logged', withinMs: 930_000, everyMs: 10_000, passes: 2, vote: 'alone' },
    // Of several checks as far as the one that looks back the furthest.
    { name: 'trigger down', withinMs: 150_000, everyMs: 10_000, passes: 2, vote: 'alone' },
  ]);
});
