// The part of a plan's shape that says what is measured and how patiently: checks, triggers and the score. ADR 0020 says what the words mean.

import { z } from 'zod';
import { duration } from '../values/durations.ts';
import { title } from '../values/names.ts';

/** A thousand looks, one every five seconds, are an hour and a half. */
const count = z.int().min(1).max(1000, 'expected at most 1000 looks; a longer `every` takes fewer');

/** `3`: in a row. `3 of 5`: among the last five looks that had data. */
const failures = z.union([
  count,
  z
    .string()
    .regex(/^[1-9]\d{0,2} of [1-9]\d{0,2}$/, 'a number, or such as `3 of 5`')
    .refine((text) => {
      const [limit = 0, of = 0] = text.split(' of ').map(Number);
      return limit <= of;
    }, 'more failing looks than looks'),
]);

const settings = z.record(z.string(), z.unknown());
const uses = z.string().min(1).describe('Name of the check kind.');
const withSettings = settings
  .default({})
  .describe('Settings of the kind; which keys there are is up to the kind. May hold expressions.');

const noData = {
  delay: duration
    .optional()
    .describe('No look before this time has passed since the watch began. Default: at once.'),
  'inconclusive-limit': count
    .default(5)
    .describe(
      'How many looks in a row without usable data make the condition blind: the run says so, and is never green.',
    ),
  'error-limit': count.default(5).describe('How many looks in a row that could not measure make it blind.'),
  'on-no-data': z
    .enum(['blind', 'rollback'])
    .default('blind')
    .describe('What a blind condition means: people are told, or the deploy counts as bad.'),
};

export const checkSchema = z.strictObject({
  name: title
    .optional()
    .describe(
      'What people read. Default: the kind. Of several that are called the same the second is shown as `http 2`.',
    ),
  uses,
  with: withSettings,
  within: duration.optional().describe('How long the check may take to become healthy. Default: 1m.'),
  every: duration.optional().describe('Time between two looks. Default: 2s.'),
  failures: failures
    .optional()
    .describe(
      'How many looks have to fail while a deploy is watched: `3` in a row, or `3 of 5`. Default: 3.',
    ),
  ...noData,
  weight: z
    .number()
    .min(0)
    .max(100)
    .default(1)
    .describe('What the check counts in the score. With `0` it only warns. Default: 1.'),
  key: z.boolean().default(false).describe('The deploy is bad without this check, whatever the score.'),
  after: z
    .enum(['both', 'deploy', 'rollback'])
    .default('both')
    .describe(
      'When it counts: while a deploy is watched, after a rollback, or both. A rollback may have to be better than what a deploy is borne with.',
    ),
});

export const trigger = z
  .strictObject({
    check: z
      .strictObject({ uses, with: withSettings })
      .optional()
      .describe('The check; what it expects is health, and what it does not expect calls for a rollback.'),
    all: z
      .array(z.strictObject({ uses, with: withSettings }))
      .min(2)
      .max(10)
      .optional()
      .describe(
        'Several checks instead of one, measured in the same look: only if all of them fail, the trigger does. One that passes is enough to pass.',
      ),
    alert: z
      .strictObject({
        name: z.string().min(1).max(200).describe('Name of the alert: its label `alertname`.'),
        labels: z
          .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name'), z.string().max(1000))
          .default({})
          .describe('Further labels that it has to have, all of them.'),
      })
      .optional()
      .describe('An alert that calls for a rollback from outside (`mode: alert`), instead of a check.'),
    declared: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe(
        'When it applies, for people: what no machine can measure, such as a security hole. A person names it at the button (input `trigger`).',
      ),
    every: duration.prefault('10s').describe('Time between two looks.'),
    failures: failures.default(3).describe('How many looks have to fail: `3` in a row, or `3 of 5`.'),
    ...noData,
    severity: z
      .string()
      .min(1)
      .optional()
      .describe('Severity of the incident that the trigger begins. One of `severities`.'),
    scenario: z
      .string()
      .min(1)
      .optional()
      .describe('Scenario that the rollback runs, or `all`. Default: the default scenario.'),
  })
  .refine(
    ({ check, all, alert, declared }) =>
      [check, all, alert, declared].filter((form) => form !== undefined).length === 1,
    'a trigger has one of `check`, `all`, `alert` and `declared`',
  );

export const score = z
  .strictObject({
    pass: z
      .number()
      .min(1)
      .max(100)
      .default(100)
      .describe('A deploy is good with so many percent of the weights of its checks.'),
  })
  .describe('How much of `verify` has to pass. Triggers and key checks always decide.');

export const severity = z.strictObject({
  'recover-within': duration
    .optional()
    .describe('How soon the service has to be back; the report compares with it.'),
  'decide-within': duration
    .optional()
    .describe(
      'How soon a person has to decide what is left to people; they are told the time, and when it is over while it is still watched.',
    ),
  'fix-within': duration
    .optional()
    .describe(
      'How long people may try to mend it before the machine rolls back by itself. Default: it rolls back at once.',
    ),
  description: z.string().min(1).max(2000).optional().describe('When this severity applies.'),
  action: z
    .enum(['rollback', 'prepare', 'monitor'])
    .default('rollback')
    .describe(
      'What the machine does by itself when a trigger of this severity calls: roll back; show what a rollback would run and leave it to a person; or only tell.',
    ),
  approvals: z
    .int()
    .min(0)
    .max(6)
    .default(0)
    .describe('How many people have to agree. With 1 or more the machine prepares, and a person presses.'),
});

export type CheckFile = z.output<typeof checkSchema>;
export type TriggerFile = z.output<typeof trigger>;
