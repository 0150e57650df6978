// Asking the API server again. A server that restarts, throttles or loses a connection must not stop an emergency; so what
// changes nothing is asked again, for a time that is bounded in sum.

import type { Clock } from '../ports.ts';
import type { Answer, Exchange, KubectlProxy } from './kubectl-proxy.ts';

/** All attempts and pauses of one question. */
const patienceMs = 20_000;
/** One attempt. A server that is alive begins to answer long before. */
const silenceMs = 6_000;
const leastMs = 1_000;
const tries = 5;
const longestPauseMs = 2_000;

export type Ask = (exchange: Exchange, signal?: AbortSignal) => Promise<Answer>;

/** For reads, and for what the server only thinks through: reviews and dry runs. Gives the last answer. */
export function createPatientAsk(proxy: Pick<KubectlProxy, 'exchange'>, clock: Clock): Ask {
  return async (exchange, signal) => {
    const until = clock.monotonicMs() + patienceMs;
    for (let attempt = 1; ; attempt++) {
      const left = Math.max(leastMs, until - clock.monotonicMs());
      const answer = await proxy.exchange(exchange, { signal, silenceMs: Math.min(silenceMs, left) });
      if (!mayPass(answer) || attempt === tries || signal?.aborted === true) return answer;
      const pause = answer.retryAfterMs ?? Math.min(longestPauseMs, 100 * 2 ** attempt);
      if (clock.monotonicMs() + pause >= until) return answer;
      await clock.sleep(pause, signal);
    }
  };
}

/** No answer, throttled, or a server that is not itself just now. */
function mayPass({ status }: Answer): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}
