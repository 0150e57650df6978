// The owner's end of supervisor.mjs: starts processes whose lives are tied to this one, in a folder of their own.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { packageRoot } from './package-root.ts';

const Message = z.union([
  z.object({ started: z.string(), pid: z.number() }),
  z.object({ exited: z.string(), error: z.string() }),
  z.object({ exited: z.string(), code: z.number().nullable(), signal: z.string().nullable() }),
]);

export interface ProcessRequest {
  /** Unique within one supervisor; also names the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Exit {
  /** `undefined` after a signal or when the process could not be started. */
  readonly code: number | undefined;
  /** "exited with code 1", "was killed by SIGKILL", "could not be started: …". */
  readonly story: string;
}

export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  readonly exit: Promise<Exit>;
  /** Set once it has ended. */
  ended(): Exit | undefined;
  /** The last lines it wrote, for error messages. */
  logTail(): string;
}

export interface Supervisor {
  /** The folder for data and logs. A temporary one is removed when the supervisor ends. */
  readonly folder: string;
  start(request: ProcessRequest): Promise<SupervisedProcess>;
  readonly pids: readonly number[];
  /** Kills everything that was started, waits for it, removes a temporary folder. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * @param label names the temporary folder
 * @param place `keep`: a folder that stays after the end; `within`: where the temporary folder is made instead of the
 *   system's own place, so that files can be moved out of it without crossing a file system; `keeper`: the socket of
 *   the process whose end ends everything, instead of this one's end
 */
export async function startSupervisor(
  label: string,
  place: {
    readonly keep?: string | undefined;
    readonly within?: string;
    readonly keeper?: string | undefined;
  } = {},
): Promise<Supervisor> {
  const { keep, within = tmpdir(), keeper = '' } = place;
  await mkdir(keep ?? within, { recursive: true });
  const home = keep ?? (await mkdtemp(join(within, `rollback-plan-${label}-`)));
  const script = join(packageRoot(), 'tools', 'real-parts', 'supervisor.mjs');
  const child = spawn(process.execPath, [script, keep === undefined ? home : '', keeper], {
    // A session of its own: Ctrl-C reaches the owner only, who alone decides.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: childEnvironment(),
  });
  child.stdin.on('error', () => {});
  return new PipedSupervisor(home, child);
}

/** Concern only this process: Node's own options, and the repository a git hook that runs us is about. */
const privateVariables = new Set([
  'NODE_OPTIONS',
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
]);

/** Our environment without what would break or slow children. */
function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined && !privateVariables.has(key)) environment[key] = value;
  }
  return { ...environment, ...extra };
}

class Tracked implements SupervisedProcess {
  readonly name: string;
  readonly exit: Promise<Exit>;
  readonly log: string;
  pid = 0;
  #ended: Exit | undefined;
  #settle: (exit: Exit) => void = () => {};

  constructor(name: string, log: string) {
    this.name = name;
    this.log = log;
    this.exit = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  end(exit: Exit): void {
    this.#ended ??= exit;
    this.#settle(this.#ended);
  }

  ended(): Exit | undefined {
    return this.#ended;
  }

  logTail(): string {
    return readLogTail(this.log);
  }
}

class PipedSupervisor implements Supervisor {
  readonly folder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #gone: Promise<void>;
  readonly #tracked = new Map<string, { process: Tracked; started: (pid: number) => void }>();

  constructor(folder: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.folder = folder;
    this.#child = child;
    this.#gone = new Promise((resolve) => child.once('exit', () => resolve()));
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
    void this.#gone.then(() => {
      for (const { process } of this.#tracked.values())
        process.end({ code: undefined, story: 'was stopped' });
    });
    // Whoever forgets to stop us must still be able to exit: the closing pipe then does the work.
    child.unref();
    unref(child.stdin);
    unref(child.stdout);
  }

  get pids(): readonly number[] {
    return [...this.#tracked.values()].flatMap(({ process }) => (process.ended() ? [] : [process.pid]));
  }

  async start(request: ProcessRequest): Promise<SupervisedProcess> {
    const log = join(this.folder, `${request.name}.log`);
    const process = new Tracked(request.name, log);
    const started = new Promise<number>((resolve) => {
      this.#tracked.set(request.name, { process, started: resolve });
    });
    const { name, command, args, cwd = this.folder, env = {} } = request;
    this.#child.stdin.write(
      `${JSON.stringify({ start: { name, command, args, cwd, env: childEnvironment(env), log } })}\n`,
    );
    // Keeps the event loop alive: everything else here is unreferenced.
    const hold = setInterval(() => {}, 1000);
    try {
      const first = await Promise.race([started, process.exit]);
      if (typeof first !== 'number') throw new Error(`${command} ${first.story}`);
      process.pid = first;
      return process;
    } finally {
      clearInterval(hold);
    }
  }

  async stop(): Promise<void> {
    if (!this.#child.stdin.writableEnded) this.#child.stdin.end('{"stop":true}\n');
    this.#child.ref();
    await this.#gone;
  }

  #hear(line: string): void {
    const message = Message.parse(JSON.parse(line));
    if ('started' in message) {
      this.#tracked.get(message.started)?.started(message.pid);
      return;
    }
    this.#tracked.get(message.exited)?.process.end(describeExit(message));
  }
}

function describeExit(message: { error: string } | { code: number | null; signal: string | null }): Exit {
  if ('error' in message) return { code: undefined, story: `could not be started: ${message.error}` };
  if (message.code === null) return { code: undefined, story: `was killed by ${message.signal}` };
  return { code: message.code, story: `exited with code ${message.code}` };
}

/** The last lines of a log file, or a remark when there are none. */
export function readLogTail(file: string, lines = 12): string {
  try {
    const text = readFileSync(file, 'utf8').trimEnd();
    return text === '' ? '(its log is empty)' : text.split('\n').slice(-lines).join('\n');
  } catch {
    return '(it has no log)';
  }
}

/** Sockets and pipes have `unref`, the stream types do not say so. */
function unref(stream: object): void {
  if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
}
