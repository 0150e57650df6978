// Runs children: argv only, own process group, deadline, cancellation, bounded and redacted output.
// `@actions/exec` has no deadline, no kill and splits a command string, so plan commands come through here.

import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { messageOf } from '../errors.ts';
import type { CommandOutcome, Processes } from '../ports.ts';
import { childEnvironment } from '../values/environment.ts';
import type { Command } from '../values/operation.ts';
import { hideSecretObjects, hideSecretObjectsIn } from '../values/secret-objects.ts';
import { secretVariables } from '../values/secret-variables.ts';
import { neutraliseLine } from '../values/terminal-text.ts';
import { createOutputFile, type OutputFile } from './output-file.ts';
import { createProcessGuard } from './process-guard.ts';

const defaultKeepBytes = 65_536;
/** Between SIGTERM and SIGKILL. The runner gives us 7.5 s after SIGINT, so this must leave time to write records. */
const graceMs = 2_000;
/** After SIGKILL: what lives on then is another user's (`sudo`), or waits for a disk that does not answer. */
const unkillableMs = 1_000;
/** After the child's exit: how long a grandchild may hold the output pipes before we stop listening. */
const drainMs = 500;
/** Characters of one line that are held until its end comes; what is shown of it is far less. */
const longestLine = 1_048_576;
const longestSecret = 8_192;

export type ProcessesOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workspace: string;
  readonly redact: (text: string) => string;
  /** Names of further variables of ours that children may have: the secrets that the plan declares. */
  readonly pass?: readonly string[];
};

export function createProcesses(options: ProcessesOptions): Processes {
  const guard = createProcessGuard();

  return {
    run: (command, limits) =>
      new Promise((resolve) => {
        const started = performance.now();
        const out = collect(limits.keepBytes ?? defaultKeepBytes, options.redact, (line) =>
          limits.onLine?.(line, 'stdout'),
        );
        const err = collect(defaultKeepBytes, options.redact, (line) => limits.onLine?.(line, 'stderr'));
        let ended: CommandOutcome['ended'] | undefined;
        let settled = false;
        let unkillable = false;

        const finish = (
          exitCode: number | null,
          signal: string | null,
          fallback: CommandOutcome['ended'],
        ): void => {
          if (settled) return;
          settled = true;
          clearTimeout(deadline);
          clearTimeout(abandoning);
          limits.signal?.removeEventListener('abort', cancel);
          out.end();
          err.end();
          // Whoever left the group (a daemon) may hold the other ends for as long as it lives; we don't listen any longer.
          child?.stdout?.destroy();
          child?.stderr?.destroy();
          const written = outputFile?.take();
          outputFile?.remove();
          resolve({
            ended: ended ?? fallback,
            exitCode: exitCode ?? undefined,
            signal: signal ?? undefined,
            status: undefined,
            raw: out.raw(),
            stdout: out.text(),
            stderr: err.text(),
            durationMs: performance.now() - started,
            ...(unkillable ? { unkillable } : {}),
            ...(written === undefined ? {} : { written: options.redact(written) }),
          });
        };

        const stop = (why: CommandOutcome['ended']): void => {
          if (ended !== undefined || settled) return;
          ended = why;
          if (child?.pid === undefined) return;
          terminateGroup(child.pid);
          // On a busy machine the news of its end may be waiting: that is heard first.
          abandoning = setTimeout(() => setImmediate(abandon), graceMs + unkillableMs);
        };
        const abandon = (): void => {
          if (child?.exitCode !== null || child.signalCode !== null) return;
          unkillable = true;
          child?.unref();
          finish(null, null, 'killed-by-signal');
        };
        const cancel = (): void => stop('cancelled');
        const deadline = setTimeout(() => stop('timed-out'), Math.max(1, limits.deadlineMs));

        let abandoning: NodeJS.Timeout | undefined;
        let child: ChildProcess | undefined;
        let outputFile: OutputFile | undefined;
        if (limits.signal?.aborted === true) {
          finish(null, null, 'cancelled');
          return;
        }
        try {
          if (command.outputFile !== undefined) outputFile = createOutputFile();
          guard.start();
          child = start(command, options, outputFile);
        } catch (error) {
          err.push(Buffer.from(messageOf(error)));
          finish(null, null, 'not-started');
          return;
        }
        const running = child;
        limits.signal?.addEventListener('abort', cancel, { once: true });
        if (running.pid !== undefined) guard.watch(running.pid);

        running.once('error', (error) => {
          err.push(Buffer.from(error.message));
          finish(null, null, 'not-started');
        });
        running.stdout?.on('data', (chunk: Buffer) => {
          out.push(chunk);
          if (limits.whole === true && out.overflowed()) stop('output-too-large');
        });
        running.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
        running.once('exit', (code, signal) => {
          if (running.pid !== undefined) {
            // Whatever the child left in its group would outlive the step; nothing a step starts may do that.
            killGroup(running.pid, 'SIGKILL');
            guard.release(running.pid);
          }
          const settle = (): void => finish(code, signal, code === null ? 'killed-by-signal' : 'exited');
          const drained = setTimeout(settle, drainMs);
          running.once('close', () => {
            clearTimeout(drained);
            settle();
          });
        });
        running.stdin?.on('error', () => undefined); // a child may exit without reading what we send
        running.stdin?.end(command.stdin ?? '');
      }),
  };
}

