// Brings the plan's bytes from the checked-out files: a regular file below the workspace and nothing else. A link that leads out,
// a pipe that would block, a device or a folder is refused before a byte is read.

import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ReasonCode, RollbackPlanError } from '../errors.ts';
import type { PlanBytes, PlanSource } from '../ports.ts';
import { isBelow, planPathIn, quotedPath } from '../values/plan-path.ts';

const usualPlaces = ['.github/rollback.yml', '.github/rollback.yaml', 'rollback.yml', 'rollback.yaml'];

/** Plans below an absolute workspace folder, as they are checked out; whatever ref is asked for, it is not looked at. */
export function createPlanSource(workspace: string): PlanSource {
  return {
    async read(path, maxBytes): Promise<PlanBytes> {
      const file = await insideWorkspace(path, workspace);
      return {
        ...(await readBounded(file, { path, workspace, maxBytes })),
        shown: file.shown,
        origin: { ref: 'the working tree', trusted: true },
      };
    },
  };
}

type Wanted = { readonly path: string; readonly workspace: string; readonly maxBytes: number };

type PlanFile = { readonly real: string; readonly shown: string };

async function insideWorkspace(path: string, workspace: string): Promise<PlanFile> {
  const shown = planPathIn(workspace, path);
  const absolute = resolve(workspace, path);
  const real = await realpath(absolute).catch(async (cause: unknown) => {
    throw await unreadable(path, workspace, cause);
  });
  if (!isBelow(real, await realpath(workspace))) {
    throw refused(
      'plan-invalid',
      `the plan ${quotedPath(path)} is a symbolic link that leaves the workspace`,
      'Replace the link with the file.',
    );
  }
  return { real, shown };
}

async function readBounded(
  file: PlanFile,
  { path, workspace, maxBytes }: Wanted,
): Promise<{ readonly bytes: Uint8Array; readonly size: number }> {
  // Looking before opening: opening a device can have effects. Looking again after: it may have been exchanged.
  refuseSpecial(await stat(file.real).catch(rethrowUnreadable(path, workspace)), path);
  // Without NONBLOCK, opening a pipe waits for a writer that may never come.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const handle = await open(file.real, flags).catch(rethrowUnreadable(path, workspace));
  try {
    const stats = await handle.stat();
    refuseSpecial(stats, path);
    const bytes = await readUpTo(handle, maxBytes + 1);
    return { bytes, size: Math.max(stats.size, bytes.length) };
  } finally {
    await handle.close();
  }
}

/** Sizes can lie (a file that grows, `/proc`), so reading stops by itself. */
async function readUpTo(handle: FileHandle, most: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(most);
  let filled = 0;
  while (filled < most) {
    const { bytesRead } = await handle.read(buffer, filled, most - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function refuseSpecial(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a pipe'
      : stats.isSocket()
        ? 'a socket'
        : 'a device';
  throw refused(
    'plan-invalid',
    `the plan ${quotedPath(path)} is ${what}, not a file`,
    'Give the input `plan` the path of a YAML file.',
  );
}

function rethrowUnreadable(path: string, workspace: string): (cause: unknown) => Promise<never> {
  return async (cause) => {
    throw await unreadable(path, workspace, cause);
  };
}

async function unreadable(path: string, workspace: string, cause: unknown): Promise<RollbackPlanError> {
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown';
  const shown = quotedPath(path);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const found = await firstExisting(workspace);
    return refused(
      'plan-missing',
      `there is no plan at ${shown}`,
      found === undefined
        ? 'Check the repository out before this step, or write a plan: the smallest is five lines, see docs/plan-reference.md.'
        : `There is one at ${found}: set \`plan: ${found}\`.`,
      cause,
    );
  }
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'its permissions do not allow reading it',
    ELOOP: 'its symbolic links go round in a circle',
    ENAMETOOLONG: 'its path is too long',
  };
  const reason = reasons[code] ?? `the system says ${code}`;
  return refused(
    'plan-missing',
    `the plan ${shown} can't be read: ${reason}`,
    'Make it a readable file.',
    cause,
  );
}

async function firstExisting(workspace: string): Promise<string | undefined> {
  for (const place of usualPlaces) {
    const exists = await access(resolve(workspace, place)).then(
      () => true,
      () => false,
    );
    if (exists) return place;
  }
  return undefined;
}

function refused(code: ReasonCode, message: string, hint: string, cause?: unknown): RollbackPlanError {
  return new RollbackPlanError(code, message, { hint, ...(cause === undefined ? {} : { cause }) });
}
