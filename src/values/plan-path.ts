// The input `plan` as a path of the repository, whichever way it was written; nothing that leads out of it.

import { isAbsolute, relative, resolve, sep } from 'node:path';
import { RollbackPlanError } from '../errors.ts';

/** `.github/rollback.yml` for a path relative to the workspace, or absolute and inside it. Throws `plan-invalid`. */
export function planPathIn(workspace: string, path: string): string {
  if (path === '' || path.includes('\0')) {
    throw new RollbackPlanError('plan-invalid', `${quotedPath(path)} is no path`, {
      hint: 'Give the input `plan` a path below the repository.',
    });
  }
  const absolute = resolve(workspace, path);
  if (!isBelow(absolute, resolve(workspace))) {
    throw new RollbackPlanError('plan-invalid', `the plan ${quotedPath(path)} is outside the workspace`, {
      hint: 'Give the input `plan` a path below the repository, such as `.github/rollback.yml`.',
    });
  }
  return relative(resolve(workspace), absolute).split(sep).join('/');
}

/** Whether an absolute path lies inside a folder and is not the folder itself. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}

/** For messages: what cannot be seen is escaped, and what is too long is cut. */
export function quotedPath(path: string): string {
  return JSON.stringify(path.length <= 200 ? path : `${path.slice(0, 199)}…`);
}
