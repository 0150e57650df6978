// Runs one command to its end under a supervisor, so that it dies with us, and explains a failure with its output.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLogTail, type Supervisor } from './supervisor.ts';

let counter = 0;

/**
 * @returns what it wrote, standard output and error together
 * @throws if it does not exit with 0; the message ends with its last lines
 */
export async function run(
  supervisor: Supervisor,
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  counter += 1;
  const name = `run-${counter}`;
  const child = await supervisor.start({ name, command, args, ...options });
  // The exit arrives through an unreferenced pipe: something must keep the event loop alive until then.
  const hold = setInterval(() => {}, 1000);
  const exit = await child.exit.finally(() => clearInterval(hold));
  const log = join(supervisor.folder, `${name}.log`);
  if (exit.code !== 0) {
    throw new Error(`\`${[command, ...args].join(' ')}\` ${exit.story}\n${readLogTail(log)}`);
  }
  return readFile(log, 'utf8');
}
