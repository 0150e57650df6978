// The real clock. Everything that tells or spends time goes through the `Clock` port, so tests can own it.

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // An aborted sleep is an early end, which the caller sees on its signal; anything else is a defect.
      if (signal?.aborted !== true) throw error;
    }
  },
};
