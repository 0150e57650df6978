// Scripts that do what scripts should not: nothing of ours reaches them, nothing of theirs stays behind or is obeyed.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createHttp } from '../../src/adapters/http.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import { createPerform, type Performed } from '../../src/engine/perform.ts';
import { run } from '../../src/steps/run.ts';
import type { Json } from '../../src/values/json.ts';
import { createRedactor } from '../../src/values/redaction.ts';
import { createTestWorld } from '../components/config-tag-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollback-plan-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = 'correct-horse-battery';
/** What a job of GitHub's runner has in its environment. */
const runner = {
  PATH: process.env['PATH'],
  HOME: folder,
  INPUT_TOKEN: 'ghs_input',
  GITHUB_TOKEN: 'ghs_token',
  GITHUB_ENV: '/runner/env',
  GITHUB_OUTPUT: '/runner/output',
  GITHUB_PATH: '/runner/path',
  GITHUB_STATE: '/runner/state',
  GITHUB_STEP_SUMMARY: '/runner/summary',
  ACTIONS_RUNTIME_TOKEN: 'runtime',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://oidc',
  BASH_ENV: '/runner/bash-env',
  'BASH_FUNC_echo%%': '() { builtin echo hijacked; }',
  NODE_OPTIONS: '--require=/runner/evil.js',
  LD_PRELOAD: '',
  RUNNER_TRACKING_ID: 'github_1234',
  API_TOKEN: secret,
};

type Told = Performed & { readonly lines: readonly string[] };

async function perform(
  settings: Record<string, Json>,
  limits: { readonly deadlineMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Told> {
  const redact = createRedactor([secret]);
  const processes = createProcesses({ environment: runner, workspace: folder, redact, pass: ['API_TOKEN'] });
  const act = createPerform({
    processes,
    http: createHttp(),
    cluster: undefined,
    clock: systemClock,
    redact,
  });
  const world = await createTestWorld({ directory: folder, home: folder });
  const [operation] = (await run.prepare(world.context(), run.schema.parse(settings))).operations;
  if (operation === undefined) throw new Error('nothing was prepared');
  const lines: string[] = [];
  const performed = await act(operation, {
    deadlineMs: limits.deadlineMs ?? 20_000,
    signal: limits.signal ?? new AbortController().signal,
    onLine: (line) => lines.push(line),
  });
  return { ...performed, lines };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let look = 0; look < 200 && !condition(); look++) await new Promise((done) => setTimeout(done, 25));
  return condition();
}

const pidIn = (name: string): number => Number(readFileSync(join(folder, name), 'utf8'));
describe('what reaches a script', () => {
  test('is neither a token of the runner nor one of its files', async () => {
    const told = await perform({ run: 'env', outputs: [], env: { GIVEN: 'yes' } });
    const names = told.lines.map((line) => line.split('=')[0]);
    expect(names.filter((name) => /^(?:GITHUB_|ACTIONS_|INPUT_|BASH_|NODE_|LD_)/.test(name ?? ''))).toEqual(
      [],
    );
    expect(names).toEqual(expect.arrayContaining(['GIVEN', 'PATH', 'API_TOKEN']));
  });

  test('is the mark by which the runner ends what a job left running', async () => {
    const told = await perform({ run: 'printf %s "$RUNNER_TRACKING_ID"' });
    expect(told.lines).toEqual(['github_1234']);
  });

  test.each(['bash', 'sh'])('is no function of the runner’s shell, and no input, in %s', async (shell) => {
    const told = await perform({ shell, run: 'echo plain; if read -r line; then echo "read $line"; fi' });
    expect([told.ended, told.lines]).toEqual(['succeeded', ['plain']]);
  });

  test('is every value as it is, line breaks and quotes included, in the script and in done-if', async () => {
    const value = 'one\ntwo=2\r\n\'"$HOME`id`\n\n';
    const told = await perform({ run: 'printf %s "$VALUE" | base64 -w0', env: { VALUE: value } });
    expect(Buffer.from(told.stdout, 'base64').toString('utf8')).toBe(value);
    const world = await createTestWorld({ directory: folder, home: folder });
    const settings = run.schema.parse({
      run: 'true',
      'done-if': `test "$(printf %s "$VALUE" | base64 -w0)" = ${Buffer.from(value).toString('base64')}`,
      env: { VALUE: value, UID: '5' },
    });
    expect(await run.probe(world.context(), settings)).toMatchObject({ state: 'done' });
  });
});

describe('what a script leaves behind', () => {
  test('in its process group ends with it', async () => {
    await perform({ run: 'sleep 60 & echo $! > background' });
    expect(await until(() => !alive(pidIn('background')))).toBe(true);
  });

  test('as a daemon of its own session does not keep the step waiting', async () => {
    const told = await perform({
      run: "setsid sh -c 'echo $$ > daemon; exec sleep 30' & sleep 0.3; echo ok",
    });
    try {
      expect([told.ended, told.lines]).toEqual(['succeeded', ['ok']]);
      expect(told.durationMs).toBeLessThan(5_000);
    } finally {
      process.kill(pidIn('daemon'), 'SIGKILL');
    }
  });

  const ends: readonly { name: string; script: string; deadlineMs: number; ended: string }[] = [
    { name: 'succeeds', script: 'true', deadlineMs: 20_000, ended: 'succeeded' },
    { name: 'fails', script: 'exit 3', deadlineMs: 20_000, ended: 'failed' },
    { name: 'is killed', script: 'kill -9 $$', deadlineMs: 20_000, ended: 'failed' },
    { name: 'is cut off', script: 'sleep 60', deadlineMs: 300, ended: 'timed-out' },
    {
      name: 'is cut off and ignores it',
      script: "trap '' TERM; while :; do sleep 1; done",
      deadlineMs: 300,
      ended: 'timed-out',
    },
  ];
  test.each(ends)('is no output file when it $name', async ({ script, deadlineMs, ended }) => {
    const text = `echo "$ROLLBACK_PLAN_OUTPUT" > output-path\n${script}`;
    const told = await perform({ run: text, outputs: ['a'] }, { deadlineMs });
    expect(told.ended).toBe(ended);
    expect(existsSync(dirname(readFileSync(join(folder, 'output-path'), 'utf8').trim()))).toBe(false);
  });

  test('is no output file when the run is cancelled', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const told = await perform(
      { run: 'echo "$ROLLBACK_PLAN_OUTPUT" > output-path; sleep 60', outputs: ['a'] },
      { signal: stop.signal },
    );
    expect(told.ended).toBe('cancelled');
    expect(existsSync(dirname(readFileSync(join(folder, 'output-path'), 'utf8').trim()))).toBe(false);
  });

  test('in its outputs holds no secret', async () => {
    const told = await perform({
      run: 'echo "a=$API_TOKEN" >> "$ROLLBACK_PLAN_OUTPUT"',
      outputs: ['a'],
    });
    expect(told.written).toBe('a=***\n');
  });
});

