// `compare`: a number that is judged by what it was before the deploy instead of by a bound of its own. ADR 0022.

import { z } from 'zod';
import type { Json } from './json.ts';

export const comparison = z
  .strictObject({
    with: z.literal('baseline').describe('What `mode: preflight` measured before the deploy.'),
    factor: z
      .number()
      .positive()
      .optional()
      .describe('At most so many times the earlier value: `1.5` allows half as much again.'),
    plus: z
      .number()
      .min(0)
      .optional()
      .describe('At most so much more than the earlier value, in its own unit: `0.02`.'),
    'at-least': z
      .number()
      .positive()
      .optional()
      .describe('At least so many times the earlier value: `1` for what must not get less.'),
  })
  .refine(
    (settings) => ['factor', 'plus', 'at-least'].some((key) => key in settings),
    'say how: `factor`, `plus` or `at-least`',
  );

export type Comparison = z.infer<typeof comparison>;

export type Compared =
  | { readonly state: 'pass' | 'fail'; readonly why: string; readonly limit: number }
  | { readonly state: 'inconclusive'; readonly why: string };

/**
 * `before`: the earlier value, `undefined` where none is known; `missing` says why. Several bounds have all to hold. Pure.
 */
export function compareWith(
  settings: Comparison,
  value: number,
  before: Json | undefined,
  missing = 'there is no baseline: call `mode: preflight` before the deploy',
): Compared {
  if (typeof before !== 'number' || !Number.isFinite(before)) {
    const why = before === undefined ? missing : 'the baseline holds no number for it';
    return { state: 'inconclusive', why };
  }
  const bounds: readonly { readonly limit: number; readonly ok: boolean; readonly word: string }[] = [
    ...(settings.factor === undefined ? [] : [atMost(value, before * settings.factor)]),
    ...(settings.plus === undefined ? [] : [atMost(value, before + settings.plus)]),
    ...(settings['at-least'] === undefined ? [] : [atLeast(value, before * settings['at-least'])]),
  ];
  const broken = bounds.find(({ ok }) => !ok) ?? bounds[0];
  if (broken === undefined) return { state: 'inconclusive', why: 'nothing says how to compare' };
  const { ok, limit, word } = broken;
  return {
    state: ok ? 'pass' : 'fail',
    limit,
    why: `${value}, before the deploy ${before}, so ${word} ${limit} is expected`,
  };
}

function atMost(value: number, limit: number): { limit: number; ok: boolean; word: string } {
  return { limit, ok: value <= limit, word: 'at most' };
}

function atLeast(value: number, limit: number): { limit: number; ok: boolean; word: string } {
  return { limit, ok: value >= limit, word: 'at least' };
}
