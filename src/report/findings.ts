// What a run found out besides its steps: how the watch ended, which snapshot was noted, what a drill measured, what was
// there afterwards. Kept while the events go by. Internal to the model.

import type { FollowUpsResult, RecheckResult, RunEvent, WatchedSeries, WatchResult } from '../events.ts';
import type {
  ComparisonReport,
  DecisionReport,
  FoundReport,
  MeasureReport,
  SnapshotReport,
  WatchReport,
} from './model.ts';

export class Findings {
  watch: WatchReport | undefined;
  soak: WatchReport | undefined;
  watchEnd: { readonly result: WatchResult; readonly endedMs: number } | undefined;
  decision: DecisionReport | undefined;
  snapshot: SnapshotReport | undefined;
  readonly charts: WatchedSeries[] = [];
  readonly rechecks: RecheckResult[] = [];
  readonly followUps: FollowUpsResult[] = [];
  readonly measures: MeasureReport[] = [];
  readonly compared: ComparisonReport[] = [];
  readonly found: FoundReport[] = [];

  take(event: RunEvent): void {
    switch (event.type) {
      case 'watch-started': {
        const begun = { windowMs: event.windowMs, watched: event.watched, result: undefined };
        // That all is well afterwards must not hide why it was rolled back.
        if (event.after === 'rollback') {
          this.soak = begun;
          return;
        }
        this.watch = begun;
        this.watchEnd = undefined;
        return;
      }
      case 'watch-finished': {
        const { type: _type, seq: _seq, at: _at, elapsedMs, ...result } = event;
        if (this.soak !== undefined) {
          this.soak = { ...this.soak, result };
          return;
        }
        this.watch = {
          ...(this.watch ?? { windowMs: event.durationMs, watched: [] }),
          result,
        };
        this.watchEnd = { result, endedMs: elapsedMs };
        return;
      }
      case 'decided': {
        const { decision, trigger, severity, scenario, reasons, until } = event;
        this.decision = { decision, trigger, severity, scenario, reasons, until };
        return;
      }
      case 'rechecked': {
        const { type: _type, seq: _seq, at: _at, elapsedMs: _elapsedMs, ...result } = event;
        this.rechecks.push(result);
        return;
      }
      case 'follow-ups': {
        const { type: _type, seq: _seq, at: _at, elapsedMs: _elapsedMs, ...result } = event;
        this.followUps.push(result);
        return;
      }
      case 'watched': {
        const { type: _type, seq: _seq, at: _at, elapsedMs: _elapsedMs, ...series } = event;
        this.charts.push(
          this.soak === undefined ? series : { ...series, name: `${series.name}, after the rollback` },
        );
        return;
      }
      case 'snapshot-noted': {
        const { id, where, versions, fresh } = event;
        this.snapshot = { id, where, versions, fresh };
        return;
      }
      case 'drill-measured': {
        const { name, durationMs, limitMs, detail } = event;
        this.measures.push({ name, durationMs, limitMs, detail });
        return;
      }
      case 'drill-compared': {
        const { component, before, now, same } = event;
        this.compared.push({ component, before, now, same });
        return;
      }
      case 'found': {
        const { at, component, version, detail } = event;
        this.found.push({ at, component, version, detail });
        return;
      }
      default:
        return;
    }
  }
}

const afterwards: readonly RunEvent['type'][] = ['found', 'published'];

/**
 * Index of the last event that is the run's own; -1 when there is none. What somebody else adds after the run is gone
 * (a run-started of theirs and everything behind it, what they found, where the record went) is no sign of its life.
 */
export function lastSignOfLife(events: readonly RunEvent[]): number {
  const onlooker = events.findIndex(({ type }, index) => type === 'run-started' && index > 0);
  const own = events.slice(0, onlooker === -1 ? undefined : onlooker);
  return own.findLastIndex(
    (event) =>
      !afterwards.includes(event.type) &&
      !(event.type === 'note' && event.afterwards === true) &&
      !(event.type === 'run-finished' && event.fault?.code === 'run-lost'),
  );
}
