// Asking the API server again. A server that restarts, throttles or loses a connection must not stop an emergency; so what
// changes nothing is asked again, for a time that is bounded in sum.

import type { Clock } from '../ports.ts';
import type { Answer } from './kubectl-proxy.ts';

/** All attempts and pauses of one question. */
const patienceMs = 20_000;
/** One attempt. A server that is alive begins to answer long before. */
const silenceMs = 6_000;
/** With less time than this an attempt is not begun. */
const leastMs = 1_000;
const tries = 5;
const longestPauseMs = 2_000;

/**
 * For reads, and for what the server only thinks through: reviews and dry runs. `once` is one attempt that gives up after
 * so much silence; the last answer is given.
 */
export async function askPatiently<Given extends Answer>(
  clock: Clock,
  once: (silenceMs: number) => Promise<Given>,
  signal: AbortSignal | undefined,
): Promise<Given> {
  const until = clock.monotonicMs() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    const answer = await once(Math.min(silenceMs, until - clock.monotonicMs()));
    if (!mayPass(answer) || attempt === tries || signal?.aborted === true) return answer;
    const pause = answer.retryAfterMs ?? Math.min(longestPauseMs, 100 * 2 ** attempt);
    if (clock.monotonicMs() + pause + leastMs > until) return answer;
    await clock.sleep(pause, signal);
  }
}

/** No answer, throttled, or a server that is not itself just now. */
function mayPass({ status }: Answer): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}
