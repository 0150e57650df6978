// Reads a file that must be one: a pipe put in its place would hold up the run for ever, and its end, too.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** UTF-8. Throws for what is no regular file, and for more than `maxBytes`. */
export async function readRegularFile(path: string, maxBytes: number): Promise<string> {
  // Without NONBLOCK, opening a pipe waits for a writer that may never come.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error(`${path} is no regular file`);
    if (found.size > maxBytes) throw new Error(`${path} has ${found.size} bytes, more than ${maxBytes}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
