// Whether a baseline is of the time before this very deploy. Pure. ADR 0022.

import type { Baseline } from '../state/ledger.ts';
import { formatDuration } from '../values/durations.ts';

const longestMs = 24 * 3_600_000;

/** Why it is of no use, `undefined` when it is. `versions`: digests of what is live, by component. */
export function whyNoBaseline(
  baseline: Pick<Baseline, 'at' | 'versions'>,
  { versions, now }: { readonly versions: ReadonlyMap<string, string>; readonly now: Date },
): string | undefined {
  const ageMs = now.getTime() - Date.parse(baseline.at);
  if (Number.isNaN(ageMs) || ageMs > longestMs) {
    return `the one of ${baseline.at} is older than ${formatDuration(longestMs)}`;
  }
  const same = [...versions].every(([name, digest]) => baseline.versions[name] === digest);
  // Taken while these versions were live, it says nothing about the time before them.
  if (same) return `the one of ${baseline.at} was taken with the versions that are verified now`;
  return undefined;
}

/**
 * Why a baseline is not of the time before what a rollback takes back; `undefined` when it is. `at`: when the rollback was;
 * `from`: digests of what it took back, by component.
 */
export function whyNotBefore(
  baseline: Pick<Baseline, 'at' | 'versions'>,
  { at, from }: { readonly at: Date; readonly from: ReadonlyMap<string, string> },
): string | undefined {
  const ageMs = at.getTime() - Date.parse(baseline.at);
  if (!(ageMs >= 0)) return `the one of ${baseline.at} was taken after the rollback`;
  if (ageMs > longestMs) return `the one of ${baseline.at} is older than ${formatDuration(longestMs)}`;
  if (from.size > 0 && [...from].every(([name, digest]) => baseline.versions[name] === digest))
    return `the one of ${baseline.at} was taken with the versions that are rolled back from`;
  return undefined;
}
