// Journals of deploys that were watched: quiet, bad and rolled back, bad and not rolled back, and blind.

import type { RunEvent, RunEventBody } from '../../src/events.ts';
import { errors, health, journal, started } from './journal-parts.ts';
import { toTheStop, workerDone } from './journal-stretches.ts';
import { green } from './sample-journals.ts';

export const watching = started({
  mode: 'verify',
  reason: 'deploy of 2.2.0',
  severity: undefined,
  recoverWithinMs: undefined,
  plan: {
    path: '.github/rollback.yml',
    digest: 'sha256:1f0c3a9be2d47755',
    ref: 'main',
    commit: '4f2a9c07b1de55aa0c1b2d3e4f5061728394a5b6',
  },
});

type Timed = readonly [number, RunEventBody];

export const tools: Timed = [
  420,
  { type: 'gate', name: 'tools', state: 'pass', detail: 'helm 4.1.4, kubectl 1.35.2' },
];
export const watchStarted: Timed = [
  900,
  { type: 'watch-started', windowMs: 300_000, watched: ['health', 'error rate'] },
];

export function seen(
  at: number,
  check: typeof health | typeof errors,
  state: 'pass' | 'fail' | 'error',
): Timed {
  const values = {
    pass: check === health ? '200' : '0.002',
    fail: check === health ? '503' : '0.21',
    error: '',
  };
  const said = {
    pass:
      check === health
        ? 'GET https://eu.shop.example/health answered 200 after 9 ms'
        : '0.002 over the last minute',
    fail:
      check === health
        ? 'GET https://eu.shop.example/health answered 503 after 12 ms'
        : '0.21 over the last minute',
    error: 'GET http://prometheus:9090/api/v1/query: connect ECONNREFUSED 10.1.2.3:9090',
  };
  return [
    at,
    { type: 'check-finished', ...check, state, value: values[state], evidence: said[state], durationMs: 14 },
  ];
}

export const quiet = journal([
  [0, watching],
  tools,
  watchStarted,
  seen(1_000, health, 'fail'),
  seen(1_100, errors, 'pass'),
  seen(16_000, health, 'pass'),
  seen(16_100, errors, 'pass'),
  seen(300_500, health, 'pass'),
  seen(300_600, errors, 'pass'),
  [
    300_700,
    {
      type: 'watched',
      name: 'p95 latency',
      unit: 'ms',
      limit: 400,
      healthy: 'below',
      points: Array.from({ length: 60 }, (_, at) => [
        at * 5_084,
        Math.round(240 + 60 * Math.sin(at / 5) + (at === 22 ? 140 : at % 7)),
      ]),
      state: 'pass',
    },
  ],
  [
    300_750,
    {
      type: 'watched',
      name: 'ready pods',
      unit: 'count',
      limit: 3,
      healthy: 'above',
      points: [
        [900, 2],
        [16_000, 2],
        [31_000, 4],
        [299_000, 4],
      ],
      state: 'pass',
    },
  ],
  [
    300_900,
    {
      type: 'watch-finished',
      state: 'quiet',
      because: [],
      durationMs: 300_000,
      looks: 40,
    },
  ],
  [
    301_400,
    {
      type: 'snapshot-noted',
      id: '2026-11-21T10:32:06Z',
      where: 'kubectl --context eu-1 --namespace shop get configmap rollback-plan-ledger --output yaml',
      versions: { api: 'revision 8 (checkout-1.4.0, app 2.2.0)', worker: 'revision 12', config: 'v14' },
      fresh: true,
    },
  ],
  [301_500, { type: 'run-finished', outcome: 'verified', durationMs: 301_500 }],
]);

const because = 'error rate: 3 looks in a row failed: 0.21 over the last minute, expected <= 0.05';

/** Until the watch says bad; what follows happens this much later than in a run that was pressed. */
export const watchedUntilBad: readonly Timed[] = [
  [0, watching],
  tools,
  watchStarted,
  seen(1_000, health, 'pass'),
  seen(1_100, errors, 'pass'),
  seen(16_100, errors, 'fail'),
  seen(31_100, errors, 'fail'),
  seen(46_100, errors, 'fail'),
  [
    46_150,
    {
      type: 'watched',
      name: 'error rate',
      unit: 'ratio',
      limit: 0.05,
      healthy: 'below',
      points: [
        [100, 0.002],
        [5_100, 0.004],
        [10_100, 0.031],
        [15_100, 0.086],
        [30_100, 0.17],
        [45_100, 0.21],
      ],
      state: 'fail',
    },
  ],
  [
    46_200,
    {
      type: 'watch-finished',
      state: 'bad',
      because: [because],
      trigger: 'error rate',
      severity: 'P0',
      scenario: 'application',
      recoverWithinMs: 900_000,
      durationMs: 45_300,
      looks: 8,
    },
  ],
];
const laterBy = 46_300;

