// When the machine may press the button by itself once more.

import { expect, test } from '@jest/globals';
import { judgeBrake } from '../../src/verify/judge-brake.ts';

const now = new Date('2026-11-21T12:00:00.000Z');
const spec = { rollbacks: 2, withinMs: 3_600_000, cooldownMs: 600_000 };

test.each<[string, readonly string[], Partial<typeof spec>, string | undefined, string | undefined]>([
  ['the first', [], {}, undefined, undefined],
  ['the second, long enough after', ['11:40'], {}, undefined, undefined],
  ['the third within an hour', ['11:40', '11:20'], {}, undefined, '2 times within 1 h'],
  ['the third, when one is older', ['11:40', '10:59'], {}, undefined, undefined],
  ['at the very end of the hour', ['11:40', '11:00'], {}, undefined, undefined],
  ['too soon', ['11:51'], {}, undefined, 'brake.cooldown is 10 m'],
  ['in any order', ['10:00', '11:55'], {}, undefined, 'brake.cooldown is 10 m'],
  ['by a clock that is ahead', ['12:30'], {}, undefined, 'brake.cooldown is 10 m'],
  ['none allowed', [], { rollbacks: 0 }, undefined, 'brake.rollbacks: 0'],
  ['told to stop', [], {}, 'true', 'ROLLBACK_PLAN_STOP is set (true)'],
  ['told nothing', [], {}, '', undefined],
])('%s', (_title, times, more, stop, expected) => {
  const automatic = times.map((time) => ({ at: `2026-11-21T${time}:00.000Z`, incident: time }));
  const why = judgeBrake({ spec: { ...spec, ...more }, automatic, now, stop });
  if (expected === undefined) expect(why).toBeUndefined();
  else expect(why).toContain(expected);
});

test('a time that is none counts as now', () => {
  const automatic = [{ at: 'x', incident: 'x' }];
  expect(judgeBrake({ spec, automatic, now, stop: undefined })).toContain('brake.cooldown is 10 m');
});
