// Callers, reusable workflows, composites and the action promise each other things by name; GitHub finds a broken
// promise only when somebody presses the button.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { inputs as actionInputs, outputs as actionOutputs } from '../../src/action-io.ts';
import { callers, composites, slug } from '../support/workflow-files.ts';
import { action, calling, readWorkflow, reusable, stepsOf } from '../support/workflow-shape.ts';

/** Rights granted for a called workflow, and rights that its jobs ask for. */
function missingRights(asked: Record<string, string>, granted: Record<string, string>): readonly string[] {
  const order = ['none', 'read', 'write'];
  return Object.entries(asked)
    .filter(([name, right]) => order.indexOf(right) > order.indexOf(granted[name] ?? 'none'))
    .map(([name, right]) => `${name}: ${right}`);
}

test('there are five reusable workflows and seven callers', () => {
  expect([...reusable.keys()]).toEqual([
    '.github/workflows/alert.yml',
    '.github/workflows/drill.yml',
    '.github/workflows/heartbeat.yml',
    '.github/workflows/rollback.yml',
    '.github/workflows/verify.yml',
  ]);
  expect(callers().map(({ path }) => path)).toEqual([
    'workflows/after-deploy-job.yml',
    'workflows/after-deploy-step.yml',
    'workflows/after-deployment.yml',
    'workflows/alert.yml',
    'workflows/drill.yml',
    'workflows/heartbeat.yml',
    'workflows/rollback.yml',
  ]);
});

describe.each(calling)('%s calls what is there', (_, file) => {
  const jobs = Object.entries(readWorkflow(file).jobs);

  test('with inputs and secrets that the workflow declares, and all it requires', () => {
    for (const [, { uses = '', with: given, secrets }] of jobs) {
      if (!uses.startsWith(`${slug}/`)) continue;
      const called = reusable.get(uses.slice(slug.length + 1).split('@')[0] ?? '')?.on.workflow_call;
      expect(called).toBeDefined();
      expect(Object.keys(called?.inputs ?? {})).toEqual(expect.arrayContaining(Object.keys(given)));
      expect(Object.keys(called?.secrets ?? {})).toEqual(expect.arrayContaining(Object.keys(secrets)));
      const required = Object.entries(called?.inputs ?? {}).filter(([, { required }]) => required === true);
      expect(Object.keys(given)).toEqual(expect.arrayContaining(required.map(([name]) => name)));
    }
  });

  test('and grants every right that the called jobs ask for', () => {
    for (const [, { uses = '', permissions: granted }] of jobs) {
      const called = reusable.get(uses.slice(slug.length + 1).split('@')[0] ?? '');
      for (const { permissions: asked } of Object.values(called?.jobs ?? {}))
        expect(missingRights(asked, granted)).toEqual([]);
    }
  });

  test('and the action itself with inputs that it has', () => {
    for (const { uses = '', with: given } of stepsOf(readWorkflow(file)))
      if (uses.startsWith(`${slug}@`)) {
        expect(Object.keys(actionInputs)).toEqual(expect.arrayContaining(Object.keys(given)));
      }
  });
});