function start(
  command: Command,
  options: ProcessesOptions,
  outputFile: OutputFile | undefined,
): ChildProcess {
  const [file, ...args] = command.argv;
  const { outputFile: variable, secretEnv = {} } = command;
  const { environment, pass = [] } = options;
  const secrets = secretVariables(secretEnv, (name) => (pass.includes(name) ? environment[name] : undefined));
  const outputs = variable === undefined || outputFile === undefined ? {} : { [variable]: outputFile.path };
  return spawn(file, args, {
    cwd: command.cwd ?? options.workspace,
    env: childEnvironment(environment, pass, { ...command.env, ...secrets, ...outputs }),
    detached: true,
    shell: false,
    stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

function terminateGroup(group: number): void {
  killGroup(group, 'SIGTERM');
  setTimeout(() => killGroup(group, 'SIGKILL'), graceMs).unref();
}

function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Already gone.
  }
}

type Collector = {
  readonly push: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly raw: () => Buffer;
  readonly text: () => string;
  readonly overflowed: () => boolean;
};

/** Keeps the last `keep` bytes and hands complete lines on, redacted and neutralised. */
function collect(keep: number, redact: (text: string) => string, onLine: (line: string) => void): Collector {
  const decoder = new StringDecoder('utf8');
  let chunks: Buffer[] = [];
  let size = 0;
  let overflow = false;
  let pending = '';
  let tooLong = false;

  const shown = (line: string): string => neutraliseLine(hideSecretObjects(redact(line)));
  const lines = (text: string, last: boolean): void => {
    pending += text;
    const parts = pending.split(/\r\n|\n|\r(?!\n|$)/);
    pending = last ? '' : (parts.pop() ?? '');
    for (const part of parts) {
      if (last && part === '') continue;
      if (!tooLong) onLine(shown(part));
      tooLong = false;
    }
    // A child that never ends its line must not fill our memory. What follows on that line is left out: a secret that
    // the cut goes through would not be recognised in it.
    if (pending.length > longestLine) {
      if (!tooLong) onLine(shown(pending));
      tooLong = true;
      pending = '';
    }
  };

  return {
    push(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      while (size - (chunks[0]?.length ?? size) >= keep) {
        size -= chunks.shift()?.length ?? 0;
        overflow = true;
      }
      if (size > keep) overflow = true;
      lines(decoder.write(chunk), false);
    },
    end: () => lines(decoder.end(), true),
    raw() {
      const whole = Buffer.concat(chunks);
      chunks = [whole];
      return whole.length > keep ? whole.subarray(whole.length - keep) : whole;
    },
    text() {
      const whole = Buffer.concat(chunks);
      const tail = whole.subarray(-Math.min(keep, defaultKeepBytes));
      const text = redact(tail.toString('utf8'));
      // A cut may go through the middle of a secret, which redaction would then miss: drop the broken first line, or of a
      // line without end as much as a secret may have.
      const cut = overflow || tail.length < whole.length;
      const lineEnd = text.indexOf('\n');
      const safe = !cut ? 0 : lineEnd < 0 ? longestSecret : lineEnd + 1;
      return hideSecretObjectsIn(text.slice(safe));
    },
    overflowed: () => overflow,
  };
}
