// Who is gone and who is not, on the real process table.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { readThisProcess } from '../../src/adapters/this-process.ts';

const self = readThisProcess();
const linux = process.platform === 'linux' ? test : test.skip;

linux('we are alive, and always the same', () => {
  expect(self).toMatchObject({ pid: process.pid, started: expect.stringMatching(/^\d+$/) });
  expect(self.host).toMatch(/ [0-9a-f]{16}$/);
  expect(readThisProcess()).toMatchObject({ host: self.host, started: self.started });
  expect(self.isAlive(self.pid, self.started)).toBe(true);
});

linux('another process under the same number is not the one that was meant', () => {
  expect(self.isAlive(self.pid, '1')).toBe(false);
  expect(self.isAlive(self.pid, '')).toBe(true);
});

linux('a child is alive, also while it is stopped, until it has ended', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  child.kill('SIGSTOP');
  expect(self.isAlive(pid, '')).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(self.isAlive(pid, '')).toBe(false);
});

linux('process 1 belongs to another user, or to us, and is alive', () => {
  expect(self.isAlive(1, '')).toBe(true);
});

test('a number that is none says nothing', () => {
  expect([0, -1, 1.5, Number.NaN].map((pid) => self.isAlive(pid, ''))).toEqual([true, true, true, true]);
});
