// Watches a deploy: looks at every condition again and again, until the deploy is bad or the window is over.

import type { Measurement } from '../checks/check-kind.ts';
import type { CheckResult, Emit, WatchResult } from '../events.ts';
import type { KindContext, Log } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import { unlessAborted, withTimeLimit } from '../values/time-limit.ts';
import { followWatch, type WatchProgress } from './follow-watch.ts';
import { type BoundPart, checkResult, measure } from './run-checks.ts';
import {
  concludeWatch,
  failing,
  isAsBefore,
  isBad,
  isBlind,
  isFailing,
  looksNeeded,
  type Observed,
  observe,
  type Patience,
  stillBad,
  undecided,
  unobserved,
} from './watching.ts';

/** A check with how patient the watch is, and what its trigger calls for. */
export type Condition = BoundPart &
  Omit<Patience, 'needed' | 'wasBad'> & {
    readonly everyMs: number;
    readonly delayMs: number;
    /** It was failing before the deploy. */
    readonly excused: boolean;
    readonly trigger?: {
      readonly name: string;
      /** Place of its severity in the plan: 0 is the worst. */
      readonly rank: number;
      readonly severity?: string;
      /** How soon the severity wants the service back, ms. */
      readonly recoverWithinMs?: number | undefined;
      readonly scenario?: string;
    };
  };

type Watching = Condition & Pick<Patience, 'needed' | 'wasBad'>;

export type WatchDeps = {
  readonly context: KindContext;
  readonly emit: Emit;
  readonly log: Log;
  /** Percent of the weights that a good deploy has. */
  readonly passingScore: number;
  /** Set where no deploy is watched, but what was gone back to. */
  readonly after?: 'rollback' | undefined;
  /** Looks on although the deploy is bad: nobody is going to act on it. */
  readonly toTheEnd?: boolean;
  /** Those of the conditions that were bad when it began. */
  readonly wasBad?: readonly Condition[] | undefined;
  /** Called with every look, for whoever tells people meanwhile; not waited for. */
  readonly progress?: ((now: WatchProgress) => void) | undefined;
};

export type Watched = {
  readonly result: WatchResult;
  /** In the order of the conditions; `fail` for what is bad, also if its last look was not. */
  readonly checks: readonly CheckResult[];
  /** What did not pass at its last look: `errors: GET … answered 503`. */
  readonly ill: readonly string[];
  /** Those of the conditions that turned bad. */
  readonly bad: readonly Condition[];
  /** Why the deploy is bad by what was seen last; empty where it is not: `stillBad` of `watching.ts`. */
  readonly stillBad: readonly string[];
};

/** A last look at what was failing, too, when the first condition turned bad, takes no longer. */
const lastLookMs = 2_000;

