// Starts the bundle as the workflow runner does: `node dist/index.js`, inputs as INPUT_*, files for outputs and
// summary, a clean environment, and the runner's sequence of signals when it is to stop.
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../real-parts/package-root.ts';
import { createCommandReader } from './workflow-commands.ts';

export interface ActionRequest {
  /** Names as in action.yml. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The checked-out repository. */
  readonly workspace: string;
  /** Becomes RUNNER_TEMP; holds outputs, summary and the action's own files afterwards. */
  readonly temporary: string;
  /** Node 24, which is what `using: node24` gets. */
  readonly node: string;
  /** Folders of tools, before our own PATH. */
  readonly path: readonly string[];
  /** GITHUB_* and what else the job has, such as KUBECONFIG. */
  readonly environment: Readonly<Record<string, string>>;
  /** Receives the log as a person sees it: commands to the runner obeyed and taken out, secrets masked. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface ActionResult {
  readonly exitCode: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summaryFile: string;
  readonly durationMs: number;
}

/** What the runner leaves between its signals to the entry process. */
const patience = { interrupt: 7_500, terminate: 2_500 };
/** Of our own variables, the runner's machine would have these. */
const kept = ['HOME', 'LANG', 'TMPDIR', 'USER', 'NO_PROXY', 'no_proxy'];

export async function runAction(request: ActionRequest): Promise<ActionResult> {
  const { inputs, workspace, temporary, node, path, onLine = () => undefined, signal } = request;
  await mkdir(temporary, { recursive: true });
  const file = (name: string): string => join(temporary, name);
  const files = {
    GITHUB_OUTPUT: file('outputs.txt'),
    GITHUB_STEP_SUMMARY: file('step-summary.md'),
    GITHUB_ENV: file('env.txt'),
    GITHUB_PATH: file('path.txt'),
    GITHUB_STATE: file('state.txt'),
  };
  for (const name of Object.values(files)) await writeFile(name, '');
  await writeFile(file('event.json'), `${JSON.stringify({ inputs })}\n`);
  const environment: Record<string, string> = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'workflow_dispatch',
    GITHUB_EVENT_PATH: file('event.json'),
    GITHUB_WORKSPACE: workspace,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temporary,
    ...files,
    ...request.environment,
    PATH: [...path, process.env['PATH'] ?? ''].join(delimiter),
  };
  for (const name of kept) {
    const value = process.env[name];
    if (value !== undefined) environment[name] ??= value;
  }
  for (const [name, value] of Object.entries(inputs)) {
    environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  }

  const began = performance.now();
  const child = spawn(node, [join(packageRoot(), 'dist', 'index.js')], {
    cwd: workspace,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Only we decide when it is stopped, as only the runner does.
    detached: true,
  });
  const read = createCommandReader();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      for (const shown of read(line)) onLine(shown);
    });
  }
  const timers: NodeJS.Timeout[] = [];
  const stop = (): void => {
    child.kill('SIGINT');
    timers.push(setTimeout(() => child.kill('SIGTERM'), patience.interrupt));
    timers.push(setTimeout(() => child.kill('SIGKILL'), patience.interrupt + patience.terminate));
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const ended = await new Promise<{ code: number | null; by: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, by) => resolve({ code, by }));
  }).finally(() => {
    signal?.removeEventListener('abort', stop);
    for (const timer of timers) clearTimeout(timer);
  });
  return {
    exitCode: ended.code ?? undefined,
    killedBy: ended.by ?? undefined,
    outputs: parseOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8')),
    summaryFile: files.GITHUB_STEP_SUMMARY,
    durationMs: performance.now() - began,
  };
}

/** The file behind GITHUB_OUTPUT: `name=value` lines and `name<<DELIMITER` blocks. */
export function parseOutputs(text: string): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    if (block !== null) {
      const [, name = '', delimiterLine] = block;
      const end = lines.indexOf(delimiterLine ?? '', at + 1);
      if (end < 0) break;
      outputs[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (line.includes('=')) {
      outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return outputs;
}
