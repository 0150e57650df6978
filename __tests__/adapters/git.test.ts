// The repository adapter against the real git: what it reads, what it refuses, and that it touches nothing of the user's.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { createRepository } from '../../src/adapters/git.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import type { Repository } from '../../src/ports.ts';
import { type TestRepository, testRepositories } from './git-repositories.ts';

jest.setTimeout(60_000); // dozens of git processes, on a machine that may be busy

const repositories = testRepositories();
afterAll(() => repositories.removeAll());

function adapter(directory: string, environment: Record<string, string> = {}): Repository {
  const processes = createProcesses({
    environment: { PATH: process.env['PATH'], HOME: repositories.folder(), ...environment },
    workspace: directory,
    redact: (text) => text,
  });
  return createRepository({ processes, directory });
}

function released(): TestRepository {
  const repository = repositories.create();
  repository.write('config/app.yaml', 'level: info\n');
  repository.write('config/db/pool.yaml', 'size: 5\n');
  repository.write('other.txt', 'one\n');
  repository.release('v1.0.0');
  repository.write('config/app.yaml', 'level: debug\n');
  repository.write('config/added-later.yaml', 'new: true\n');
  repository.write('other.txt', 'two\n');
  repository.release('v1.1.0', { annotated: true });
  return repository;
}

/** Everything in a clone but the objects, by content: refs, index, HEAD, configuration, work tree. */
function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (path.endsWith('.git/objects')) continue;
      const stat = statSync(path);
      hash.update(`${path} ${stat.mode}\n`);
      if (stat.isDirectory()) walk(path);
      else hash.update(readFileSync(path));
    }
  };
  walk(directory);
  return hash.digest('hex');
}

describe('tags', () => {
  const orders: readonly {
    name: string;
    tags: readonly string[];
    pattern: string;
    order: readonly string[];
  }[] = [
    {
      name: 'are ordered by semantic version, not by name or date, when each is one',
      tags: ['v1.9.0', 'v1.10.0', 'v2.0.0-rc.1', 'v2.0.0', 'v1.9.1'],
      pattern: 'v*',
      order: ['v2.0.0', 'v2.0.0-rc.1', 'v1.10.0', 'v1.9.1', 'v1.9.0'],
    },
    {
      name: 'may carry a prefix before the version, as the pattern says',
      tags: ['config-1.9.0', 'config-1.10.0', 'app-9.0.0'],
      pattern: 'config-*',
      order: ['config-1.10.0', 'config-1.9.0'],
    },
    {
      name: 'are ordered by creation date, all of them, when one is no semantic version',
      tags: ['v2.0.0', 'v1.0.0', 'v-hotfix'],
      pattern: 'v*',
      order: ['v-hotfix', 'v1.0.0', 'v2.0.0'],
    },
    {
      name: 'match a pattern with a folder in it',
      tags: ['live/2026-01-01', 'live/2026-02-01', 'next/2026-03-01'],
      pattern: 'live/*',
      order: ['live/2026-02-01', 'live/2026-01-01'],
    },
  ];
  test.each(orders)('$name', async ({ tags, pattern, order }) => {
    const repository = repositories.create();
    for (const tag of tags) repository.release(tag);
    expect((await adapter(repository.directory).tags(pattern)).map((tag) => tag.name)).toEqual(order);
  });

  test('name the commit also when they are annotated, and when they are tags of tags', async () => {
    const repository = released();
    repository.git('tag', '--annotate', '--message', 'nested', 'v1.2.0', 'v1.1.0');
    const tags = await adapter(repository.directory).tags('v*');
    const commit = repository.git('rev-parse', 'v1.1.0^{commit}');
    expect(tags.map((tag) => [tag.name, tag.commit])).toEqual([
      ['v1.2.0', commit],
      ['v1.1.0', commit],
      ['v1.0.0', repository.git('rev-parse', 'v1.0.0')],
    ]);
  });

  test('of a blob are left out, for there is nothing to go back to', async () => {
    const repository = released();
    repository.git('tag', 'v9.0.0', 'v1.0.0:other.txt');
    expect((await adapter(repository.directory).tags('v*')).map((tag) => tag.name)).toEqual([
      'v1.1.0',
      'v1.0.0',
    ]);
  });

  test('with hostile names are names and never options or commands', async () => {
    const repository = released();
    const hostile = ['v1;touch$IFS-pwned', 'v$(touch$IFS-pwned)', 'v\'"&|<>'];
    for (const name of hostile) repository.git('update-ref', `refs/tags/${name}`, 'HEAD');
    repository.git('update-ref', 'refs/tags/--upload-pack=touch', 'HEAD');
    const git = adapter(repository.directory);
    const tags = await git.tags('*');
    expect(tags.map((tag) => tag.name).sort()).toEqual(
      ['--upload-pack=touch', ...hostile, 'v1.0.0', 'v1.1.0'].sort(),
    );
    for (const tag of tags) expect(await git.files(tag.commit, ['config'])).not.toEqual([]);
  });

  test('that were not fetched make a shallow clone incomplete, with the setting that mends it', async () => {
    const clone = repositories.clone(released().directory, '--depth=1', '--no-tags');
    await expect(adapter(clone.directory).tags('v*')).rejects.toMatchObject({
      code: 'repository-incomplete',
      message: expect.stringContaining('shallow'),
      hint: expect.stringContaining('fetch-depth: 0'),
    });
  });

  test('that were fetched in part make a shallow clone incomplete, and the missing ones are named', async () => {
    const clone = repositories.clone(released().directory, '--depth=1', '--branch=v1.1.0');
    expect(clone.git('tag')).toBe('v1.1.0');
    await expect(adapter(clone.directory).tags('v*')).rejects.toMatchObject({
      code: 'repository-incomplete',
      message: expect.stringContaining('v1.0.0'),
    });
  });

  test('that were all fetched are enough, even in a shallow clone', async () => {
    const clone = repositories.clone(released().directory, '--depth=1');
    clone.git('fetch', '--quiet', '--depth=1', 'origin', '+refs/tags/*:refs/tags/*');
    const git = adapter(clone.directory);
    const tags = await git.tags('v*');
    expect(tags.map((tag) => tag.name)).toEqual(['v1.1.0', 'v1.0.0']);
    expect((await git.files(tags[1]?.commit ?? '', ['config'])).map((file) => file.path)).toEqual([
      'config/app.yaml',
      'config/db/pool.yaml',
    ]);
  });

  test('that match nothing are an error that says to check the pattern or fetch', async () => {
    await expect(adapter(released().directory).tags('release-*')).rejects.toMatchObject({
      code: 'repository-incomplete',
      hint: expect.stringMatching(/pattern.*git fetch --tags/),
    });
  });
});

