// The repository's files for `init`: creates what is not there, replaces nothing, and follows no link out of it.

import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { messageOf, RollbackPlanError } from '../errors.ts';
import type { RepositoryFiles } from '../ports.ts';

/** Both folders are absolute; `packageFolder` holds our own package.json. */
export function createRepositoryFiles(folders: {
  readonly repository: string;
  readonly packageFolder: string;
}): RepositoryFiles {
  const { repository, packageFolder } = folders;
  const inside = (path: string): Promise<string> => resolveInside(repository, path);
  return {
    async read(path, maxBytes) {
      const file = await inside(path);
      const found = await lstat(file).catch(absent);
      if (found === undefined) return undefined;
      if (!found.isFile()) throw unusable(path, 'it is no regular file');
      if (found.size > maxBytes) throw unusable(path, `it has ${found.size} bytes, more than ${maxBytes}`);
      return await readFile(file, 'utf8');
    },
    async exists(path) {
      return (await lstat(await inside(path)).catch(absent)) !== undefined;
    },
    async create(path, text) {
      const file = await inside(path);
      await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
        throw unusable(path, `its folder can't be made (${codeOf(error) || messageOf(error)})`);
      });
      // Exclusive: it neither replaces a file that came up meanwhile nor writes through a link.
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const handle = await open(file, flags, 0o644).catch((error: unknown) => {
        if (codeOf(error) === 'EEXIST') return undefined;
        throw unusable(path, `it can't be written (${codeOf(error) || messageOf(error)})`);
      });
      if (handle === undefined) return false;
      try {
        await handle.writeFile(text);
      } finally {
        await handle.close();
      }
      return true;
    },
    async foldersWith(name, below, depth) {
      const start = await inside(below);
      const found: string[] = [];
      const look = async (folder: string, left: number): Promise<boolean> => {
        const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
          if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error))) return undefined;
          throw error;
        });
        if (entries === undefined) return false;
        if (entries.some((entry) => entry.isFile() && entry.name === name)) {
          found.push(relative(resolve(repository), folder).split(sep).join('/') || '.');
          return true;
        }
        if (left === 0) return true;
        for (const entry of entries) {
          const skipped = entry.name.startsWith('.') || entry.name === 'node_modules';
          if (entry.isDirectory() && !skipped) await look(join(folder, entry.name), left - 1);
        }
        return true;
      };
      return (await look(start, depth)) ? found.sort() : undefined;
    },
    async packageFile(path) {
      return await readFile(join(packageFolder, path), 'utf8').catch(absent);
    },
  };
}

/** The absolute path, once the nearest folder above it that exists is known to lie in the repository. */
async function resolveInside(repository: string, path: string): Promise<string> {
  const file = resolve(repository, path);
  const root = await realpath(repository);
  let folder = path === '.' ? file : dirname(file);
  for (;;) {
    const real = await realpath(folder).catch(absent);
    if (real === undefined) {
      folder = dirname(folder);
      continue;
    }
    const way = relative(root, real);
    if (way === '..' || way.startsWith(`..${sep}`))
      throw unusable(path, 'a link leads out of the repository');
    return file;
  }
}

function absent(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
  throw error;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function unusable(path: string, reason: string): RollbackPlanError {
  return new RollbackPlanError('input-invalid', `${JSON.stringify(path)} can't be used: ${reason}`, {
    hint: 'Run this in the root of the repository, and name another path.',
  });
}
