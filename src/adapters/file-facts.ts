// Facts about files for gates: found by a pattern without a shell, digested piece by piece. Nothing is written.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileFacts, FoundFile } from '../ports/file-facts.ts';
import { readRegularFile } from './regular-file.ts';

/** Of one folder that a pattern leads through. */
const mostEntries = 100_000;

export function createFileFacts(): FileFacts {
  return {
    async find(pattern) {
      const { root } = parse(pattern);
      const parts = pattern.slice(root.length).split(sep === '\\' ? /[\\/]/ : '/');
      let paths: readonly string[] = [root];
      for (const part of parts.filter((each) => each !== '')) paths = await below(paths, part);
      const found = await Promise.all(paths.map(factsOf));
      return found.flat().sort((a, b) => b.changedAt - a.changedAt || (a.path < b.path ? -1 : 1));
    },
    async sha256(path, signal) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash, { signal });
      return hash.digest('hex');
    },
    text: readRegularFile,
  };
}

async function below(folders: readonly string[], part: string): Promise<readonly string[]> {
  if (!/[*?]/.test(part)) return folders.map((folder) => join(folder, part));
  const fits = fitting(part);
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch((error: unknown) => whenMissing(error, []));
      // As shells do: a pattern does not find hidden files unless it says so.
      const seen = names
        .slice(0, mostEntries)
        .filter((name) => part.startsWith('.') || !name.startsWith('.'));
      return seen.filter(fits).map((name) => join(folder, name));
    }),
  );
  return found.flat();
}

/** Whether a name fits a pattern of `*` and `?`; linear, however many stars there are. */
function fitting(pattern: string): (name: string) => boolean {
  return (name) => {
    let at = 0;
    let position = 0;
    let star = -1;
    let mark = 0;
    while (position < name.length) {
      if (at < pattern.length && pattern[at] === '*') {
        star = at++;
        mark = position;
      } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[position])) {
        at++;
        position++;
      } else if (star === -1) {
        return false;
      } else {
        at = star + 1;
        position = ++mark;
      }
    }
    return /^\**$/.test(pattern.slice(at));
  };
}

async function factsOf(path: string): Promise<readonly FoundFile[]> {
  const found = await stat(path).catch((error: unknown) => whenMissing(error, undefined));
  return found?.isFile() ? [{ path, bytes: found.size, changedAt: found.mtimeMs }] : [];
}

function whenMissing<Value>(error: unknown, value: Value): Value {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return value;
  throw error;
}
