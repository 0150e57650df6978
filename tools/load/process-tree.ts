// What a process and its children use of this machine, as Linux tells it under /proc.

import { readFile } from 'node:fs/promises';

const kibPerMib = 1_024;
/** Of `/proc/PID/stat`; every Linux says 100 to programs. */
const ticksPerSecond = 100;

export type Usage = { readonly rssMiB: number; readonly childrenMiB: number; readonly cpuSeconds: number };

/** `undefined` when the process is gone. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  const own = await lookAt(pid);
  if (own === undefined) return undefined;
  const children = (await Promise.all((await below(pid)).map(lookAt))).filter((each) => each !== undefined);
  return {
    rssMiB: own.rssMiB,
    childrenMiB: children.reduce((sum, { rssMiB }) => sum + rssMiB, 0),
    // What a child has used that is gone stands with its parent.
    cpuSeconds: [own, ...children].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}

async function lookAt(pid: number): Promise<Pick<Usage, 'rssMiB' | 'cpuSeconds'> | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    // The name in brackets may hold anything; the state follows it, and is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(14 - 3, 17 - 3 + 1).reduce((sum, field) => sum + Number(field), 0);
    return kib === undefined
      ? undefined
      : { rssMiB: Number(kib) / kibPerMib, cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return undefined;
  }
}

async function below(pid: number): Promise<readonly number[]> {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const direct = text
      .split(' ')
      .filter((word) => word.trim() !== '')
      .map(Number);
    return [...direct, ...(await Promise.all(direct.map(below))).flat()];
  } catch {
    return [];
  }
}
