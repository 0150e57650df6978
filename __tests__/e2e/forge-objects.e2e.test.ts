// What the forge says about commits and files, asked of a real one, also where somebody named a branch like a commit.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createForgeObjects } from '../../src/adapters/github-objects.ts';
import type { ForgeObjects } from '../../src/ports/forge.ts';
import type { Forge } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { sharedForge } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['gitea']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('objects of a real forge', () => {
  let forge: Forge;
  let folder = '';
  let objects: ForgeObjects;
  let url = '';
  const ids: Record<string, string> = {};
  const limits = { deadlineMs: 20_000, signal: new AbortController().signal };

  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=d', '-c', 'user.email=d@example.invalid', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const commit = (name: string): void => {
    git('add', '--all');
    // `add` drops a submodule that is not checked out.
    git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`);
    git('commit', '--quiet', '-m', name);
    ids[name] = git('rev-parse', 'HEAD');
  };

  beforeAll(async () => {
    forge = await sharedForge();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-objects-'));
    const repository = await forge.createRepository('objects', { private: true });
    url = forge.cloneUrl(repository);
    execFileSync('git', ['clone', '--quiet', url, folder], { stdio: 'ignore' });
    mkdirSync(join(folder, 'deep/deeper'), { recursive: true });
    mkdirSync(join(folder, 'many'));
    writeFileSync(join(folder, 'plan.yml'), 'old\n');
    writeFileSync(join(folder, 'deep/deeper/plan.yml'), 'deep\n');
    writeFileSync(join(folder, 'deep/with space & ünï#code?.yml'), 'odd name\n');
    writeFileSync(join(folder, 'utf16.yml'), Buffer.from('\ufeffa', 'utf16le'));
    writeFileSync(join(folder, 'empty.yml'), '');
    writeFileSync(join(folder, 'large.yml'), '#'.repeat(5000));
    for (let n = 0; n < 1100; n += 1) writeFileSync(join(folder, `many/${n}`), 'x');
    writeFileSync(join(folder, 'many/zz.yml'), 'last\n');
    symlinkSync('plan.yml', join(folder, 'link.yml'));
    symlinkSync('deep', join(folder, 'linked'));
    commit('old');
    git('tag', 'light');
    git('tag', '-a', 'annotated', '-m', 'annotated');
    writeFileSync(join(folder, 'plan.yml'), 'head\n');
    commit('head');
    git('push', '--quiet', 'origin', 'HEAD:main', '--tags');
    git('checkout', '--quiet', '-b', 'fix/two');
    writeFileSync(join(folder, 'plan.yml'), 'branch\n');
    commit('branch');
    git('push', '--quiet', 'origin', 'HEAD');
    git('checkout', '--quiet', '--orphan', 'unrelated');
    commit('unrelated');
    git('push', '--quiet', 'origin', 'HEAD');
    // What anybody who may push can do: names that look like commits.
    git('push', '--quiet', 'origin', `${ids['branch']}:refs/heads/${ids['head']}`);
    git('push', '--quiet', 'origin', `${ids['head']}:refs/heads/${ids['branch']}`);
    git('push', '--quiet', 'origin', `${ids['branch']}:refs/tags/${ids['old']}`);
    objects = createForgeObjects({
      apiUrl: forge.apiUrl,
      token: forge.adminToken,
      repository: repository.fullName,
    });
  });
  afterAll(async () => {
    await forge?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['main', 'head'],
    ['light', 'old'],
    ['annotated', 'old'],
    ['fix/two', 'branch'],
  ])('%s is the commit it points to', async (ref, name) => {
    expect(await objects.commitOf(ref, limits)).toEqual({ ok: true, value: ids[name] });
  });

  test('a commit is itself, whatever branches and tags are named like it', async () => {
    for (const name of ['old', 'head', 'branch']) {
      expect(await objects.commitOf(ids[name] ?? '', limits)).toEqual({ ok: true, value: ids[name] });
    }
  });

  test.each([['nothing'], ['0'.repeat(40)], ['fix/none']])('%s is no commit', async (ref) => {
    expect(await objects.commitOf(ref, limits)).toEqual({ ok: true, value: undefined });
  });

  test.each([
    ['an older commit', 'old', 'head', true],
    ['the head itself', 'head', 'head', true],
    ['a commit of a branch, although a branch is named like the head', 'branch', 'head', false],
    ['a commit with a history of its own', 'unrelated', 'head', false],
    ['a newer commit', 'head', 'old', false],
  ])('%s: in the history is %s of %s: %s', async (_name, one, head, expected) => {
    const request = { commit: ids[one] ?? '', head: ids[head] ?? '' };
    expect(await objects.isInHistory(request, limits)).toEqual({ ok: true, value: expected });
  });

  const textAt = async (name: string, path: string): Promise<unknown> => {
    const answer = await objects.entryAt({ commit: ids[name] ?? '', path, maxBytes: 4096 }, limits);
    if (!answer.ok || answer.value === undefined) return answer;
    const entry = answer.value;
    if (entry.type !== 'file') return entry;
    return entry.bytes === undefined ? `${entry.size} bytes` : Buffer.from(entry.bytes).toString('utf8');
  };

  test.each([
    ['a file of an older commit', 'old', 'plan.yml', 'old\n'],
    ['a file of the head', 'head', 'plan.yml', 'head\n'],
    ['a file of a branch', 'branch', 'plan.yml', 'branch\n'],
    ['a file in folders', 'old', 'deep/deeper/plan.yml', 'deep\n'],
    ['a file whose name needs quoting', 'old', 'deep/with space & ünï#code?.yml', 'odd name\n'],
    ['a file on the second page of its folder', 'old', 'many/zz.yml', 'last\n'],
    ['an empty file', 'old', 'empty.yml', ''],
    ['a file that is too large', 'old', 'large.yml', '5000 bytes'],
    ['a symbolic link', 'old', 'link.yml', { type: 'symbolic link', at: 'link.yml' }],
    [
      'a file behind a symbolic link',
      'old',
      'linked/deeper/plan.yml',
      { type: 'symbolic link', at: 'linked' },
    ],
    ['a folder', 'old', 'deep/deeper', { type: 'folder', at: 'deep/deeper' }],
    ['a submodule', 'old', 'module', { type: 'submodule', at: 'module' }],
    ['a file in a submodule', 'old', 'module/plan.yml', { type: 'submodule', at: 'module' }],
    ['nothing', 'old', 'none.yml', { ok: true, value: undefined }],
    ['nothing below a file', 'old', 'plan.yml/x', { ok: true, value: undefined }],
  ])('reads %s', async (_name, name, path, expected) => {
    expect(await textAt(name, path)).toEqual(expected);
  });

  test('bytes stay bytes', async () => {
    const answer = await objects.entryAt(
      { commit: ids['old'] ?? '', path: 'utf16.yml', maxBytes: 99 },
      limits,
    );
    expect(answer).toMatchObject({ value: { bytes: Buffer.from('\ufeffa', 'utf16le') } });
  });
});
