// How long publishing still tries, and how long it waits between tries. One for all exchanges of a run's record.

import type { Fault } from '../events.ts';
import type { ForgeAnswer, ForgeFault, ForgeLimits } from '../ports/forge.ts';
import type { Clock } from '../ports.ts';
import type { Again, Place } from './faults.ts';
import { failed, judgeFault, lostRaces, notAllowed } from './faults.ts';

/** Longest time publishing may take in all, ms. Nobody waits for a record. */
const patienceMs = 20_000;
const exchangeMs = 8_000;

export type Wait = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For jitter, from 0 up to 1. */
  readonly random?: (() => number) | undefined;
};

/** A value, or the reason to stop. */
export type Known<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: Fault };

/** Why nothing is tried any more. `lost`: others were quicker at least once. */
type Ended = { readonly lost: boolean; readonly reason: string };

export class Patience {
  readonly #wait: Wait;
  readonly #until: number;
  #tries = 0;
  #branchMade = false;
  #lost = false;

  constructor(wait: Wait) {
    this.#wait = wait;
    this.#until = wait.clock.monotonicMs() + patienceMs;
  }

  limits(): ForgeLimits {
    const left = this.#until - this.#wait.clock.monotonicMs();
    // Whole milliseconds: timers take nothing else.
    return { deadlineMs: Math.max(1, Math.floor(Math.min(exchangeMs, left))), signal: this.#wait.signal };
  }

  /** Reads until there is an answer, or a reason to stop. */
  async read<Value>(
    place: Place,
    exchange: (limits: ForgeLimits) => Promise<ForgeAnswer<Value>>,
  ): Promise<Known<Value>> {
    for (;;) {
      const answer = await exchange(this.limits());
      if (answer.ok) return answer;
      const fault = await this.after(answer.fault, place, false);
      if (fault !== undefined) return { ok: false, fault };
    }
  }

  /** Waits for the next try and gives `undefined`, or gives the reason to stop. */
  async after(
    fault: ForgeFault,
    place: Place,
    writing: boolean,
    makeBranchNow?: () => Promise<Fault | undefined>,
  ): Promise<Fault | undefined> {
    const judged = judgeFault(fault, place, writing);
    if (judged.type === 'again') return await this.again(judged, place);
    if (judged.type === 'stop') return judged.fault;
    if (this.#branchMade || makeBranchNow === undefined) return notAllowed(place, 404, '404 not found');
    this.#branchMade = true;
    return await makeBranchNow();
  }

  async again(judged: Again, place: Place): Promise<Fault | undefined> {
    const ended = await this.wait(judged);
    if (ended === undefined) return undefined;
    return ended.lost ? lostRaces(place, this.#tries) : failed(place, ended.reason);
  }

  /** Waits as long as the forge asks or as the number of tries says; gives the reason to stop when time is up. */
  async wait({ lost, waitMs, message }: Again): Promise<Ended | undefined> {
    const { clock, signal, random = Math.random } = this.#wait;
    this.#tries += 1;
    if (signal.aborted) return { lost: false, reason: 'there was no time left to publish it' };
    this.#lost ||= lost;
    const backoff = Math.min(4_000, 200 * 2 ** (this.#tries - 1));
    const wait = Math.max(waitMs ?? 0, backoff * (0.5 + random() / 2));
    if (clock.monotonicMs() + wait >= this.#until)
      return { lost: this.#lost, reason: `given up after ${this.#tries} tries: ${message}` };
    await clock.sleep(wait, signal);
    return undefined;
  }
}
