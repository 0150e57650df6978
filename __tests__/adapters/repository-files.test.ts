// The repository's files for `init`: nothing is replaced, and no link leads out.

import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createRepositoryFiles } from '../../src/adapters/repository-files.ts';
import type { RepositoryFiles } from '../../src/ports.ts';

let folder: string;
let repository: string;
let files: RepositoryFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollback-plan-files-'));
  repository = join(folder, 'repository');
  await mkdir(repository);
  files = createRepositoryFiles({ repository, packageFolder: folder });
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const put = async (path: string, text = ''): Promise<void> => {
  await mkdir(join(repository, path, '..'), { recursive: true });
  await writeFile(join(repository, path), text);
};

describe('creating', () => {
  test('makes the folders above, and a file that others can read', async () => {
    expect(await files.create('.github/workflows/a.yml', 'a')).toBe(true);
    expect(await files.read('.github/workflows/a.yml', 10)).toBe('a');
    expect((await stat(join(repository, '.github/workflows/a.yml'))).mode & 0o044).toBe(0o044);
  });

  test('never replaces what is there, not even through a link to nowhere', async () => {
    await put('a.yml', 'mine');
    await symlink('nowhere', join(repository, 'b.yml'));
    expect(await files.create('a.yml', 'yours')).toBe(false);
    expect(await files.create('b.yml', 'yours')).toBe(false);
    expect(await readFile(join(repository, 'a.yml'), 'utf8')).toBe('mine');
    expect([await files.exists('b.yml'), await files.exists('nowhere')]).toEqual([true, false]);
  });

  test('refuses a folder that is a link out of the repository', async () => {
    await mkdir(join(folder, 'outside'));
    await symlink(join(folder, 'outside'), join(repository, '.github'));
    await expect(files.create('.github/workflows/a.yml', 'a')).rejects.toMatchObject({
      code: 'input-invalid',
      message: '".github/workflows/a.yml" can\'t be used: a link leads out of the repository',
    });
    await expect(stat(join(folder, 'outside', 'workflows'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('says it where a file stands in the way of a folder', async () => {
    await put('.github', 'a file');
    await expect(files.create('.github/rollback.yml', 'a')).rejects.toMatchObject({ code: 'input-invalid' });
  });
});

describe('reading', () => {
  test('tells a file from none, and refuses what is neither or too large', async () => {
    await put('a.yml', '12345');
    expect([await files.read('a.yml', 5), await files.read('b.yml', 5)]).toEqual(['12345', undefined]);
    await expect(files.read('a.yml', 4)).rejects.toMatchObject({ code: 'input-invalid' });
    await mkdir(join(repository, 'c.yml'));
    await expect(files.read('c.yml', 4)).rejects.toMatchObject({ code: 'input-invalid' });
  });

  test('of the package: a file, or that it came without', async () => {
    await writeFile(join(folder, 'x.yml'), 'x');
    expect([await files.packageFile('x.yml'), await files.packageFile('workflows/y.yml')]).toEqual([
      'x',
      undefined,
    ]);
  });
});

describe('looking for charts', () => {
  test('finds them sorted, and neither subcharts nor what lies in node_modules, hidden folders and links', async () => {
    for (const path of [
      'deploy/web/Chart.yaml',
      'charts/api/Chart.yaml',
      'charts/api/charts/redis/Chart.yaml',
      'node_modules/x/Chart.yaml',
      '.git/y/Chart.yaml',
      'a/b/c/d/Chart.yaml',
    ]) {
      await put(path);
    }
    await mkdir(join(folder, 'outside'));
    await writeFile(join(folder, 'outside', 'Chart.yaml'), '');
    await symlink(join(folder, 'outside'), join(repository, 'link'));
    expect(await files.foldersWith('Chart.yaml', '.', 3)).toEqual(['charts/api', 'deploy/web']);
    expect(await files.foldersWith('Chart.yaml', 'a', 3)).toEqual(['a/b/c/d']);
    expect(await files.foldersWith('Chart.yaml', 'charts/api', 3)).toEqual(['charts/api']);
    expect(await files.foldersWith('Chart.yaml', 'missing', 3)).toBeUndefined();
    await put('Chart.yaml');
    expect(await files.foldersWith('Chart.yaml', '.', 3)).toEqual(['.']);
  });
});
