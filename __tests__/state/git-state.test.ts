// Lock and journal on refs of a real git remote: what is written is what is read, of two writers one gets through, and a
// push whose answer is lost is looked up.

import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createGit } from '../../src/adapters/git-command.ts';
import { createGitState, hasRemote } from '../../src/adapters/git-state.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import type { LockRecord, TargetState } from '../../src/ports/state.ts';

jest.setTimeout(60_000);

const record = (holder: string, fence: number): LockRecord => ({
  holder,
  fence,
  renewedAt: '2026-03-01T10:00:00.000Z',
  termMs: 30_000,
  incident: 'INC-1',
  host: 'h',
  pid: 7,
  started: '1',
  nonce: `${holder}-${fence}`,
});

describe('state on refs of a git remote', () => {
  let folder = '';
  let remote = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-git-state-'));
    remote = join(folder, 'remote.git');
    execFileSync('git', ['init', '--quiet', '--bare', remote]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const gitIn = (clone: string): ReturnType<typeof createGit> =>
    createGit(
      createProcesses({ environment: process.env, workspace: clone, redact: (text) => text, pass: [] }),
      clone,
    );
  async function clone(service: string): Promise<TargetState> {
    const own = await mkdtemp(join(folder, 'clone-'));
    execFileSync('git', ['init', '--quiet', own]);
    execFileSync('git', ['-C', own, 'remote', 'add', 'origin', remote]);
    return createGitState(gitIn(own), service, 'eu');
  }

  test('what one clone writes another one reads, and only who has read the newest may write', async () => {
    const [here, there] = [await clone('shop'), await clone('shop')];
    expect(await here.journal.read()).toEqual({ text: undefined, version: undefined });
    const first = await here.journal.write('{"a":"ü"}', undefined);
    expect(first.type).toBe('written');
    const read = await there.journal.read();
    expect(read.text).toBe('{"a":"ü"}');
    expect((await there.journal.write('2', read.version)).type).toBe('written');
    expect((await here.journal.write('3', read.version)).type).toBe('conflict');
    expect((await here.journal.write('3', undefined)).type).toBe('conflict');
    expect((await here.journal.read()).text).toBe('2');
    expect(
      execFileSync('git', ['-C', remote, 'for-each-ref', '--format=%(refname)'], { encoding: 'utf8' }),
    ).toBe('refs/rollback-plan/shop/eu/journal\n');
  });

  test('of eight takers of a free lock one gets it', async () => {
    const takers = await Promise.all(Array.from({ length: 8 }, () => clone('race')));
    const swaps = await Promise.all(
      takers.map(({ lock }, index) => lock.write(record(`taker ${index}`, 1), undefined)),
    );
    expect(swaps.filter(({ type }) => type === 'written')).toHaveLength(1);
    const winner = swaps.findIndex(({ type }) => type === 'written');
    expect((await takers[0]?.lock.read())?.record).toEqual(record(`taker ${winner}`, 1));
  });

  test('services and targets do not share their state', async () => {
    const [one, other] = [await clone('one'), await clone('other')];
    await one.journal.write('1', undefined);
    expect((await other.journal.read()).text).toBeUndefined();
  });

  test('a push that landed without an answer is written', async () => {
    const state = await clone('lost');
    const hook = join(remote, 'hooks', 'post-receive');
    await writeFile(hook, '#!/bin/sh\nkill -9 $PPID\n');
    await chmod(hook, 0o755);
    try {
      expect((await state.journal.write('landed', undefined)).type).toBe('written');
    } finally {
      await rm(hook);
    }
    expect((await state.journal.read()).text).toBe('landed');
  });

  test('a remote that takes no push, and one that is not there, say what to do', async () => {
    const state = await clone('forbidden');
    const hook = join(remote, 'hooks', 'pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "not for you" >&2\nexit 1\n');
    await chmod(hook, 0o755);
    try {
      await expect(state.journal.write('1', undefined)).rejects.toMatchObject({
        code: 'state-not-writable',
        message: expect.stringContaining('not for you'),
        hint: expect.stringContaining('contents: write'),
      });
    } finally {
      await rm(hook);
    }
    const lonely = await mkdtemp(join(folder, 'lonely-'));
    execFileSync('git', ['init', '--quiet', lonely]);
    expect(await hasRemote(gitIn(lonely))).toBe(false);
    execFileSync('git', ['-C', lonely, 'remote', 'add', 'origin', join(folder, 'nowhere.git')]);
    expect(await hasRemote(gitIn(lonely))).toBe(true);
    await expect(createGitState(gitIn(lonely), 'shop', 'eu').lock.read()).rejects.toMatchObject({
      code: 'lock-unreadable',
      hint: expect.stringContaining('git ls-remote'),
    });
  });

  test('what somebody else wrote there is no lock', async () => {
    const state = await clone('foreign');
    const { lock, journal } = state;
    await lock.write(record('me', 1), undefined);
    await journal.write('x', undefined);
    execFileSync('git', [
      '-C',
      remote,
      'update-ref',
      'refs/rollback-plan/foreign/eu/lock',
      'refs/rollback-plan/foreign/eu/journal',
    ]);
    await expect(lock.read()).rejects.toMatchObject({ code: 'lock-unreadable' });
  });
});