describe('files', () => {
  test('come with their bytes, whatever they hold', async () => {
    const repository = repositories.create();
    const binary = Buffer.from([0, 255, 10, 13, 10, 0, 128]);
    repository.write('config/blob', binary);
    repository.write('config/empty', '');
    repository.write('config/sp ace "quoted"\ttab', 'x');
    repository.write('config/ünï/日本', 'ü\n');
    repository.write('config/run.sh', '#!/bin/sh\n');
    chmodSync(join(repository.directory, 'config/run.sh'), 0o755);
    const commit = repository.commit('all sorts');
    const files = await adapter(repository.directory).files(commit, ['config']);
    expect(files.map((file) => [file.path, file.content.toString('hex'), file.executable])).toEqual([
      ['config/blob', binary.toString('hex'), false],
      ['config/empty', '', false],
      ['config/run.sh', Buffer.from('#!/bin/sh\n').toString('hex'), true],
      ['config/sp ace "quoted"\ttab', '78', false],
      ['config/ünï/日本', Buffer.from('ü\n').toString('hex'), false],
    ]);
  });

  test('of a path that looks like a pattern are those of that very path', async () => {
    const repository = repositories.create();
    repository.write('conf*/a', '1');
    repository.write('config/a', '2');
    repository.write(':(top)x/a', '3');
    const commit = repository.commit('patterns');
    const git = adapter(repository.directory);
    expect((await git.files(commit, ['conf*'])).map((file) => file.path)).toEqual(['conf*/a']);
    expect((await git.files(commit, [':(top)x'])).map((file) => file.path)).toEqual([':(top)x/a']);
  });

  test('and their changes are asked for by that very path, too', async () => {
    const repository = repositories.create();
    repository.write('conf*/a', '1\n');
    repository.write('config/a', '1\n');
    const first = repository.commit('first');
    repository.write('config/a', '2\n');
    const second = repository.commit('second');
    const git = adapter(repository.directory);
    expect(await git.diff(first, second, ['conf*'])).toBe('');
    expect((await git.lastChange(second, ['conf*']))?.commit).toBe(first);
  });

  test('of many revisions are what git show says for each', async () => {
    const repository = repositories.create();
    const commits: string[] = [];
    for (let index = 0; index < 30; index++) {
      repository.write('config/deep/er/value', `${index % 7}\n`);
      repository.write(`config/only-${index % 3}`, `${index}`);
      commits.push(repository.commit(String(index)));
    }
    const answers = await adapter(repository.directory).filesAt({
      revisions: commits,
      paths: ['config'],
      maxBytes: 1000,
    });
    const expected = commits.map((commit) =>
      repository
        .git('ls-tree', '-r', '--name-only', commit, 'config')
        .split('\n')
        .map((path) => `${path}=${repository.git('show', `${commit}:${path}`)}`),
    );
    expect(
      answers.map((answer) =>
        answer.ok
          ? answer.files.map((file) => `${file.path}=${file.content.toString('utf8').trim()}`)
          : answer.refused,
      ),
    ).toEqual(expected);
  });

  test('are refused, each with its path, where a link or a submodule stands in their place', async () => {
    const repository = repositories.create();
    repository.write('config/app', 'x');
    symlinkSync('/etc/passwd', join(repository.directory, 'config/link'));
    repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},config/module`);
    const commit = repository.commit('links').slice(0, 40);
    repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},config/module`);
    repository.git('commit', '--quiet', '--message', 'with a submodule');
    const head = repository.git('rev-parse', 'HEAD');
    const git = adapter(repository.directory);
    await expect(git.files(commit, ['config'])).rejects.toMatchObject({
      code: 'content-not-representable',
      message: expect.stringContaining('config/link is a symbolic link'),
    });
    await expect(git.files(head, ['config'])).rejects.toThrow('config/module is a submodule');
    await expect(git.files(head, ['config/link'])).rejects.toThrow('config/link is a symbolic link');
  });

  test('larger than asked for are refused unread', async () => {
    const repository = repositories.create();
    repository.write('config/big', Buffer.alloc(5000));
    const commit = repository.commit('big');
    const answers = await adapter(repository.directory).filesAt({
      revisions: [commit],
      paths: ['config'],
      maxBytes: 4999,
    });
    expect(answers).toEqual([{ ok: false, refused: ['the files have 5000 bytes, more than 4999'] }]);
  });

  test('of a path that is not there are none, and its identity is undefined', async () => {
    const repository = released();
    const git = adapter(repository.directory);
    expect(await git.files('refs/tags/v1.0.0', ['missing', 'config/app.yaml/below'])).toEqual([]);
    expect(
      await git.objectIds(['refs/tags/v1.0.0', 'refs/tags/v1.1.0'], ['config/added-later.yaml']),
    ).toEqual([[undefined], [expect.stringMatching(/^100644 [0-9a-f]{40}$/)]]);
    expect(await git.objectId('refs/tags/v1.0.0', 'config')).toBe(
      repository.git('rev-parse', 'v1.0.0:config'),
    );
  });

  test('are those of the commit, also where git replace pretends otherwise', async () => {
    const repository = released();
    const real = repository.git('rev-parse', 'v1.0.0:config/app.yaml');
    repository.git('replace', real, repository.git('rev-parse', 'v1.1.0:config/app.yaml'));
    const [file] = await adapter(repository.directory).files('refs/tags/v1.0.0', ['config/app.yaml']);
    expect(file?.content.toString('utf8')).toBe('level: info\n');
  });
});