describe.each([...reusable])('%s keeps its promises', (_, content) => {
  const call = content.on.workflow_call;

  test('the action and the composites have the inputs it gives', () => {
    for (const { uses = '', with: given } of stepsOf(content)) {
      const [, name] = /^\$\/\.github\/actions\/([a-z-]+)$/.exec(uses) ?? [];
      if (name === undefined) continue;
      const path = `.github/actions/${name}/action.yml`;
      const { inputs } = action.parse(load(readFileSync(path, 'utf8')));
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    }
  });

  test('its jobs hand out outputs that the action has', () => {
    for (const { outputs, steps } of Object.values(content.jobs))
      for (const value of Object.values(outputs)) {
        const [, id, name = ''] = /^\$\{\{ steps\.([a-z]+)\.outputs\.([a-z-]+) \}\}$/.exec(value) ?? [];
        expect(steps.map((each) => each.id)).toContain(id);
        // Not ours: actions/checkout tells the commit that it checked out.
        if (`${id}.${name}` !== 'checkout.commit') expect(Object.keys(actionOutputs)).toContain(name);
      }
  });

  test('every input and secret it declares is used, and every one it uses is declared', () => {
    const text = JSON.stringify({ jobs: content.jobs, outputs: call?.outputs });
    const used = (context: string): readonly string[] => [
      ...new Set(
        [...text.matchAll(new RegExp(`\\b${context}\\.([a-z0-9-]+)`, 'g'))].map(([, name = '']) => name),
      ),
    ];
    expect([...used('inputs')].sort()).toEqual(Object.keys(call?.inputs ?? {}).sort());
    expect([...used('secrets')].sort()).toEqual(Object.keys(call?.secrets ?? {}).sort());
  });

  test('its outputs are those that docs/workflows.md promises', () => {
    expect(Object.keys(call?.outputs ?? {}).sort()).toEqual([
      'digest',
      'incident',
      'outcome',
      'pull-request-url',
      'reason-code',
    ]);
    for (const { value } of Object.values(call?.outputs ?? {}))
      for (const [, id = '', name = ''] of value.matchAll(/jobs\.([a-z]+)\.outputs\.([a-z-]+)/g))
        expect(Object.keys(content.jobs[id]?.outputs ?? {})).toContain(name);
  });

  test('shares names, defaults and meaning of its inputs with the action', () => {
    const own = ['environment', 'login', 'runs-on', 'fetch-depth', 'job-timeout-minutes'];
    const tools = Object.keys(
      action.parse(load(readFileSync('.github/actions/tools/action.yml', 'utf8'))).inputs,
    );
    const known = [...own, ...tools, ...Object.keys(actionInputs)];
    expect(known).toEqual(expect.arrayContaining(Object.keys(call?.inputs ?? {})));
  });

  test('only the record job may write, but for the comment of a watch, and it has no secret of the plan and no kubeconfig that may write where there is one that may not', () => {
    // Only where `watch.comment` can be asked for, and only what that takes.
    const allowed: Readonly<Record<string, readonly string[]>> = {
      record: ['contents', 'pull-requests'],
      watch: ['pull-requests'],
    };
    for (const [name, { permissions: rights, steps }] of Object.entries(content.jobs)) {
      const writes = Object.entries(rights).filter(
        ([right, value]) => value === 'write' && right !== 'id-token',
      );
      expect(writes.map(([right]) => right)).toEqual(allowed[name] ?? []);
      if (name !== 'record') continue;
      expect(JSON.stringify(steps)).not.toMatch(/secrets\.(plan-secrets|push-token)/);
      expect(JSON.stringify(steps)).toContain('secrets.kubeconfig-readonly || secrets.kubeconfig');
    }
  });

  test('every step that may act, or says what would happen, is told the environment of the job that acts', () => {
    const guarded = Object.values(content.jobs).flatMap(({ environment }) => environment ?? []);
    expect(guarded).toEqual(['${{ inputs.environment }}']);
    const runs = stepsOf(content).filter(
      ({ uses, with: given }) => uses === '$/.github/actions/run' && given['mode'] !== 'report',
    );
    expect(runs.length).toBeGreaterThan(0);
    // Only here: a step before can change what a job's `env` says, through GITHUB_ENV.
    for (const { env } of runs) expect(env['ROLLBACK_PLAN_ENVIRONMENT']).toBe(guarded[0]);
  });

  test('the journal is kept, and read again, under names that fit', () => {
    const artifact = (verb: string): readonly string[] =>
      stepsOf(content)
        .filter(({ uses = '' }) => uses.includes(`/${verb}-artifact@`))
        .map((each) =>
          String(each.with['name'] ?? each.with['pattern']).replace(
            /-(\*|\$\{\{ github\.run_attempt \}\})$/,
            '',
          ),
        )
        .map((name) => name.replace('steps.plan.outputs', 'needs.plan.outputs'));
    expect(new Set(artifact('upload'))).toEqual(new Set(artifact('download')));
    const incident = artifact('download')[0]?.replace('rollback-plan-', '');
    const reports = stepsOf(content).filter((each) => each.with['mode'] === 'report');
    expect(reports.map((each) => each.with['incident'])).toEqual([incident]);
  });
});

