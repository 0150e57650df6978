// `compare`: a value that is judged by what it was before the deploy instead of by a bound of its own. ADR 0022. The bounds
// are those of a canary, too, which is judged by the release beside it.

import { z } from 'zod';
import { canonicalJson, type Json } from './json.ts';

/** How much worse a number may be than another one. Keys of `compare` and of `stable` alike. */
export const upperBounds = {
  factor: z
    .number()
    .positive()
    .optional()
    .describe('At most so many times the other value: `1.5` allows half as much again.'),
  plus: z
    .number()
    .min(0)
    .optional()
    .describe('At most so much more than the other value, in its own unit: `0.02`.'),
  floor: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Up to here the number is never worse, whatever the other value is, in its own unit: `0.01`. Without it a `factor` of zero judges nothing.',
    ),
};

export const comparison = z
  .strictObject({
    with: z.literal('baseline').describe('What `mode: preflight` measured before the deploy.'),
    ...upperBounds,
    'at-least': z
      .number()
      .positive()
      .optional()
      .describe('At least so many times the earlier value: `1` for what must not get less.'),
    equal: z
      .literal(true)
      .optional()
      .describe('The same as before, text and whatever JSON it is: a checksum, a version, a list.'),
  })
  .superRefine((settings, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const given = (['factor', 'plus', 'at-least'] as const).filter((key) => key in settings);
    if (given.length === 0 && settings.equal === undefined)
      issue('with', 'say how: `factor`, `plus`, `at-least` or `equal`');
    if (settings.equal !== undefined && given[0] !== undefined)
      issue(given[0], 'what has to be equal has no other bound');
    if (settings.floor !== undefined && !('factor' in settings || 'plus' in settings))
      issue('floor', 'belongs to `factor` or `plus`');
  });

export type Comparison = z.infer<typeof comparison>;
export type UpperBounds = Pick<Comparison, 'factor' | 'plus' | 'floor'>;

export type Compared =
  | {
      readonly state: 'pass' | 'fail';
      readonly why: string;
      /** Where health ends, of numbers. */
      readonly limit?: number;
    }
  | { readonly state: 'inconclusive'; readonly why: string };

/**
 * `before`: the earlier value, `undefined` where none is known; `missing` says why. Several bounds have all to hold. Pure.
 */
export function compareWith(
  settings: Comparison,
  value: Json,
  before: Json | undefined,
  missing = 'there is no baseline: call `mode: preflight` before the deploy',
): Compared {
  if (before === undefined) return unknown(missing);
  if (settings.equal !== undefined) return asBefore(value, before);
  if (typeof before !== 'number' || !Number.isFinite(before))
    return unknown('the baseline holds no number for it');
  if (typeof value !== 'number' || !Number.isFinite(value))
    return unknown('what was measured is no number; of text there is `equal: true`');
  const least = settings['at-least'];
  const verdicts = [
    ...(settings.factor === undefined && settings.plus === undefined
      ? []
      : [judgeUpperBounds(settings, value, before)]),
    ...(least === undefined ? [] : [atLeast(value, before, least)]),
  ];
  const worst =
    verdicts.find(({ state }) => state === 'fail') ??
    verdicts.find(({ state }) => state === 'inconclusive') ??
    verdicts[0];
  if (worst === undefined) return unknown('nothing says how to compare');
  return { ...worst, why: `${value}, before the deploy ${before}, so ${worst.why}` };
}

/**
 * `other`: the number it is compared with. A share of nothing is nothing, and one error in a million would be more than
 * that; a share of less than nothing is no bound at all. So a `factor` needs a `floor` there. Pure.
 */
export function judgeUpperBounds(
  { factor, plus, floor }: UpperBounds,
  value: number,
  other: number,
): Compared {
  const least = floor ?? Number.NEGATIVE_INFINITY;
  const unbounded = factor !== undefined && other <= 0 && floor === undefined;
  const limits = [
    ...(plus === undefined ? [] : [Math.max(other + plus, least)]),
    ...(factor === undefined || unbounded ? [] : [Math.max(other > 0 ? other * factor : other, least)]),
  ];
  const limit = Math.min(...limits);
  if (value > limit) return { state: 'fail', limit, why: `at most ${plain(limit)} is expected` };
  if (!unbounded) return { state: 'pass', limit, why: `at most ${plain(limit)} is expected` };
  const noWorse = value <= other && (other === 0 || factor >= 1);
  return noWorse
    ? { state: 'pass', limit: other, why: `at most ${other} is expected` }
    : unknown(`${factor} times that is no bound: add \`floor\`, up to which it is never worse`);
}

function atLeast(value: number, other: number, share: number): Compared {
  if (other < 0 && share !== 1) return unknown(`${share} times that is no bound: it is below zero`);
  const limit = other * share;
  return { state: value >= limit ? 'pass' : 'fail', limit, why: `at least ${plain(limit)} is expected` };
}

/** What the ledger does not keep, because it is too long or was not there, it holds as `null`. */
function asBefore(value: Json, before: Json): Compared {
  if (before === null) return unknown('the baseline holds no value for it');
  if (value === null) return unknown('there is no value to compare');
  const same = canonicalJson(value) === canonicalJson(before);
  return {
    state: same ? 'pass' : 'fail',
    why: same
      ? `${shown(value)}, as before the deploy`
      : `${shown(value)}, before the deploy ${shown(before)}`,
  };
}

function shown(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}

/** Without the noise of binary fractions. */
function plain(value: number): number {
  return Number(value.toPrecision(12));
}

function unknown(why: string): Compared {
  return { state: 'inconclusive', why };
}

/** `at most 1.5 times before the deploy, or up to 0.01`. */
export function describeBounds(bounds: Omit<Comparison, 'with'>, other: string): string {
  const words = [
    ...(bounds.factor === undefined ? [] : [`at most ${bounds.factor} times`]),
    ...(bounds.plus === undefined ? [] : [`at most ${bounds.plus} more than`]),
    ...(bounds['at-least'] === undefined ? [] : [`at least ${bounds['at-least']} times`]),
    ...(bounds.equal === undefined ? [] : ['the same as']),
  ];
  const floor = bounds.floor === undefined ? '' : `, or up to ${bounds.floor}`;
  return `${words.join(', ')} ${other}${floor}`;
}
