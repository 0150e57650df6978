// What people have to do after a rollback, by a clock that the test sets: due, due soon, overdue, done, and never twice.

import { describe, expect, test } from '@jest/globals';
import {
  type AskedFollowUp,
  followUpsOf,
  openTasks,
  standingOf,
  withBeat,
  withDone,
  withFollowUps,
} from '../../src/state/follow-ups.ts';
import { emptyPage, type LedgerPage } from '../../src/state/ledger.ts';

const hour = 3_600_000;
const at = '2026-11-21T10:00:00.000Z';
const asked: readonly AskedFollowUp[] = [
  { name: 'postmortem', title: 'Postmortem held', owner: 'sre', withinMs: 48 * hour, overdue: 'warn' },
  { name: 'cause', title: 'Root cause found', withinMs: 120 * hour, overdue: 'fail' },
];
const later = (milliseconds: number): Date => new Date(Date.parse(at) + milliseconds);
const ended = (incident: string, record = incident, when = at) =>
  followUpsOf({ incident, record, at: when }, asked);

function page(change: (page: LedgerPage) => LedgerPage | undefined, from = emptyPage): LedgerPage {
  const changed = change(from);
  if (changed === undefined) throw new Error('nothing changed');
  return changed;
}
const noted = page((now) => withFollowUps(now, ended('INC-1')));
const states = ({ followUps }: LedgerPage, now: Date): readonly string[] =>
  followUps.flatMap(({ tasks }) => tasks.map((task) => standingOf(task, now).state));

describe('follow-ups', () => {
  test.each([
    [0, ['open', 'open']],
    [24 * hour - 1, ['open', 'open']],
    [24 * hour, ['soon', 'open']],
    [48 * hour - 1, ['soon', 'open']],
    [48 * hour, ['overdue', 'open']],
    [120 * hour, ['overdue', 'overdue']],
  ])('%s ms after the rollback they are %s', (milliseconds, wanted) => {
    expect(states(noted, later(milliseconds))).toEqual(wanted);
  });

  test('a press that goes on with the incident gets no more time, and adds its record', () => {
    const again = ended('INC-1', 'INC-2', later(hour).toISOString());
    const both = page((now) => withFollowUps(now, again), noted);
    expect(both.followUps).toEqual([{ ...noted.followUps[0], records: ['INC-2', 'INC-1'] }]);
    expect(withFollowUps(both, again)).toBeUndefined();
    expect(withFollowUps(emptyPage, followUpsOf({ incident: 'I', record: 'I', at }, []))).toBeUndefined();
  });

  test('what is ticked is done, what is overdue is told for the first time once, and done stays done', () => {
    const now = later(50 * hour);
    const told = page((before) => withBeat(before, new Map(), now), noted);
    expect(told.followUps[0]?.tasks.map(({ toldAt }) => toldAt)).toEqual([now.toISOString(), undefined]);
    expect(withBeat(told, new Map(), later(51 * hour))).toBeUndefined();
    const ticks = new Map([['INC-1', new Map([['postmortem', 'ticked in incidents/INC-1.md']])]]);
    const ticked = page((before) => withBeat(before, ticks, later(52 * hour)), told);
    expect(states(ticked, later(999 * hour))).toEqual(['done', 'overdue']);
    expect(ticked.followUps[0]?.tasks[0]?.done).toEqual({
      at: later(52 * hour).toISOString(),
      by: 'ticked in incidents/INC-1.md',
    });
    expect(withBeat(ticked, ticks, later(53 * hour))).toBeUndefined();
    const other = new Map([['INC-2', new Map([['cause', 'x']])]]);
    expect(withBeat(ticked, other, later(53 * hour))).toBeUndefined();
  });

  test('a person says that one is done, of one incident', () => {
    const two = page((now) => withFollowUps(now, ended('INC-2')), noted);
    const which = { incident: 'INC-1', name: 'cause' };
    const done = page((now) => withDone(now, which, { at, by: 'ana' }), two);
    expect(done.followUps.map((one) => openTasks(one).map(({ name }) => name))).toEqual([
      ['postmortem', 'cause'],
      ['postmortem'],
    ]);
    expect(withDone(done, which, { at, by: 'eve' })).toBeUndefined();
    expect(withDone(done, { incident: 'INC-1', name: 'nothing' }, { at, by: 'eve' })).toBeUndefined();
  });

  test('twenty incidents are kept: those that are done go first, then the oldest', () => {
    let now = noted;
    for (const { name } of asked)
      now = page((before) => withDone(before, { incident: 'INC-1', name }, { at, by: 'ana' }), now);
    for (let index = 2; index <= 20; index++)
      now = page((before) => withFollowUps(before, ended(`INC-${index}`)), now);
    expect(now.followUps.map(({ incident }) => incident)).toContain('INC-1');
    now = page((before) => withFollowUps(before, ended('INC-21')), now);
    expect(now.followUps).toHaveLength(20);
    expect(now.followUps.map(({ incident }) => incident)).not.toContain('INC-1');
    now = page((before) => withFollowUps(before, ended('INC-22')), now);
    expect([now.followUps.length, now.followUps[0]?.incident, now.followUps.at(-1)?.incident]).toEqual([
      20,
      'INC-22',
      'INC-3',
    ]);
    // Twenty times ten tasks with the longest words a plan may have stay far below what a ConfigMap holds.
    const long = { ...asked[0], name: 'x'.repeat(63), title: 'é'.repeat(120), owner: 'é'.repeat(120) };
    const many = followUpsOf(
      { incident: 'x'.repeat(100), record: 'x'.repeat(100), at },
      Array.from({ length: 10 }, () => ({ withinMs: hour, overdue: 'warn' as const, ...long })),
    );
    expect(Buffer.byteLength(JSON.stringify(Array.from({ length: 20 }, () => many)))).toBeLessThan(200_000);
  });
});
