// Check kind `logs`: lines in the logs of pods, all lines since a moment, of every container and not the last ten.

import { z } from 'zod';
import { toRollbackPlanError } from '../errors.ts';
import { duration, durationOr, formatDuration } from '../values/durations.ts';
import { describeExpectation, expectation } from '../values/expectations.ts';
import { whyNotPattern } from '../values/pattern-matching.ts';
import type { CheckKind, Measurement } from './check-kind.ts';
import {
  choiceKeys,
  describeChoice,
  oneChoice,
  readChosenPods,
  requirementsOfChoice,
} from './chosen-pods.ts';
import { judgeLogs } from './logs/judge-logs.ts';
import { readLogs } from './logs/read-logs.ts';

const pattern = z.string().superRefine((text, context) => {
  const reason = whyNotPattern(text);
  if (reason !== undefined) context.addIssue({ code: 'custom', message: reason });
});

const defaultSinceMs = 900_000;

const schema = z
  .strictObject({
    ...choiceKeys,
    container: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'the name of a container')
      .optional()
      .describe('Only the logs of this container. Default: of all.'),
    since: duration.default(defaultSinceMs).describe('How far back lines are read; default `15m`.'),
    previous: z
      .boolean()
      .default(false)
      .describe('Read also the log of each container before its last restart.'),
    match: pattern.describe('Regular expression that finds the lines that count: `ERROR|FATAL`.'),
    allow: pattern
      .optional()
      .describe('Regular expression for lines that do not count, although `match` finds them.'),
    expect: expectation
      .optional()
      .describe('How many lines may match; default 0. Not together with `ratio`.'),
    ratio: z
      .strictObject({
        of: pattern.describe('Regular expression that finds the lines that `match` is a share of.'),
        expect: expectation.describe('The share that is expected, as a number: `<= 0.05`.'),
      })
      .optional()
      .describe('Judge the matching lines as a share of other lines, such as failed of all writes.'),
    'allow-empty': z
      .boolean()
      .default(false)
      .describe('Take logs without a single line for good news. By default they are no data.'),
  })
  .superRefine((settings, context) => {
    oneChoice(settings, context);
    if (settings.ratio === undefined || settings.expect === undefined) return;
    const message = '`ratio` has an `expect` of its own; remove this one';
    context.addIssue({ code: 'custom', path: ['expect'], message });
  });

export type LogsSettings = z.output<typeof schema>;

export const logs: CheckKind<LogsSettings> = {
  name: 'logs',
  summary: 'How many lines in the logs of pods match a pattern, or their share of other lines.',
  schema,
  timeoutMs: 60_000,
  looksBackMs: ({ since }) => durationOr(since, defaultSinceMs),

  requires(settings) {
    const place = settings.namespace === undefined ? {} : { namespace: settings.namespace };
    return [
      ...requirementsOfChoice(settings),
      { type: 'permission', verb: 'get', group: '', resource: 'pods/log', ...place },
    ];
  },

  async measure(context, settings): Promise<Measurement> {
    const { match, ratio, since } = settings;
    const what = ratio === undefined ? `lines ~ ${match}` : `lines ~ ${match} per line ~ ${ratio.of}`;
    const bound = describeExpectation(ratio === undefined ? (settings.expect ?? 0) : ratio.expect);
    const expected = `${what} ${bound} in ${formatDuration(since)}`;
    try {
      const pods = await readChosenPods(context, settings);
      const judged = judgeLogs(await readLogs(context, pods, settings), settings);
      return { ...judged, expected, evidence: `${describeChoice(settings)}: ${judged.evidence}` };
    } catch (thrown) {
      const { message, hint } = toRollbackPlanError(thrown);
      return { state: 'error', value: null, expected, evidence: `could not measure: ${message}. ${hint}` };
    }
  },
};
