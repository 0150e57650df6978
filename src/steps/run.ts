// Step kind `run`: a script of the team's own. Values reach it through its environment alone; the script itself is a
// literal, shown in full before it runs.

import { z } from 'zod';
import type { KindContext } from '../ports.ts';
import type { JsonObject } from '../values/json.ts';
import { identifierPattern } from '../values/names.ts';
import type { Command, OperationResult, Prepared, Probe, Verification } from '../values/operation.ts';
import { parseStepOutputs, type StepOutputs } from '../values/step-outputs.ts';
import type { StepKind } from './step-kind.ts';

const defaultTimeoutMs = 600_000;
/** The step's timeout is what ends a script; this is only more than any plan may ask for. */
const deadlineMs = 24 * 3_600_000;
const questionMs = 30_000;
const outputVariable = 'ROLLBACK_PLAN_OUTPUT';

/** Variables that would make a shell run something else than the script. */
const reserved = new Set(['BASH_ENV', 'ENV', 'SHELLOPTS', 'BASHOPTS', 'PS4', outputVariable]);

const script = z
  .string()
  .refine((text) => text.trim() !== '', 'a script has at least one command')
  .refine(
    (text) => !/^[-+]/.test(text),
    'a script can not begin with `-` or `+`, the shell would read it as an option',
  );

const schema = z.strictObject({
  run: script
    .refine((text) => !text.includes('\0'), 'a script can not hold a NUL character')
    .describe('The script. It stops at the first command that fails; values reach it through `env` only.'),
  shell: z
    .enum(['bash', 'sh'])
    .default('bash')
    .describe('`bash` stops at failures inside a pipe, too; `sh` does not.'),
  env: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a variable has letters, digits or `_`')
        .refine((name) => !reserved.has(name), 'this variable belongs to the shell or to Rollback Plan'),
      z.string().refine((value) => !value.includes('\0'), 'a variable can not hold a NUL character'),
    )
    .default({})
    .describe('Variables of the script, besides the allow-listed ones of the runner.'),
  outputs: z
    .array(z.string().regex(identifierPattern, 'an output has letters, digits, `_` or `-`'))
    .default([])
    .describe(
      'Names of outputs that the script writes to the file $ROLLBACK_PLAN_OUTPUT, as `name=value` lines.',
    ),
  idempotent: z
    .boolean()
    .default(false)
    .describe('The script may be run again after a failure. Without it, it is run once.'),
  'done-if': script
    .optional()
    .describe(
      'A script that changes nothing and answers whether the work is done: exit code 0 is yes, 1 is no.',
    ),
});

export type RunSettings = z.output<typeof schema>;

export const run: StepKind<RunSettings> = {
  name: 'run',
  summary: 'A script, with its values in the environment.',
  schema,
  timeoutMs: defaultTimeoutMs,
  requires: ({ shell }) => [
    {
      type: 'tool',
      name: shell,
      versionArgs: shell === 'bash' ? ['--version'] : ['-c', 'exit 0'],
      install: `The script needs ${shell}; use a runner that has it.`,
    },
  ],
  async prepare(_context, settings): Promise<Prepared> {
    const asks = settings['done-if'] === undefined ? '' : ' A second script tells whether its work is done.';
    return {
      operations: [
        {
          id: 'script',
          title: `run a ${settings.shell} script`,
          act: { type: 'command', command: commandOf(settings) },
          mutates: true,
          retry: settings.idempotent ? 'idempotent' : 'once',
          deadlineMs,
        },
      ],
      preview: undefined,
      notes: [`What the script changes can not be shown before it runs.${asks}`],
      outputs: settings.outputs,
    };
  },
  outputs(results, { outputs }): JsonObject {
    const read = readOutputs(results, outputs);
    return read.ok ? read.outputs : {};
  },
  capture: async () => undefined,
  async probe(context, settings): Promise<Probe> {
    return (
      (await askWhetherDone(context, settings)) ?? {
        state: 'unknown',
        evidence: 'a script leaves no trace that Rollback Plan could read; give the step `done-if` to tell',
      }
    );
  },
  async verify(context, settings, results): Promise<Verification> {
    const exit = exitLine(results);
    if (settings.outputs.length > 0) {
      const read = readOutputs(results, settings.outputs);
      if (!read.ok) return { state: 'failed', evidence: `${exit}, but ${read.why}` };
    }
    const answer = await askWhetherDone(context, settings);
    if (answer === undefined) return { state: 'verified', evidence: `${exit}; the exit code is all we know` };
    const states = { done: 'verified', 'not-done': 'failed', unknown: 'unknown' } as const;
    return { state: states[answer.state], evidence: `${exit}; ${answer.evidence}` };
  },
};

function readOutputs(results: readonly OperationResult[], declared: readonly string[]): StepOutputs {
  return parseStepOutputs(results.at(-1)?.written ?? '', declared);
}

function exitLine(results: readonly OperationResult[]): string {
  return `the script ended with exit code ${results.at(-1)?.exitCode ?? 'unknown'}`;
}

function shellArgs(shell: RunSettings['shell'], text: string): readonly [string, ...string[]] {
  return shell === 'bash'
    ? ['bash', '--noprofile', '--norc', '-euo', 'pipefail', '-c', text]
    : ['sh', '-eu', '-c', text];
}

function commandOf({ run: text, shell, env, outputs }: RunSettings): Command {
  const argv = shellArgs(shell, text);
  return outputs.length === 0 ? { argv, env } : { argv, env, outputFile: outputVariable };
}

/** `undefined` when the plan gives no way to ask. */
async function askWhetherDone(context: KindContext, settings: RunSettings): Promise<Probe | undefined> {
  const question = settings['done-if'];
  if (question === undefined) return undefined;
  const outcome = await context.read(shellArgs(settings.shell, question), {
    deadlineMs: questionMs,
    env: settings.env,
  });
  if (outcome.ended === 'exited' && outcome.exitCode === 0)
    return { state: 'done', evidence: 'done-if says it is done' };
  if (outcome.ended === 'exited' && outcome.exitCode === 1) {
    return { state: 'not-done', evidence: 'done-if says it is not done' };
  }
  const how = outcome.ended === 'exited' ? `failed with exit code ${outcome.exitCode}` : outcome.ended;
  const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
  return { state: 'unknown', evidence: `done-if ${how}${said === '' ? '' : `: ${said}`}` };
}
