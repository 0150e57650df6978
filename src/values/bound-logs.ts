// Logs within a sum of bytes. Done before anything is searched in them: what is cut away needs no looking through. Pure.

import type { KeptFile } from './operation.ts';

/** Logs of all components in sum, bytes. */
export const mostLogBytes = 8 * 1024 * 1024;

const cut = '# (cut: the logs of this run were too many to be kept whole)\n';

/**
 * Logs within `most` bytes in sum: each keeps its end, and all have the same limit, so that one chatty container does
 * not cost the others their last words. Other files stay as they are.
 */
export function boundLogs(files: readonly KeptFile[], most = mostLogBytes): readonly KeptFile[] {
  const sizes = files.filter(isLog).map(({ text }) => Buffer.byteLength(text));
  const limit = fairLimit(sizes, most);
  return files.map((file) => {
    if (!isLog(file) || Buffer.byteLength(file.text) <= limit) return file;
    const bytes = Buffer.from(file.text);
    const tail = bytes.subarray(bytes.length - Math.max(0, limit - cut.length)).toString('utf8');
    // From the next whole line on.
    return { ...file, text: `${cut}${tail.slice(tail.indexOf('\n') + 1)}` };
  });
}

/** By its ending, too: a component may be named `logs`. */
function isLog({ path }: KeptFile): boolean {
  return /(?:^|\/)logs\/[^/]+\.log$/.test(path);
}

/** The largest limit under which all sizes fit: what small ones leave is shared by the large ones. */
function fairLimit(sizes: readonly number[], most: number): number {
  let left = most;
  let open = sizes.length;
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size * open > left) return Math.floor(left / open);
    left -= size;
    open -= 1;
  }
  return Number.POSITIVE_INFINITY;
}
