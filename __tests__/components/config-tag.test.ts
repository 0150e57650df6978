// Config tags without a cluster: the settings a plan may write, and a branch that goes back by one commit.

import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { configTag } from '../../src/components/config-tag.ts';
import type { Json } from '../../src/values/json.ts';
import type { PinnedChange } from '../../src/values/version.ts';
import { type TestRepository, testRepositories } from '../adapters/git-repositories.ts';
import { createTestWorld, type TestWorld } from './config-tag-world.ts';

jest.setTimeout(60_000); // dozens of git processes, on a machine that may be busy

const repositories = testRepositories();
afterAll(() => repositories.removeAll());

describe('settings', () => {
  const base = { paths: ['config/'], tags: 'v*', configmap: 'app-config' };
  const cases: readonly { name: string; with: Record<string, Json>; issue: string | undefined }[] = [
    { name: 'with a ConfigMap are enough', with: base, issue: undefined },
    {
      name: 'with a branch are enough',
      with: { paths: ['config'], tags: 'v*', branch: 'main' },
      issue: undefined,
    },
    {
      name: 'need a ConfigMap or a branch',
      with: { paths: ['config'], tags: 'v*' },
      issue: 'configmap: name what goes back',
    },
    { name: 'need at least one path', with: { ...base, paths: [] }, issue: 'paths:' },
    {
      name: 'keep paths inside the repository',
      with: { ...base, paths: ['config/../../etc'] },
      issue: 'paths.0: a path can not leave',
    },
    { name: 'keep paths relative', with: { ...base, paths: ['/etc'] }, issue: 'paths.0: a path is relative' },
    {
      name: 'keep paths from being options',
      with: { ...base, paths: ['--upload-pack=x'] },
      issue: 'paths.0: a path can not begin with',
    },
    {
      name: 'name something smaller than the whole repository',
      with: { ...base, paths: ['./'] },
      issue: 'paths.0: name a folder',
    },
    {
      name: 'name no path twice, however written',
      with: { ...base, paths: ['config', './config/'] },
      issue: 'paths: the same path',
    },
    {
      name: 'name no path inside another',
      with: { ...base, paths: ['config', 'config/db'] },
      issue: 'paths: config/db lies inside',
    },
    { name: 'know no other key', with: { ...base, tag: 'v1' }, issue: 'Unrecognized key' },
    {
      name: 'name workloads with their kind',
      with: { ...base, restart: ['api'] },
      issue: 'restart.0: a workload is written',
    },
    {
      name: 'restart nothing without a ConfigMap',
      with: { paths: ['config'], tags: 'v*', branch: 'main', restart: ['deployment/api'] },
      issue: 'restart: ',
    },
    {
      name: 'either ignore subdirectories or join them',
      with: { ...base, separator: '__', subdirectories: 'ignore' },
      issue: 'separator: ',
    },
    {
      name: 'take a remote by name, never an option or a URL that runs something',
      with: { ...base, remote: 'ext::sh -c x' },
      issue: 'remote: ',
    },
  ];
  test.each(cases)('$name', (each) => {
    const parsed = configTag.schema.safeParse(each.with);
    const issues = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    if (each.issue === undefined) expect(issues).toEqual([]);
    else expect(issues).toEqual([expect.stringContaining(each.issue)]);
  });

  test('write one path in one way', () => {
    expect(configTag.schema.parse({ ...base, paths: ['./config//'.replace('//', '/')] }).paths).toEqual([
      'config',
    ]);
  });
});

const settings = configTag.schema.parse({ paths: ['config'], tags: 'v*', branch: 'main' });

type Scene = { readonly origin: TestRepository; readonly clone: TestRepository; readonly world: TestWorld };

/** An origin with two releases and a commit beside the configuration, and a clone of it. */
async function scene(): Promise<Scene> {
  const source = repositories.create();
  source.write('config/app.yaml', 'level: info\n');
  source.write('code.txt', '1\n');
  source.release('v1');
  source.write('config/app.yaml', 'level: debug\n');
  source.write('config/added.yaml', 'x\n');
  source.release('v2');
  source.write('code.txt', '2\n');
  source.commit('code only');
  const origin = repositories.create({ bare: true });
  source.git('push', '--quiet', `file://${origin.directory}`, 'main', '--tags');
  const clone = repositories.clone(origin.directory);
  const world = await createTestWorld({ directory: clone.directory, home: repositories.folder() });
  return { origin, clone, world };
}

async function change({ world }: Scene, to: string): Promise<PinnedChange> {
  const { version: from } = await configTag.read(world.context(), settings);
  const found = (await configTag.history(world.context(), settings)).find((candidate) => candidate.id === to);
  if (found === undefined) throw new Error(`no candidate ${to}`);
  return { component: 'config', from, to: { id: found.id, label: found.label, digest: found.digest } };
}

