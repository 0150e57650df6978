// The settings of the check kind `prometheus`, and which of them make sense together.

import { z } from 'zod';
import { comparison, upperBounds } from '../../values/comparison.ts';
import { duration, parseDuration } from '../../values/durations.ts';
import { type Expectation, expectation } from '../../values/expectations.ts';
import { apiSettings, apiUrl } from './ask.ts';

const query = z.string().min(1).max(20_000);

export const settings = z
  .strictObject({
    url: apiUrl.describe(
      'Base URL of Prometheus, or of what speaks its API (Thanos, Mimir, VictoriaMetrics).',
    ),
    query: query.describe('PromQL that gives one number. A share is a ratio of rates, never `rate(errors)`.'),
    expect: expectation
      .optional()
      .describe('The number that is expected: `<= 0.05`; with `unit: s` or `ms` a duration: `< 500ms`.'),
    compare: comparison.optional().describe('Judge by what was measured before the deploy.'),
    stable: z
      .strictObject({
        query: query.describe('PromQL that gives the same number for the release beside it.'),
        ...upperBounds,
      })
      .refine((stable) => 'plus' in stable || 'factor' in stable, 'say how much worse: `plus` or `factor`')
      .optional()
      .describe('Judge by the stable release that serves beside the canary.'),
    each: z
      .enum(['one', 'all', 'any'])
      .default('one')
      .describe(
        'What more than one series means: `one` is an error that says how to aggregate, `all` have to be healthy, `any` one suffices.',
      ),
    samples: z
      .strictObject({
        query: query.describe(
          'PromQL that counts what the number is made of: `sum(increase(requests_total[1m]))`.',
        ),
        'at-least': z.number().positive().describe('With fewer, nothing is judged.'),
      })
      .optional()
      .describe('How much traffic it takes for the number to mean something.'),
    slope: z
      .strictObject({
        over: duration.describe('How far back: `10m`.'),
        step: duration.describe('Time between two points: `30s`.'),
      })
      .refine(({ over, step }) => step > 0 && over / step >= 2, 'at least three points: a shorter `step`')
      .refine(({ over, step }) => step <= 0 || over / step <= 1_000, 'at most 1000 points: a longer `step`')
      .optional()
      .describe('Judge how fast the number grows, per second, instead of the number: least squares.'),
    newest: query
      .optional()
      .describe('Series whose newest sample tells how old the data is: `http_requests_total{job="api"}`.'),
    'stale-after': duration
      .optional()
      .describe('With an older newest sample nothing is judged. Default 1m where `newest` is given.'),
    unit: z
      .enum(['count', 'ratio', 'ms', 's'])
      .default('count')
      .describe('What the number is: decides how it is printed, and whether `expect` is a duration.'),
    ...apiSettings,
  })
  .superRefine((given, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { expect, compare, stable, each, slope, unit } = given;
    if (expect === undefined && compare === undefined && stable === undefined)
      issue('query', 'say what is healthy: `expect`, `compare` or `stable`');
    if (each !== 'one')
      for (const key of ['compare', 'stable', 'slope'] as const)
        if (given[key] !== undefined) issue(key, 'takes one number: aggregate, and leave `each` out');
    if (slope !== undefined && stable !== undefined) issue('stable', 'compares numbers, not slopes');
    if (given['stale-after'] !== undefined && given.newest === undefined)
      issue('stale-after', 'needs `newest`: the series whose age counts');
    if (expect !== undefined) {
      const why = whyNotFor(unit, expect, slope !== undefined);
      if (why !== undefined) issue('expect', why);
    }
  });

export type PrometheusSettings = z.output<typeof settings>;

/** `< 500ms` of a number that is no time, or `< 0.5` of seconds, would be met always or never. */
function whyNotFor(
  unit: PrometheusSettings['unit'],
  expect: Expectation,
  sloped: boolean,
): string | undefined {
  if (Array.isArray(expect)) {
    const [why] = expect.flatMap((each) => whyNotFor(unit, each, sloped) ?? []);
    return why;
  }
  if (typeof expect === 'object' && expect !== null) return 'the answer is a number: a map makes no sense';
  if (typeof expect === 'boolean' || expect === null) return 'the answer is a number';
  const operand = typeof expect === 'number' ? String(expect) : expect.replace(/^[<>=!~]+\s*/, '');
  const plain = Number.isFinite(Number(operand));
  if (sloped) return plain ? undefined : 'a slope is a number per second, such as `<= 0.5`';
  if (plain) return unit === 's' ? 'with `unit: s` write a duration, such as `< 500ms`' : undefined;
  const percent = Number(operand.replace(/\s*%$/, ''));
  if (operand.endsWith('%') && Number.isFinite(percent))
    return `a share is a number from 0 to 1: write \`${Number((percent / 100).toPrecision(6))}\` for \`${operand}\``;
  if (parseDuration(operand) === undefined)
    return `the answer is a number, such as \`<= 0.05\` expects it; ${JSON.stringify(operand)} is none`;
  return unit === 's' || unit === 'ms'
    ? undefined
    : `\`${operand}\` is a duration: add \`unit: s\` or \`unit: ms\``;
}
