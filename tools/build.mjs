// Builds `dist/`: compiles to `lib/`, bundles with ncc. `--check` builds elsewhere and compares byte by byte.
// Plain JavaScript, because it is what compiles the TypeScript.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getExecOutput } from '@actions/exec';

const check = process.argv.includes('--check');
const folder = check ? await mkdtemp(join(tmpdir(), 'rollback-plan-dist-')) : 'dist';

await rm('lib', { recursive: true, force: true });
await must('node_modules/.bin/tsc', ['-p', '.']);
if (process.argv.includes('--tools')) process.exit(0);
await rm(folder, { recursive: true, force: true });
await must('node_modules/.bin/ncc', [
  'build',
  'lib/src/index.js',
  '--out',
  folder,
  '--license',
  'licenses.txt',
  '--quiet',
]);
if (check) {
  const differing = await differences('dist', folder);
  await rm(folder, { recursive: true, force: true });
  if (differing.length > 0) {
    console.error(
      `dist is not what src builds (${differing.join(', ')}). Run: npm run build, and commit dist/`,
    );
    process.exit(1);
  }
  console.log('dist is what src builds');
}

async function must(command, args) {
  const { exitCode, stdout, stderr } = await getExecOutput(command, args, {
    silent: true,
    ignoreReturnCode: true,
  });
  if (exitCode !== 0) {
    console.error(`${command} ${args.join(' ')} failed with exit code ${exitCode}\n${stdout}${stderr}`);
    process.exit(1);
  }
}

async function differences(committed, built) {
  const names = [
    ...new Set([...(await readdir(committed).catch(() => [])), ...(await readdir(built))]),
  ].sort();
  const same = await Promise.all(
    names.map(async (name) => {
      const [a, b] = await Promise.all(
        [committed, built].map((dir) => readFile(join(dir, name)).catch(() => undefined)),
      );
      return a !== undefined && b !== undefined && a.equals(b);
    }),
  );
  return names.filter((_, index) => !same[index]);
}