describe('a config tag on a branch', () => {
  test('is read from the remote: commits beside the paths do not change it', async () => {
    const here = await scene();
    expect(await configTag.read(here.world.context(), settings)).toMatchObject({
      version: { id: 'v2' },
      health: 'healthy',
    });
    expect(
      (await configTag.history(here.world.context(), settings)).map((each) => [each.id, each.standing]),
    ).toEqual([
      ['v2', 'deployed'],
      ['v1', 'deployed'],
    ]);
  });

  test('goes back by one commit that changes the paths alone, and then says that a rollback put it there', async () => {
    const here = await scene();
    const pinned = await change(here, 'v1');
    const before = here.origin.git('rev-parse', 'main');
    const prepared = await configTag.goTo(here.world.context(), settings, pinned);
    expect(prepared.preview).toContain('-level: debug\n+level: info\n');
    expect(prepared.operations).toHaveLength(1);
    expect(here.origin.git('rev-parse', 'main')).toBe(before);

    await here.world.performAll(prepared);
    expect(here.origin.git('rev-parse', 'main^')).toBe(before);
    expect(here.origin.git('diff', '--name-status', 'main^', 'main')).toBe(
      'D\tconfig/added.yaml\nM\tconfig/app.yaml',
    );
    expect(here.origin.git('show', 'main:code.txt')).toBe('2');
    expect(here.clone.git('status', '--porcelain')).toBe('');
    expect(await configTag.verify(here.world.context(), settings, pinned)).toMatchObject({
      state: 'verified',
    });
    expect(await configTag.read(here.world.context(), settings)).toMatchObject({
      version: { id: 'v1' },
      rolledBackTo: 'v1',
    });
  });

  test('pushes once, also when the push is repeated', async () => {
    const here = await scene();
    const prepared = await configTag.goTo(here.world.context(), settings, await change(here, 'v1'));
    await here.world.performAll(prepared);
    const after = here.origin.git('rev-parse', 'main');
    await here.world.performAll(prepared);
    expect(here.origin.git('rev-parse', 'main')).toBe(after);
  });

  test('prepares the same command twice, so that what was approved is what runs', async () => {
    const here = await scene();
    const pinned = await change(here, 'v1');
    const first = await configTag.goTo(here.world.context(), settings, pinned);
    expect((await configTag.goTo(here.world.context(), settings, pinned)).operations).toEqual(
      first.operations,
    );
  });

  test('overwrites nobody: a push in between is kept, and the command fails', async () => {
    const here = await scene();
    const [push] = (await configTag.goTo(here.world.context(), settings, await change(here, 'v1')))
      .operations;
    if (push === undefined) throw new Error('nothing was prepared');
    const other = repositories.clone(here.origin.directory);
    other.write('code.txt', 'somebody else\n');
    other.commit('in between');
    other.git('push', '--quiet', 'origin', 'main');
    const outcome = await here.world.perform(push);
    expect([outcome.exitCode, outcome.stderr]).toEqual([1, expect.stringContaining('stale info')]);
    expect(here.origin.git('log', '-1', '--format=%s', 'main')).toBe('in between');
  });

  test('that the remote protects is refused before anything is done', async () => {
    const here = await scene();
    here.clone.git('remote', 'set-url', '--push', 'origin', 'file:///nonexistent');
    await expect(
      configTag.goTo(here.world.context(), settings, await change(here, 'v1')),
    ).rejects.toMatchObject({
      code: 'prepare-failed',
      message: expect.stringContaining('would not take the push to main'),
    });
  });

  test('is no rollback any more after somebody deployed the same paths again', async () => {
    const here = await scene();
    await here.world.performAll(
      await configTag.goTo(here.world.context(), settings, await change(here, 'v1')),
    );
    const other = repositories.clone(here.origin.directory);
    for (const tag of ['v2', 'v1']) {
      other.git('rm', '-r', '--quiet', 'config');
      other.git('checkout', '--quiet', tag, '--', 'config');
      other.commit(`deploy ${tag}`);
    }
    other.git('push', '--quiet', 'origin', 'main');
    const reading = await configTag.read(here.world.context(), settings);
    expect(reading.version.id).toBe('v1');
    expect(reading.rolledBackTo).toBeUndefined();
  });

  test('at content that no tag has is untagged', async () => {
    const here = await scene();
    const other = repositories.clone(here.origin.directory);
    other.write('config/app.yaml', 'level: trace\n');
    other.commit('untagged');
    other.git('push', '--quiet', 'origin', 'main');
    expect(await configTag.read(here.world.context(), settings)).toMatchObject({
      version: { id: 'untagged', label: 'branch main differs from every tag' },
      health: 'unknown',
    });
  });

  test('has no place at a tag that lacks the paths', async () => {
    const source = repositories.create();
    source.write('code.txt', '1\n');
    source.release('v0');
    source.write('config/a', '1\n');
    source.release('v1');
    const world = await createTestWorld({ directory: source.directory, home: repositories.folder() });
    const [, oldest] = await configTag.history(world.context(), settings);
    expect(oldest).toMatchObject({ id: 'v0', standing: 'gone', because: 'config is not there' });
  });
});