describe('what plan hands on', () => {
  const jobs = reusable.get('.github/workflows/rollback.yml')?.jobs ?? {};
  const { act, handover, plan } = jobs;
  const checkoutOf = (steps: typeof everyStep): unknown =>
    steps.find(({ uses = '' }) => uses.startsWith('actions/checkout@'))?.with['ref'];
  const everyStep = Object.values(jobs).flatMap(({ steps }) => steps);

  test('is all there, or nothing is acted on and the run is red', () => {
    for (const name of ['digest', 'incident', 'commit']) {
      expect(act?.if).toContain(`&& needs.plan.outputs.${name} != ''`);
      expect(handover?.if).toContain(`needs.plan.outputs.${name} == ''`);
      expect(Object.keys(plan?.outputs ?? {})).toContain(name);
    }
    expect(act?.if).toMatch(/^needs\.plan\.outputs\.outcome == 'planned' && .* && !inputs\.dry-run$/);
    expect(handover?.if).toContain("needs.plan.outputs.outcome == ''");
    expect(handover?.steps.at(-1)?.run).toMatch(/^exit 1$/m);
  });

  test('is the commit whose scripts were planned with, and act checks out that one', () => {
    expect(plan?.outputs['commit']).toBe('${{ steps.checkout.outputs.commit }}');
    expect(plan?.steps.find(({ id }) => id === 'checkout')?.uses).toMatch(/^actions\/checkout@/);
    expect(checkoutOf(plan?.steps ?? [])).toBe('${{ github.event.repository.default_branch }}');
    expect(checkoutOf(act?.steps ?? [])).toBe('${{ needs.plan.outputs.commit }}');
  });
});

test('acting jobs of one environment share a group, whether the target was named or not', () => {
  const groups = [...reusable.values()].flatMap(({ jobs }) =>
    Object.entries(jobs).flatMap(([name, { concurrency }]) =>
      concurrency === undefined ? [] : [[name, concurrency.group]],
    ),
  );
  expect(groups).toEqual([
    ['drill', 'rollback-plan-${{ inputs.environment }}'],
    ['act', 'rollback-plan-${{ inputs.environment }}'],
  ]);
});

describe('the button', () => {
  const button = callers().find(({ path }) => path === 'workflows/rollback.yml');
  const content = readWorkflow(button ?? { path: '', text: '' });

  test('has no schedule, which would get the whole file disabled', () => {
    expect(content.on.schedule).toBeUndefined();
    expect([...reusable.values()].map(({ on }) => on.schedule)).toEqual(
      [...reusable.keys()].map(() => undefined),
    );
  });

  test('has at most the 25 inputs that GitHub shows, and hands on each', () => {
    const inputs = Object.keys(content.on.workflow_dispatch?.inputs ?? {});
    expect(inputs.length).toBeLessThanOrEqual(25);
    expect(Object.keys(content.jobs['roll-back']?.with ?? {}).sort()).toEqual([...inputs].sort());
  });
});

describe('composites', () => {
  test.each(composites().map(({ path, text }) => [path, text]))(
    '%s has no expression in a script',
    (path, text) => {
      const { runs } = action.parse(load(text));
      for (const { run = '' } of runs.steps) expect(run).not.toContain('${{');
      expect(existsSync(path)).toBe(true);
    },
  );

  test('.github/actions/run is action.yml from another folder', () => {
    const twin = readFileSync('.github/actions/run/action.yml', 'utf8').replace(/^#.*\n/, '');
    expect(twin.replace('main: ../../../dist/index.js', 'main: dist/index.js')).toBe(
      readFileSync('action.yml', 'utf8'),
    );
  });

  test('versions that a reusable workflow takes by itself have a pinned checksum for both machines', () => {
    const lines = readFileSync('.github/actions/tools/checksums.txt', 'utf8').split('\n');
    const pinned = lines.filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of pinned)
      expect(line).toMatch(/^(kubectl|helm) \d+\.\d+\.\d+ linux-(amd64|arm64) [0-9a-f]{64}$/);
    for (const { on } of reusable.values())
      for (const tool of ['kubectl', 'helm'])
        for (const machine of ['linux-amd64', 'linux-arm64']) {
          const version = String(on.workflow_call?.inputs[`${tool}-version`]?.default);
          expect(pinned.filter((line) => line.startsWith(`${tool} ${version} ${machine} `))).toHaveLength(1);
        }
  });
});
