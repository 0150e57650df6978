// The command line of the real parts: make the tools available ahead of time, or keep a cluster up for a person.
import { dirname } from 'node:path';
import { startCluster } from './cluster.ts';
import { groups, type ToolName, toolNames } from './part-catalogue.ts';
import { PartsUnavailable } from './parts-unavailable.ts';
import { provide } from './provide.ts';

const usage = `Usage:
  cli.js provide <names…|all>   download or compile real tools into the cache and print their paths
  cli.js up                     start a Kubernetes cluster and keep it until Ctrl-C
Names: ${[...toolNames, ...Object.keys(groups)].join(', ')}`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function main(args: readonly string[]): Promise<number> {
  const [command, ...names] = args;
  if (command === 'provide' && names.length > 0) return provideNamed(names);
  if (command === 'up' && names.length === 0) return keepUp();
  say(usage);
  return 2;
}

async function provideNamed(names: readonly string[]): Promise<number> {
  const tools = names.flatMap(
    (name): readonly ToolName[] => groups[name] ?? toolNames.filter((tool) => tool === name),
  );
  const unknown = names.filter(
    (name) => groups[name] === undefined && !toolNames.some((tool) => tool === name),
  );
  if (unknown.length > 0) {
    say(`unknown: ${unknown.join(', ')}\n${usage}`);
    return 2;
  }
  const paths = await provide(tools, { progress: say });
  for (const [name, path] of Object.entries(paths)) process.stdout.write(`${name}\t${path}\n`);
  return 0;
}

async function keepUp(): Promise<number> {
  const { kubectl, helm4 } = await provide(['kubectl', 'helm4'], { progress: say });
  const cluster = await startCluster({ progress: say });
  process.stdout.write(
    `export KUBECONFIG=${cluster.kubeconfig}\nexport PATH=${dirname(kubectl)}:${dirname(helm4)}:$PATH\n`,
  );
  say('Press Ctrl-C to end the cluster.');
  await new Promise<void>((resolve) => {
    const hold = setInterval(() => {}, 60_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(hold);
        resolve();
      });
    }
  });
  await cluster.stop();
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(
    error instanceof PartsUnavailable
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  process.exitCode = 1;
}
