// The file `auto_rollback` of teams that come from a monitor script: its shape, strictly. What it means for a plan is in
// `auto-rollback-rules.ts`, what is said about a wrong one in `auto-rollback-findings.ts`.

import { z } from 'zod';

/** How the file compares what is measured with a threshold, and the health that is left then. */
export const healthyWhen = {
  greater_than: '<=',
  greater_than_or_equal: '<',
  less_than: '>=',
  less_than_or_equal: '>',
} as const;

export type ComparisonWord = keyof typeof healthyWhen;
// `Object.keys` forgets literal types; this restates what the list above guarantees.
const comparisonWords = Object.keys(healthyWhen) as [ComparisonWord, ...ComparisonWord[]];

/** What the team's script counted: failures of a health check in a row. */
export const healthMetric = 'health_check_failures';
export const everySeconds = 30;
const mostLooks = 1000;
/** A condition takes at most a thousand looks. */
const longestSeconds = (mostLooks - 1) * everySeconds;

export type Unit = 'ratio' | 'ms' | 's' | 'count' | 'as measured';

/** By the name alone: the file says no unit. */
export function unitOf(metric: string): Unit {
  if (metric === healthMetric) return 'count';
  if (/_(?:rate|ratio)$/.test(metric)) return 'ratio';
  if (/(?:^|_)(?:seconds|s)$/.test(metric)) return 's';
  if (/^latency(?:_|$)|_(?:latency|ms|milliseconds)$|_latency_/.test(metric)) return 'ms';
  return 'as measured';
}

const line = z
  .string()
  .max(1000, 'expected at most 1000 characters')
  .regex(
    /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*\S[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u,
    'expected one line of text',
  );

const trigger = z
  .strictObject({
    metric: z
      .string()
      .regex(
        /^[a-z][a-z0-9_]{0,47}$/,
        'expected a name of small letters, digits and `_`, such as `error_rate`',
      ),
    threshold: z.number().min(0, 'expected 0 or more'),
    duration_seconds: z
      .int()
      .min(1, 'expected 1 or more')
      .max(longestSeconds, `expected at most ${longestSeconds}: a thousand looks, ${everySeconds} s apart`)
      .optional(),
    consecutive: z.boolean().optional(),
    comparison: z.enum(comparisonWords),
  })
  .superRefine((given, context) => {
    const { metric, threshold, duration_seconds: seconds, consecutive, comparison } = given;
    const refuse = (key: string | undefined, message: string, hint: string): void =>
      context.addIssue({
        code: 'custom',
        message,
        path: key === undefined ? [] : [key],
        params: { hint },
      });
    if (consecutive === false) {
      refuse('consecutive', 'expected `true`, found false', 'delete it, and give `duration_seconds`');
      return;
    }
    if ((seconds === undefined) === (consecutive === undefined)) {
      refuse(
        undefined,
        seconds === undefined
          ? 'has neither `duration_seconds` nor `consecutive`, so one bad sample would roll back'
          : 'has both `duration_seconds` and `consecutive`',
        `keep \`consecutive: true\` for ${healthMetric}, and \`duration_seconds\` for everything else`,
      );
      return;
    }
    if (consecutive === true && metric !== healthMetric) {
      refuse(
        'consecutive',
        `${metric} is measured, and not counted in a row`,
        'replace it by `duration_seconds`: how long it has to be bad',
      );
    }
    if (consecutive === undefined && metric === healthMetric) {
      refuse(
        'duration_seconds',
        `${healthMetric} counts failures in a row, and no time`,
        'replace it by `"consecutive": true`',
      );
    }
    if (metric === healthMetric) {
      if (!Number.isInteger(threshold) || threshold < 1 || threshold > mostLooks)
        refuse(
          'threshold',
          `expected a whole number from 1 to ${mostLooks}, found ${threshold}`,
          'write how many failures in a row are too many',
        );
      if (comparison !== 'greater_than' && comparison !== 'greater_than_or_equal')
        refuse('comparison', 'few failures are no reason to roll back', 'write `greater_than`');
    } else if (unitOf(metric) === 'ratio' && threshold > 1) {
      refuse(
        'threshold',
        `a rate is a share from 0 to 1, found ${threshold}`,
        threshold <= 100 ? `if ${threshold} % is meant, write ${threshold / 100}` : 'write 5 % as 0.05',
      );
    }
  });

const content = z.strictObject({
  enabled: z.boolean(),
  operation_id: line.optional(),
  permit_id: line.optional(),
  triggers: z.array(trigger).min(1, 'expected one trigger or more').max(100, 'expected at most 100 triggers'),
  rollback_script: line.optional(),
  notification_channels: z.array(line).max(100, 'expected at most 100 channels').default([]),
  require_manual_confirmation: z.boolean().default(false),
  rollback_timeout_seconds: z
    .int()
    .min(1, 'expected 1 or more')
    .max(21_600, 'expected at most 21600: a run takes at most 6 h')
    .optional(),
  safety_checks: z
    .strictObject({
      verify_backup_exists: z.boolean().default(false),
      verify_previous_version_healthy: z.boolean().default(false),
      verify_rollback_tested: z.boolean().default(false),
    })
    .default({
      verify_backup_exists: false,
      verify_previous_version_healthy: false,
      verify_rollback_tested: false,
    }),
});

export const autoRollbackSchema = z.strictObject({ auto_rollback: content });

/** What the file says, with the defaults of what it leaves out. Durations in seconds. */
export type AutoRollback = z.output<typeof content>;
export type AutoRollbackTrigger = z.output<typeof trigger>;
