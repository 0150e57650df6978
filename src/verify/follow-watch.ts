// Follows a watch for the people who wait for it: the numbers of each condition for the chart, a line a minute in the
// log, and how it stands for whoever keeps a comment. Decides nothing, and nothing that decides waits for it.

import type { Measurement } from '../checks/check-kind.ts';
import { messageOf } from '../errors.ts';
import type { RunEventBody, WatchedSeries } from '../events.ts';
import type { Log } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import { formatPlotted } from '../values/plotted.ts';
import { pointsOf, type Series, withLook } from './series.ts';

export type Followed = {
  readonly name: string;
  /** Of the last look; `undefined` before the first. */
  readonly state: Measurement['state'] | undefined;
  readonly evidence: string;
  readonly series: Series | undefined;
};

/** How a watch stands. */
export type WatchProgress = {
  readonly elapsedMs: number;
  readonly windowMs: number;
  readonly conditions: readonly Followed[];
};

export type Following = {
  /** A look at the condition with this place in the list. */
  look(index: number, seen: Measurement, elapsedMs: number): void;
  /** One event for each condition that gave numbers. */
  ended(): readonly Extract<RunEventBody, { readonly type: 'watched' }>[];
};

const saidEveryMs = 60_000;

export function followWatch(
  names: readonly string[],
  windowMs: number,
  { log, progress }: { readonly log: Log; readonly progress?: ((now: WatchProgress) => void) | undefined },
): Following {
  const conditions: Followed[] = names.map((name) => ({
    name,
    state: undefined,
    evidence: '',
    series: undefined,
  }));
  let saidAtMs = 0;
  return {
    look(index, seen, elapsedMs) {
      const before = conditions[index];
      if (before === undefined) return;
      const series =
        seen.plot === undefined ? before.series : withLook(before.series, seen.plot, seen.state, elapsedMs);
      conditions[index] = { ...before, state: seen.state, evidence: seen.evidence, series };
      const now: WatchProgress = { elapsedMs, windowMs, conditions: [...conditions] };
      if (elapsedMs - saidAtMs >= saidEveryMs) {
        saidAtMs = elapsedMs;
        log.info(progressLine(now));
      }
      try {
        progress?.(now);
      } catch (error) {
        log.debug(`how the watch goes could not be told: ${messageOf(error)}`);
      }
    },
    ended: () =>
      conditions.flatMap((condition) => {
        const numbers = watchedOf(condition);
        return numbers === undefined ? [] : [{ type: 'watched' as const, ...numbers }];
      }),
  };
}

/** The numbers of a condition, `undefined` when it gave none. */
export function watchedOf({ name, state, series }: Followed): WatchedSeries | undefined {
  if (series === undefined || state === undefined) return undefined;
  const { unit, limit, healthy } = series;
  return { name, unit, limit, healthy, points: pointsOf(series), state };
}

/** `watched 2 m, 3 m to go: health pass, error rate 0.2 % (limit 5 %) pass` */
export function progressLine({ elapsedMs, windowMs, conditions }: WatchProgress): string {
  const seconds = (milliseconds: number): string => formatDuration(Math.round(milliseconds / 1_000) * 1_000);
  const leftMs = windowMs - elapsedMs;
  const left = leftMs >= 1_000 ? `${seconds(leftMs)} to go` : 'the window is over, something is undecided';
  const shown = conditions.map(({ name, state, series }) => {
    const number = series === undefined ? '' : ` ${formatPlotted(series.last[1], series.unit)}`;
    const limit = series?.limit === undefined ? '' : ` (limit ${formatPlotted(series.limit, series.unit)})`;
    return `${name}${number}${limit} ${state ?? 'not looked at yet'}`;
  });
  return `watched ${seconds(elapsedMs)}, ${left}: ${shown.join(', ')}`;
}
