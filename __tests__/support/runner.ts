// Starts the bundle exactly as the workflow runner does: Node 24, `INPUT_*`, and files for outputs and summary.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { provide } from '../../tools/real-parts/provide.ts';

export type ActionRun = {
  readonly code: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly log: string;
  /** The journal's events, parsed; a line that is not JSON fails the test that reads it. */
  readonly journal: readonly Readonly<Record<string, unknown>>[];
  readonly incident: string;
  readonly milliseconds: number;
};

export type ActionOptions = {
  readonly inputs: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly kubeconfig?: string;
  /** Folders put in front of PATH: this Helm, that kubectl. */
  readonly path?: readonly string[];
  /** The runner's temp folder, to come after an earlier run in it. Default: a new one. */
  readonly temp?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called once the process runs, to send it signals. */
  readonly started?: (child: ChildProcess, temp: string) => void | Promise<void>;
};

const bundle = resolve('dist/index.js');

/**
 * Where Node keeps what it has compiled, for as long as jest runs: the bundle is large, and a run's suites start it some
 * hundred times. What it does stays the same.
 */
function compileCache(): Readonly<Record<string, string>> {
  const keeper = process.env['ROLLBACK_PLAN_TEST_KEEPER'];
  return keeper === undefined ? {} : { NODE_COMPILE_CACHE: join(dirname(keeper), 'compile-cache') };
}

/** The Node that `action.yml` asks for, even where the tests themselves run on another one. */
async function actionNode(): Promise<string> {
  if (process.version.startsWith('v24.')) return process.execPath;
  const { node24 } = await provide(['node24']);
  return node24;
}

export async function runAction(options: ActionOptions): Promise<ActionRun> {
  const temp = options.temp ?? (await mkdtemp(join(tmpdir(), 'rollback-plan-runner-')));
  const outputFile = join(temp, 'output');
  const summaryFile = join(temp, 'summary');
  await writeFile(outputFile, '');
  await writeFile(summaryFile, '');
  const inputs = Object.entries(options.inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  const env: NodeJS.ProcessEnv = {
    PATH: [...(options.path ?? []), process.env['PATH']].join(':'),
    HOME: temp,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'night-shift',
    GITHUB_WORKSPACE: options.workspace,
    GITHUB_OUTPUT: outputFile,
    GITHUB_STEP_SUMMARY: summaryFile,
    RUNNER_TEMP: temp,
    ...compileCache(),
    ...(options.kubeconfig === undefined ? {} : { KUBECONFIG: options.kubeconfig }),
    ...Object.fromEntries(inputs),
    ...options.env,
  };
  const started = performance.now();
  const child = spawn(await actionNode(), [bundle], {
    cwd: options.workspace,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  await options.started?.(child, temp);
  const code = await ended;
  const milliseconds = performance.now() - started;
  const outputs = parseOutputs(await readFile(outputFile, 'utf8'));
  const folder = outputs['result'] === undefined ? undefined : dirname(outputs['result']);
  const read = async (name: string): Promise<string> =>
    folder === undefined ? '' : await readFile(join(folder, name), 'utf8').catch(() => '');
  return {
    code,
    outputs,
    summary: await readFile(summaryFile, 'utf8'),
    log: Buffer.concat(chunks).toString('utf8'),
    journal: parseJournal(await read('journal.jsonl')),
    incident: await read('incident.md'),
    milliseconds,
  };
}

export function parseJournal(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** `name<<delimiter … delimiter`, as the toolkit writes them. */
function parseOutputs(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const pattern = /^([\w-]+)<<(\S+)\r?\n([\s\S]*?)\r?\n\2$/gm;
  for (const [, name = '', , value = ''] of text.matchAll(pattern)) found[name] = value;
  return found;
}

/** SIGINT, SIGTERM 7.5 s later, and the kill 2.5 s after that, as long as it runs. */
export async function cancelAsRunner(child: ChildProcess): Promise<void> {
  const over = new AbortController();
  child.once('exit', () => over.abort());
  child.kill('SIGINT');
  for (const [signal, afterMs] of [
    ['SIGTERM', 7_500],
    ['SIGKILL', 2_500],
  ] as const) {
    await sleep(afterMs, undefined, { signal: over.signal }).catch(() => undefined);
    if (over.signal.aborted) return;
    child.kill(signal);
  }
}

/** Outcome, code and exit status on one line, for tables. */
export function verdictOf(run: ActionRun): string {
  return `${run.outputs['outcome']} ${run.outputs['reason-code'] || '-'} exit ${run.code}`;
}
