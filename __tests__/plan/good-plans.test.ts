// Plans that are good: what they become, which defaults they get, and how parts are chosen from them.

import { describe, expect, test } from '@jest/globals';
import { RollbackPlanError } from '../../src/errors.ts';
import { phasesFor, severityFor, targetFor } from '../../src/plan/choose.ts';
import { parsePlan, planDigest } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { linesOf } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';

const smallest = `version: 1
service: shop
components:
  api: { uses: helm-release, with: { release: shop-api } }
verify:
  - { uses: http, with: { url: https://shop.example/health, expect: { status: 200 } } }
`;

const large = `version: 1
service: checkout
owner: platform-team
inputs:
  restore-point: { type: timestamp, description: when it was still good }
secrets: [DB_PASSWORD]
targets:
  eu: { environment: production-eu, watch-environments: [eu-watch], context: eu-1, namespace: shop, vars: { url: "https://eu.shop.example" } }
  us: { environment: production-us, context: us-1, namespace: shop, vars: { url: "https://us.shop.example" } }
components:
  "7": { uses: helm-release, with: { release: seven } }
  api: { uses: helm-release, with: { release: "checkout-\${{ target.name }}" } }
  config: &config { uses: config-tag, with: { paths: [config/], tags: "v*" } }
  more-config: *config
severities:
  P0: { recover-within: 15m, description: users can not pay }
phases:
  - name: Stop the bleeding!
    estimate: 20s
    budget: 1m
    steps:
      - { id: pause, uses: scale, with: { workload: deployment/api, replicas: 0 }, timeout: 1m30s, retries: 2, on-failure: compensate }
      - run: |
          echo "$URL"
          exit 0
        env: { URL: "\${{ vars.url }}", COUNT: 3, LOUD: true }
        on-failure: continue
  - name: application
    parallel: true
    steps: [{ rollback: "7" }, { rollback: api }, { rollback: config, name: take the configuration back }, { rollback: more-config }]
  - name: reopen
    if: \${{ always() }}
    steps:
      - { uses: scale, with: { workload: deployment/api, replicas: "\${{ steps.pause.outputs.replicas }}" } }
      - { uses: scale, if: components.api.to.version != '3', with: { workload: deployment/b, replicas: 1 } }
scenarios:
  application: { default: true, phases: [application] }
  full: { phases: all }
  calm: { phases: [reopen, application] }
verify:
  - { uses: http, with: { url: "\${{ vars.url }}", expect: { status: [200, 204] } }, within: 2m, every: 5s }
  - { name: pays, uses: http, with: { url: "\${{ vars.url }}/pay", expect: "~ ok" } }
records: { incidents: docs/incidents/, publish: commit, branch: main }
`;

