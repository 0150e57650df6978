// What every generator does last: write its file, or with `--check` say whether the file is up to date.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export type Generated = {
  /** Relative to the repository. */
  readonly path: string;
  readonly content: string;
  /** What to run to bring the file up to date. */
  readonly command: string;
};

/** Runs from the root of the repository. Sets exit code 1 if `--check` finds the file out of date. */
export async function writeOrCheck(
  { path, content, command }: Generated,
  args: readonly string[],
): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined);
  if (present === content) {
    process.stdout.write(`${path} is up to date\n`);
  } else if (args.includes('--check')) {
    process.stderr.write(
      `${path} is ${present === undefined ? 'missing' : 'out of date'}; run: ${command}\n`,
    );
    process.exitCode = 1;
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    process.stdout.write(`${path} written\n`);
  }
}
