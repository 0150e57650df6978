// Triggers and drills that are good: what they become, and which defaults they get.

import { describe, expect, test } from '@jest/globals';
import { triggerFor } from '../../src/plan/choose.ts';
import { namesDeploy } from '../../src/plan/lint-kinds.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Json } from '../../src/values/json.ts';
import { renderDeclared } from '../../src/verify/detection.ts';
import { sampleKinds } from './sample-kinds.ts';
import { breaking, watched } from './watch-sections.ts';

const large = `version: 1
service: shop
targets:
  staging: { namespace: staging, vars: { url: "https://staging.example" } }
  production: { namespace: shop, vars: { url: "https://shop.example" } }
components:
  api: { uses: helm-release, with: { release: shop-api } }
severities: { P0: {} }
phases:
  - { name: application, steps: [{ rollback: api }] }
scenarios:
  full: { phases: all }
verify:
  - { uses: http, failures: 5, with: { url: "\${{ vars.url }}", expect: 1 } }
triggers:
  "9":
    check: { uses: http, with: { url: "\${{ vars.url }}/\${{ components.api.live.label }}", expect: { status: 200 } } }
    every: 15s
    failures: 2
    severity: P0
    scenario: full
  errors:
    check: { uses: http, with: { url: "\${{ vars.url }}/errors", expect: "< 5" } }
    scenario: all
drill:
  target: staging
  scenario: full
  detect-within: 2m
  break:
    - { id: scaled, uses: scale, with: { workload: deployment/api, replicas: 0 }, retries: 1 }
    - { run: ./break.sh, env: { WAS: "\${{ steps.scaled.outputs.replicas }}" } }
    - { run: ./break.sh }
  restore:
    - { uses: scale, with: { workload: deployment/api, replicas: "\${{ steps.scaled.outputs.replicas }}" } }
records: { drills: docs/drills/, publish: pull-request, branch: main }
`;

