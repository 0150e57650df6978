// A plan out of a real clone's history: by branch, tag and commit, and what is refused there.

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGitPlanSource } from '../../src/adapters/git-plan-source.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import { type TestRepository, testRepositories } from './git-repositories.ts';

const repositories = testRepositories();
let repository: TestRepository;
let first = '';
let second = '';

beforeAll(() => {
  repository = repositories.create();
  repository.write('ops/plan.yml', 'first\n');
  mkdirSync(join(repository.directory, 'empty'));
  symlinkSync('plan.yml', join(repository.directory, 'ops/link.yml'));
  repository.write('large.yml', '#'.repeat(300));
  first = repository.release('v1', { annotated: true });
  repository.write('ops/plan.yml', 'second\n');
  second = repository.commit('second');
  repository.git('branch', 'fix/two', first);
  // Neither committed nor wanted.
  repository.write('ops/plan.yml', 'in the working tree\n');
});
afterAll(() => repositories.removeAll());

async function read(ref: string, path = 'ops/plan.yml', workspace = repository.directory): Promise<unknown> {
  const processes = createProcesses({
    environment: process.env,
    workspace,
    redact: (text) => text,
    pass: [],
  });
  const { bytes, size, shown, origin } = await createGitPlanSource({ processes, workspace }).read(
    path,
    100,
    ref,
  );
  return { text: Buffer.from(bytes).toString('utf8'), size, shown, ...origin };
}

async function refusal(ref: string, path?: string): Promise<string> {
  const outcome = await read(ref, path).catch((thrown: unknown) => thrown);
  return outcome instanceof RollbackPlanError ? `${outcome.code}: ${outcome.message}` : 'read';
}

describe('a ref of the clone', () => {
  test.each([
    ['a branch', 'main', 'second\n', () => second],
    ['a branch with a slash', 'fix/two', 'first\n', () => first],
    ['an annotated tag', 'v1', 'first\n', () => first],
    ['HEAD', 'HEAD', 'second\n', () => second],
  ])('%s gives the file as it is there', async (_name, ref, text, commit) => {
    expect(await read(ref)).toEqual({
      text,
      size: text.length,
      shown: 'ops/plan.yml',
      ref,
      commit: commit(),
      trusted: true,
    });
  });

  test('a commit is itself, although a branch is named like it', async () => {
    repository.git('update-ref', `refs/heads/${first}`, second);
    expect(await read(first)).toMatchObject({ text: 'first\n', commit: first });
    expect(await read(first.slice(0, 12))).toMatchObject({ commit: first });
  });

  test('paths are relative to the workspace, also where that is a folder of the clone', async () => {
    const workspace = join(repository.directory, 'ops');
    expect(await read('v1', 'plan.yml', workspace)).toMatchObject({ text: 'first\n', shown: 'plan.yml' });
    expect(await read('v1', join(workspace, 'plan.yml'), workspace)).toMatchObject({ text: 'first\n' });
  });

  test('a file that is too large is measured and not read', async () => {
    expect(await read('v1', 'large.yml')).toMatchObject({ text: '', size: 300 });
  });

  test.each([
    [
      'a ref that is not there',
      'none',
      undefined,
      'plan-missing: this clone has no branch, tag or commit "none"',
    ],
    [
      'a ref that is no commit',
      'HEAD:ops',
      undefined,
      'plan-missing: this clone has no branch, tag or commit "HEAD:ops"',
    ],
    [
      'a ref like an option',
      '--all',
      undefined,
      'plan-missing: this clone has no branch, tag or commit "--all"',
    ],
    [
      'a symbolic link',
      'v1',
      'ops/link.yml',
      'plan-invalid: the plan "ops/link.yml" is a symbolic link, not a file',
    ],
    ['a folder', 'v1', 'ops', 'plan-invalid: the plan "ops" is a folder, not a file'],
    ['a path that leads out', 'v1', '../x', 'plan-invalid: the plan "../x" is outside the workspace'],
  ])('%s is refused', async (_name, ref, path, expected) => {
    expect(await refusal(ref, path)).toBe(expected);
  });

  test('a plan that is not there names the commit', async () => {
    expect(await refusal('v1', 'none.yml')).toBe(
      `plan-missing: there is no plan at "none.yml" on v1 (commit ${first.slice(0, 12)})`,
    );
  });
});
