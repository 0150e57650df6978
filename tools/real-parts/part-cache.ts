// The folder on disk where real tools are kept between runs, and the two rules that keep it sane: a tool appears
// there complete or not at all, and one process at a time makes it.
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from './package-root.ts';
import { catalogue, type ToolName } from './part-catalogue.ts';
import type { Progress } from './progress.ts';

/** `$ROLLBACK_PLAN_CACHE`, else the user's cache folder, plus `parts`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['ROLLBACK_PLAN_CACHE'];
  if (own) return join(own, 'parts');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rollback-plan', 'parts');
}

/** The folder of a compiled module: its go.mod and go.sum name it, so a changed pin is a new folder. */
export function moduleFolder(module: string): string {
  const sources = moduleSources(module);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(sources, file)));
  const target = `${process.platform}-${process.arch}`;
  return join(cacheFolder(), `${module}-${hash.digest('hex').slice(0, 12)}-${target}`);
}

/** Where the go.mod of a compiled module lies in this repository. */
export function moduleSources(module: string): string {
  return join(packageRoot(), 'tools', 'parts', module);
}

/** Where a tool lies once it is there. Its folder holds it under its usual name, ready to be put on PATH. */
export function cachedPath(name: ToolName): string {
  const tool = catalogue[name];
  if (tool.from === 'go') return join(moduleFolder(tool.module), name);
  if (tool.from === 'debian')
    return join(cacheFolder(), `${tool.package}-debian-${process.platform}-${process.arch}`, tool.binary);
  const machine = tool.from === 'npm' ? 'linux-x64' : `${process.platform}-${process.arch}`;
  return join(cacheFolder(), `${tool.binary}-${tool.version}-${machine}`, tool.binary);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs `work` while holding a lock file beside the cache, so that two test runs do not compile the same thing twice
 * at once. The lock of a process that is gone is taken over. Two waiters may in rare cases take it over together:
 * then the work is done twice, and since it ends in a rename nothing breaks.
 */
export async function withLock<T>(name: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  const lock = join(cacheFolder(), `.${name}.lock`);
  await mkdir(dirname(lock), { recursive: true });
  let announced = false;
  while (!(await take(lock))) {
    const owner = await lockOwner(lock);
    if (owner !== undefined && !isAlive(owner)) {
      await rm(lock, { force: true });
      continue;
    }
    if (!announced)
      progress(
        `${name}: another process (${owner ?? 'unknown'}) is making it, waiting for that (if it is not: delete ${lock})`,
      );
    announced = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** `undefined` while the owner is still writing its pid, or has just let go. */
async function lockOwner(lock: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, but somebody else's.
    return hasCode(error, 'EPERM');
  }
}

/** Not by `instanceof Error`: under jest, Node's own errors are of another realm. */
function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
