// How fast the severity wanted the service back, and whether it was. Internal to the model.

import type { RunIdentity, WatchResult } from '../events.ts';
import type { MeasureReport, Recovery, RunReport, Verdict } from './model.ts';

export type RecoveryFacts = {
  readonly identity: RunIdentity;
  readonly verdict: Verdict;
  readonly tookMs: number;
  readonly watch: { readonly result: WatchResult; readonly endedMs: number } | undefined;
  readonly measures: readonly MeasureReport[];
};

export function recoveryOf(facts: RecoveryFacts): Recovery {
  const { identity, verdict, tookMs } = facts;
  switch (identity.dryRun ? 'dry run' : identity.mode) {
    case 'rollback':
    case 'alert':
      return {
        withinMs: identity.recoverWithinMs,
        ...met(verdict, identity.recoverWithinMs, tookMs),
        tookMs,
      };
    case 'verify':
      return { ...afterWatch(facts), tookMs };
    case 'drill':
      return { ...rehearsed(facts), tookMs };
    default:
      return { withinMs: identity.recoverWithinMs, tookMs, countedMs: tookMs, met: undefined };
  }
}

function met(
  verdict: Verdict,
  withinMs: number | undefined,
  countedMs: number,
): Pick<Recovery, 'countedMs' | 'met'> {
  if (withinMs === undefined) return { countedMs, met: undefined };
  switch (verdict.outcome) {
    case 'rolled-back':
      return { countedMs, met: countedMs <= withinMs };
    case 'halted':
    case 'failed':
    case 'inconclusive':
    case 'interrupted':
      return { countedMs, met: false };
    default:
      return { countedMs, met: undefined };
  }
}

/** A deploy that nobody called bad has nothing to recover from. The limit is that of the trigger's severity, if it has one. */
function afterWatch({ identity, verdict, tookMs, watch }: RecoveryFacts): Omit<Recovery, 'tookMs'> {
  if (watch?.result.state !== 'bad')
    return { withinMs: identity.recoverWithinMs, countedMs: tookMs, met: undefined };
  const { severity, recoverWithinMs } = watch.result;
  const another = severity !== undefined && severity !== identity.severity;
  const withinMs = recoverWithinMs ?? (another ? undefined : identity.recoverWithinMs);
  const countedMs = Math.max(0, tookMs - watch.endedMs);
  if (verdict.outcome === 'refused' && withinMs !== undefined) return { withinMs, countedMs, met: false };
  return { withinMs, ...met(verdict, withinMs, countedMs) };
}

/** Nobody waits for a drill to end; what its limit is of is the time it measured. */
function rehearsed({ identity, tookMs, measures }: RecoveryFacts): Omit<Recovery, 'tookMs'> {
  const served = measures.findLast(({ name }) => name === 'served-again');
  const withinMs = served?.limitMs ?? identity.recoverWithinMs;
  const countedMs = served?.durationMs ?? tookMs;
  const known = served !== undefined && withinMs !== undefined;
  return { withinMs, countedMs, met: known ? countedMs <= withinMs : undefined };
}

/** Users have waited since the first press, whatever happened to that run. */
export function sinceFirstPress(last: RunReport, first: RunReport | undefined): Recovery {
  const { recovery } = last;
  if (first === undefined) return recovery;
  const tookMs = Math.max(last.durationMs, Date.parse(last.endedAt) - Date.parse(first.startedAt));
  const countedMs = last.identity.mode === 'drill' ? recovery.countedMs : tookMs - beforeCounting(first);
  const { withinMs, met: inTime } = recovery;
  const still = withinMs === undefined || countedMs <= withinMs;
  return { withinMs, tookMs, countedMs, met: inTime === true ? still : inTime };
}

/** A first run that watched before it rolled back: until then nobody had called anything bad. */
function beforeCounting(first: RunReport): number {
  return first.watch?.result?.state === 'bad' ? first.recovery.tookMs - first.recovery.countedMs : 0;
}