function good(text: string): Plan {
  const { plan, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(linesOf(findings, 'error')).toEqual([]);
  expect(linesOf(findings, 'warning')).toEqual([]);
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

describe('the smallest plan', () => {
  const plan = good(smallest);

  test('has one target with neither context nor namespace', () => {
    expect([...plan.targets.values()]).toMatchObject([{ name: 'default', vars: {} }]);
    expect(targetFor(plan).context).toBeUndefined();
  });

  test('has one phase that takes every component back', () => {
    expect(plan.phases).toEqual([
      {
        name: 'roll back',
        key: 'roll-back',
        parallel: false,
        where: { file: 'rollback.yml', line: 3, column: 1 },
        steps: [
          {
            type: 'rollback',
            component: 'api',
            key: 'roll-back/api',
            title: 'roll api back',
            onFailure: 'stop',
            where: { file: 'rollback.yml', line: 4, column: 3 },
          },
        ],
      },
    ]);
  });

  test('keeps records in incidents and publishes nothing', () => {
    expect(plan.records).toEqual({ incidents: 'incidents', drills: 'drills', publish: 'none' });
  });

  test('has the digest of its text', () => {
    expect(plan.digest).toBe(planDigest(smallest));
    expect(planDigest(`${smallest} `)).not.toBe(plan.digest);
  });

  test('tells where each check and each of its settings stands', () => {
    const [check] = plan.verify;
    expect(check).toMatchObject({ name: 'http', key: 'verify/http', where: { line: 6, column: 13 } });
    expect(check?.locate(['expect', 'status'])).toMatchObject({ line: 6, column: 79 });
    expect(check?.locate(['timeout'])).toMatchObject({ line: 6, column: 19 });
  });
});

test('checks that are called the same are told apart, in everything that is shown of them', () => {
  const check = (url: string, name = ''): string =>
    `  - { ${name}uses: http, with: { url: "https://${url}.example/", expect: { status: 200 } } }\n`;
  const plan = good(
    `${smallest.slice(0, smallest.indexOf('verify:'))}verify:\n${check('a')}${check('b')}${check('c', 'name: http, ')}${check('d', 'name: cart, ')}`,
  );
  expect(plan.verify.map(({ name, key }) => [name, key])).toEqual([
    ['http', 'verify/http'],
    ['http 2', 'verify/http-2'],
    ['http 3', 'verify/http-3'],
    ['cart', 'verify/cart'],
  ]);
});

describe('a large plan', () => {
  const plan = good(large);
  const steps = plan.phases.flatMap((phase) => phase.steps);

  test('keeps the order written, even of names that are numbers', () => {
    expect([...plan.components.keys()]).toEqual(['7', 'api', 'config', 'more-config']);
    expect([...plan.targets.keys()]).toEqual(['eu', 'us']);
  });

  test('gives every step a key of its own', () => {
    expect(steps.map(({ key }) => key)).toEqual([
      'stop-the-bleeding/pause',
      'stop-the-bleeding/run',
      'application/7',
      'application/api',
      'application/config',
      'application/more-config',
      'reopen/scale',
      'reopen/scale-2',
    ]);
  });

  test('has durations in milliseconds', () => {
    expect(plan.phases[0]).toMatchObject({ estimateMs: 20_000, budgetMs: 60_000 });
    expect(steps[0]).toMatchObject({ timeoutMs: 90_000, retries: 2, onFailure: 'compensate' });
    expect(plan.verify[0]).toMatchObject({ withinMs: 120_000, everyMs: 5000 });
    expect(plan.severities.get('P0')?.recoverWithinMs).toBe(900_000);
  });

  test('reads a script as the kind run, with an environment of texts', () => {
    expect(steps[1]).toMatchObject({
      type: 'act',
      uses: 'run',
      title: 'echo "$URL"',
      onFailure: 'continue',
      with: { run: 'echo "$URL"\nexit 0\n', env: { URL: '${{ vars.url }}', COUNT: '3', LOUD: 'true' } },
      where: { line: 23, column: 9 },
    });
    const [, script] = steps;
    expect(script?.type === 'act' && script.locate(['env', 'COUNT'])).toMatchObject({ line: 26, column: 47 });
  });

  test('leaves conditions as they are written, and their absence absent', () => {
    expect(plan.phases.map((phase) => phase.if)).toEqual([undefined, undefined, '${{ always() }}']);
    expect(Object.hasOwn(plan.phases[0] ?? {}, 'if')).toBe(false);
  });

  test('expands an alias into the same settings', () => {
    expect(plan.components.get('more-config')?.with).toEqual({ paths: ['config/'], tags: 'v*' });
  });

  test.each([
    [undefined, 'application', ['application']],
    ['full', 'full', ['Stop the bleeding!', 'application', 'reopen']],
    ['calm', 'calm', ['application', 'reopen']],
    ['all', 'all', ['Stop the bleeding!', 'application', 'reopen']],
  ])('the scenario %s is %s and runs its phases in plan order', (given, scenario, names) => {
    const chosen = phasesFor(plan, given);
    expect(chosen.scenario).toBe(scenario);
    expect(chosen.phases.map(({ name }) => name)).toEqual(names);
  });

  test('a severity is optional', () => {
    expect(severityFor(plan)).toBeUndefined();
    expect(severityFor(plan, 'P0')?.name).toBe('P0');
  });

  test.each([
    [
      'a scenario',
      () => phasesFor(plan, 'ful'),
      'scenario-unknown',
      'the plan has no scenario `ful`',
      'Did you mean `full`?',
      36,
    ],
    [
      'a target',
      () => targetFor(plan, 'asia'),
      'target-unknown',
      'the plan has no target `asia`',
      'Known here: `eu`, `us`',
      7,
    ],
    [
      'no target of two',
      () => targetFor(plan),
      'target-unknown',
      'the plan has 2 targets and none was named',
      'Give the input `target` one of: eu, us.',
      7,
    ],
    [
      'a severity',
      () => severityFor(plan, 'P1'),
      'severity-unknown',
      'the plan has no severity `P1`',
      'Did you mean `P0`?',
      15,
    ],
  ])('%s that is not there is refused with the ones that are', (_name, choose, code, message, hint, line) => {
    expect(choose).toThrow(RollbackPlanError);
    try {
      choose();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code, message, hint, where: { line } });
    }
  });
});

test('a plan of 100 components and 200 steps is read in half the time that a hostile one may take', () => {
  const components = Array.from(
    { length: 100 },
    (_, n) => `  c${n}: { uses: helm-release, with: { release: r${n} } }`,
  );
  const scripts = Array.from(
    { length: 100 },
    (_, n) => `      - { id: s${n}, run: make, env: { A: "\${{ components.c${n}.to.version }}" } }`,
  );
  const rollbacks = Array.from({ length: 100 }, (_, n) => `      - { rollback: c${n} }`);
  const text = [
    'version: 1',
    'service: shop',
    'components:',
    ...components,
    'phases:',
    '  - name: all',
    '    steps:',
    ...scripts,
    ...rollbacks,
  ].join('\n');
  parsePlan(text, 'rollback.yml', sampleKinds);
  const started = performance.now();
  const { plan, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(linesOf(findings, 'error')).toEqual([]);
  expect(plan?.phases[0]?.steps).toHaveLength(200);
});
