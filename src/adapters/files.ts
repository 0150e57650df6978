// The run's files on disk: journal, records, outputs. A durable append returns only once the bytes are on the disk.

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Files } from '../ports.ts';
import { readRegularFile } from './regular-file.ts';

/** Of folders that a search looks into. */
const mostFolders = 5_000;

export function createFiles(): Files {
  const appending = new Map<string, FileHandle>();
  return {
    read: readRegularFile,
    async write(path, content) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Whole or not at all: a reader never meets half a record.
      const half = `${path}.${process.pid}.tmp`;
      await writeFile(half, content, { mode: 0o600 });
      await rename(half, path);
    },
    async find(folder, name, depth) {
      const paths: string[] = [];
      const open: { readonly path: string; readonly depth: number }[] = [{ path: folder, depth: 1 }];
      // Level by level: what lies near is found also where there is too much further down.
      let looked = 0;
      for (; looked < open.length && looked < mostFolders; looked++) {
        const at = open[looked];
        if (at === undefined) break;
        for (const entry of await readdir(at.path, { withFileTypes: true }).catch(() => [])) {
          const path = join(at.path, entry.name);
          if (entry.isFile() && entry.name === name) paths.push(path);
          if (entry.isDirectory() && at.depth < depth) open.push({ path, depth: at.depth + 1 });
        }
      }
      return { paths: paths.sort(), whole: looked === open.length };
    },
    async claimFolder(path) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      for (let attempt = 1; ; attempt++) {
        const folder = attempt === 1 ? path : `${path}-${attempt}`;
        try {
          await mkdir(folder, { mode: 0o700 });
          return folder;
        } catch (error) {
          const exists =
            typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
          if (!exists || attempt === 1_000) throw error;
        }
      }
    },
    async appendDurably(path, line) {
      let handle = appending.get(path);
      if (handle === undefined) {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        handle = await open(path, constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY, 0o600);
        appending.set(path, handle);
      }
      await handle.appendFile(line);
      await handle.datasync();
    },
    async close() {
      for (const handle of appending.values()) await handle.close();
      appending.clear();
    },
  };
}

/** Keeps a folder of runs out of git, wherever it lies: a journal is not for a repository. Fails silently. */
export async function keepOutOfGit(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 }).catch(() => undefined);
}
