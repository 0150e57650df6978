// Kills our children when we die without a chance to do it ourselves (kill -9, a crashed runner).
// A tiny shell waits at the other end of a pipe: the kernel closes the pipe with our process, whatever killed it,
// and the shell then kills every process group that was still registered.

import { type ChildProcess, spawn } from 'node:child_process';

const script = `
groups=' '
while read -r sign group; do
  case "$sign" in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
`;

export type ProcessGuard = {
  /** Before the first child: were the guard started after it, a kill in between would leave that child alive. */
  readonly start: () => void;
  readonly watch: (group: number) => void;
  readonly release: (group: number) => void;
};

/** A guard in a session of its own, so that Ctrl-C and group kills do not take it first. */
export function createProcessGuard(): ProcessGuard {
  let guard: ChildProcess | undefined;
  const start = (): ChildProcess => {
    if (guard !== undefined) return guard;
    guard = spawn('/bin/sh', ['-c', script], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    guard.unref();
    // Without a shell there is no guard; children are then still killed on every path we can run code on.
    guard.on('error', () => undefined);
    guard.stdin?.on('error', () => undefined);
    const { stdin } = guard;
    if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
    return guard;
  };
  const tell = (line: string): void => void start().stdin?.write(`${line}\n`);
  return {
    start: () => void start(),
    watch: (group) => tell(`+ ${group}`),
    release: (group) => tell(`- ${group}`),
  };
}
