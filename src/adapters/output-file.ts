// A file for what a command wants to hand back. It is in a folder of its own that nobody else may enter, and it goes
// when the command ends, however it ends. What lies there afterwards was written by others: it may be anything.

import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maxOutputBytes } from '../values/step-outputs.ts';

export type OutputFile = {
  readonly path: string;
  /** At most one byte more than outputs may have, so that too much is seen; empty for what is no regular file. */
  take(): string;
  remove(): void;
};

export function createOutputFile(): OutputFile {
  const folder = mkdtempSync(join(tmpdir(), 'rollback-plan-output-'));
  const path = join(folder, 'output');
  writeFileSync(path, '', { mode: 0o600 });
  return {
    path,
    take: () => readBounded(path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function readBounded(path: string): string {
  let file: number | undefined;
  try {
    // A pipe put in its place would block us, a link would make us read something else.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    if (!fstatSync(file).isFile()) return '';
    const bytes = Buffer.alloc(maxOutputBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, length);
    }
    return bytes.subarray(0, length).toString('utf8');
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