describe('a commit with paths of another revision', () => {
  test('differs from its base in these paths only, files added since are gone, and nothing of the user’s is touched', async () => {
    const repository = released();
    repository.write('config/app.yaml', 'uncommitted\n');
    repository.write('staged.txt', 'staged\n');
    repository.git('add', 'staged.txt');
    const before = fingerprint(repository.directory);
    const git = adapter(repository.directory);
    const base = repository.git('rev-parse', 'HEAD');
    const commit = await git.commitWithPaths({
      base,
      source: 'refs/tags/v1.0.0',
      paths: ['config'],
      message: 'Back\n',
    });

    expect(repository.git('rev-parse', `${commit}:config`)).toBe(
      repository.git('rev-parse', 'v1.0.0:config'),
    );
    expect(repository.git('diff', '--name-status', base, commit)).toBe(
      'D\tconfig/added-later.yaml\nM\tconfig/app.yaml',
    );
    expect(repository.git('log', '-1', '--format=%P|%an|%cn|%s', commit)).toBe(
      `${base}|Rollback Plan|Rollback Plan|Back`,
    );
    expect(fingerprint(repository.directory)).toBe(before);
    expect(await git.diff(base, commit, ['config'])).toContain('-level: debug\n+level: info\n');
  });

  test('is the same commit when it is made again', async () => {
    const repository = released();
    const git = adapter(repository.directory);
    const request = { base: 'HEAD', source: 'refs/tags/v1.0.0', paths: ['config'], message: 'Back\n' };
    const first = await git.commitWithPaths(request);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await git.commitWithPaths(request)).toBe(first);
  });

  test('takes a folder back that has become a file, and a path away that was not there', async () => {
    const repository = repositories.create();
    repository.write('config/app/a', '1');
    repository.release('v1');
    repository.remove('config/app');
    repository.write('config/app', 'now a file');
    repository.write('extra/x', '2');
    const base = repository.commit('changed');
    const commit = await adapter(repository.directory).commitWithPaths({
      base,
      source: 'refs/tags/v1',
      paths: ['config', 'extra'],
      message: 'Back\n',
    });
    expect(repository.git('ls-tree', '-r', '--name-only', commit)).toBe('config/app/a');
  });
});

