// `npm run load`: a deploy on a real cluster is watched for a minute with fifty conditions that are each looked at every
// second: once as the runner does it, and once with hardly more heap than it needs. The first tells what it costs. There
// the collector has no reason to hurry, and the process grows as far as it may; whether something is kept only the second
// one tells. Fails when looks come late or memory grows without being given any.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { deploy, type Ground, groundTools, takeGround, writeWorkspace } from '../presses/ground.ts';
import { type Press, press } from '../presses/press.ts';
import { startCluster } from '../real-parts/cluster.ts';
import { provide } from '../real-parts/provide.ts';
import { figureLines, figuresOf, memoryLine, type Sample } from './figures.ts';
import { usageOf } from './process-tree.ts';

/** Node needs some twenty MiB of it to stand still. */
const littleHeap = ['--max-semi-space-size=1', '--max-old-space-size=32'];
const conditions = 50;
const windowSeconds = 60;
const sampleEveryMs = 1_000;
/** Of all looks. A machine that is busy with other things now and then misses one. */
const lateShare = 0.01;
const release = { name: 'ours', namespace: 'load' };

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const tools = await provide(groundTools, { progress: say });
const cluster = await startCluster({ progress: say });
const ground = await takeGround(cluster, tools);
const front = await startFront();
try {
  for (const version of ['1', '2']) await deploy(ground, release, { version });
  process.stdout.write('as the runner starts it\n');
  const usual = await measure(ground, front);
  process.stdout.write(`\nwith little heap (${littleHeap.join(' ')})\n`);
  const tight = await measure(ground, front, littleHeap);
  process.exitCode = usual.keepsUp && tight.keepsUp && tight.flat ? 0 : 1;
} finally {
  front.server.close();
  front.server.closeAllConnections();
  await ground.leave();
  await cluster.stop();
}

type Front = {
  readonly server: Server;
  readonly url: string;
  /** When each condition asked, by the clock of this process. */
  readonly asked: readonly number[][];
};

/** Answers at once, and notes who asked when: a look is late when it arrives late. */
async function startFront(): Promise<Front> {
  const asked: number[][] = Array.from({ length: conditions }, () => []);
  const server = createServer((request, response) => {
    asked[Number(request.url?.slice(1))]?.push(performance.now());
    response.end('{"status":"healthy"}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}`, asked };
}

/** A trigger is looked at as often as it says, and has no grace: what a busy plan would hold. */
function triggers(url: string): string {
  const lines = Array.from({ length: conditions }, (_, index) => {
    const check = `{ uses: http, with: { url: "${url}/${index}", expect: { json: { status: healthy } } } }`;
    return `  condition-${index}: { every: 1s, check: ${check} }`;
  });
  return `triggers:\n${lines.join('\n')}\n`;
}

/** Whether it kept up, and whether memory did not grow. */
async function measure(
  on: Ground,
  { url, asked }: Front,
  nodeFlags: readonly string[] = [],
): Promise<{ readonly keepsUp: boolean; readonly flat: boolean }> {
  for (const times of asked) times.length = 0;
  const workspace = await writeWorkspace(on, release, '', triggers(url));
  const taken: Sample[] = [];
  let stop: (() => void) | undefined;
  say(`watching with ${conditions} conditions for ${windowSeconds} s`);
  const run = await press(on, {
    workspace,
    inputs: { mode: 'verify', window: `${windowSeconds}s`, publish: 'none' },
    nodeFlags,
    started({ pid }) {
      if (pid === undefined) throw new Error('the run has no process');
      const timer = setInterval(async () => {
        const usage = await usageOf(pid);
        if (usage !== undefined) taken.push({ atMs: performance.now(), ...usage });
      }, sampleEveryMs);
      stop = () => clearInterval(timer);
    },
  });
  stop?.();
  proveWatched(run);

  const beganAt = Math.min(...asked.flatMap(([first = Number.POSITIVE_INFINITY]) => first));
  const samples = taken
    .map((sample) => ({ ...sample, atMs: sample.atMs - beganAt }))
    .filter(({ atMs }) => atMs >= 0 && atMs <= windowSeconds * 1_000 + sampleEveryMs / 2);
  const figures = figuresOf(
    asked.map((times) => times.map((at) => at - beganAt)),
    samples,
  );
  const keepsUp = figures.late <= figures.looks * lateShare;
  const told = [
    ...figureLines(figures, conditions),
    ...(nodeFlags.length === 0 ? [] : [memoryLine(figures)]),
    ...(keepsUp ? [] : [`LATE: more than ${lateShare * 100} % of the looks`]),
    `load of the machine now ${loadavg()[0]?.toFixed(1)}, ${cpus().length} cores`,
  ];
  process.stdout.write(`${told.join('\n')}\n`);
  return { keepsUp, flat: figures.flat };
}

function proveWatched({ verdict, exitCode, log }: Press): void {
  if (verdict === 'verified' && exitCode === 0) return;
  throw new Error(`the run ended ${verdict}, so nothing was measured\n${log}`);
}