/** Journals start, last look of each condition, and result. Ends early when the deploy is bad, or the run is stopped. */
export async function watch(
  asked: readonly Condition[],
  windowMs: number,
  { context, emit, log, passingScore, after, toTheEnd = false, wasBad = [], progress }: WatchDeps,
): Promise<Watched> {
  const { clock } = context;
  const started = clock.monotonicMs();
  const elapsed = (): number => clock.monotonicMs() - started;
  const conditions = asked.map(
    (each): Watching => ({ ...each, needed: looksNeeded(each, windowMs), wasBad: wasBad.includes(each) }),
  );
  const names = conditions.map(({ name }) => name);
  await emit({ type: 'watch-started', windowMs, watched: names, after });
  log.info(`watching for ${formatDuration(windowMs)}: ${names.join(', ')}`);

  const follow = followWatch(names, windowMs, { log, progress });
  const found = new AbortController();
  const signal = AbortSignal.any([context.signal, found.signal]);
  const observed = conditions.map(({ name, excused }) => unobserved(name, { excused }));
  const voices = (): { readonly seen: Observed; readonly patience: Watching }[] =>
    conditions.flatMap((patience, index) => {
      const seen = observed[index];
      return seen === undefined ? [] : [{ seen, patience }];
    });

  const take = (index: number, condition: Watching, look: Measurement): Observed => {
    const before = observed[index] ?? unobserved(condition.name);
    const now = observe(before, look, condition, elapsed());
    observed[index] = now;
    tell(before, now, condition, log);
    follow.look(index, look, elapsed());
    return now;
  };

  const watchOne = async (condition: Watching, index: number): Promise<void> => {
    if (condition.delayMs > 0) await clock.sleep(Math.min(condition.delayMs, windowMs), signal);
    while (!signal.aborted) {
      const begun = clock.monotonicMs();
      // A measurement that is under way when the deploy turned bad is not waited for.
      const look = await unlessAborted(measure(condition, context), signal);
      if (look === undefined) return;
      const seen = take(index, condition, look);
      if (!toTheEnd && isBad(voices(), passingScore)) return found.abort();
      const left = windowMs - elapsed();
      if (left <= 0 && (toTheEnd || !undecided(seen, condition))) return;
      // From look to look, however long one takes; the last one is at the end of the window.
      const pause = Math.max(0, condition.everyMs - (clock.monotonicMs() - begun));
      await clock.sleep(left > 0 ? Math.min(pause, left) : pause, signal);
    }
  };
  await Promise.all(conditions.map(watchOne));

  if (found.signal.aborted && !context.signal.aborted) {
    // Two triggers of one cause turn bad within a moment of each other, and the worse one has to be heard.
    const open = voices().filter(({ seen }) => isFailing(seen));
    await withTimeLimit(lastLookMs, [context.signal], (over) =>
      Promise.all(
        open.map(async ({ patience }) => {
          const look = await unlessAborted(measure(patience, context), over);
          if (look !== undefined) take(conditions.indexOf(patience), patience, look);
        }),
      ),
    );
  }

  const checks = voices().flatMap(({ seen, patience }) => resultOf(patience, seen, elapsed()));
  for (const each of checks) await emit({ type: 'check-finished', ...each });
  for (const series of follow.ended()) await emit(series);
  const concluded = concludeWatch(voices(), passingScore);
  for (const text of concluded.warnings ?? []) await emit({ type: 'note', level: 'warning', text });
  const stopped = context.signal.aborted && concluded.state !== 'bad';
  const result: WatchResult = {
    ...concluded,
    durationMs: Math.round(elapsed()),
    ...(stopped ? { state: 'stopped' as const } : {}),
    ...(concluded.state === 'bad' ? calledBy(voices()) : {}),
  };
  await emit({ type: 'watch-finished', ...result });
  const ill = voices()
    .filter(({ seen }) => seen.last?.state !== 'pass')
    .map(({ seen }) => `${seen.name}: ${seen.last?.evidence ?? 'never looked at'}`);
  const bad = asked.filter((_, index) => observed[index]?.bad !== undefined);
  return { result, checks, ill, bad, stillBad: stillBad(voices(), passingScore) };
}

/** Of the triggers that are bad the one with the worst severity; of equals the first in the plan. */
function calledBy(
  voices: readonly { readonly seen: Observed; readonly patience: Condition }[],
): Pick<WatchResult, 'trigger' | 'triggers' | 'severity' | 'recoverWithinMs' | 'scenario'> {
  const bad = voices.flatMap(({ seen, patience }) =>
    seen.bad === undefined ? [] : (patience.trigger ?? []),
  );
  const [worst] = bad.toSorted((a, b) => a.rank - b.rank);
  if (worst === undefined) return {};
  const { name, severity, recoverWithinMs, scenario } = worst;
  return { trigger: name, triggers: bad.map((each) => each.name), severity, recoverWithinMs, scenario };
}

function resultOf(condition: Condition, seen: Observed, durationMs: number): readonly CheckResult[] {
  if (seen.last === undefined) return [];
  const last = checkResult(condition, seen.last, {
    attempts: seen.looks,
    durationMs: Math.round(durationMs),
  });
  return [seen.bad === undefined ? last : { ...last, state: 'fail' }];
}

/** Says what changed, not every look. */
function tell(before: Observed, now: Observed, condition: Condition, log: Log): void {
  if (now.last === undefined) return;
  const dark = isBlind(now, condition);
  const same = before.last?.state === now.last.state && failing(before) === failing(now);
  if (same && dark === isBlind(before, condition)) return;
  const { limit, of } = condition.failures;
  const count = failing(now) > 0 ? ` (${failing(now)} of ${limit}${limit === of ? '' : ` in ${of}`})` : '';
  const blind = dark ? ', and it is blind' : '';
  const excuse = isAsBefore(now) ? ', as before the deploy' : '';
  const line = `${now.name}: ${now.last.state}${count}${excuse}${blind} — ${now.last.evidence}`;
  if (now.last.state === 'pass') log.info(line);
  else log.warning(line);
}
