// A pipe where a file should be: it is refused at once, and not waited for.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commitIn } from '../../src/adapters/event-payload.ts';
import { createFileFacts } from '../../src/adapters/file-facts.ts';
import { createFiles } from '../../src/adapters/files.ts';
import { messageOf } from '../../src/errors.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollback-plan-pipe-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readers: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a file of the run': (path) => createFiles().read(path, 1_000),
  'a file of checksums': (path) => createFileFacts().text(path, 1_000),
  'the event': async (path) => commitIn('workflow_run', path),
};

test.each(Object.keys(readers))('%s that is a pipe is not waited for', async (name) => {
  const pipe = join(folder, name.replaceAll(' ', '-'));
  execFileSync('mkfifo', [pipe]);
  // Ends the waiting of a reader that waits: nothing else could, and jest would never end.
  const writer = spawn('/bin/sh', ['-c', 'sleep 2; exec echo "{}" > "$0"', pipe], { stdio: 'ignore' });
  try {
    const began = performance.now();
    const read = await readers[name]?.(pipe).catch(messageOf);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(read).toEqual(name === 'the event' ? undefined : `${pipe} is no regular file`);
  } finally {
    writer.kill('SIGKILL');
  }
});

test('a file is read, unless it is too large', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'größer');
  expect(await createFiles().read(path, 8)).toBe('größer');
  await expect(createFiles().read(path, 7)).rejects.toThrow(`${path} has 8 bytes, more than 7`);
});