describe('a remote', () => {
  test('tells where a branch is now, and what was pushed there since becomes readable without moving a ref', async () => {
    const origin = repositories.create({ bare: true });
    const source = released();
    source.git('push', '--quiet', `file://${origin.directory}`, 'main', '--tags');
    const clone = repositories.clone(origin.directory);
    source.write('config/app.yaml', 'pushed by somebody else\n');
    const pushed = source.commit('pushed later');
    source.git('push', '--quiet', `file://${origin.directory}`, 'main');

    const before = fingerprint(clone.directory);
    const git = adapter(clone.directory);
    expect(await git.remoteHead('main')).toBe(pushed);
    expect((await git.files(pushed, ['config/app.yaml']))[0]?.content.toString()).toBe(
      'pushed by somebody else\n',
    );
    expect(fingerprint(clone.directory)).toBe(before);
  });

  test('that has no such branch says which it has instead', async () => {
    const clone = repositories.clone(released().directory);
    await expect(adapter(clone.directory).remoteHead('nope')).rejects.toMatchObject({
      message: 'origin has no branch nope',
      hint: expect.stringContaining('git ls-remote --heads origin'),
    });
  });

  test('is asked before a push whether it would take it, and a branch that moved is a reason', async () => {
    const origin = repositories.create({ bare: true });
    const source = released();
    source.git('push', '--quiet', `file://${origin.directory}`, 'main', '--tags');
    const clone = repositories.clone(origin.directory);
    const git = adapter(clone.directory);
    const tip = await git.remoteHead('main');
    const commit = await git.commitWithPaths({
      base: tip,
      source: 'refs/tags/v1.0.0',
      paths: ['config'],
      message: 'm\n',
    });
    const push = { remote: 'origin', branch: 'main', commit };
    expect(await git.whyNotPushable({ ...push, expected: tip })).toBeUndefined();
    expect(origin.git('rev-parse', 'main')).toBe(tip);
    expect(await git.whyNotPushable({ ...push, expected: '0'.repeat(39).concat('1') })).toContain(
      'stale info',
    );
  });
});

describe('the newest commit that changed paths', () => {
  test('is found with its message', async () => {
    const repository = released();
    repository.write('other.txt', 'three\n');
    repository.commit('something else');
    expect(await adapter(repository.directory).lastChange('HEAD', ['config'])).toEqual({
      commit: repository.git('rev-parse', 'v1.1.0^{commit}'),
      message: 'v1.1.0',
      boundary: false,
    });
  });

  test('is marked as uncertain where a shallow clone ends', async () => {
    const repository = released();
    repository.write('other.txt', 'three\n');
    repository.commit('something else');
    const clone = repositories.clone(repository.directory, '--depth=1');
    expect(await adapter(clone.directory).lastChange('HEAD', ['config'])).toMatchObject({ boundary: true });
  });
});

describe('a clone that git refuses', () => {
  test('because another user owns it is named with the command that trusts it', async () => {
    const repository = released();
    const git = adapter(repository.directory, { GIT_CONFIG_NOSYSTEM: '1' });
    const foreign = process.getuid?.() === 0;
    if (!foreign) return;
    execFileSync('chown', ['-R', '12345', repository.directory]);
    await expect(git.tags('v*')).rejects.toMatchObject({
      code: 'repository-incomplete',
      hint: `git config --global --add safe.directory ${repository.directory}`,
    });
  });

  test('because it is none says to check it out', async () => {
    const empty = repositories.folder();
    writeFileSync(join(empty, 'file'), '');
    await expect(adapter(empty).tags('v*')).rejects.toMatchObject({
      code: 'repository-incomplete',
      hint: expect.stringContaining('actions/checkout'),
    });
    await expect(adapter(join(empty, 'missing')).tags('v*')).rejects.toMatchObject({
      code: 'repository-incomplete',
    });
  });

  test('because there is no git is told apart from that', async () => {
    await expect(adapter(released().directory, { PATH: '/nonexistent' }).tags('v*')).rejects.toMatchObject({
      code: 'tool-missing',
    });
  });
});