describe('what a script says', () => {
  test('is never a command to the runner', async () => {
    const commands = [
      '::add-mask::rolled-back',
      '::set-output name=outcome::rolled-back',
      '::stop-commands::x',
      '  ::error::no',
      '\\r::warning::no',
      '\\033[0m::group::x',
      '\\342\\200\\213::debug::x',
      '##[add-path]/evil',
    ];
    const told = await perform({ run: `printf '${commands.join('\\n')}\\n'; printf '::notice::x' >&2` });
    expect(told.lines.length).toBeGreaterThanOrEqual(commands.length);
    expect(told.lines.filter((line) => /^\s*::|##\[/.test(line))).toEqual([]);
  });

  test('shows no part of a secret, also in a line without end, whatever the cut goes through', async () => {
    // The secret comes at another place of each chunk, and no line break lets anything be dropped.
    const script = 'i=0; while [ $i -lt 60000 ]; do printf "%s.%s" "$API_TOKEN" "$i"; i=$((i+1)); done';
    const told = await perform({ run: script });
    expect(told.ended).toBe('succeeded');
    const shown = `${told.lines.join('\n')}\n${told.stdout}`;
    expect(shown.length).toBeGreaterThan(1_000);
    expect(['correct', 'horse', 'battery'].filter((part) => shown.includes(part))).toEqual([]);
  });

  test.each([
    ['kill -9 $$', 'was killed by SIGKILL'],
    ['kill -TERM $$', 'was killed by SIGTERM'],
    ['exit 137', 'failed with exit code 137'],
  ])('%s is told as it was', async (script, sentence) => {
    expect(await perform({ run: script })).toMatchObject({ ended: 'failed', sentence });
  });
});
