// Limits of time on work that may never answer. `AbortSignal.timeout` is not used: the garbage collector may take such a
// signal out of an `AbortSignal.any` before its time is up, and then nothing ends (nodejs/node#57736).

import { setMaxListeners } from 'node:events';

/** Timers take no more, and end at once when given it. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * What `work` gives. The signal it is handed ends after `ms` milliseconds, or as soon as one of `others` does; `late`
 * tells whether it was the time. Work that ignores its signal is waited for.
 */
export async function withTimeLimit<Value>(
  ms: number,
  others: readonly AbortSignal[],
  work: (signal: AbortSignal, late: () => boolean) => Promise<Value>,
): Promise<Value> {
  const over = new AbortController();
  const end = (): void => over.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
  const limit = setTimeout(end, Math.min(ms, longestTimerMs));
  const signal = AbortSignal.any([...others, over.signal]);
  setMaxListeners(0, signal);
  try {
    return await work(signal, () => over.signal.aborted);
  } finally {
    clearTimeout(limit);
  }
}

/** What is wanted, or `undefined` once the signal has ended; what is wanted then goes on by itself. */
export async function unlessAborted<Value>(
  wanted: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  setMaxListeners(0, signal);
  let onAbort = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = (): void => resolve(undefined);
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Work that may go on for a moment after the run was stopped; the signal ends when the moment is over. */
export type Haste = <Value>(work: (signal: AbortSignal) => Promise<Value>) => Promise<Value>;

/** What was under way when the run was stopped is hardly needed any more. */
const underWayMs = 1_000;

/**
 * For all that is asked at one place. Work has its time as long as `stopped` has not ended, and what is under way then has
 * a second. What begins later has `ms`, and once a piece of that had no answer the rest gets none either: the runner
 * leaves seconds for all of it.
 */
export function createHaste(stopped: AbortSignal, ms: number): Haste {
  const underWay = new AbortController();
  const silent = new AbortController();
  for (const { signal } of [underWay, silent]) setMaxListeners(0, signal);
  setMaxListeners(0, stopped);
  return async (work) => {
    const [over, leftMs] = stopped.aborted ? [silent, ms] : [underWay, underWayMs];
    let limit: NodeJS.Timeout | undefined;
    const hurry = (): void => {
      const why = `no answer within ${leftMs} ms after the run was stopped`;
      limit = setTimeout(() => over.abort(new DOMException(why, 'TimeoutError')), leftMs);
    };
    if (stopped.aborted) hurry();
    else stopped.addEventListener('abort', hurry, { once: true });
    try {
      return await work(over.signal);
    } finally {
      stopped.removeEventListener('abort', hurry);
      clearTimeout(limit);
    }
  };
}
