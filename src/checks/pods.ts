// Check kind `pods`: what has happened to pods lately, from their status. Events would be simpler to read, but they are
// merged and forgotten.

import { z } from 'zod';
import { toRollbackPlanError } from '../errors.ts';
import { duration, durationOr, formatDuration } from '../values/durations.ts';
import { expectation } from '../values/expectations.ts';
import type { CheckKind, Measurement } from './check-kind.ts';
import {
  choiceKeys,
  describeChoice,
  oneChoice,
  readChosenPods,
  requirementsOfChoice,
} from './chosen-pods.ts';
import { describeWanted, judgePods } from './pods/judge-pods.ts';
import { tallyPods } from './pods/tally-pods.ts';

const defaultWindowMs = 300_000;

const schema = z
  .strictObject({
    ...choiceKeys,
    window: duration
      .default(defaultWindowMs)
      .describe('How far back an end of a container counts in `oom-killed` and `restarted`; default `5m`.'),
    'oom-killed': expectation
      .default(0)
      .describe('How many pods had a container killed for its memory in the window: `<= 3`. Default 0.'),
    'crash-looping': expectation
      .default(0)
      .describe('How many pods have a container that ends again and again. Default 0.'),
    'image-pull-failing': expectation
      .default(0)
      .describe('How many pods have a container whose image can not be pulled. Default 0.'),
    restarted: expectation
      .optional()
      .describe('How many pods had a container restarted in the window. Not judged unless it is given.'),
    'not-ready': expectation
      .optional()
      .describe('How many pods that should serve are not ready. Not judged unless it is given.'),
    pending: expectation
      .optional()
      .describe('How many pods have no node, or have not started. Not judged unless it is given.'),
    pods: expectation
      .optional()
      .describe('How many pods there are. Only an expectation that allows 0 accepts that there are none.'),
  })
  .superRefine(oneChoice);

export type PodsSettings = z.output<typeof schema>;

export const pods: CheckKind<PodsSettings> = {
  name: 'pods',
  summary: 'How many pods crash, were killed for memory, restarted, or can not start.',
  schema,
  timeoutMs: 15_000,
  requires: requirementsOfChoice,
  looksBackMs: ({ window }) => durationOr(window, defaultWindowMs),

  async measure(context, settings): Promise<Measurement> {
    const { window } = settings;
    const expected = `${describeWanted(settings)} in ${formatDuration(window)}`;
    try {
      const found = await readChosenPods(context, settings);
      const tally = tallyPods(found, { now: context.clock.now(), windowMs: window });
      const { state, evidence, value } = judgePods(tally, settings);
      return { state, value, expected, evidence: `${describeChoice(settings)}: ${evidence}` };
    } catch (thrown) {
      const { message, hint } = toRollbackPlanError(thrown);
      return { state: 'error', value: null, expected, evidence: `could not measure: ${message}. ${hint}` };
    }
  },
};
