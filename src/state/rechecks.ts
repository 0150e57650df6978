// What is due in a target: looks again after a rollback, and the next drill. Pure functions from page to page, like those
// of `ledger-page.ts`; the time is the caller's.

import type { LedgerPage, Recheck } from './ledger.ts';

const kept = { rechecks: 20, drills: 10 } as const;
/** The page has to stay far below what a ConfigMap holds. */
const longestEvidence = 400;

export type Looked = NonNullable<Recheck['due'][number]['done']>;

/** Looks that are due for one incident: missed ones are done at once. */
export type Due = {
  readonly incident: string;
  /** When its rollback ended. */
  readonly rolledBackAt: string;
  readonly components: Recheck['components'];
  /** RFC 3339, oldest first; never empty. */
  readonly times: readonly string[];
  /** How late the oldest of them is, ms. */
  readonly lateMs: number;
};

/** A rollback ended green: from now on it is looked at again. A second one of the same incident begins anew. */
export function withRollback(
  page: LedgerPage,
  ended: Pick<Recheck, 'incident' | 'at' | 'components'>,
  rechecksMs: readonly number[],
): LedgerPage | undefined {
  if (rechecksMs.length === 0) return undefined;
  if (page.rechecks.some(({ incident, at }) => incident === ended.incident && at === ended.at))
    return undefined;
  const due = [...new Set(rechecksMs)]
    .toSorted((one, other) => one - other)
    .map((after) => ({ at: new Date(Date.parse(ended.at) + after).toISOString() }));
  const others = page.rechecks.filter(({ incident }) => incident !== ended.incident);
  return { ...page, rechecks: [{ ...ended, due }, ...others].slice(0, kept.rechecks) };
}

export function dueNow({ rechecks }: LedgerPage, now: Date): readonly Due[] {
  return rechecks.flatMap(({ incident, at, components, due }) => {
    const times = due.filter(({ done, at: when }) => done === undefined && Date.parse(when) <= now.getTime());
    const [oldest] = times;
    if (oldest === undefined) return [];
    const lateMs = now.getTime() - Date.parse(oldest.at);
    return [{ incident, rolledBackAt: at, components, times: times.map(({ at: when }) => when), lateMs }];
  });
}

/** When the next look is due, after whatever rollback or after one; `undefined` when none is left. */
export function nextDue({ rechecks }: LedgerPage, only?: string): string | undefined {
  return rechecks
    .filter(({ incident }) => only === undefined || incident === only)
    .flatMap(({ due }) => due.filter(({ done }) => done === undefined).map(({ at }) => at))
    .toSorted()[0];
}

/** What was found stands at every time that it was due for; what somebody else noted meanwhile stays. */
export function withLooked(page: LedgerPage, looked: readonly Due[], found: Looked): LedgerPage | undefined {
  const done = { ...found, evidence: found.evidence.slice(0, longestEvidence) };
  let changed = false;
  const rechecks = page.rechecks.map((each): Recheck => {
    const times = looked.find(({ incident }) => incident === each.incident)?.times ?? [];
    const due = each.due.map((one) => {
      if (one.done !== undefined || !times.includes(one.at)) return one;
      changed = true;
      return { ...one, done };
    });
    return { ...each, due };
  });
  return changed ? { ...page, rechecks } : undefined;
}

/** A drill passed. */
export function withDrill(page: LedgerPage, drill: LedgerPage['drills'][number]): LedgerPage | undefined {
  if (page.drills.some(({ incident }) => incident === drill.incident)) return undefined;
  return { ...page, drills: [drill, ...page.drills].slice(0, kept.drills) };
}

export type DrillStanding =
  | { readonly state: 'fresh'; readonly last: string; readonly dueAt: string }
  | { readonly state: 'overdue'; readonly last: string; readonly dueAt: string; readonly lateMs: number }
  | { readonly state: 'never' };

export function drillStanding({ drills }: LedgerPage, everyMs: number, now: Date): DrillStanding {
  const [last] = drills.map(({ at }) => at).toSorted((one, other) => Date.parse(other) - Date.parse(one));
  if (last === undefined) return { state: 'never' };
  const dueAt = new Date(Date.parse(last) + everyMs);
  const lateMs = now.getTime() - dueAt.getTime();
  const known = { last, dueAt: dueAt.toISOString() };
  return lateMs < 0 ? { state: 'fresh', ...known } : { state: 'overdue', ...known, lateMs };
}
