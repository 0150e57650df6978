// Processes of real parts die with their owner, whichever way it goes, and a failure is explained by the log.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    const folder = await mkdtemp(join(tmpdir(), 'owner-'));
    const supervisor = join(packageRoot(), 'tools', 'real-parts', 'supervisor.mjs');
    const request = {
      name: 'sleeper',
      command: 'sleep',
      args: ['300'],
      cwd: folder,
      env: process.env,
      log: join(folder, 'log'),
    };
    const owner = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, [${JSON.stringify(supervisor)}, ${JSON.stringify(folder)}], { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
      child.stdin.write(${JSON.stringify(`${JSON.stringify({ start: request })}\n`)});
      setInterval(() => {}, 1000);`;
    const ownerFile = join(folder, 'owner.cjs');
    await writeFile(ownerFile, owner);
    const process_ = spawn(process.execPath, [ownerFile], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) =>
      process_.stdout.once('data', (data) => resolve(String(data))),
    );
    const { pid }: { pid: number } = JSON.parse(line);
    expect(isRunning(pid)).toBe(true);
    process_.kill(signal);
    await eventually(() => !isRunning(pid) && !existsSync(folder));
  });
});

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
