// The plan's own names in the workflows that are copied, and nothing else changed.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { type CallerFacts, callerFiles, fillCaller } from '../../src/init/callers.ts';
import { callerNames } from '../../src/init/options.ts';

const facts: CallerFacts = {
  targets: ['null', 'prod-us'],
  drillTarget: undefined,
  plan: '.github/rollback.yml',
};

const button = `# Roll back.
on:
  workflow_dispatch:
    inputs:
      to: { default: previous }
      target:
        description: Target; empty where the plan has only one
      scenario:
        description: 'Scenario: one of the plan’s'

jobs:
  rollback:
    uses: rollback-plan/rollback-plan/.github/workflows/rollback.yml@v0 # why
    with:
      target: \${{ inputs.target }} # handed on
      to: \${{ inputs.to }}
    secrets:
      kubeconfig: x
`;

const job = `jobs:
  deploy:
    steps:
      - uses: actions/checkout@v6
        with:
          fetch-depth: 0
      - name: Watch
        uses: rollback-plan/rollback-plan@v0 # why
        with:
          mode: verify
`;

/** Lines that are in one text and not in the other. */
const added = (before: string, after: string): readonly string[] =>
  after.split('\n').filter((line) => !before.split('\n').includes(line));

describe('a caller', () => {
  test('with a form gets the targets as its choices, and hands on what was chosen', () => {
    const filled = fillCaller('button', button, facts);
    expect(load(filled)).toMatchObject({
      on: {
        workflow_dispatch: {
          inputs: { target: { type: 'choice', options: ['null', 'prod-us'], default: 'null' }, scenario: {} },
        },
      },
      jobs: { rollback: { with: { target: '${{ inputs.target }}' }, secrets: { kubeconfig: 'x' } } },
    });
    expect(added(button, filled).map((line) => line.trim())).toEqual([
      'type: choice',
      "options: ['null', prod-us]",
      "default: 'null'",
    ]);
    expect(added(filled, button)).toEqual([]);
  });

  test('without one gets the target in its own call, not in somebody else’s', () => {
    const filled = fillCaller('after-deploy-step', job, facts);
    expect(added(job, filled)).toEqual(["          target: 'null'"]);
    expect(load(filled)).toMatchObject({
      jobs: {
        deploy: { steps: [{ with: { 'fetch-depth': 0 } }, { with: { mode: 'verify', target: 'null' } }] },
      },
    });
  });

  test('that calls us twice gets the target in both calls', () => {
    const twice = job.replace(
      '      - name: Watch',
      '      - uses: rollback-plan/rollback-plan@v0\n        with:\n          mode: preflight\n      - name: Watch',
    );
    const plan = 'ops/rollback.yml';
    const own = { target: 'null', plan };
    expect(load(fillCaller('after-deploy-step', twice, { ...facts, plan }))).toMatchObject({
      jobs: {
        deploy: {
          steps: [{}, { with: { mode: 'preflight', ...own } }, { with: { mode: 'verify', ...own } }],
        },
      },
    });
  });

  test('is told where the plan lies, unless it is the usual place', () => {
    const plan = 'ops/rollback.yml';
    expect(added(job, fillCaller('after-deploy-step', job, { ...facts, plan }))).toContain(
      `          plan: ${plan}`,
    );
    expect(fillCaller('button', button, facts)).not.toContain('plan: ');
  });

  test('for the drill gets the target of the drill', () => {
    const filled = fillCaller('drill', job, { ...facts, drillTarget: 'prod-us' });
    expect(added(job, filled)).toEqual(['          target: prod-us']);
    expect(added(job, fillCaller('drill', job, facts))).toEqual(["          target: 'null'"]);
  });

  test('that has choices already gets these instead', () => {
    const text =
      'on:\n  inputs:\n    target:\n      options:\n      - a\n      - b\n      default: a\n    other: { default: keep }\n';
    expect(fillCaller('button', text, { ...facts, targets: ['x'] })).toBe(
      'on:\n  inputs:\n    target:\n      options: [x]\n      default: x\n      type: choice\n    other: { default: keep }\n',
    );
  });

  test('no two of them go to one place', () => {
    expect(new Set(callerNames.map((name) => callerFiles[name].to)).size).toBe(callerNames.length);
  });
});

const shipped = callerNames.filter((name) => existsSync(callerFiles[name].from));
(shipped.length > 0 ? test : test.skip)(
  'every caller of this package is there, and names the target and the plan',
  () => {
    expect(shipped).toEqual(callerNames);
    for (const name of shipped) {
      const text = readFileSync(callerFiles[name].from, 'utf8');
      const filled = fillCaller(name, text, {
        ...facts,
        targets: ['shop-eu', 'shop-us'],
        plan: 'ops/plan.yml',
      });
      expect(load(filled)).toBeDefined();
      expect(added(filled, text)).toEqual([]);
      expect([name, filled.includes('shop-eu'), filled.includes('plan: ops/plan.yml')]).toEqual([
        name,
        true,
        true,
      ]);
    }
  },
);
