// `npm run bench`: what a rollback costs with us, against the bare tool on the same cluster in the same run, and where
// the time goes until the first change. The pairs alternate, so a machine that slows down slows both.

import { loadavg } from 'node:os';
import { deploy, type Ground, groundTools, helm, takeGround, writeWorkspace } from '../presses/ground.ts';
import { firstMutationAt, type Press, press } from '../presses/press.ts';
import { startCluster } from '../real-parts/cluster.ts';
import { provide } from '../real-parts/provide.ts';
import { type Counted, count } from './count.ts';
import { median, print, type Row, type Sample } from './print.ts';

const rounds = Number(process.argv[2] ?? 5);
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const tools = await provide(groundTools, { progress: say });
const cluster = await startCluster({ progress: say });
const ground = await takeGround(cluster, tools);
try {
  const rows: Row[] = [];
  rows.push(await measure('at once', '0s'));
  rows.push(await measure('after 10 s', '10s'));
  print(rows, await countOnce(), rounds);
} finally {
  await ground.leave();
  await cluster.stop();
}

/** Two releases of the same shape, one for each contender, each going back and forth between two versions. */
async function prepare(namespace: string, readyAfter: string): Promise<string> {
  for (const name of ['bare', 'ours']) {
    for (const version of ['1', '2']) await deploy(ground, { name, namespace }, { version, readyAfter });
  }
  return await writeWorkspace(ground, { name: 'ours', namespace });
}

async function measure(readiness: string, readyAfter: string): Promise<Row> {
  const namespace = `bench-${readyAfter}`;
  const workspace = await prepare(namespace, readyAfter);
  const row = { readiness, bare: [] as number[], ours: [] as Sample[], load: [] as number[] };
  // Each rollback makes one more revision; the other content is always one before the newest.
  for (let round = 0; round <= rounds; round++) {
    const to = String(round + 1);
    const bare = await bareRollback(ground, namespace, to);
    const ours = await ourRollback(ground, workspace, to);
    if (round === 0) continue; // warm-up
    row.bare.push(bare);
    row.ours.push(sampleOf(ours));
    row.load.push(loadavg()[0] ?? 0);
    say(
      `pods ready ${readiness}, round ${round} of ${rounds}: bare ${Math.round(bare)} ms, ours ${Math.round(ours.wholeMs)} ms`,
    );
  }
  say(`load while measuring: ${median(row.load).toFixed(1)}`);
  return row;
}

async function bareRollback(on: Ground, namespace: string, to: string, kubeconfig?: string): Promise<number> {
  const began = performance.now();
  await helm(
    on,
    ['rollback', 'bare', to, '--namespace', namespace, '--wait', '--timeout', '300s'],
    kubeconfig,
  );
  return performance.now() - began;
}

/**
 * What a rollback leaves goes into quarantine, so going back and forth needs a person's word; that word is not what costs
 * time.
 */
async function ourRollback(
  on: Ground,
  workspace: string,
  to: string,
  more: { readonly kubeconfig?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Press> {
  const inputs = { to: `ours=${to}`, override: 'unverified-target' };
  const run = await press(on, { workspace, inputs, ...more });
  if (run.verdict === 'rolled-back' && run.exitCode === 0) return run;
  throw new Error(`the run ended ${run.verdict}, so nothing was measured\n${run.log}`);
}

/** Milestones from the start of the process, ms. */
function sampleOf(run: Press): Sample {
  const at = (moment: number): number => moment - run.startedAt;
  const first = firstMutationAt(run.journal);
  const opened = run.journal[0];
  if (first === undefined || opened === undefined) throw new Error('the run changed nothing');
  const lastOf = (type: string): number => {
    const before = run.journal.filter((event) => event.type === type && Date.parse(event.at) <= first);
    return at(Date.parse(before.at(-1)?.at ?? opened.at));
  };
  return {
    whole: run.wholeMs,
    milestones: new Map([
      ['journal opened', at(Date.parse(opened.at) - opened.elapsedMs)],
      ['plan read, connected', lastOf('run-started')],
      ['target pinned', lastOf('pinned')],
      ['gates told', lastOf('gate')],
      ['incident opened', lastOf('incident')],
      ['state kept', lastOf('captured')],
      ['intent noted', lastOf('intent')],
      ['Helm started', at(first)],
    ]),
  };
}

/** Not while the clock runs: whoever counts slows down. */
async function countOnce(): Promise<{ readonly bare: Counted; readonly ours: Counted }> {
  const namespace = 'bench-count';
  const workspace = await prepare(namespace, '0s');
  await ourRollback(ground, workspace, '1');
  const bare = await count(ground, (by) => bareRollback(ground, namespace, '1', by.kubeconfig));
  const ours = await count(ground, (by) => ourRollback(ground, workspace, '2', by));
  return { bare, ours };
}
