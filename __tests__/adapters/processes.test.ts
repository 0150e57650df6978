// Children on a real system: they end at their deadline with everything they started, and nothing of ours reaches them.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProcesses } from '../../src/adapters/processes.ts';
import type { Processes } from '../../src/ports.ts';

let folder = '';
let processes: Processes;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollback-plan-test-'));
  processes = createProcesses({
    environment: { ...process.env, INPUT_TOKEN: 'ghs_secret', DB_PASSWORD: 'hunter2hunter2', OTHER: 'no' },
    workspace: folder,
    redact: (text) => text.replaceAll('hunter2hunter2', '***'),
    pass: ['DB_PASSWORD'],
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sh = (script: string): { readonly argv: readonly [string, ...string[]] } => ({
  argv: ['/bin/sh', '-c', script],
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie answers to signal 0; it does nothing any more.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function until(condition: () => boolean, milliseconds = 12_000): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return condition();
}

describe('how a child ends', () => {
  test.each([
    ['exit 0', 'exited', 0],
    ['exit 7', 'exited', 7],
    ['kill -9 $$', 'killed-by-signal', undefined],
  ] as const)('%s is told as it was', async (script, ended, exitCode) => {
    expect(await processes.run(sh(script), { deadlineMs: 5_000 })).toMatchObject({ ended, exitCode });
  });

  test('a program that is not there is said, not thrown', async () => {
    expect(await processes.run({ argv: ['no-such-program'] }, { deadlineMs: 1_000 })).toMatchObject({
      ended: 'not-started',
    });
  });

  test('at the deadline the child and its grandchildren end, even if they ignore SIGTERM', async () => {
    const script = `trap '' TERM; sleep 60 & echo $! > ${folder}/grandchild; echo $$ > ${folder}/child; while :; do sleep 1; done`;
    const outcome = await processes.run(sh(script), { deadlineMs: 300 });
    expect(outcome.ended).toBe('timed-out');
    const pids = ['child', 'grandchild'].map((name) => Number(readFileSync(join(folder, name), 'utf8')));
    expect(await until(() => !pids.some(alive))).toBe(true);
  });

  test('what a child leaves in the background ends with it', async () => {
    const outcome = await processes.run(sh(`sleep 60 & echo $! > ${folder}/left; exit 0`), {
      deadlineMs: 5_000,
    });
    expect(outcome).toMatchObject({ ended: 'exited', exitCode: 0 });
    expect(outcome.durationMs).toBeLessThan(4_000);
    expect(await until(() => !alive(Number(readFileSync(join(folder, 'left'), 'utf8'))))).toBe(true);
  });

  test('cancellation ends it', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    expect(await processes.run(sh('sleep 60'), { deadlineMs: 60_000, signal: stop.signal })).toMatchObject({
      ended: 'cancelled',
    });
  });

  test('a run that is cancelled already starts nothing', async () => {
    const outcome = await processes.run(sh(`touch ${folder}/started`), {
      deadlineMs: 1_000,
      signal: AbortSignal.abort(),
    });
    expect(outcome.ended).toBe('cancelled');
    expect(() => readFileSync(join(folder, 'started'))).toThrow();
  });
});

describe('what a child gets and gives', () => {
  test('it gets the allow-listed environment, declared secrets, and nothing else of ours', async () => {
    const outcome = await processes.run(
      { argv: ['/usr/bin/env'], env: { GIVEN: 'yes' } },
      { deadlineMs: 5_000 },
    );
    const names = outcome.raw
      .toString('utf8')
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'GIVEN', 'DB_PASSWORD']));
    expect(names).not.toEqual(expect.arrayContaining(['INPUT_TOKEN']));
    expect(names).not.toContain('OTHER');
  });

  test('arguments arrive as they are; no shell reads them', async () => {
    const hostile = '$(touch pwned); `id` && "x" *';
    const outcome = await processes.run({ argv: ['/usr/bin/printf', '%s', hostile] }, { deadlineMs: 5_000 });
    expect(outcome.raw.toString('utf8')).toBe(hostile);
  });

  test('standard input arrives, and a child that does not read it is no error', async () => {
    expect((await processes.run({ argv: ['/bin/cat'], stdin: 'hello' }, { deadlineMs: 5_000 })).stdout).toBe(
      'hello',
    );
    expect(
      await processes.run({ argv: ['/bin/true'], stdin: 'x'.repeat(1_000_000) }, { deadlineMs: 5_000 }),
    ).toMatchObject({ exitCode: 0 });
  });

  test('lines are redacted and can not speak to the runner', async () => {
    const lines: string[] = [];
    const script = `printf 'one hunter2hunter2\\n::error::two\\n  ::add-mask::three\\rfour ##[error]five\\n\\033[31msix\\033[0m'`;
    const outcome = await processes.run(sh(script), {
      deadlineMs: 5_000,
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['one ***', ': :error::two', '  : :add-mask::three', 'four # #[error]five', 'six']);
    expect(outcome.stdout).not.toContain('hunter2hunter2');
  });

  test('output is kept by its tail, and a whole output that is too large ends the child', async () => {
    const script = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done';
    const tail = await processes.run(sh(script), { deadlineMs: 20_000, keepBytes: 1_000 });
    expect(tail.raw.length).toBeLessThanOrEqual(1_000);
    expect(tail.stdout.trimEnd().endsWith('line 19999')).toBe(true);
    const whole = await processes.run(sh(script), { deadlineMs: 20_000, keepBytes: 1_000, whole: true });
    expect(whole.ended).toBe('output-too-large');
  });
});

