// The test forge is a forge: repositories with commits, tokens with less than all rights, protected branches, pushes.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Forge, type Repository, readOnlyScopes, startForge } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { isRunning } from './processes.ts';

const parts = await partsForTests(['gitea']);
const suite = parts.ready ? describe : describe.skip;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

suite('a forge', () => {
  let forge: Forge;
  let repository: Repository;

  const git = async (folder: string, ...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    const env = {
      PATH: process.env['PATH'],
      HOME: forge.dir,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
    };
    const { stdout } = await promisify(execFile)('git', [...identity, ...args], { cwd: folder, env });
    return stdout.trim();
  };
  const contents = (path: string): string => `/repos/${repository.fullName}/contents/${path}`;

  beforeAll(async () => {
    forge = await startForge();
    repository = await forge.createRepository('shop', {
      private: true,
      files: { 'config/app.yml': 'limit: 5\n' },
    });
  }, 60_000);

  afterAll(() => forge.stop());

  test('holds the files a repository was made with', async () => {
    expect(await forge.call('GET', contents('config/app.yml'))).toMatchObject({
      status: 200,
      body: { content: base64('limit: 5\n') },
    });
  });

  test('takes a commit on a new branch and a pull request through its API', async () => {
    const { token } = await forge.createUserToken({ repository });
    const commit = {
      content: base64('# Incident\n'),
      message: 'Record',
      branch: 'main',
      new_branch: 'incident',
    };
    expect(await forge.call('POST', contents('incidents/1.md'), commit, token)).toMatchObject({
      status: 201,
    });
    const pull = { title: 'Incident', head: 'incident', base: 'main' };
    const opened = await forge.call('POST', `/repos/${repository.fullName}/pulls`, pull, token);
    expect(opened).toMatchObject({ status: 201, body: { number: 1, state: 'open' } });
  });

  test('a read-only token reads and does not write', async () => {
    const { token } = await forge.createUserToken({ repository, access: 'read', scopes: readOnlyScopes });
    const write = { content: base64('x'), message: 'No', branch: 'main' };
    expect(await forge.call('GET', contents('config/app.yml'), undefined, token)).toMatchObject({
      status: 200,
    });
    expect(await forge.call('POST', contents('x'), write, token)).toMatchObject({ status: 403 });
  });

  test('a private repository does not exist for others', async () => {
    const { token } = await forge.createUserToken();
    expect(await forge.call('GET', `/repos/${repository.fullName}`, undefined, token)).toMatchObject({
      status: 404,
    });
  });

  test('a protected branch refuses commits and pushes, and other branches take them', async () => {
    const guarded = await forge.createRepository('guarded');
    const { token } = await forge.createUserToken({ repository: guarded });
    await forge.protectBranch(guarded);
    const folder = join(forge.dir, 'clone');
    await git(forge.dir, 'clone', '--quiet', forge.cloneUrl(guarded, token), folder);
    await writeFile(join(folder, 'new.txt'), 'new\n');
    await git(folder, 'add', '.');
    await git(folder, 'commit', '--quiet', '--message=New');
    await expect(git(folder, 'push', 'origin', 'HEAD:main')).rejects.toThrow('protected branch');
    await git(folder, 'push', '--quiet', 'origin', 'HEAD:topic');
    const head = await git(folder, 'rev-parse', 'HEAD');
    expect(await forge.call('GET', `/repos/${guarded.fullName}/branches/topic`)).toMatchObject({
      status: 200,
      body: { commit: { id: head } },
    });
  }, 30_000);
});

suite('the end of a forge', () => {
  test('leaves no process and no folder', async () => {
    const forge = await startForge();
    const { pids, dir } = forge;
    expect(pids.map(isRunning)).toEqual([true]);
    await forge.stop();
    expect(pids.map(isRunning)).toEqual([false]);
    expect(existsSync(dir)).toBe(false);
  }, 60_000);
});
