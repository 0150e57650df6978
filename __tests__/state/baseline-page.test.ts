// What becomes of the baseline: it serves one deploy and one incident, and stays readable for that one.

import { expect, test } from '@jest/globals';
import {
  keptConditions,
  withBaselineFor,
  withBaselineOutdated,
  withBaselineUsed,
} from '../../src/state/baseline-page.ts';
import { type Baseline, emptyPage, type LedgerPage } from '../../src/state/ledger.ts';

const baseline: Baseline = {
  at: '2026-03-01T10:00:00.000Z',
  incident: 'P-1',
  versions: { api: 'sha256:1' },
  conditions: { 'verify/http': { state: 'fail', value: 503, settings: 'a' } },
};
const page: LedgerPage = { ...emptyPage, baseline };

test.each([
  ['used', { usedBy: 'V-1' }, (now: LedgerPage) => withBaselineUsed(now, 'V-1')],
  ['out of date', { outdated: 'why' }, (now: LedgerPage) => withBaselineOutdated(now, 'why')],
  [
    'bound to a deploy',
    { deploy: { api: 'sha256:2' } },
    (now: LedgerPage) => withBaselineFor(now, baseline.at, { api: 'sha256:2' }),
  ],
])('%s: once, and nothing else of it changes', (_name, more, change) => {
  const changed = change(page);
  expect(changed?.baseline).toEqual({ ...baseline, ...more });
  expect(change(changed ?? page)).toBeUndefined();
  expect(change(emptyPage)).toBeUndefined();
});

test('a newer one is not bound to the deploy of the one that was read', () => {
  expect(withBaselineFor(page, '2026-03-01T09:00:00.000Z', { api: 'sha256:2' })).toBeUndefined();
});

test('has served another incident, and serves one more only where that is of the same deploy', () => {
  const used = { ...page, baseline: { ...baseline, usedBy: 'V-1' } };
  expect(withBaselineUsed(used, 'V-2')).toBeUndefined();
  expect(withBaselineUsed(used, 'V-2', () => true)?.baseline?.usedBy).toBe('V-2');
  expect(withBaselineUsed(used, 'V-1', () => true)).toBeUndefined();
});

test('what is too large is left out, alone and all together, and that is told', () => {
  const measured = (key: string, length: number) =>
    ({ key, state: 'pass', value: 'ü'.repeat(length), settings: 'a' }) as const;
  const kept = keptConditions([
    measured('long', 8_192),
    ...Array.from({ length: 40 }, (_, index) => measured(`c${index}`, 8_000)),
  ]);
  expect(kept['long']).toEqual({ state: 'pass', value: null, tooLarge: true, settings: 'a' });
  const values = Object.values(kept).filter(({ tooLarge }) => tooLarge === undefined);
  expect([values.length, kept['c15']?.tooLarge, kept['c16']?.tooLarge]).toEqual([16, undefined, true]);
});
