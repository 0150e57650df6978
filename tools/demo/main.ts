// `npm run demo`: a shop is deployed good, then bad, and the action rolls it back, on real parts and before your eyes.
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../real-parts/package-root.ts';
import { PartsUnavailable } from '../real-parts/parts-unavailable.ts';
import { branchDemo } from './branch-demo.ts';
import { clusterDemo } from './cluster-demo.ts';
import { endCommands } from './commands.ts';
import { type DemoContext, inSeconds } from './demo.ts';
import { Screen } from './screen.ts';

const usage = `Usage: npm run demo [-- --without-cluster]
  --without-cluster   only the part that needs nothing but git and Node`;

/** Signals that end the demo, and what the shell then sees. */
const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;
type Interruption = (typeof signals)[number];

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== '--without-cluster');
  if (unknown !== undefined) {
    process.stderr.write(`${unknown} is not an option.\n${usage}\n`);
    return 2;
  }
  if (!existsSync(join(packageRoot(), 'dist', 'index.js'))) {
    process.stderr.write('There is no dist/index.js. Run: npm run build\n');
    return 1;
  }
  const screen = new Screen();
  const began = performance.now();
  const controller = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  const context: DemoContext = {
    screen,
    folder: await mkdtemp(join(tmpdir(), 'rollback-plan-demo-')),
    signal: controller.signal,
    atEnd: (close) => closers.push(close),
  };
  const interrupted = new Promise<Interruption>((resolve) => {
    for (const signal of signals) process.on(signal[0], () => resolve(signal));
  });

  screen.title(
    'Rollback Plan: the demo',
    'A shop is deployed good, then bad. One run of the action takes it back.',
  );
  const story = tell(context, args.includes('--without-cluster'));
  try {
    const outcome = await Promise.race([story, interrupted]);
    if (typeof outcome !== 'boolean') {
      const [name, exitCode] = outcome;
      story.catch(() => undefined);
      screen.stop();
      screen.line(`${name}: ending everything that was started`);
      controller.abort();
      endCommands();
      return exitCode;
    }
    return outcome ? 0 : 1;
  } finally {
    await closeAll(closers);
    const took = inSeconds(performance.now() - began);
    screen.line();
    screen.line(`Everything is stopped, after ${took}. The output stays in`);
    screen.line(context.folder);
  }
}

async function tell(context: DemoContext, withoutCluster: boolean): Promise<boolean> {
  if (withoutCluster) return branchDemo(context);
  try {
    return await clusterDemo(context);
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    const { screen } = context;
    screen.line();
    screen.line('This machine has no prebuilt cluster, and none can be made:');
    screen.say(error.message);
    screen.say('What follows is the part that needs only git and Node.');
    return branchDemo(context);
  }
}

async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => process.stderr.write(`while stopping: ${String(error)}\n`));
  }
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
