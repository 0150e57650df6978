// One press of the button on the bundle, started as the workflow runner starts it, with what its journal says of times.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseOutputs } from '../demo/run-action.ts';
import { packageRoot } from '../real-parts/package-root.ts';
import { environmentOn, type Ground } from './ground.ts';

const eventSchema = z.looseObject({ type: z.string(), at: z.string(), elapsedMs: z.number() });
export type JournalEvent = z.infer<typeof eventSchema>;

export type Press = {
  readonly exitCode: number | null;
  /** `rolled-back`, `refused locked`, … */
  readonly verdict: string;
  readonly journal: readonly JournalEvent[];
  readonly log: string;
  /** Epoch, ms. */
  readonly startedAt: number;
  readonly wholeMs: number;
};

export type PressOptions = {
  readonly workspace: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  /** Another way to the cluster. */
  readonly kubeconfig?: string;
  /** Once the process runs; `temp` holds the folder of the run. */
  readonly started?: (child: ChildProcess, temp: string) => void | Promise<void>;
};

export async function press(ground: Ground, options: PressOptions): Promise<Press> {
  const temp = await mkdtemp(join(ground.folder, 'run-'));
  const files = { GITHUB_OUTPUT: join(temp, 'output'), GITHUB_STEP_SUMMARY: join(temp, 'summary') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const inputs = Object.entries({
    mode: 'rollback',
    plan: 'rollback.yml',
    to: 'previous',
    ...options.inputs,
  });
  const startedAt = Date.now();
  const began = performance.now();
  const bundle = join(packageRoot(), 'dist', 'index.js');
  const child = spawn(ground.tools.node24, [...(options.nodeFlags ?? []), bundle], {
    cwd: options.workspace,
    env: {
      ...environmentOn(ground, options.kubeconfig),
      ...files,
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: 'night-shift',
      GITHUB_WORKSPACE: options.workspace,
      RUNNER_TEMP: temp,
      ...Object.fromEntries(inputs.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  await options.started?.(child, temp);
  const exitCode = await ended;
  const wholeMs = performance.now() - began;
  const outputs = parseOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8'));
  const verdict = [outputs['outcome'], outputs['reason-code']].filter(Boolean).join(' ');
  const log = Buffer.concat(said).toString('utf8');
  return { exitCode, verdict, journal: await journalIn(temp), log, startedAt, wholeMs };
}

/** What a run has written so far; empty where it has not begun. */
export async function journalIn(temp: string): Promise<readonly JournalEvent[]> {
  const runs = join(temp, 'rollback-plan');
  const [incident] = await readdir(runs).catch(() => []);
  if (incident === undefined) return [];
  const text = await readFile(join(runs, incident, 'journal.jsonl'), 'utf8').catch(() => '');
  // The last line may still be in the making.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => eventSchema.parse(JSON.parse(line)));
}

const doneSchema = z.looseObject({ type: z.literal('done'), at: z.string(), durationMs: z.number() });

/** When the first command that changes something was started, epoch ms; `undefined` when none was. */
export function firstMutationAt(journal: readonly JournalEvent[]): number | undefined {
  const intent = journal.find(({ type, operation }) => type === 'intent' && mutates(operation));
  const done = journal.find(({ type, step }) => type === 'done' && step === intent?.['step']);
  if (intent === undefined || done === undefined) return undefined;
  const { at, durationMs } = doneSchema.parse(done);
  return Date.parse(at) - durationMs;
}

function mutates(operation: unknown): boolean {
  return z.looseObject({ mutates: z.literal(true) }).safeParse(operation).success;
}
