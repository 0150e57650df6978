// Waits for a part that is starting, and gives up at once when one of its processes is dead.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SupervisedProcess } from './supervisor.ts';

/** Repeats `probe` until it returns something; a probe that throws is repeated too. */
export type Until = <T>(what: string, probe: () => Promise<T | undefined>) => Promise<T>;

/**
 * @param part the name that errors begin with
 * @param processes looked at on every round, so it may still grow
 * @param timeoutMs after which the error shows the end of every log
 */
export function waiter(part: string, processes: readonly SupervisedProcess[], timeoutMs = 60_000): Until {
  return async (what, probe) => {
    const deadline = Date.now() + timeoutMs;
    let last = '';
    while (Date.now() < deadline) {
      try {
        const answer = await probe();
        if (answer !== undefined) return answer;
      } catch (error) {
        last = ` (${error instanceof Error ? error.message : String(error)})`;
      }
      const dead = processes.find((process) => process.ended() !== undefined);
      if (dead)
        throw new Error(`${part}: ${dead.name} ${dead.ended()?.story}. Its last lines:\n${dead.logTail()}`);
      await sleep(25);
    }
    const tails = processes.map((process) => `--- ${process.name}\n${process.logTail()}`).join('\n');
    throw new Error(`${part}: waited ${timeoutMs / 1000} s for ${what}${last}\n${tails}`);
  };
}
