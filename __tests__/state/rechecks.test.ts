// What is due, by a clock that the test sets: looks after 15 minutes, an hour and a day, and a drill every 90 days.

import { describe, expect, test } from '@jest/globals';
import { emptyPage, type LedgerPage } from '../../src/state/ledger.ts';
import {
  drillStanding,
  dueNow,
  nextDue,
  withDrill,
  withLooked,
  withRollback,
} from '../../src/state/rechecks.ts';

const minute = 60_000;
const hour = 60 * minute;
const ended = { incident: 'INC-1', at: '2026-11-21T10:00:00.000Z', components: { api: 'sha256:aa' } };
const plan = [15 * minute, hour, 24 * hour];
const later = (milliseconds: number): Date => new Date(Date.parse(ended.at) + milliseconds);

function page(change: (page: LedgerPage) => LedgerPage | undefined, from = emptyPage): LedgerPage {
  const changed = change(from);
  if (changed === undefined) throw new Error('nothing changed');
  return changed;
}
const rolledBack = page((now) => withRollback(now, ended, plan));
const found = (at: Date, state: 'pass' | 'fail' = 'pass'): Parameters<typeof withLooked>[2] => ({
  at: at.toISOString(),
  state,
  evidence: 'health: answered 200',
});

describe('looks after a rollback', () => {
  test.each([
    [15 * minute - 1, 0],
    [15 * minute, 1],
    [hour - 1, 1],
    [hour, 2],
    [24 * hour, 3],
  ])('after %s ms, %s of three are due, for one look', (milliseconds, times) => {
    const due = dueNow(rolledBack, later(milliseconds));
    expect(due.map((one) => one.times.length)).toEqual(times === 0 ? [] : [times]);
  });

  test('each is done once; missed ones are done together and told as late', () => {
    const first = dueNow(rolledBack, later(15 * minute));
    const once = page((now) => withLooked(now, first, found(later(15 * minute))), rolledBack);
    expect(dueNow(once, later(15 * minute))).toEqual([]);
    expect(nextDue(once)).toBe('2026-11-21T11:00:00.000Z');
    // The schedule was off for days.
    const late = dueNow(once, later(48 * hour));
    expect(late).toEqual([
      expect.objectContaining({
        incident: 'INC-1',
        times: ['2026-11-21T11:00:00.000Z', '2026-11-22T10:00:00.000Z'],
        lateMs: 47 * hour,
      }),
    ]);
    const all = page((now) => withLooked(now, late, found(later(48 * hour), 'fail')), once);
    expect(all.rechecks[0]?.due.map(({ done }) => done?.state)).toEqual(['pass', 'fail', 'fail']);
    expect([dueNow(all, later(999 * hour)), nextDue(all)]).toEqual([[], undefined]);
  });

  test('the next look after one rollback is not that of an earlier one', () => {
    const second = { ...ended, incident: 'INC-2', at: '2026-11-21T10:30:00.000Z' };
    const both = page((now) => withRollback(now, second, plan), rolledBack);
    expect([nextDue(both), nextDue(both, 'INC-2'), nextDue(both, 'INC-3')]).toEqual([
      '2026-11-21T10:15:00.000Z',
      '2026-11-21T10:45:00.000Z',
      undefined,
    ]);
  });

  test('what another heartbeat noted meanwhile stays, and long words are cut', () => {
    const due = dueNow(rolledBack, later(15 * minute));
    const theirs = page((now) => withLooked(now, due, found(later(15 * minute), 'fail')), rolledBack);
    expect(withLooked(theirs, due, found(later(16 * minute)))).toBeUndefined();
    const long = { ...found(later(0)), evidence: 'x'.repeat(5_000) };
    const cut = page((now) => withLooked(now, due, long), rolledBack);
    expect(cut.rechecks[0]?.due[0]?.done?.evidence).toHaveLength(400);
  });

  test('a second rollback of the incident begins anew; the same one is noted once; none are none', () => {
    expect(withRollback(rolledBack, ended, plan)).toBeUndefined();
    expect(withRollback(emptyPage, ended, [])).toBeUndefined();
    const again = page(
      (now) => withRollback(now, { ...ended, at: later(hour).toISOString() }, plan),
      rolledBack,
    );
    expect(again.rechecks).toHaveLength(1);
    expect(nextDue(again)).toBe('2026-11-21T11:15:00.000Z');
  });

  test('twenty rollbacks are kept, the newest', () => {
    let now = emptyPage;
    for (let index = 0; index < 25; index++)
      now = page((before) => withRollback(before, { ...ended, incident: `INC-${index}` }, plan), now);
    expect(now.rechecks).toHaveLength(20);
    expect(now.rechecks[0]?.incident).toBe('INC-24');
  });
});

describe('drills', () => {
  const every = 90 * 24 * hour;
  test('are overdue when none is known, and 90 days after the last one', () => {
    expect(drillStanding(emptyPage, every, later(0))).toEqual({ state: 'never' });
    const drilled = page((now) => withDrill(now, { at: ended.at, incident: 'D-1' }));
    expect(drillStanding(drilled, every, later(every - 1)).state).toBe('fresh');
    expect(drillStanding(drilled, every, later(every))).toEqual({
      state: 'overdue',
      last: ended.at,
      dueAt: later(every).toISOString(),
      lateMs: 0,
    });
    expect(withDrill(drilled, { at: ended.at, incident: 'D-1' })).toBeUndefined();
  });
});
