// What the counts of pods mean for health. Pure.

import { describeExpectation, type Expectation, meets } from '../../values/expectations.ts';
import type { Json } from '../../values/json.ts';
import { type CountedKey, countedKeys, type PodTally } from './tally-pods.ts';

export type PodExpectations = { readonly [K in CountedKey | 'pods']?: Expectation | undefined };

export type PodJudgement = {
  readonly state: 'pass' | 'fail' | 'inconclusive';
  readonly evidence: string;
  readonly value: Json;
};

const shownNames = 3;

/** `oom-killed <= 3, crash-looping 0`. */
export function describeWanted(wanted: PodExpectations): string {
  return [...countedKeys, 'pods' as const]
    .flatMap((key) => {
      const expected = wanted[key];
      return expected === undefined ? [] : [`${key} ${describeExpectation(expected)}`];
    })
    .join(', ');
}

/**
 * A failure that is certain is one, whatever else is not known. Without it, no pods, pods that make no sense, and ends
 * without a time that would matter are no data.
 */
export function judgePods(tally: PodTally, wanted: PodExpectations): PodJudgement {
  const value = Object.fromEntries([
    ['pods', tally.pods],
    ...countedKeys.map((key) => [key, tally.certain[key].length] as const),
  ]);
  const misses: string[] = [];
  const doubts: string[] = [];
  for (const key of countedKeys) {
    const expected = wanted[key];
    if (expected === undefined) continue;
    const [certain, undated] = [tally.certain[key], tally.undated[key]];
    const least = meets(expected, certain.length);
    const most = meets(expected, certain.length + undated.length);
    if (!least.ok && !most.ok) misses.push(`${key}: ${least.why} (${namesOf([...certain, ...undated])})`);
    else if (!least.ok || !most.ok)
      doubts.push(`${key}: nothing says when it happened to ${namesOf(undated)}`);
  }
  if (wanted.pods !== undefined && tally.pods > 0) {
    const verdict = meets(wanted.pods, tally.pods);
    if (!verdict.ok) misses.push(`pods: ${verdict.why}`);
  }
  if (misses.length > 0) return { state: 'fail', evidence: misses.join('; '), value };
  if (tally.unreadable > 0) doubts.push(`no sense can be made of ${tally.unreadable} of the pods`);
  if (tally.alive === 0 && !(wanted.pods !== undefined && meets(wanted.pods, 0).ok)) {
    const ended = tally.pods === 0 ? '' : ` (${tally.pods} have ended)`;
    doubts.push(`there are no pods${ended}, so nothing can be measured; \`pods: ">= 0"\` allows that`);
  }
  if (doubts.length > 0) return { state: 'inconclusive', evidence: doubts.join('; '), value };
  const counts = countedKeys
    .filter((key) => wanted[key] !== undefined)
    .map((key) => `${key} ${tally.certain[key].length}`);
  return { state: 'pass', evidence: [countOf(tally.pods), ...counts].join(', '), value };
}

function countOf(pods: number): string {
  return `${pods} ${pods === 1 ? 'pod' : 'pods'}`;
}

function namesOf(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length - shownNames;
  return names.slice(0, shownNames).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
