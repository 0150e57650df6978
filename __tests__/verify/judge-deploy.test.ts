// What a watched deploy comes to, for every way its rollback can go.

import { describe, expect, test } from '@jest/globals';
import type { Outcome, WatchResult } from '../../src/events.ts';
import type { Reading } from '../../src/values/version.ts';
import { judgeBadDeploy, judgeMoved, whatCameLater, whatMoved } from '../../src/verify/judge-deploy.ts';
import { isGreenVerdict, type Verdict } from '../../src/verify/verdict.ts';

const seen: WatchResult = { state: 'bad', because: ['http: 500'], durationMs: 90_000, looks: 9 };

function taken(outcome: Outcome): Verdict {
  const fault =
    outcome === 'rolled-back' || outcome === 'already-there' || outcome === 'planned'
      ? undefined
      : ({ code: 'to-no-candidate', message: 'no version', hint: 'name one' } as const);
  return { outcome, fault, failedStep: undefined };
}

describe('a bad deploy', () => {
  test.each<[Outcome, boolean, string]>([
    ['rolled-back', true, 'rolled-back deploy-rolled-back red'],
    ['rolled-back', false, 'rolled-back deploy-rolled-back green'],
    ['already-there', false, 'failed check-failed red'],
    ['planned', false, 'failed check-failed red'],
    ['refused', false, 'refused to-no-candidate red'],
    ['halted', false, 'halted to-no-candidate red'],
    ['inconclusive', false, 'inconclusive to-no-candidate red'],
  ])('whose rollback is %s (fail-on-rollback %s): %s', (outcome, failOnRollback, expected) => {
    const verdict = judgeBadDeploy(seen, taken(outcome), { failOnRollback });
    const colour = isGreenVerdict(verdict) ? 'green' : 'red';
    expect(`${verdict.outcome} ${verdict.fault?.code} ${colour}`).toBe(expected);
    expect(verdict.fault?.message).toContain('http: 500');
  });
});

describe('what was watched', () => {
  const reading = (id: string, digest: string, more: Partial<Reading> = {}): ReadonlyMap<string, Reading> =>
    new Map([
      [
        'api',
        {
          version: { id, label: `revision ${id}`, digest },
          health: 'healthy',
          detail: '',
          facts: {},
          ...more,
        },
      ],
    ]);
  const before = reading('7', 'a');

  test.each<[string, ReadonlyMap<string, Reading>, string | undefined]>([
    ['is the same', reading('7', 'a'), undefined],
    ['was deployed over', reading('8', 'b'), 'api was revision 7 and is revision 8'],
    ['was put out again with the same content', reading('8', 'a'), 'api was revision 7 and is revision 8'],
    [
      'is half-way somewhere else',
      reading('7', 'a', { busy: 'an upgrade is pending' }),
      'api: an upgrade is pending',
    ],
    ['is a mixture', reading('7', 'a', { partial: 'the upgrade failed' }), 'api: the upgrade failed'],
  ])('%s', (_title, after, expected) => {
    const verdict = judgeMoved(before, after, seen);
    if (expected === undefined) expect(verdict).toBeUndefined();
    else
      expect(verdict).toMatchObject({
        outcome: 'inconclusive',
        fault: { code: 'live-changed', message: expect.stringContaining(expected) },
      });
  });
});

describe('what is live is to blame', () => {
  const live = (digest: string, at?: string): ReadonlyMap<string, Pick<Reading, 'version'>> =>
    new Map([
      ['api', { version: { id: '8', label: 'revision 8', digest, ...(at === undefined ? {} : { at }) } }],
    ]);

  test('for what was watched only where its content is the same, however often it was put out', () => {
    expect(whatMoved(live('a'), live('a'))).toEqual([]);
    expect(whatMoved(live('a'), live('b'))).toEqual(['api was revision 8 and is revision 8']);
    expect(whatMoved(new Map(), live('b'))).toEqual(['api was not there and is revision 8']);
  });

  test('for an alert only where it was there when the alert began', () => {
    const since = '2026-11-21T10:00:00Z';
    expect(whatCameLater(since, live('a', '2026-11-21T10:59:59.9+01:00'))).toEqual([]);
    expect(whatCameLater(since, live('a'))).toEqual([]);
    expect(whatCameLater(since, live('a', '2026-11-21T10:00:01Z'))).toEqual([
      'api revision 8 was put out at 2026-11-21T10:00:01Z, and the alert fires since 2026-11-21T10:00:00Z',
    ]);
  });
});