test('a secret that the cut goes through is not printed in part', async () => {
  const outcome = await processes.run(sh('echo hunter2hunter2 is the password; echo end'), {
    deadlineMs: 5_000,
    keepBytes: 28,
  });
  expect(outcome.stdout).toBe('end\n');
});

test('kill -9 on us leaves no child', async () => {
  const script = join(folder, 'owner.mjs');
  writeFileSync(
    script,
    `import { createProcesses } from ${JSON.stringify(join(process.cwd(), 'lib/src/adapters/processes.js'))};
     const processes = createProcesses({ environment: process.env, workspace: ${JSON.stringify(folder)}, redact: (text) => text });
     processes.run({ argv: ['/bin/sh', '-c', 'sleep 60 & echo $$ $! > ${folder}/orphans; wait'] }, { deadlineMs: 60000 });`,
  );
  execFileSync('/bin/sh', ['-c', 'test -f lib/src/adapters/processes.js']);
  const owner = spawn(process.execPath, [script], { stdio: 'ignore' });
  const read = (): number[] => {
    try {
      return readFileSync(join(folder, 'orphans'), 'utf8').trim().split(' ').map(Number);
    } catch {
      return [];
    }
  };
  expect(await until(() => read().length === 2)).toBe(true);
  const pids = read();
  expect(pids.every(alive)).toBe(true);
  // The guard is told of a child just after its start: whoever is killed in that very moment leaves it (ADR 0003).
  await new Promise((resolve) => setTimeout(resolve, 500));
  owner.kill('SIGKILL');
  expect(await until(() => !pids.some(alive))).toBe(true);
}, 30_000);

// Root lays its rights down for the kill alone; anybody else starts what is root's.
const root = process.getuid?.() === 0;
const asAnother = root ? ['setpriv', '--reuid=1', '--clear-groups'] : ['sudo', '--non-interactive'];
const canBeAnother = spawnSync(asAnother[0] ?? '', [...asAnother.slice(1), 'true']).status === 0;
const testAnother = canBeAnother ? test : test.skip;

testAnother(
  'a child of another user, who can not be killed, is given up and told',
  async () => {
    const [file = '', ...rest] = asAnother;
    const running = processes.run({ argv: [file, ...rest, 'sleep', '9'] }, { deadlineMs: 500 });
    try {
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (root) process.seteuid?.(65_534);
      const { ended, unkillable, durationMs } = await running;
      expect([ended, unkillable]).toEqual(['timed-out', true]);
      expect(durationMs).toBeLessThan(6_000);
    } finally {
      if (root) process.seteuid?.(0);
    }
  },
  15_000,
);
