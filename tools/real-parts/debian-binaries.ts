// Takes programs out of a package of a Debian-like system: apt downloads it and checks its signature, we unpack the files
// that are asked for. Nothing is installed, so no service starts, and nobody has to be root.
import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './part-cache.ts';
import type { DebianTool } from './part-catalogue.ts';
import { PartsUnavailable } from './parts-unavailable.ts';
import type { Progress } from './progress.ts';
import { run } from './run-command.ts';
import { type Supervisor, startSupervisor } from './supervisor.ts';

/**
 * Puts each tool at its path, complete or not at all. All are of one package.
 * @throws PartsUnavailable where there is no apt, or it has no such package
 */
export async function unpackFromDebian(
  tools: readonly { readonly tool: DebianTool; readonly path: string }[],
  progress: Progress,
): Promise<void> {
  const [first] = tools;
  if (first === undefined) return;
  const name = first.tool.package;
  const supervisor = await startSupervisor(`download-${name}`, { within: cacheFolder() });
  const { folder } = supervisor;
  try {
    await run(supervisor, 'apt-get', ['--version']).catch((cause: unknown) => {
      const install = `Put ${name} 2.40 or later on PATH, such as with \`brew install ${name}\`.`;
      throw new PartsUnavailable(name, 'this machine has no apt to get it with', install, { cause });
    });
    progress(`${name}: downloading the package of this system`);
    await run(supervisor, 'apt-get', ['download', name], { cwd: folder }).catch(async () => {
      progress(`${name}: the package lists of this system are missing or old, fetching new ones`);
      await downloadWithOwnLists(supervisor, name);
    });
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
    if (file === undefined) throw new Error(`apt-get download ${name} left no package`);
    await run(supervisor, 'dpkg-deb', ['--extract', join(folder, file), join(folder, 'unpacked')]);
    for (const { tool, path } of tools) {
      await mkdir(dirname(path), { recursive: true });
      await rename(join(folder, 'unpacked', tool.file), path);
    }
  } catch (cause) {
    if (cause instanceof PartsUnavailable) throw cause;
    const reason = `downloading its package failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    const install = `Run \`apt-get update\` and check that \`apt-get download ${name}\` works; or put ${name} 2.40 or later on PATH.`;
    throw new PartsUnavailable(name, reason, install, { cause });
  } finally {
    await supervisor.stop();
  }
}

/** Lists of our own, in our folder: those of the system are root's to update. */
async function downloadWithOwnLists(supervisor: Supervisor, name: string): Promise<void> {
  const { folder } = supervisor;
  const state = join(folder, 'lists');
  await mkdir(join(state, 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const own = ['-o', `Dir::State::lists=${state}`, '-o', `Dir::Cache=${join(folder, 'cache')}`];
  await run(supervisor, 'apt-get', [...own, 'update'], { cwd: folder });
  await run(supervisor, 'apt-get', [...own, 'download', name], { cwd: folder });
}
