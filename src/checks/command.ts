// Check kind `command`: a verifier of the team's own, here or inside a pod. Its exit code and what it prints say whether
// the service is healthy; that it could not be run says nothing about it. It must change nothing: it runs again and again.

import { z } from 'zod';
import type { KindContext } from '../ports.ts';
import { comparison, describeBounds } from '../values/comparison.ts';
import { duration, formatDuration } from '../values/durations.ts';
import { describeExpectation, type Expectation, expectation } from '../values/expectations.ts';
import { shellQuote } from '../values/shell-quote.ts';
import type { CheckKind, Measurement } from './check-kind.ts';
import { type CommandEnd, judgeCommand } from './command/judge.ts';
import { runInPod, shellWord } from './via/in-pod.ts';
import { viaExec, viaRequirements } from './via.ts';

const longestMs = 600_000;
/** What is judged; the rest of a longer output is not kept. */
const keptBytes = 65_536;
/** Variables that would make a shell run something else than the script. */
const reserved = new Set(['BASH_ENV', 'ENV', 'SHELLOPTS', 'BASHOPTS', 'PS4']);

const word = z.string().refine((text) => !text.includes('\0'), 'there is no NUL character on a command line');
const jsonPath = z
  .string()
  .regex(/^[^.\s]+(?:\.[^.\s]+)*$/, 'keys with dots between them, such as `summary.passed`');
const exitCode = z.int().min(0).max(255);

const schema = z
  .strictObject({
    run: z
      .string()
      .refine((text) => text.trim() !== '', 'a script has at least one command')
      .refine((text) => !/^[-+]/.test(text), 'the shell would read `-` or `+` at the beginning as an option')
      .refine((text) => !text.includes('\0'), 'a script can not hold a NUL character')
      .optional()
      .describe('A script that changes nothing. Values reach it through `env` only.'),
    command: z
      .array(word)
      .min(1)
      .refine(([first = '']) => first !== '' && !first.startsWith('-'), 'begins with the name of a program')
      .optional()
      .describe('Instead of `run`: a program and its arguments, without a shell: `[make, smoke]`.'),
    shell: z
      .enum(['bash', 'sh'])
      .optional()
      .describe(
        'Of `run`: `bash` (default; stops at failures inside a pipe, too), or `sh` (default in a pod).',
      ),
    env: z
      .record(
        z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a variable has letters, digits or `_`')
          .refine((name) => !reserved.has(name), 'this variable belongs to the shell'),
        word,
      )
      .default({})
      .describe('Variables of the command, besides the allow-listed ones of the runner.'),
    expect: z
      .strictObject({
        'exit-code': expectation.default(0).describe('The exit code.'),
        stdout: expectation
          .optional()
          .describe('Standard output as text, without white space at its ends; `~ ready` searches.'),
        json: expectation
          .optional()
          .describe('Standard output as JSON, or its last line; a map looks inside: `{ failed: 0 }`.'),
        share: z
          .strictObject({
            part: jsonPath.describe('Where the smaller number is: `failed`, `summary.passed`.'),
            of: jsonPath.describe('Where all are counted: `total`. With 0 of them nothing is judged.'),
            is: expectation.describe('What the one divided by the other has to be: `<= 0.5`.'),
          })
          .optional()
          .describe('A number of that JSON as a share of another one, such as of tests that failed.'),
      })
      .default({ 'exit-code': 0 })
      .describe('The health that is expected; exit code 0 unless it says otherwise.'),
    compare: comparison
      .optional()
      .describe(
        'Judge standard output by what it was before the deploy: `equal: true` for text, any bound for a number.',
      ),
    'no-data-exit-code': z
      .union([exitCode, z.array(exitCode).min(1)])
      .optional()
      .describe('Exit code by which the command says that it has nothing to judge: `inconclusive`.'),
    timeout: duration
      .refine((milliseconds) => milliseconds <= longestMs, 'at most `10m`')
      .default(60_000)
      .describe('Longest time for the command; then it is ended, and nothing is known. Default `1m`.'),
    via: viaExec.optional().describe('Run it inside a pod instead of here; the container needs `sh`.'),
  })
  .superRefine((settings, context) => {
    if ((settings.run === undefined) === (settings.command === undefined))
      context.addIssue({ code: 'custom', message: 'say one of `run` and `command`' });
    if (settings.shell !== undefined && settings.run === undefined)
      context.addIssue({ code: 'custom', path: ['shell'], message: 'only a script of `run` has a shell' });
  });

