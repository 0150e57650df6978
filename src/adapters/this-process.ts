// Who we are on this machine, and whether a process that says it was here still is. Linux tells; elsewhere nobody is
// taken for gone, and takers wait.

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ThisProcess } from '../ports/state.ts';

export function readThisProcess(): ThisProcess {
  const host = readHost();
  return {
    host,
    pid: process.pid,
    started: readStat(process.pid)?.started ?? '',
    isAlive(pid, started) {
      if (host === '' || !Number.isSafeInteger(pid) || pid <= 0) return true;
      if (!answers(pid)) return false;
      // It may be another process under the same number, or a zombie, which only waits to be reaped.
      const stat = readStat(pid);
      if (stat === undefined) return true;
      if (stat.state === 'Z' || stat.state === 'X') return false;
      return started === '' || started === stat.started;
    },
  };
}

/** The name alone would not do: containers share names and boots, and number their processes for themselves. */
function readHost(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const processes = readlinkSync('/proc/self/ns/pid');
    if (boot === '' || processes === '') return '';
    const digest = createHash('sha256').update([hostname(), boot, processes].join('\n')).digest('hex');
    return `${hostname()} ${digest.slice(0, 16)}`;
  } catch {
    return '';
  }
}

/** Whether the kernel knows the number; also where /proc hides other people's processes. */
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // By shape: another realm's errors are no `Error` here. EPERM says that it is there, and somebody else's.
    return !(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH');
  }
}

/** Fields 3 and 22 of /proc/PID/stat. The name before them may hold spaces and brackets. */
function readStat(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === undefined || started === undefined ? undefined : { state, started };
  } catch {
    return undefined;
  }
}
