// Scripts really run: what reaches them, what they leave behind, and what can be known of them afterwards.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CommandOutcome } from '../../src/ports.ts';
import { run } from '../../src/steps/run.ts';
import type { Json } from '../../src/values/json.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollback-plan-run-'));
let world: TestWorld;
beforeAll(async () => {
  world = await createTestWorld({ directory: folder, home: folder });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Settings = Record<string, Json>;

async function perform(settings: Settings): Promise<CommandOutcome> {
  const [operation] = (await run.prepare(world.context(), run.schema.parse(settings))).operations;
  if (operation === undefined) throw new Error('nothing was prepared');
  return world.perform(operation);
}

async function verdict(settings: Settings): Promise<string> {
  const result = await perform(settings);
  const { state, evidence } = await run.verify(world.context(), run.schema.parse(settings), [result]);
  return `${state}: ${evidence}`;
}

describe('a script', () => {
  test('gets values through its environment, and what they hold is never run', async () => {
    const hostile = `'; touch ${folder}/pwned; echo "$(id)" \n::error::x`;
    const outcome = await perform({ run: 'printf %s "$REASON"', env: { REASON: hostile } });
    expect(outcome.raw.toString('utf8')).toBe(hostile);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  const failures: readonly { name: string; settings: Settings; code: number; printed: string }[] = [
    {
      name: 'stops at the first command that fails',
      settings: { run: 'echo one\nfalse\necho two' },
      code: 1,
      printed: 'one\n',
    },
    {
      name: 'stops at a failure inside a pipe',
      settings: { run: 'false | true\necho two' },
      code: 1,
      printed: '',
    },
    {
      name: 'stops at a variable that is not set',
      settings: { run: 'echo "$NOT_SET"\necho two' },
      code: 1,
      printed: '',
    },
    {
      name: 'of sh stops at the first command that fails, too',
      settings: { shell: 'sh', run: 'false\necho two' },
      code: 1,
      printed: '',
    },
    {
      name: 'keeps its exit code when it has outputs',
      settings: { run: 'exit 7', outputs: ['a'] },
      code: 7,
      printed: '',
    },
  ];
  test.each(failures)('$name', async ({ settings, code, printed }) => {
    const outcome = await perform(settings);
    expect([outcome.exitCode, outcome.raw.toString('utf8')]).toEqual([code, printed]);
  });

  test('is shown in full, as one argument, and is run once unless the plan calls it idempotent', async () => {
    const text = 'echo "one"\necho two';
    const operations = async (more: Settings) =>
      (await run.prepare(world.context(), run.schema.parse({ run: text, ...more }))).operations;
    expect(await operations({})).toMatchObject([
      {
        act: { command: { argv: ['bash', '--noprofile', '--norc', '-euo', 'pipefail', '-c', text] } },
        retry: 'once',
        mutates: true,
      },
    ]);
    expect(await operations({ idempotent: true, shell: 'sh' })).toMatchObject([
      { act: { command: { argv: ['sh', '-eu', '-c', text] } }, retry: 'idempotent' },
    ]);
  });
});

describe('settings', () => {
  const cases: readonly { name: string; settings: Settings; path: string }[] = [
    { name: 'need a command', settings: { run: ' \n' }, path: 'run' },
    {
      name: 'take no variable that makes a shell run something else',
      settings: { run: 'true', env: { BASH_ENV: '/tmp/x' } },
      path: 'env.BASH_ENV',
    },
    {
      name: 'take no variable that is no name',
      settings: { run: 'true', env: { 'A=B': 'x' } },
      path: 'env.A=B',
    },
    {
      name: 'take no script that the shell would read as an option',
      settings: { run: '--version' },
      path: 'run',
    },
    { name: 'take no shell but sh and bash', settings: { run: 'true', shell: 'python' }, path: 'shell' },
  ];
  test.each(cases)('$name', ({ settings, path }) => {
    expect(run.schema.safeParse(settings).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('outputs', () => {
  const write = (text: string): string =>
    `echo noise=1; echo ${Buffer.from(text).toString('base64')} | base64 -d >> "$ROLLBACK_PLAN_OUTPUT"`;
  const outputsOf = async (settings: Settings) =>
    run.outputs?.([await perform(settings)], run.schema.parse(settings));

  test('are read from the file, not from what the script prints', async () => {
    const settings = {
      run: `${write('replicas=3\nnote<<END\none\n  two=2\nEND\nempty=\n')}; echo more noise`,
      outputs: ['replicas', 'note', 'empty'],
    };
    expect(await outputsOf(settings)).toEqual({ replicas: '3', note: 'one\n  two=2', empty: '' });
    expect(await verdict(settings)).toBe(
      'verified: the script ended with exit code 0; the exit code is all we know',
    );
  });

  test('survive a script that prints more than is kept', async () => {
    const settings = { run: 'seq 1 100000; echo a=1 >> "$ROLLBACK_PLAN_OUTPUT"', outputs: ['a'] };
    expect(await outputsOf(settings)).toEqual({ a: '1' });
  });

  test('leave no file behind', async () => {
    const outcome = await perform({
      run: 'echo "$ROLLBACK_PLAN_OUTPUT"; echo a=1 >> "$ROLLBACK_PLAN_OUTPUT"',
      outputs: ['a'],
    });
    expect(existsSync(outcome.stdout.split('\n')[0] ?? '')).toBe(false);
  });

  const refused: readonly { name: string; text: string; why: string }[] = [
    {
      name: 'that were not declared',
      text: 'a=1\nb=2\n',
      why: 'the output b is not among the declared ones (a)',
    },
    {
      name: 'that are written twice, as by a line break in a value',
      text: 'a=1\na=2\n',
      why: 'the output a is written twice',
    },
    { name: 'that are no name=value', text: 'a=1\njust text\n', why: 'line 2 is neither' },
    { name: 'whose block never ends', text: 'a<<END\nx\n', why: 'the block of a does not end' },
    { name: 'that are missing', text: '', why: 'the output a was not written' },
    { name: 'that are too large', text: `a=${'x'.repeat(32_768)}`, why: 'more than 32768 bytes' },
  ];
  test.each(refused)('fail the step $name, and none is passed on', async ({ text, why }) => {
    const settings = { run: write(text), outputs: ['a'] };
    expect(await verdict(settings)).toContain(`failed: the script ended with exit code 0, but`);
    expect(await verdict(settings)).toContain(why);
    expect(await outputsOf(settings)).toEqual({});
  });

  test('that leave as a pipe or a link in place of the file are not read', async () => {
    for (const put of [
      'rm "$ROLLBACK_PLAN_OUTPUT"; mkfifo "$ROLLBACK_PLAN_OUTPUT"',
      'ln -sf /etc/hostname "$ROLLBACK_PLAN_OUTPUT"',
    ]) {
      expect(await verdict({ run: put, outputs: ['a'] })).toContain('failed: ');
    }
  });
});

describe('after a crash', () => {
  test('nobody knows whether a script was done, and that is the answer', async () => {
    expect(await run.probe(world.context(), run.schema.parse({ run: 'true' }))).toEqual({
      state: 'unknown',
      evidence: expect.stringContaining('done-if'),
    });
  });

  const cases: readonly { name: string; 'done-if': string; state: string; verified: string }[] = [
    { name: 'done-if that ends with 0 means done', 'done-if': 'exit 0', state: 'done', verified: 'verified' },
    {
      name: 'done-if that ends with 1 means not done',
      'done-if': 'exit 1',
      state: 'not-done',
      verified: 'failed',
    },
    {
      name: 'done-if that fails otherwise means unknown',
      'done-if': 'echo broken >&2; exit 3',
      state: 'unknown',
      verified: 'unknown',
    },
    {
      name: 'done-if gets the same environment',
      'done-if': `test "$VALUE" = "it's \\$HOME"`,
      state: 'done',
      verified: 'verified',
    },
  ];
  test.each(cases)('$name, for the probe and for the verification', async (each) => {
    const settings = { run: 'true', 'done-if': each['done-if'], env: { VALUE: "it's $HOME" } };
    expect(await run.probe(world.context(), run.schema.parse(settings))).toMatchObject({ state: each.state });
    expect(await verdict(settings)).toMatch(
      new RegExp(`^${each.verified}: the script ended with exit code 0; done-if `),
    );
  });

  test('values of done-if are not in its arguments, where every user of the machine could read them', async () => {
    const settings = {
      run: 'true',
      'done-if': `tr '\\0' ' ' < /proc/$$/cmdline > ${folder}/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline >> ${folder}/cmdline`,
      env: { TOKEN: 'very-secret' },
    };
    expect(await run.probe(world.context(), run.schema.parse(settings))).toMatchObject({ state: 'done' });
    expect(readFileSync(join(folder, 'cmdline'), 'utf8')).toContain('cmdline');
    expect(readFileSync(join(folder, 'cmdline'), 'utf8')).not.toContain('very-secret');
  });
});
