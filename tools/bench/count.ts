// Counts what a run asks of the machine and of the API server: the children that our process starts, and every request
// that reaches the server, whoever makes it.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ground } from '../presses/ground.ts';
import { startFaultProxy } from '../real-parts/fault-proxy.ts';

export type Counted = {
  /** Command lines of the children that the measured Node process started, shortened to what they are. */
  readonly children: readonly string[];
  /** Method and path, in order of arrival. */
  readonly requests: readonly string[];
};

export type CountedWay = {
  readonly kubeconfig: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Node tells of every child before it starts it; only the measured process loads this. */
const listener = `const { subscribe } = require('node:diagnostics_channel');
const { appendFileSync } = require('node:fs');
subscribe('child_process', ({ process: child }) => {
  process.nextTick(() => appendFileSync(process.env.COUNTED_CHILDREN, JSON.stringify(child.spawnargs) + '\\n'));
});
`;

export async function count(ground: Ground, work: (by: CountedWay) => Promise<unknown>): Promise<Counted> {
  const proxy = await startFaultProxy(ground.cluster);
  const script = join(ground.folder, 'count-children.cjs');
  const told = join(ground.folder, 'children.jsonl');
  try {
    await writeFile(script, listener);
    await writeFile(told, '');
    const env = { NODE_OPTIONS: `--require=${script}`, COUNTED_CHILDREN: told };
    await work({ kubeconfig: proxy.kubeconfig, env });
    const lines = (await readFile(told, 'utf8')).split('\n').filter((line) => line !== '');
    const requests = proxy.requests.map(({ method, path }) => `${method} ${path.split('?', 1)[0]}`);
    return { children: lines.map(shortened), requests };
  } finally {
    await proxy.close();
    await rm(told, { force: true });
  }
}

function shortened(line: string): string {
  const argv: unknown = JSON.parse(line);
  const [file = '', ...rest] = Array.isArray(argv) ? argv.map(String) : [];
  const name = file.split('/').at(-1) ?? file;
  return name === 'sh' ? 'sh (guard)' : [name, ...rest.slice(0, 1)].join(' ');
}
