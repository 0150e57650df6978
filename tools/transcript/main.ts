// `npm run transcript`: what a stranger sees in the first minutes, recorded on a real cluster and put into README.md.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { startCluster } from '../real-parts/cluster.ts';
import { packageRoot } from '../real-parts/package-root.ts';
import { clusterTools } from '../real-parts/part-catalogue.ts';
import { provide } from '../real-parts/provide.ts';
import { replaceTranscript, settle, transcriptBlock } from './settle.ts';
import { setStage } from './stage.ts';

/** As a person types it; `rollback-plan` is the bundle of this package. */
type Argv = readonly [string, ...string[]];

const steps: readonly Argv[] = [
  ['rollback-plan', 'init'],
  ['rollback-plan', 'validate'],
  ['rollback-plan', 'rollback', '--to', 'previous', '--dry-run'],
  ['kubectl', 'label', 'namespace', 'shop', 'rollback-plan.dev/drill=allowed'],
  ['rollback-plan', 'drill'],
];

const deadlineMs = 600_000;

async function main(): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const tools = await provide([...clusterTools, 'kubectl', 'helm4'], { progress: say });
  const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-transcript-'));
  const repository = join(folder, 'shop');
  say('a cluster, and five revisions of the shop on it …');
  const cluster = await startCluster({ users: ['shop-front'] });
  try {
    const { kubeconfig } = await setStage({ cluster, repository, helm: tools.helm4, kubectl: tools.kubectl });
    const path = [dirname(tools.helm4), dirname(tools.kubectl), process.env['PATH']].join(delimiter);
    const env = { PATH: path, HOME: folder, KUBECONFIG: kubeconfig };
    const places = { repository, user: userInfo().username };
    const told: { readonly shown: string; readonly said: string }[] = [];
    for (const argv of steps) {
      const shown = argv.join(' ');
      say(`$ ${shown}`);
      told.push({ shown, said: settle(await run(argv, { cwd: repository, env }), places) });
    }
    const readme = join(packageRoot(), 'README.md');
    await writeFile(readme, replaceTranscript(await readFile(readme, 'utf8'), transcriptBlock(told)));
    say('README.md: transcript written');
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both streams, results after progress. Throws when it fails: a transcript of a failure is none. */
function run(
  argv: Argv,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  const [name, ...args] = argv;
  const own = name === 'rollback-plan';
  const file = own ? process.execPath : name;
  const given = own ? [join(packageRoot(), 'bin', 'rollback-plan.js'), ...args] : args;
  return new Promise((resolve, reject) => {
    execFile(
      file,
      given,
      { ...options, timeout: deadlineMs, maxBuffer: 16_777_216 },
      (error, stdout, stderr) => {
        if (error === null) resolve(`${stderr}${stdout}`);
        else reject(new Error(`\`${argv.join(' ')}\` failed: ${error.message}\n${stdout}${stderr}`));
      },
    );
  });
}

await main();
