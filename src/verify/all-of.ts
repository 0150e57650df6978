// A trigger that needs several signs at once: measured side by side at every look, and added up to one answer. A scrape
// that is gone is no outage while users are served.

import { z } from 'zod';
import type { Before, CheckKind, Measurement } from '../checks/check-kind.ts';
import type { Json } from '../values/json.ts';
import { type BoundPart, measure } from './run-checks.ts';

export type PartSeen = Pick<Measurement, 'state' | 'value' | 'expected' | 'evidence' | 'worse'> & {
  /** Name of its kind. */
  readonly kind: string;
};

type Settled = Pick<BoundPart, 'kind' | 'settle'>;

/** One condition of several parts. */
export function allOf(parts: readonly Settled[]): Settled {
  const kind: CheckKind<unknown> = {
    name: 'all',
    summary: 'Several checks that all have to fail.',
    schema: z.unknown(),
    timeoutMs: Math.max(...parts.map((part) => part.kind.timeoutMs)),
    requires: () => [],
    async measure(context, _settings, before) {
      const seen = await Promise.all(
        parts.map(async (part, index) => {
          const found = await measure({ ...part, ...earlierOf(part.kind.name, index, before) }, context);
          return { ...found, kind: part.kind.name };
        }),
      );
      return combineAll(seen);
    },
  };
  // Each part settles for itself, so that one whose expression can't be computed is an error among others.
  return { kind, settle: () => undefined };
}

/** One that passes is enough to pass; only all that fail are a failure; anything else is no data. Pure. */
export function combineAll(parts: readonly PartSeen[]): Measurement {
  const failed = parts.filter(({ state }) => state === 'fail');
  const passed = parts.filter(({ state }) => state === 'pass');
  const state = stateOf(parts);
  const [first, last] = passed.length > 0 ? [passed, failed] : [failed, passed];
  const dark = parts.filter((part) => !first.includes(part) && !last.includes(part));
  const told = [...first, ...dark, ...last].map((part) => `${part.kind}: ${part.state}, ${part.evidence}`);
  return {
    state,
    value: parts.map((part): Json => ({ kind: part.kind, state: part.state, value: part.value })),
    expected: `at least one of: ${parts.map(({ kind, expected }) => `${kind} ${expected}`.trim()).join('; ')}`,
    evidence: `${failed.length} of ${parts.length} fail: ${told.join('; ')}`,
    ...(state === 'fail' && parts.some(({ worse }) => worse) ? { worse: true } : {}),
  };
}

function stateOf(parts: readonly PartSeen[]): Measurement['state'] {
  const has = (state: Measurement['state']): boolean => parts.some((part) => part.state === state);
  if (has('pass')) return 'pass';
  if (has('inconclusive')) return 'inconclusive';
  // Nothing seen is nothing that failed.
  return has('error') || parts.length === 0 ? 'error' : 'fail';
}

const earlier = z.array(
  z.object({
    kind: z.string(),
    state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
    value: z.json(),
  }),
);

/** What the part itself measured before the deploy, unless the plan has other parts since. */
function earlierOf(kind: string, index: number, before: Before | undefined): { readonly before?: Before } {
  if (before === undefined) return {};
  if (before.missing !== undefined) return { before };
  const known = earlier.safeParse(before.value).data?.[index];
  return known?.kind === kind ? { before: { at: before.at, state: known.state, value: known.value } } : {};
}
