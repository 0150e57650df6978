// Runs one command to its end for the demo: argv, a deadline, and an error that says what was run and what it said.
import { type ChildProcess, execFile } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

const deadlineMs = 120_000;
const running = new Set<ChildProcess>();

/** For the end of an interrupted demo: nothing that it started goes on. */
export function endCommands(): void {
  for (const child of running) child.kill();
}

/**
 * @returns standard output, without the line break at its end
 * @throws Error with the command and the tail of what it wrote to standard error
 */
export function command(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const [file, ...args] = argv;
  const { cwd, env = {}, stdin } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { cwd, env: { ...process.env, ...env }, timeout: deadlineMs, maxBuffer: 16_777_216 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trimEnd());
        else
          reject(new Error(`\`${argv.join(' ')}\` failed: ${stderr.trim().slice(-2_000) || error.message}`));
      },
    );
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}
