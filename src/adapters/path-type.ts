// What a path of a plan leads to on disk: only what is below the workspace counts, wherever a symbolic link points.

import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { PathType } from '../ports.ts';

/** `path` is relative to the workspace, or absolute and inside it. What can't be looked at is `missing`. */
export async function pathTypeBelow(workspace: string, path: string): Promise<PathType> {
  const absolute = resolve(workspace, path);
  if (path.includes('\0') || leadsOut(resolve(workspace), absolute)) return 'outside';
  try {
    const real = await realpath(absolute);
    if (leadsOut(await realpath(workspace), real)) return 'outside';
    const found = await stat(real);
    if (found.isFile()) return 'file';
    return found.isDirectory() ? 'folder' : 'special';
  } catch {
    return 'missing';
  }
}

function leadsOut(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`);
}
