// One version, or a mixture of them: what the answers of several replicas add up to. Pure.

import { type Expectation, meets } from '../../values/expectations.ts';
import type { Json } from '../../values/json.ts';
import type { Measurement } from '../check-kind.ts';

export type Seen =
  | {
      readonly state: 'seen';
      /** What was asked: `GET https://…`, `pods of deployment/api`. */
      readonly asked: string;
      /** One for each answer or pod; at least one. */
      readonly versions: readonly string[];
    }
  | { readonly state: 'fail' | 'inconclusive' | 'error'; readonly why: string };

export function judgeVersions(seen: Seen, expected: Expectation): Omit<Measurement, 'expected'> {
  if (seen.state !== 'seen') return { state: seen.state, value: null, evidence: seen.why };
  const counts = new Map<string, number>();
  for (const each of seen.versions) counts.set(each, (counts.get(each) ?? 0) + 1);
  const [first, ...others] = counts.keys();
  if (first === undefined)
    return { state: 'inconclusive', value: null, evidence: `${seen.asked}: no version` };
  if (others.length > 0) {
    const value: Json = { mixed: Object.fromEntries(counts) };
    const all = seen.versions.length;
    const parts = Array.from(counts, ([each, count]) => `${each} (${count} of ${all})`).join(', ');
    return {
      state: 'fail',
      value,
      evidence: `${seen.asked}: several versions at once: ${parts}; a rollout is under way or hangs`,
    };
  }
  const verdict = meets(expected, first);
  const times = seen.versions.length === 1 ? '' : `, ${seen.versions.length} times`;
  return {
    state: verdict.ok ? 'pass' : 'fail',
    value: first,
    evidence: `${seen.asked}: version ${first}${times}${verdict.ok ? '' : `: ${verdict.why}`}`,
  };
}