/** The bodies of a journal of a pressed run from where the watch has said bad, that much later. */
function later(events: readonly RunEvent[], skipped: readonly RunEventBody['type'][]): readonly Timed[] {
  return events.flatMap(({ seq: _seq, at: _at, elapsedMs, ...body }) =>
    skipped.includes(body.type) ? [] : [[elapsedMs + laterBy, body] as const],
  );
}

export const badDeploy = {
  code: 'deploy-rolled-back',
  message: `the deploy was bad and was rolled back: ${because}`,
  hint: 'Mend what was deployed, then deploy again. The versions of the table are live now.',
} as const;

export const rolledBackDeploy = journal([
  ...watchedUntilBad,
  ...later(green, ['run-started', 'gate', 'run-finished', 'published']),
  [73_400, { type: 'run-finished', outcome: 'rolled-back', fault: badDeploy, durationMs: 73_400 }],
  [
    74_000,
    {
      type: 'published',
      ok: true,
      path: 'incidents/INC-2041.md',
      branch: 'rollback-plan/INC-2041',
      url: 'https://github.com/acme/checkout/blob/rollback-plan/INC-2041/incidents/INC-2041.md',
      pullRequest: 'https://github.com/acme/checkout/pull/418',
    },
  ],
]);

/** The same, and what was gone back to was watched for a while (`recovery.soak`). */
export const soakedRollback = journal([
  ...rolledBackDeploy.flatMap(({ seq: _seq, at: _at, elapsedMs, ...body }): readonly Timed[] =>
    body.type === 'run-finished' || body.type === 'published' ? [] : [[elapsedMs, body]],
  ),
  [73_000, { type: 'watch-started', windowMs: 60_000, watched: ['health', 'error rate'], after: 'rollback' }],
  seen(132_900, health, 'pass'),
  seen(133_000, errors, 'pass'),
  [
    133_050,
    {
      type: 'watched',
      name: 'error rate',
      unit: 'ratio',
      limit: 0.05,
      healthy: 'below',
      points: [
        [100, 0.004],
        [30_100, 0.002],
        [59_100, 0.002],
      ],
      state: 'pass',
    },
  ],
  [133_100, { type: 'watch-finished', state: 'quiet', because: [], durationMs: 60_000, looks: 12 }],
  [133_400, { type: 'run-finished', outcome: 'rolled-back', fault: badDeploy, durationMs: 133_400 }],
]);

/** Bad, and the rollback found nowhere to go. */
export const refusedRollback = journal([
  ...watchedUntilBad,
  [
    47_000,
    {
      type: 'gate',
      name: 'target of api',
      state: 'refuse',
      detail: 'no revision was ever deployed successfully besides 8, the live one',
      hint: 'Name the version: `to: api=VERSION`',
    },
  ],
  [
    47_100,
    {
      type: 'run-finished',
      outcome: 'refused',
      durationMs: 47_100,
      fault: {
        code: 'to-no-candidate',
        message: 'api: no revision was ever deployed successfully besides 8, the live one',
        hint: 'Look at `helm history checkout --namespace shop` and name one: `to: api=VERSION`.\n  8  live  revision 8\n  7  failed  revision 7',
      },
    },
  ],
]);

/** Bad, and the runner died in the middle of taking it back. */
export const brokenOffRollback = journal([
  ...watchedUntilBad,
  ...[...toTheStop, ...workerDone].flatMap(([at, body]) =>
    body.type === 'run-started' || body.type === 'gate' ? [] : [[at + laterBy, body] as const],
  ),
]);

export const blind = journal([
  [0, watching],
  tools,
  watchStarted,
  seen(1_000, health, 'pass'),
  seen(1_100, errors, 'error'),
  seen(300_500, health, 'pass'),
  seen(300_600, errors, 'error'),
  [
    300_900,
    {
      type: 'watch-finished',
      state: 'blind',
      because: [
        'error rate: 20 of 20 looks could not measure: GET http://prometheus:9090/api/v1/query: connect ECONNREFUSED 10.1.2.3:9090',
      ],
      durationMs: 300_000,
      looks: 40,
    },
  ],
  [
    301_000,
    {
      type: 'run-finished',
      outcome: 'inconclusive',
      durationMs: 301_000,
      fault: {
        code: 'check-inconclusive',
        message: 'the deploy could not be verified: error rate could not be measured',
        hint: 'Mend the connection to http://prometheus:9090, or take the check out of the plan.',
      },
    },
  ],
]);
