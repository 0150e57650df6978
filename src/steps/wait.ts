// Step kind `wait`: nothing but time, with the reason why. For what has no sign that could be looked at: a cache that
// expires, a record that spreads. Whatever has a sign is better waited for with a check.

import { z } from 'zod';
import { duration, formatDuration } from '../values/durations.ts';
import type { Prepared, Verification } from '../values/operation.ts';
import type { StepKind } from './step-kind.ts';

const longestMs = 3_600_000;
/** More than the longest wait, so that the step's own timeout is never what ends one that is allowed. */
const deadlineMs = longestMs + 60_000;

const schema = z.strictObject({
  for: duration
    .refine(
      (milliseconds) => milliseconds <= longestMs,
      'at most `1h`: a job that waits longer costs a runner',
    )
    .describe('How long to wait; at most `1h`.'),
  because: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('What is waited for, for the person who watches and for the record.'),
});

export type WaitSettings = z.output<typeof schema>;

export const wait: StepKind<WaitSettings> = {
  name: 'wait',
  summary: 'Wait for a given time.',
  schema,
  timeoutMs: deadlineMs,
  requires: () => [],
  async prepare(_context, { for: milliseconds, because }): Promise<Prepared> {
    const reason = because === undefined ? '' : `: ${because}`;
    return {
      operations: [
        {
          id: 'wait',
          title: `wait ${formatDuration(milliseconds)}${reason}`,
          act: { type: 'wait', milliseconds },
          mutates: false,
          // One that was cut short by the step's timeout has had its time; there is none left to begin again.
          retry: 'once',
          deadlineMs,
        },
      ],
      preview: undefined,
      notes: [],
    };
  },
  capture: async () => undefined,
  probe: async () => ({ state: 'not-done', evidence: 'a wait leaves no trace; it can begin anew' }),
  async verify(_context, { for: milliseconds }, results): Promise<Verification> {
    const waited = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
    return {
      state: 'verified',
      evidence: `waited ${formatDuration(waited)} of ${formatDuration(milliseconds)}`,
    };
  },
};
