// Which plan a run acts on, through the bundle and a real forge: whatever is checked out, the one on the default branch
// acts. Each plan leaves a file of its own name behind, so that a test sees which one ran.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import { sharedForge } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

/** Takes the configuration back, and before that leaves the file `mark`. */
const plan = (mark: string): string => `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config/], tags: "v*", branch: main } }
phases:
  - name: back
    steps:
      - { name: leave a mark, run: "touch '${mark}'" }
      - { rollback: config }
`;

describeReal('with a real forge', () => {
  let forge: Forge;
  let folder = '';
  let scenes = 0;

  beforeAll(async () => {
    forge = await sharedForge();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-trust-'));
  });
  afterAll(async () => {
    await forge?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  let repository: Repository;
  let clone = '';
  let marks = '';
  let ids: { readonly old: string; readonly head: string; readonly hotfix: string };

  const git = (...args: readonly string[]): string =>
    execFileSync(
      'git',
      ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    ).trim();
  const commit = (message: string, files: Readonly<Record<string, string>>): string => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(clone, path, '..'), { recursive: true });
      writeFileSync(join(clone, path), text);
    }
    git('add', '--all');
    git('commit', '--quiet', '-m', message);
    return git('rev-parse', 'HEAD');
  };

  /** On main: configuration v1, v2 (live, bad) and a plan, changed once. Checked out: a branch with a plan of its own. */
  const setScene = async (): Promise<void> => {
    scenes += 1;
    repository = await forge.createRepository(`trust-${scenes}`, { private: true });
    clone = join(folder, `clone-${scenes}`);
    marks = join(folder, `marks-${scenes}`);
    mkdirSync(marks);
    execFileSync('git', ['clone', '--quiet', forge.cloneUrl(repository), clone], { stdio: 'ignore' });
    const old = commit('first', { 'config/app': 'one\n', 'ops/plan.yml': plan(join(marks, 'old')) });
    git('tag', 'v1');
    symlinkSync('plan.yml', join(clone, 'ops/link.yml'));
    const head = commit('second', { 'config/app': 'bad\n', 'ops/plan.yml': plan(join(marks, 'main')) });
    git('tag', 'v2');
    git('push', '--quiet', 'origin', 'HEAD:main', '--tags');
    git('checkout', '--quiet', '-b', 'hotfix');
    const hotfix = commit('own plan', {
      'ops/plan.yml': plan(join(marks, 'hotfix')),
      'ops/only-here.yml': plan(join(marks, 'only-here')),
    });
    git('push', '--quiet', 'origin', 'HEAD');
    ids = { old, head, hotfix };
  };

  const press = (
    inputs: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun> =>
    runAction({
      workspace: clone,
      inputs: {
        mode: 'rollback',
        plan: 'ops/plan.yml',
        to: 'config=v1',
        publish: 'none',
        token: forge.adminToken,
        ...inputs,
      },
      env: {
        GITHUB_API_URL: forge.apiUrl,
        GITHUB_SERVER_URL: forge.url,
        GITHUB_REPOSITORY: repository.fullName,
        // What a workflow that was dispatched from the branch is told.
        GITHUB_SHA: ids.hotfix,
        GITHUB_REF: 'refs/heads/hotfix',
        ...env,
      },
    });
  /** Without lock and journal, each word of which is a push: for what is about the plan alone. */
  const pressAlone = (inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    press({ ...inputs, override: `local-journal ${inputs['override'] ?? ''}` });
  const ran = (): readonly string[] => readdirSync(marks).sort();
  const planIn = (run: ActionRun): unknown =>
    run.journal.find((event) => event['type'] === 'run-started')?.['plan'];
  const resultOf = (run: ActionRun): unknown => JSON.parse(readFileSync(run.outputs['result'] ?? '', 'utf8'));
  const fault = (run: ActionRun): unknown =>
    run.journal.find((event) => event['type'] === 'run-finished')?.['fault'];

  describe('in a repository of its own', () => {
    beforeEach(setScene);

    test('the plan of the default branch acts, whatever is checked out', async () => {
      const run = await press();
      expect(ran()).toEqual(['main']);
      expect(run.outputs['outcome']).toBe('rolled-back');
      expect(planIn(run)).toMatchObject({ path: 'ops/plan.yml', ref: 'main', commit: ids.head });
      expect(resultOf(run)).toMatchObject({ plan: { ref: 'main', commit: ids.head } });
      expect(run.incident).toContain(ids.head);
      expect(run.incident).not.toContain(ids.hotfix);
      expect(run.summary).not.toContain('not trusted');
    });

    test('an absolute path inside the workspace is the same file on the default branch', async () => {
      await pressAlone({ plan: join(clone, 'ops/plan.yml') });
      expect(ran()).toEqual(['main']);
    });

    test('a branch that is not merged is refused, and with the override it acts and everybody is told', async () => {
      const refused = await press({ 'plan-ref': 'hotfix' });
      expect(verdictOf(refused)).toBe('refused plan-untrusted exit 1');
      expect(ran()).toEqual([]);
      expect(planIn(refused)).toMatchObject({ ref: 'hotfix', commit: ids.hotfix });
      expect(fault(refused)).toMatchObject({
        message: `the plan is not trusted: "hotfix" (commit ${ids.hotfix.slice(0, 12)}) is not in the history of main`,
        hint: expect.stringContaining('override: untrusted-plan'),
      });

      const run = await press({ 'plan-ref': 'hotfix', override: 'untrusted-plan' });
      expect(ran()).toEqual(['hotfix']);
      expect(run.outputs['outcome']).toBe('rolled-back');
      expect(planIn(run)).toMatchObject({ ref: 'hotfix', commit: ids.hotfix });
      for (const text of [run.summary, run.incident]) {
        expect(text).toContain('untrusted-plan');
        expect(text).toContain('This plan is not trusted');
      }
      expect(run.incident).toContain(ids.hotfix);
      expect(resultOf(run)).toMatchObject({
        plan: { ref: 'hotfix', commit: ids.hotfix },
        notes: [{ level: 'warning', text: expect.stringContaining('is not in the history of main') }],
      });
    });

    test.each([
      ['a commit', () => ids.old],
      ['a tag', () => 'v1'],
    ])('%s of the default branch is trusted, and what it holds acts', async (_name, ref) => {
      const run = await pressAlone({ 'plan-ref': ref() });
      expect(ran()).toEqual(['old']);
      expect(planIn(run)).toMatchObject({ ref: ref(), commit: ids.old });
      expect(run.summary).not.toContain('not trusted');
    });

    test('a branch that is named like a commit of the default branch changes nothing', async () => {
      git('push', '--quiet', 'origin', `${ids.hotfix}:refs/heads/${ids.head}`);
      git('push', '--quiet', 'origin', `${ids.hotfix}:refs/heads/${ids.old}`);
      git('push', '--quiet', 'origin', `${ids.head}:refs/heads/${ids.hotfix}`);
      expect(verdictOf(await press({ 'plan-ref': ids.hotfix }))).toBe('refused plan-untrusted exit 1');
      await pressAlone({ 'plan-ref': ids.old });
      expect(ran()).toEqual(['old']);
      await pressAlone({ override: 'rerun' });
      expect(ran()).toEqual(['main', 'old']);
    });

    test('a forge that does not answer is a refusal that names the override, and the override takes what is checked out', async () => {
      const nowhere = { GITHUB_API_URL: 'http://127.0.0.1:9/api/v1' };
      const refused = await press({}, nowhere);
      expect(verdictOf(refused)).toBe('refused plan-ref-unreadable exit 1');
      expect(ran()).toEqual([]);
      expect(fault(refused)).toMatchObject({ hint: expect.stringContaining('override: untrusted-plan') });

      const run = await press({ override: 'untrusted-plan' }, nowhere);
      expect(ran()).toEqual(['hotfix']);
      expect(run.outputs['outcome']).toBe('rolled-back');
      expect(planIn(run)).toMatchObject({ ref: 'the working tree' });
      expect(planIn(run)).not.toHaveProperty('commit');
      for (const text of [run.summary, run.incident]) expect(text).toContain('it is the checked-out file');
      expect(resultOf(run)).toMatchObject({ plan: { ref: 'the working tree', commit: null } });
    });

    test('the override changes nothing where the plan is trusted', async () => {
      const run = await pressAlone({ override: 'untrusted-plan' });
      expect(ran()).toEqual(['main']);
      expect(run.summary).not.toContain('This plan is not trusted');
    });

    test('validate lints what is checked out, and another ref where one is named', async () => {
      writeFileSync(join(clone, 'ops/plan.yml'), 'version: 1\nservice: shop\ncomponets: {}\n');
      const own = await press({ mode: 'validate' });
      expect(verdictOf(own)).toBe('refused plan-invalid exit 1');
      expect(own.log).toContain('unknown key `componets`');
      for (const ref of ['main', 'hotfix']) {
        expect(verdictOf(await press({ mode: 'validate', 'plan-ref': ref }))).toBe('verified - exit 0');
      }
    });

    test('on a laptop the file in the working tree acts, and a ref is read with git', async () => {
      const pressHere = (...args: readonly string[]): string => {
        const { GITHUB_REPOSITORY: _, ...env } = process.env;
        const common = ['--plan', 'ops/plan.yml', '--to', 'config=v1', '--reason', 'test'];
        const { stdout, stderr } = spawnSync(
          process.execPath,
          [resolve('bin/rollback-plan.js'), 'rollback', ...common, ...args],
          { cwd: clone, env: { ...env, GITHUB_ACTIONS: '' }, encoding: 'utf8' },
        );
        return `${stdout}\n${stderr}`;
      };
      const planOf = (output: string): unknown => {
        const path = /^journal: (.*)$/m.exec(output)?.[1] ?? '';
        const first: { plan: unknown } = JSON.parse(readFileSync(path, 'utf8').split('\n')[0] ?? '');
        return first.plan;
      };
      const byRef = pressHere('--plan-ref', 'v1', '--override', 'local-journal');
      expect(ran()).toEqual(['old']);
      expect(planOf(byRef)).toMatchObject({ ref: 'v1', commit: ids.old });
      const byFile = pressHere('--override', 'rerun local-journal');
      expect(ran()).toEqual(['hotfix', 'old']);
      expect(planOf(byFile)).toMatchObject({ ref: 'the working tree' });
      expect(byFile).not.toContain('not trusted');
      expect(pressHere('--plan-ref', 'nowhere')).toContain(
        'this clone has no branch, tag or commit "nowhere"',
      );
      expect(existsSync(join(marks, 'main'))).toBe(false);
    });
  });

  describe('where nothing is changed', () => {
    beforeAll(setScene);

    test('a plan that is only checked out is missing, and the hint says where it has to go', async () => {
      const run = await press({ plan: 'ops/only-here.yml', override: 'untrusted-plan' });
      expect(verdictOf(run)).toBe('refused plan-missing exit 1');
      expect(ran()).toEqual([]);
      expect(fault(run)).toMatchObject({
        message: `there is no plan at "ops/only-here.yml" on main (commit ${ids.head.slice(0, 12)})`,
        hint: expect.stringContaining('commit it to main first'),
      });
      const neither = await press({ plan: 'ops/none.yml' });
      expect(fault(neither)).toMatchObject({ hint: expect.not.stringContaining('checked-out') });
    });

    test.each([
      [
        'a ref that is not there',
        { 'plan-ref': 'hotfixx' },
        'plan-missing',
        'no branch, tag or commit "hotfixx"',
      ],
      [
        'such a ref with the override',
        { 'plan-ref': 'hotfixx', override: 'untrusted-plan' },
        'plan-missing',
        'hotfixx',
      ],
      ['a path that leads out', { plan: '../../../etc/passwd' }, 'plan-invalid', 'is outside the workspace'],
      ['an absolute path elsewhere', { plan: '/etc/passwd' }, 'plan-invalid', 'is outside the workspace'],
      ['a symbolic link', { plan: 'ops/link.yml' }, 'plan-invalid', 'is a symbolic link, not a file'],
      ['a folder', { plan: 'ops' }, 'plan-invalid', 'is a folder, not a file'],
      ['no token', { token: '' }, 'plan-ref-unreadable', 'there is no token to read it with'],
      ['a token that is none', { token: 'nonsense' }, 'plan-ref-unreadable', 'HTTP 401'],
    ] as const)('%s is refused', async (_name, inputs, code, message) => {
      const run = await press(inputs);
      expect(verdictOf(run)).toBe(`refused ${code} exit 1`);
      expect(fault(run)).toMatchObject({ message: expect.stringContaining(message) });
      expect(ran()).toEqual([]);
    });

    test('a token that may not see the repository is told which permission it lacks', async () => {
      const { token } = await forge.createUserToken();
      const run = await press({ token });
      expect(verdictOf(run)).toBe('refused plan-ref-unreadable exit 1');
      expect(fault(run)).toMatchObject({ hint: expect.stringContaining('permissions: { contents: read }') });
    });
  });
});
