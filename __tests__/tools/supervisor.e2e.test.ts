// Processes of real parts die with their owner, whichever way it goes, and a failure is explained by the log.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../tools/real-parts/package-root.ts';
import { run } from '../../tools/real-parts/run-command.ts';
import { type Supervisor, startSupervisor } from '../../tools/real-parts/supervisor.ts';
import { waiter } from '../../tools/real-parts/waiting.ts';
import { eventually, isRunning } from './processes.ts';

const started: Supervisor[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((supervisor) => supervisor.stop()));
});

async function supervisorForTest(folder?: string): Promise<Supervisor> {
  const supervisor = await startSupervisor('test', { keep: folder });
  started.push(supervisor);
  return supervisor;
}

describe('stopping', () => {
  test('ends the process, what it started itself, and the temporary folder', async () => {
    const supervisor = await supervisorForTest();
    const script = 'sleep 300 & echo $! > grandchild; wait';
    const child = await supervisor.start({ name: 'child', command: 'sh', args: ['-c', script] });
    const file = join(supervisor.folder, 'grandchild');
    await eventually(() => existsSync(file));
    const grandchild = Number((await readFile(file, 'utf8')).trim());
    await supervisor.stop();
    expect(isRunning(child.pid)).toBe(false);
    expect(isRunning(grandchild)).toBe(false);
    expect(existsSync(supervisor.folder)).toBe(false);
  });

  test('keeps a folder that the caller chose', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kept-'));
    const supervisor = await supervisorForTest(folder);
    await run(supervisor, 'sh', ['-c', 'echo hello']);
    await supervisor.stop();
    expect(existsSync(folder)).toBe(true);
    await rm(folder, { recursive: true });
  });

  test('twice is the same as once', async () => {
    const supervisor = await supervisorForTest();
    await supervisor.stop();
    await supervisor.stop();
  });
});

describe('the end of the owner', () => {
  test.each([
    ['kill -9', 'SIGKILL'],
    ['a cancelled job', 'SIGTERM'],
    ['Ctrl-C', 'SIGINT'],
  ] as const)('%s leaves nothing behind', async (_, signal) => {
    const { owner, pid, folder } = await ownSleeper();
    expect(isRunning(pid)).toBe(true);
    owner.kill(signal);
    await eventually(() => !isRunning(pid) && !existsSync(folder));
  });
});

describe('what a jest run shares', () => {
  const keeperFile = join(packageRoot(), '__tests__', 'support', 'shared', 'keeper.mjs');
  const keep = (then: string): Promise<{ readonly process: ChildProcess; readonly line: string }> =>
    startScript(
      `import setUp, { tearDown } from ${JSON.stringify(keeperFile)};
       await setUp();
       console.log(process.env.ROLLBACK_PLAN_TEST_KEEPER);
       ${then}`,
    );

  test.each([
    ['kill -9', 'SIGKILL'],
    ['a cancelled job', 'SIGTERM'],
    ['Ctrl-C', 'SIGINT'],
  ] as const)('outlives the worker that started it, and not jest: %s', async (_, signal) => {
    const jest = await keep('setInterval(() => {}, 1000);');
    const { owner, pid, folder } = await ownSleeper(jest.line);
    // Whoever may start something only after it has gone is past the moment in which it would have been ended.
    owner.kill('SIGKILL');
    await eventually(() => owner.signalCode !== null);
    const second = await ownSleeper(jest.line);
    expect([pid, second.pid].map(isRunning)).toEqual([true, true]);
    jest.process.kill(signal);
    await eventually(() => ![pid, second.pid].some(isRunning) && !existsSync(folder));
    await eventually(() => !existsSync(dirname(jest.line)));
    second.owner.kill('SIGKILL');
  });

  test('is gone when jest’s tear-down has ended', async () => {
    const jest = await keep("process.stdin.once('data', () => tearDown().then(() => console.log('done')));");
    const { owner, pid, folder } = await ownSleeper(jest.line);
    const done = new Promise((resolve) => jest.process.stdout?.once('data', resolve));
    jest.process.stdin?.end('end\n');
    await done;
    expect([isRunning(pid), existsSync(folder), existsSync(dirname(jest.line))]).toEqual([
      false,
      false,
      false,
    ]);
    owner.kill('SIGKILL');
  });

  test('an attempt that its starter gives up is ended at once', async () => {
    const jest = await keep('setInterval(() => {}, 1000);');
    const supervisor = await startSupervisor('test', { keeper: jest.line });
    const child = await supervisor.start({ name: 'sleeper', command: 'sleep', args: ['300'] });
    await supervisor.stop();
    expect([isRunning(child.pid), existsSync(supervisor.folder)]).toEqual([false, false]);
    expect(existsSync(jest.line)).toBe(true);
    jest.process.kill('SIGKILL');
    await rm(dirname(jest.line), { recursive: true, force: true });
  });
});

/** A process of its own that runs a script, and its first line. */
async function startScript(
  script: string,
): Promise<{ readonly process: ChildProcess; readonly line: string }> {
  const process_ = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) =>
    createInterface({ input: process_.stdout }).once('line', resolve),
  );
  return { process: process_, line };
}

/** A process that owns a supervisor, which has started one that sleeps. */
async function ownSleeper(
  keeper = '',
): Promise<{ readonly owner: ChildProcess; readonly pid: number; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'owner-'));
  const supervisor = join(packageRoot(), 'tools', 'real-parts', 'supervisor.mjs');
  const log = join(folder, 'log');
  const request = { name: 'sleeper', command: 'sleep', args: ['300'], cwd: folder, env: process.env, log };
  const { process: owner, line } = await startScript(`
    import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ${JSON.stringify([supervisor, folder, keeper])}, { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
    child.stdin.write(${JSON.stringify(`${JSON.stringify({ start: request })}\n`)});
    setInterval(() => {}, 1000);`);
  const { pid }: { pid: number } = JSON.parse(line);
  return { owner, pid, folder };
}

describe('a process that fails', () => {
  test('is explained by its last lines', async () => {
    const supervisor = await supervisorForTest();
    const failing = run(supervisor, 'sh', ['-c', 'echo first; echo the reason >&2; exit 3']);
    await expect(failing).rejects.toThrow(/exited with code 3\nfirst\nthe reason/);
  });

  test('that does not exist says so', async () => {
    const supervisor = await supervisorForTest();
    await expect(run(supervisor, 'no-such-command', [])).rejects.toThrow(
      /no-such-command could not be started/,
    );
  });

  test('ends the wait for the part at once', async () => {
    const supervisor = await supervisorForTest();
    const child = await supervisor.start({
      name: 'etcd',
      command: 'sh',
      args: ['-c', 'echo bad flag; exit 2'],
    });
    const until = waiter('cluster', [child]);
    const wait = until('readiness', async () => undefined);
    await expect(wait).rejects.toThrow('cluster: etcd exited with code 2. Its last lines:\nbad flag');
  });
});

test('a wait that lasts too long shows every log', async () => {
  const supervisor = await supervisorForTest();
  const child = await supervisor.start({
    name: 'etcd',
    command: 'sh',
    args: ['-c', 'echo still busy; sleep 300'],
  });
  await eventually(() => child.logTail() === 'still busy');
  const until = waiter('cluster', [child], 50);
  const wait = until('readiness', () => Promise.reject(new Error('refused')));
  await expect(wait).rejects.toThrow('cluster: waited 0.05 s for readiness (refused)\n--- etcd\nstill busy');
});
