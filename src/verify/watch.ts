// Watches a deploy: looks at every condition again and again, until one is bad or the window is over.

import type { Measurement } from '../checks/check-kind.ts';
import type { CheckResult, Emit, WatchResult } from '../events.ts';
import type { KindContext, Log } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import { followWatch, type WatchProgress } from './follow-watch.ts';
import { type BoundCheck, checkResult, measure } from './run-checks.ts';
import { concludeWatch, type Observed, observe, type Patience, undecided, unobserved } from './watching.ts';

/** A check with how patient the watch is, and what its trigger calls for. */
export type Condition = Pick<BoundCheck, 'name' | 'kind' | 'settle' | 'everyMs'> &
  Patience & {
    readonly trigger?: {
      readonly name: string;
      readonly severity?: string;
      /** How soon the severity wants the service back, ms. */
      readonly recoverWithinMs?: number | undefined;
      readonly scenario?: string;
    };
  };

export type WatchDeps = {
  readonly context: KindContext;
  readonly emit: Emit;
  readonly log: Log;
  /** Called with every look, for whoever tells people meanwhile; not waited for. */
  readonly progress?: ((now: WatchProgress) => void) | undefined;
};

/** Journals start, last look of each condition, and result. Ends early when a condition is bad, or the run is stopped. */
export async function watch(
  conditions: readonly Condition[],
  windowMs: number,
  { context, emit, log, progress }: WatchDeps,
): Promise<WatchResult> {
  const { clock } = context;
  const started = clock.monotonicMs();
  const elapsed = (): number => clock.monotonicMs() - started;
  const names = conditions.map(({ name }) => name);
  await emit({ type: 'watch-started', windowMs, watched: names });
  log.info(`watching for ${formatDuration(windowMs)}: ${names.join(', ')}`);

  const follow = followWatch(names, windowMs, { log, progress });
  const found = new AbortController();
  const signal = AbortSignal.any([context.signal, found.signal]);
  let first: Condition | undefined;

  const watchOne = async (condition: Condition, index: number): Promise<Observed> => {
    let seen = unobserved(condition.name);
    while (!signal.aborted) {
      const before = seen;
      // A measurement that is under way when another condition turned bad is not waited for.
      const look = await measureUnless(condition, context, signal);
      if (look === undefined) break;
      seen = observe(seen, look, condition, elapsed());
      tell(before, seen, condition, log);
      follow.look(index, look, elapsed());
      if (seen.bad) {
        first ??= condition;
        found.abort();
        break;
      }
      const left = windowMs - elapsed();
      if (left <= 0 && !undecided(seen)) break;
      // The last look is at the end of the window, however long a condition's own interval is.
      await clock.sleep(left > 0 ? Math.min(condition.everyMs, left) : condition.everyMs, signal);
    }
    return seen;
  };

  const observed = await Promise.all(conditions.map(watchOne));
  for (const [index, seen] of observed.entries()) {
    const condition = conditions[index];
    if (condition === undefined || seen.last === undefined) continue;
    await emit({ type: 'check-finished', ...resultOf(condition, seen, seen.last, elapsed()) });
  }
  for (const series of follow.ended()) await emit(series);
  const concluded = concludeWatch(observed, Math.round(elapsed()));
  const stopped = context.signal.aborted && concluded.state !== 'bad';
  const result: WatchResult = {
    ...concluded,
    ...(stopped ? { state: 'stopped' as const } : {}),
    ...(first?.trigger === undefined
      ? {}
      : {
          trigger: first.trigger.name,
          severity: first.trigger.severity,
          recoverWithinMs: first.trigger.recoverWithinMs,
          scenario: first.trigger.scenario,
        }),
  };
  await emit({ type: 'watch-finished', ...result });
  return result;
}

async function measureUnless(
  condition: Condition,
  context: KindContext,
  signal: AbortSignal,
): Promise<Measurement | undefined> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = (): void => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([measure(condition, context), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function resultOf(condition: Condition, seen: Observed, last: Measurement, durationMs: number): CheckResult {
  return checkResult(condition, last, { attempts: seen.looks, durationMs: Math.round(durationMs) });
}

/** Says what changed, not every look. */
function tell(before: Observed, now: Observed, condition: Condition, log: Log): void {
  if (now.last === undefined) return;
  const count = now.streak > 0 ? ` (${now.streak} of ${condition.failures})` : '';
  if (before.last?.state === now.last.state && now.streak === before.streak) return;
  const line = `${now.name}: ${now.last.state}${count} — ${now.last.evidence}`;
  if (now.last.state === 'pass') log.info(line);
  else log.warning(line);
}
