// The ledger for a terminal, before there is one.

import { expect, test } from '@jest/globals';
import { renderLedger } from '../../src/report/ledger-table.ts';

test.each([
  [undefined, 'There is no ConfigMap yet'],
  ['kubectl -n shop get configmap rollback-plan-ledger -o yaml', 'Read it without us: kubectl -n shop'],
])('a command that would fail is not printed: %s', (where, said) => {
  const page = {
    snapshots: [],
    quarantine: [],
    automatic: [],
    log: [],
    rechecks: [],
    drills: [],
    alerts: [],
  };
  const text = renderLedger({ service: 'shop', target: 'live', page, where, liftCommand: () => '' });
  expect(text).toContain(said);
  expect(text.includes('kubectl')).toBe(where !== undefined);
});
