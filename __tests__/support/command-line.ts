// Starts the bundle as a person does on a laptop: arguments, a folder, a kubeconfig, and no word of a runner.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export type CommandLineRun = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type CommandLineOptions = {
  readonly folder: string;
  /** Absent: there is no kubeconfig anywhere. */
  readonly kubeconfig?: string | undefined;
  /** Folders put in front of PATH: this Helm, that kubectl. */
  readonly path?: readonly string[];
};

const script = resolve('bin/rollback-plan.js');

export function runCommandLine(
  args: readonly string[],
  options: CommandLineOptions,
): Promise<CommandLineRun> {
  const { folder, kubeconfig, path = [] } = options;
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder,
    env: {
      PATH: [...path, process.env['PATH']].join(':'),
      HOME: folder,
      USER: 'night-shift',
      ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) =>
      done({
        code,
        stdout: Buffer.concat(chunks.stdout).toString('utf8'),
        stderr: Buffer.concat(chunks.stderr).toString('utf8'),
      }),
    );
  });
}