export type CommandSettings = z.output<typeof schema>;

export const command: CheckKind<CommandSettings> = {
  name: 'command',
  summary: 'A verifier of your own, here or in a pod, and the exit code or output that is expected of it.',
  schema,
  timeoutMs: longestMs,
  requires(settings) {
    if (settings.via !== undefined) return viaRequirements(settings.via);
    const [name = ''] = argvOf(settings);
    // What a program of the team's own answers to `--version` nobody knows.
    if (settings.run === undefined) return [];
    const versionArgs = name === 'bash' ? ['--version'] : ['-c', 'exit 0'];
    return [
      { type: 'tool', name, versionArgs, install: `The script needs ${name}; use a runner that has it.` },
    ];
  },
  async measure(context, settings, before): Promise<Measurement> {
    const expected = describeExpected(settings);
    const began = context.clock.monotonicMs();
    const end =
      settings.via === undefined ? await runHere(context, settings) : await runThere(context, settings);
    const took = formatDuration(context.clock.monotonicMs() - began);
    return { ...judgeCommand(nameOf(settings), end, settings, { took, before }), expected };
  },
};

async function runHere(context: KindContext, settings: CommandSettings): Promise<CommandEnd> {
  const outcome = await context.read(argvOf(settings), {
    deadlineMs: settings.timeout,
    env: settings.env,
    keepBytes: 4 * 1024 * 1024,
  });
  const { stdout, stderr } = outcome;
  if (outcome.ended === 'exited' && outcome.exitCode !== undefined)
    return { ran: true, exitCode: outcome.exitCode, stdout, stderr, whole: outcome.raw.length <= keptBytes };
  const why: Readonly<Record<typeof outcome.ended, string>> = {
    exited: 'ended without an exit code',
    'timed-out': `was not done after ${formatDuration(settings.timeout)}, and was ended`,
    cancelled: 'was cancelled',
    'killed-by-signal': `was killed by ${outcome.signal ?? 'a signal'}`,
    'not-started': `could not be started: ${stderr.trim()}`,
    'output-too-large': 'wrote more than 4 MiB, and was ended',
  };
  return { ran: false, why: why[outcome.ended] };
}

async function runThere(context: KindContext, settings: CommandSettings): Promise<CommandEnd> {
  const { via, env, timeout } = settings;
  if (via === undefined) return { ran: false, why: 'has no pod' };
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  const line = `${argvOf(settings).map(shellWord).join(' ')} </dev/null`;
  const done = await runInPod(context, via, [...variables, line].join('\n'), timeout);
  if (!done.ran) return { ran: false, why: `could not be run: ${done.why}` };
  const { exitCode, stdout, stderr, raw } = done;
  return { ran: true, exitCode, stdout, stderr, whole: raw.length <= keptBytes };
}

function argvOf({ run, command: argv = [], shell, via }: CommandSettings): readonly [string, ...string[]] {
  if (run === undefined) {
    const [program = '', ...rest] = argv;
    return [program, ...rest];
  }
  return (shell ?? (via === undefined ? 'bash' : 'sh')) === 'bash'
    ? ['bash', '--noprofile', '--norc', '-euo', 'pipefail', '-c', run]
    : ['sh', '-eu', '-c', run];
}

/** Arguments may be long, and a script has no name. */
function nameOf({ run, command: argv = [], via }: CommandSettings): string {
  const text = run === undefined ? argv.map(shellQuote).join(' ') : (run.trim().split('\n')[0] ?? '');
  const short = text.length <= 80 ? text : `${text.slice(0, 79)}…`;
  return via === undefined ? `\`${short}\`` : `\`${short}\` inside ${via.exec}`;
}

function describeExpected({ expect, compare }: CommandSettings): string {
  const names = ['exit-code', 'stdout', 'json'] as const;
  const { share } = expect;
  const wanted: Expectation = Object.fromEntries([
    ...names.flatMap((name) => (expect[name] === undefined ? [] : [[name, expect[name]] as const])),
    ...(share === undefined ? [] : [[`${share.part} of ${share.of}`, share.is] as const]),
  ]);
  const change = compare === undefined ? [] : [`output ${describeBounds(compare, 'before the deploy')}`];
  return [describeExpectation(wanted), ...change].join(', ');
}
