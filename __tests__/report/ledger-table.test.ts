// The ledger for a terminal, before there is one, and with everything that it may hold.

import { expect, test } from '@jest/globals';
import { renderLedger } from '../../src/report/ledger-table.ts';
import { emptyPage, type LedgerPage } from '../../src/state/ledger.ts';

const shown = (page: LedgerPage, where: string | undefined): string =>
  renderLedger({
    service: 'shop',
    target: 'live',
    page,
    where,
    now: new Date('2026-11-24T10:00:00Z'),
    liftCommand: () => 'lift it',
    doneCommand: ({ incident, name }) => `done ${incident} ${name}`,
  });

test.each([
  [undefined, 'There is no ConfigMap yet'],
  ['kubectl -n shop get configmap rollback-plan-ledger -o yaml', 'Read it without us: kubectl -n shop'],
])('a command that would fail is not printed: %s', (where, said) => {
  const text = shown(emptyPage, where);
  expect(text).toContain(said);
  expect(text.includes('kubectl')).toBe(where !== undefined);
});

test('what is due, what was done, alerts, drills and the baseline stand in it', () => {
  const at = '2026-11-21T10:00:00.000Z';
  const tasks = [
    {
      name: 'postmortem',
      title: 'Postmortem held',
      owner: 'sre',
      due: '2026-11-23T10:00:00.000Z',
      overdue: 'warn' as const,
    },
    { name: 'cause', title: 'Root cause', due: '2026-11-26T10:00:00.000Z', overdue: 'warn' as const },
    {
      name: 'fix',
      title: 'Fix proven',
      due: '2026-11-22T10:00:00.000Z',
      overdue: 'warn' as const,
      done: { at, by: 'ana' },
    },
  ];
  const text = shown(
    {
      ...emptyPage,
      rechecks: [
        {
          incident: 'INC-1',
          at,
          components: {},
          due: [
            { at: '2026-11-21T10:15:00.000Z', done: { at, state: 'pass', evidence: 'x'.repeat(300) } },
            { at: '2026-11-22T10:00:00.000Z' },
            { at: '2026-11-29T10:00:00.000Z' },
          ],
        },
      ],
      drills: [{ at, incident: 'DRILL-1' }],
      followUps: [{ incident: 'INC-1', at, records: ['INC-1'], tasks }],
      alerts: Array.from({ length: 25 }, (_, n) => ({
        fingerprint: `f${n}`,
        startsAt: at,
        at,
        incident: 'alert-7',
        run: 'https://forge.example/7',
      })),
      baseline: {
        at,
        incident: 'preflight-1',
        versions: {},
        conditions: { 'triggers/errors': { state: 'pass', value: 0.002, settings: '' } },
      },
    },
    'kubectl',
  );
  const rows = text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^INC-1 \| 2026-11-21T10:15:00.000Z \| pass 2026-11-21T10:00:00.000Z \| x{119}…$/,
      ),
      'INC-1 | 2026-11-22T10:00:00.000Z | due',
      'INC-1 | 2026-11-29T10:00:00.000Z | to come',
      'INC-1 | postmortem | Postmortem held | sre | 2026-11-23T10:00:00.000Z | overdue for 24 h',
      'INC-1 | cause | Root cause | 2026-11-26T10:00:00.000Z | open',
      'INC-1 | fix | Fix proven | 2026-11-22T10:00:00.000Z | done 2026-11-21T10:00:00.000Z, ana',
      'done INC-1 postmortem',
      'done INC-1 cause',
      '2026-11-21T10:00:00.000Z | DRILL-1',
      '2026-11-21T10:00:00.000Z | 2026-11-21T10:00:00.000Z | alert-7 | f0 | https://forge.example/7',
      '5 more: rollback-plan ledger --json',
      '2026-11-21T10:00:00.000Z | triggers/errors | pass | 0.002',
    ]),
  );
  expect(rows).not.toContain('done INC-1 fix');
});
