// `npm test`: everything that must hold, in the order that fails fastest. Real parts are fetched or built while the
// unit tests run. The last line counts the tests of all jest runs.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = findRoot();
const jestResult = z.looseObject({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  success: z.boolean(),
});

/** Each is quick and says itself what to do. */
const checks: readonly (readonly [title: string, argv: readonly [string, ...string[]]])[] = [
  ['format and lint', [bin('biome'), 'ci', '--error-on-warnings', '.']],
  ['generated schema and documents are current', [process.execPath, 'lib/tools/generate/main.js', '--check']],
  ['dist is current', [process.execPath, 'tools/build.mjs', '--check']],
];

const scratch = await mkdtemp(join(tmpdir(), 'rollback-plan-check-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const broken: string[] = [];

try {
  const only = process.argv.slice(2);
  if (only.length === 0) {
    for (const [title, argv] of checks) await must(title, argv);
    const parts = provideParts();
    await jest('unit', ['--selectProjects', 'unit']);
    await parts;
    // More than cores: much of a test is waiting for a cluster or for somebody's timeout.
    await jest('e2e', ['--selectProjects', 'e2e', '--maxWorkers=3']);
  } else {
    await jest('selected', only);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

if (broken.length > 0) process.stdout.write(`\nnot in order: ${broken.join(', ')}\n`);
process.exitCode = broken.length > 0 || counts.failed > 0 ? 1 : 0;
// A check that is broken counts as a failure, so that the closing line can't look green.
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(
  `\n${counts.passed} passed, ${counts.failed + (counts.failed === 0 ? broken.length : 0)} failed${skipped}\n`,
);

async function must(title: string, argv: readonly [string, ...string[]]): Promise<void> {
  process.stdout.write(`\n== ${title}\n`);
  if ((await run(argv)) !== 0) broken.push(title);
}

/** In CI a part that can't be had fails the run here already; on a laptop its suites say that they are skipped. */
async function provideParts(): Promise<void> {
  const code = await run([process.execPath, 'lib/tools/real-parts/cli.js', 'provide', 'all']);
  if (code !== 0 && process.env['CI'] === 'true') broken.push('real parts');
}

async function jest(title: string, args: readonly string[]): Promise<void> {
  process.stdout.write(`\n== ${title} tests\n`);
  const output = join(scratch, `${title}.json`);
  const code = await run(
    [
      process.execPath,
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${output}`,
      ...args,
    ],
    'quiet-stdout',
  );
  const result = jestResult.safeParse(JSON.parse(await readFile(output, 'utf8').catch(() => 'null')));
  if (!result.success) {
    broken.push(`${title} tests`);
    return;
  }
  counts.passed += result.data.numPassedTests;
  counts.failed += result.data.numFailedTests;
  counts.skipped += result.data.numPendingTests;
  // A suite that could not even be loaded has no failed tests, but jest's exit code tells.
  if (code !== 0 && result.data.numFailedTests === 0) broken.push(`${title} tests`);
}

/** jest prints its progress to standard error and the JSON once more to standard output, which nobody wants to read. */
function run(argv: readonly [string, ...string[]], output: 'all' | 'quiet-stdout' = 'all'): Promise<number> {
  const [file, ...args] = argv;
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(file, args, {
      cwd: root,
      stdio: ['ignore', output === 'all' ? 'inherit' : 'ignore', 'inherit'],
    });
    child.once('error', (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function bin(name: string): string {
  return join(root, 'node_modules', '.bin', name);
}

function findRoot(): string {
  // lib/tools/check/main.js → the package root
  return dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
}