function good(text: string): Plan {
  const { plan, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(findings).toEqual([]);
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

describe('a plan with triggers and a drill', () => {
  const plan = good(large);

  test('keeps triggers in the order written, with what each is made of', () => {
    const file = 'rollback.yml';
    expect([...plan.triggers.values()]).toEqual([
      {
        name: '9',
        checks: [
          {
            uses: 'http',
            with: {
              url: '${{ vars.url }}/${{ components.api.live.label }}',
              expect: { status: 200 },
            },
            where: { file, line: 17, column: 20 },
            locate: expect.any(Function),
          },
        ],
        everyMs: 15_000,
        patience: expect.objectContaining({ failures: { limit: 2, of: 2 } }),
        severity: 'P0',
        scenario: 'full',
        where: { file, line: 16, column: 4 },
      },
      {
        name: 'errors',
        checks: [expect.objectContaining({ with: { url: '${{ vars.url }}/errors', expect: '< 5' } })],
        everyMs: 10_000,
        patience: expect.objectContaining({ failures: { limit: 3, of: 3 } }),
        scenario: 'all',
        where: { file, line: 22, column: 3 },
      },
    ]);
  });

  test('takes ten minutes of looks five seconds apart', () => {
    const check = '{ uses: http, with: { url: https://a.example, expect: 1 } }';
    const patient = (failures: string): unknown =>
      good(
        watched('triggers:', `  slow: { every: 5s, failures: ${failures}, check: ${check} }`),
      ).triggers.get('slow')?.patience.failures;
    expect([patient('121'), patient('1000'), patient('90 of 121')]).toEqual([
      { limit: 121, of: 121 },
      { limit: 1000, of: 1000 },
      { limit: 90, of: 121 },
    ]);
  });

  test('takes several checks of one trigger, each with its place', () => {
    const check = '{ uses: http, with: { url: https://a.example, expect: 1 } }';
    const { triggers } = good(
      watched('triggers:', '  gone:', '    all:', `      - ${check}`, `      - ${check}`),
    );
    expect(
      triggers.get('gone')?.checks.map(({ uses, where, locate }) => [uses, where.line, locate(['url']).line]),
    ).toEqual([
      ['http', 8, 8],
      ['http', 9, 9],
    ]);
  });

  test("knows where each setting of a trigger's check stands", () => {
    expect(plan.triggers.get('9')?.checks[0]?.locate(['expect', 'status'])).toMatchObject({
      line: 17,
      column: 109,
    });
  });

  test('has a drill of two phases whose steps have keys of their own', () => {
    const { drill } = plan;
    expect(drill).toMatchObject({
      target: 'staging',
      scenario: 'full',
      detectWithinMs: 120_000,
      where: { line: 25, column: 1 },
      break: { name: 'break', key: 'break', parallel: false, where: { line: 29, column: 3 } },
      restore: { name: 'restore', key: 'restore', parallel: false, where: { line: 33, column: 3 } },
    });
    expect(drill?.break.steps.map(({ key }) => key)).toEqual(['break/scaled', 'break/run', 'break/run-2']);
    expect(drill?.restore?.steps.map(({ key }) => key)).toEqual(['restore/scale']);
    expect(drill?.break.steps[0]).toMatchObject({ type: 'act', uses: 'scale', id: 'scaled', retries: 1 });
    expect(drill?.break.steps[1]).toMatchObject({
      type: 'act',
      uses: 'run',
      with: { run: './break.sh', env: { WAS: '${{ steps.scaled.outputs.replicas }}' } },
    });
  });

  test('leaves the phases of a rollback as they are without the drill', () => {
    expect(plan.phases.map(({ key }) => key)).toEqual(['application']);
  });

  test('keeps records of drills in their folder and publishes by pull request', () => {
    expect(plan.records).toEqual({
      incidents: 'incidents',
      drills: 'docs/drills',
      publish: 'pull-request',
      branch: 'main',
    });
  });

  test('carries how patient a check is, and what is usual where the plan says nothing', () => {
    expect(plan.verify[0]?.patience.failures).toEqual({ limit: 5, of: 5 });
    expect(good(watched()).verify[0]).toMatchObject({
      patience: {
        failures: { limit: 3, of: 3 },
        delayMs: 0,
        inconclusiveLimit: 5,
        errorLimit: 5,
        onNoData: 'blind',
      },
      weight: 1,
      decisive: false,
    });
  });
});

test('a small drill has five minutes to notice, no target, no scenario and nothing to restore', () => {
  const { drill } = good(breaking('{ run: make }'));
  expect(drill?.detectWithinMs).toBe(300_000);
  expect(Object.keys(drill ?? {}).sort()).toEqual(['break', 'detectWithinMs', 'overdue', 'where']);
});

test('looks again after a rollback, a comment about the watch, and drills that may take months to be due', () => {
  const plan = good(
    `${breaking('{ run: make }')}\n  every: 90d\n  overdue: fail\nrecovery: { rechecks: [15m, 1h, 1d12h] }\nwatch: { comment: commit }\n`,
  );
  expect(plan.recovery.rechecksMs).toEqual([900_000, 3_600_000, 36 * 3_600_000]);
  expect(plan.watch).toEqual({ comment: 'commit' });
  expect([plan.drill?.everyMs, plan.drill?.overdue]).toEqual([90 * 86_400_000, 'fail']);
  const plain = good(breaking('{ run: make }'));
  expect([plain.recovery.rechecksMs, plain.watch.comment, plain.drill?.overdue]).toEqual([
    [],
    'none',
    'warn',
  ]);
});

test('follow-ups in the order written, with the times that a severity shortens', () => {
  const { followUps } = good(
    watched(
      'severities: { P0: {}, P1: {} }',
      'follow-ups:',
      '  postmortem: { title: Postmortem held, within: 48h, by-severity: { P0: 24h }, owner: sre-lead, overdue: fail }',
      '  "1": { within: 5d }',
    ),
  );
  const hour = 3_600_000;
  expect([...followUps.values()]).toEqual([
    {
      name: 'postmortem',
      title: 'Postmortem held',
      withinMs: 48 * hour,
      bySeverityMs: new Map([['P0', 24 * hour]]),
      owner: 'sre-lead',
      overdue: 'fail',
    },
    { name: '1', title: '1', withinMs: 120 * hour, bySeverityMs: new Map(), overdue: 'warn' },
  ]);
  expect(good(watched()).followUps.size).toBe(0);
});

test('a plan without them has neither triggers nor a drill', () => {
  const plan = good(watched());
  expect(plan.triggers.size).toBe(0);
  expect(Object.hasOwn(plan, 'drill')).toBe(false);
});

test('a phase whose name differs from the drill’s only in writing keeps its key, and the drill gets another', () => {
  const plan = good(
    breaking(
      '{ run: make }',
      '  restore: [{ run: make }]',
      'phases: [{ name: Break!, steps: [{ rollback: api }] }]',
    ),
  );
  expect(plan.phases[0]?.key).toBe('break');
  expect(plan.drill?.break).toMatchObject({ name: 'break', key: 'break-2', steps: [{ key: 'break-2/run' }] });
  expect(plan.drill?.restore?.key).toBe('restore');
});

test('triggers alone can notice what a drill breaks', () => {
  const text = [
    'version: 1',
    'service: shop',
    'components: { api: { uses: helm-release, with: { release: a } } }',
    'triggers: { up: { check: { uses: http, with: { url: https://a.example, expect: 1 } } } }',
    'drill: { break: [{ run: make }] }',
  ].join('\n');
  const { plan, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(plan?.drill).toBeDefined();
  expect(findings.map(({ rule }) => rule)).toEqual(['no-verify']);
});

test('phases may be named break and restore where there is no drill', () => {
  const plan = good(
    watched(
      'phases: [{ name: break, steps: [{ rollback: api }] }, { name: restore, steps: [{ run: make }] }]',
    ),
  );
  expect(plan.phases.map(({ key }) => key)).toEqual(['break', 'restore']);
});

test('triggers, and checks that are for deploys alone, know what was deployed', () => {
  const plan = good(`version: 1
service: shop
components: { api: { uses: helm-release, with: { release: a } } }
verify:
  - { uses: http, after: deploy, with: { url: "https://a.example/\${{ deploy.commit }}", expect: 1 } }
  - { uses: http, with: { url: https://a.example, expect: 1 } }
triggers:
  other:
    check: { uses: http, with: { url: "https://a.example/\${{ deploy.commit }}", expect: "\${{ deploy.versions.api }}" } }
`);
  expect([...plan.triggers.keys()]).toEqual(['other']);
});

test.each<readonly [string, Json, boolean]>([
  ['what was deployed, deep inside', { expect: [{ a: '== ${{ Deploy.versions.api }}' }] }, true],
  ['what is live', { expect: '${{ components.api.to.version }}' }, false],
  ['a text that looks like it', { url: 'https://deploy.example/', expect: "${{ 'deploy.commit' }}" }, false],
])('whether settings name %s', (_, value, expected) => {
  expect(namesDeploy(value)).toBe(expected);
});

test('what is declared is kept in words, chosen by name, and no condition', () => {
  const plan = good(`version: 1
service: shop
components: { api: { uses: helm-release, with: { release: a } } }
verify: [{ uses: http, with: { url: https://a.example, expect: 1 } }]
severities: { P0: {} }
scenarios: { full: { phases: all } }
triggers:
  errors: { check: { uses: http, with: { url: https://a.example, expect: 1 } } }
  security: { declared: A hole is exploited., severity: P0, scenario: full }
  fired: { alert: { name: HighErrorRate } }
`);
  expect([[...plan.triggers.keys()], [...plan.declared.keys()], [...plan.alerts.keys()]]).toEqual([
    ['errors'],
    ['security'],
    ['fired'],
  ]);
  expect(triggerFor(plan, 'security')).toEqual({
    name: 'security',
    means: 'A hole is exploited.',
    severity: 'P0',
    scenario: 'full',
  });
  expect([triggerFor(plan, 'errors')?.means, triggerFor(plan, 'fired')?.means]).toEqual([
    'what the check http looks at',
    'alert HighErrorRate',
  ]);
  expect(triggerFor(plan, undefined)).toBeUndefined();
  expect(() => triggerFor(plan, 'securty')).toThrow(
    expect.objectContaining({ code: 'trigger-unknown', hint: 'Did you mean `security`?' }),
  );
  expect(renderDeclared(plan)).toBe(
    'No machine measures these; a person presses the button and names one (input trigger):\n  security  A hole is exploited. (P0, scenario full)\n',
  );
});
