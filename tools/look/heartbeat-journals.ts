// Journals of heartbeats: nothing due, well and with an overdue drill, not well after a later deploy, follow-ups overdue.

import type { RunEventBody } from '../../src/events.ts';
import { health, journal, started } from './journal-parts.ts';

const beating = started({
  mode: 'heartbeat',
  incident: 'heartbeat-19530-eu',
  reason: 'scheduled heartbeat',
  actor: 'github-actions[bot]',
  severity: undefined,
  recoverWithinMs: undefined,
});
const seen = (state: 'pass' | 'fail'): readonly [number, RunEventBody] => [
  900,
  {
    type: 'check-finished',
    ...health,
    state,
    value: state === 'pass' ? '200' : '503',
    evidence: `GET https://eu.shop.example/health answered ${state === 'pass' ? '200' : '503'}`,
    durationMs: 12,
  },
];
const looked = (state: 'pass' | 'fail', changed: readonly string[]): readonly [number, RunEventBody] => [
  950,
  {
    type: 'rechecked',
    incident: 'INC-2041',
    rolledBackAt: '2026-11-21T10:28:10.000Z',
    due: ['2026-11-21T11:28:10.000Z'],
    late: '9 m late',
    state,
    evidence:
      state === 'pass' ? '1 of 1 checks passed' : 'health: GET https://eu.shop.example/health answered 503',
    changed,
    looks: [
      {
        due: '2026-11-21T10:43:10.000Z',
        at: '2026-11-21T10:45:00.000Z',
        state: 'pass',
        evidence: '1 of 1 checks passed',
      },
      { due: '2026-11-21T11:28:10.000Z', at: '2026-11-21T11:37:00.000Z', state, evidence: 'see above' },
      { due: '2026-11-22T10:28:10.000Z' },
    ],
  },
];
const overdue: RunEventBody = {
  type: 'gate',
  name: 'drill',
  state: 'warn',
  detail: 'the last drill passed at 2026-07-01T09:17:00.000Z, so the next is overdue for 1280 h',
  hint: 'Drill, and look whether its schedule still runs.',
};

export const heartbeatIdle = journal([
  [0, beating],
  [800, { type: 'note', level: 'info', text: 'no look is due; the next one is at 2026-11-22T10:28:10.000Z' }],
  [820, { type: 'run-finished', outcome: 'verified', durationMs: 820 }],
]);

export const heartbeatWell = journal([
  [0, beating],
  [500, overdue],
  seen('pass'),
  looked('pass', []),
  [980, { type: 'run-finished', outcome: 'verified', durationMs: 980 }],
]);

const task = (incident: string, name: string, title: string, late: string): RunEventBody => ({
  type: 'gate',
  name: 'follow-up',
  subject: `${incident} ${name}`,
  state: 'warn',
  detail: `${title} (after ${incident}, sre-lead) is overdue for ${late}`,
  hint: `Do it, then tick its box in the incident's record, or: rollback-plan ledger done --target eu --incident ${incident} --follow-up ${name} --reason WHAT`,
});

export const heartbeatFollowUps = journal([
  [0, beating],
  [
    400,
    {
      type: 'follow-ups',
      incident: 'INC-2041',
      rolledBackAt: '2026-11-21T10:28:10.000Z',
      tasks: [
        {
          name: 'postmortem',
          title: 'Postmortem held',
          owner: 'sre-lead',
          due: '2026-11-23T10:28:10.000Z',
          state: 'overdue',
        },
        {
          name: 'fix',
          title: 'Fix proven in staging',
          owner: 'checkout-team',
          due: '2026-11-22T10:28:10.000Z',
          state: 'done',
          doneAt: '2026-11-23T13:00:00.000Z',
          doneBy: 'ticked in incidents/INC-2041.md',
        },
        { name: 'cause', title: 'Root cause found', due: '2026-11-24T10:28:10.000Z', state: 'soon' },
      ],
      fresh: ['postmortem', 'fix'],
      looks: [
        {
          due: '2026-11-21T10:43:10.000Z',
          at: '2026-11-21T10:45:00.000Z',
          state: 'pass',
          evidence: '1 of 1 checks passed',
        },
      ],
    },
  ],
  [420, task('INC-2041', 'postmortem', 'Postmortem held', '3 h')],
  [
    440,
    {
      type: 'follow-ups',
      incident: 'INC-2039',
      rolledBackAt: '2026-11-14T10:00:00.000Z',
      tasks: [
        {
          name: 'cause',
          title: 'Root cause found',
          owner: 'sre-lead',
          due: '2026-11-19T10:00:00.000Z',
          state: 'overdue',
        },
      ],
      fresh: [],
      looks: [],
    },
  ],
  [460, task('INC-2039', 'cause', 'Root cause found', '99 h')],
  [800, { type: 'note', level: 'info', text: 'no look is due' }],
  [820, { type: 'run-finished', outcome: 'verified', durationMs: 820 }],
]);

export const heartbeatBad = journal([
  [0, beating],
  seen('fail'),
  looked('fail', ['api is revision 9']),
  [
    980,
    {
      type: 'run-finished',
      outcome: 'failed',
      durationMs: 980,
      fault: {
        code: 'check-failed',
        message:
          'after the rollback of INC-2041 users do not see what the plan expects: health: answered 503',
        hint: 'Nothing was changed, because a heartbeat never rolls back. Look at the checks.',
      },
    },
  ],
]);
