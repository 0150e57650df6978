// May the lock be taken? The whole table, facts in and decision out.

import { expect, test } from '@jest/globals';
import type { LockRecord } from '../../src/ports/state.ts';
import { decideLock, type LockFacts } from '../../src/state/lock-decision.ts';

const held: LockRecord = {
  holder: 'https://forge.example/runs/1',
  fence: 3,
  renewedAt: '2026-01-01T00:00:00.000Z',
  termMs: 30_000,
  incident: 'INC-7',
  host: 'runner 1',
  pid: 7,
  started: '100',
  nonce: 'a',
};
const free: LockRecord = { ...held, holder: '' };
const renewed: LockRecord = { ...held, renewedAt: '2026-01-01T00:00:08.000Z' };
const another: LockRecord = { ...held, holder: 'https://forge.example/runs/2', fence: 4, nonce: 'b' };
const facts = (more: Partial<LockFacts>): LockFacts => ({
  now: held,
  first: held,
  unchangedMs: 0,
  process: 'elsewhere',
  takeOver: undefined,
  ...more,
});

test.each<[string, Partial<LockFacts>, string]>([
  ['there never was a lock', { now: undefined, first: undefined }, 'take: free'],
  ['it was given back', { now: free, first: free }, 'take: free'],
  ['it is given back while we look', { now: free }, 'take: free'],
  ['it is deleted while we look', { now: undefined }, 'take: free'],
  ['the holder has not been seen for long enough', {}, 'wait 30000'],
  ['a part of the term is over', { unchangedMs: 29_999 }, 'wait 1'],
  ['the whole term is over', { unchangedMs: 30_000 }, 'take: term-over'],
  ['the holder has another term', { now: { ...held, termMs: 60_000 }, unchangedMs: 30_000 }, 'wait 30000'],
  ['it was renewed while we looked', { now: renewed }, 'refuse: alive'],
  ['it was renewed, and then not for a term', { now: renewed, unchangedMs: 30_000 }, 'refuse: alive'],
  ['another took it while we looked', { now: another }, 'refuse: alive'],
  ['another took it where there was none', { first: undefined }, 'refuse: alive'],
  ['another took it where it was free', { first: free, now: another }, 'refuse: alive'],
  ['one alike in all but the holding took it', { now: { ...held, nonce: 'b' } }, 'refuse: alive'],
  ['its process is gone', { process: 'gone' }, 'take: process-gone'],
  ['its process is here and runs', { process: 'running' }, 'wait 30000'],
  [
    'its process runs, but did not renew for a term',
    { process: 'running', unchangedMs: 30_000 },
    'take: term-over',
  ],
  ['another took it, whose process is gone again', { now: another, process: 'gone' }, 'take: process-gone'],
  ['a person named this fence', { takeOver: 3 }, 'take: take-lock'],
  ['a person named this fence, and it is alive', { takeOver: 3, now: renewed }, 'take: take-lock'],
  ['a person named an earlier fence', { takeOver: 2 }, 'refuse: other-fence'],
  [
    'a person named an earlier fence of a dead process',
    { takeOver: 2, process: 'gone' },
    'refuse: other-fence',
  ],
  [
    'a person named a fence that is no more, after a term',
    { takeOver: 3, now: another, unchangedMs: 30_000 },
    'refuse: other-fence',
  ],
  ['a person named a fence, and it was given back', { takeOver: 2, now: free }, 'take: free'],
])('%s: what to do', (_, more, expected) => {
  const decision = decideLock(facts(more));
  expect(decision.type === 'wait' ? `wait ${decision.forMs}` : `${decision.type}: ${decision.because}`).toBe(
    expected,
  );
});

test('times of two machines are never compared', () => {
  for (const renewedAt of ['1970-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z', '']) {
    const odd = { ...held, renewedAt };
    expect(decideLock(facts({ now: odd, first: odd, unchangedMs: 1 }))).toEqual({
      type: 'wait',
      forMs: 29_999,
    });
  }
});
