// Which baseline is of the time before this deploy.

import { expect, test } from '@jest/globals';
import { whyNoBaseline, whyNotBefore } from '../../src/verify/judge-baseline.ts';

const taken = { at: '2026-03-01T10:00:00.000Z', versions: { api: 'sha256:1', web: 'sha256:1' } };
const live = (api: string, web = 'sha256:1'): ReadonlyMap<string, string> =>
  new Map([
    ['api', api],
    ['web', web],
  ]);

test.each([
  ['another version since', '2026-03-01T10:05:00Z', live('sha256:2'), undefined],
  ['one of two is another one', '2026-03-01T10:05:00Z', live('sha256:1', 'sha256:2'), undefined],
  ['the same versions', '2026-03-01T10:05:00Z', live('sha256:1'), 'taken with the versions'],
  ['a day old', '2026-03-02T10:00:00Z', live('sha256:2'), undefined],
  ['older', '2026-03-02T10:00:01Z', live('sha256:2'), 'older than'],
])('%s', (_name, now, versions, why) => {
  const told = whyNoBaseline(taken, { versions, now: new Date(now) });
  expect(why === undefined ? told : told?.includes(why)).toBe(why === undefined ? undefined : true);
});

test.each([
  ['what is rolled back from is another version', '2026-03-01T10:05:00Z', live('sha256:2'), undefined],
  ['nobody knows what was rolled back from', '2026-03-01T10:05:00Z', new Map<string, string>(), undefined],
  ['taken with what is rolled back from', '2026-03-01T10:05:00Z', live('sha256:1'), 'rolled back from'],
  ['a day old', '2026-03-02T10:00:00Z', live('sha256:2'), undefined],
  ['older', '2026-03-02T10:00:01Z', live('sha256:2'), 'older than'],
  ['taken later', '2026-03-01T09:59:59Z', live('sha256:2'), 'after the rollback'],
])('after a rollback: %s', (_name, at, from, why) => {
  const told = whyNotBefore(taken, { at: new Date(at), from });
  expect(why === undefined ? told : told?.includes(why)).toBe(why === undefined ? undefined : true);
});
