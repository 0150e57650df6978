// The keys of a plan about what comes after: when a rollback has worked, how it is looked at again, and where a watch tells how it goes.

import { z } from 'zod';
import { duration, longDuration } from '../values/durations.ts';
import { name, title } from '../values/names.ts';

export const recovery = z.strictObject({
  passes: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('How often in a row each check of `verify` has to pass after a rollback.'),
  within: duration
    .prefault('1m')
    .describe(
      'How long the triggers that called for the rollback may take to pass after it, on top of how far back they look.',
    ),
  soak: duration
    .optional()
    .describe(
      'How long after that the checks are watched before the rollback counts as good. Default: not at all.',
    ),
  rechecks: z
    .array(longDuration)
    .max(10)
    .default([])
    .describe(
      'When `mode: heartbeat` looks at the checks again after a rollback that ended green: `[15m, 1h, 24h]`. It never rolls back by itself.',
    ),
});

export const watch = z.strictObject({
  comment: z
    .enum(['pull-request', 'commit', 'none'])
    .default('none')
    .describe(
      'Where `verify` keeps one comment about how the watch goes, edited in place: on the pull request of the deployed commit, on the commit, or nowhere. Needs `pull-requests: write`, for a commit `contents: write`.',
    ),
});

export const followUp = z.strictObject({
  title: title
    .optional()
    .describe('What the record and the heartbeat call it: `Postmortem held`. Default: its name.'),
  within: longDuration.describe('By when it has to be done, from the end of the rollback: `48h`, `5d`.'),
  'by-severity': z
    .record(name, longDuration)
    .default({})
    .describe('Other times for some severities: `{ P0: 24h }`.'),
  owner: title.optional().describe('Who answers for it: a person, a team, a role.'),
  overdue: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('What it does to `mode: heartbeat` once it is overdue: a warning, or a red run.'),
});

/** Keys of `drill` about how often it has to be rehearsed. */
export const rehearsal = {
  every: longDuration
    .optional()
    .describe(
      'How often the plan has to be drilled, such as `90d`; `mode: heartbeat` says when it is overdue.',
    ),
  overdue: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('What an overdue drill does to `mode: heartbeat`: a warning, or a red run.'),
};
