// Journals of drills: one that passed, and one in which nothing noticed the known-bad version.

import type { ComponentChange, RunEventBody } from '../../src/events.ts';
import { api, errors, health, helm, helmDone, journal, started } from './journal-parts.ts';
import { seen } from './watch-journals.ts';

type Timed = readonly [number, RunEventBody];

const drill = started({
  mode: 'drill',
  incident: 'DRILL-2026-11',
  target: 'staging',
  context: 'staging-1',
  environment: 'staging',
  reason: 'monthly drill',
});

const here = { id: '7', label: 'revision 7 (checkout-1.3.0, app 2.1.0)', digest: 'sha256:bb' };
const changes: readonly ComponentChange[] = [
  {
    component: 'api',
    kind: 'helm-release',
    from: here,
    to: here,
    alreadyThere: true,
    because: 'as it is before the drill',
  },
];

const deploy = {
  id: 'run',
  title: 'deploy the known-bad version',
  shown: './scripts/deploy.sh staging 2.2.0-broken',
  mutates: true,
};
const breakStep = { phase: 'break', step: 'break/deploy', title: 'deploy 2.2.0-broken', kind: 'run' };
const restoreStep = { phase: 'restore', step: 'restore/cache', title: 'empty the cache', kind: 'run' };
const empty = { ...deploy, title: 'empty the cache', shown: './scripts/empty-cache.sh staging' };

function done(at: number, step: string, operation: string): Timed {
  return [
    at,
    {
      type: 'done',
      step,
      operation,
      attempt: 1,
      ended: 'succeeded',
      exitCode: 0,
      durationMs: 900,
      stdout: 'done\n',
      stderr: '',
      evidence: 'succeeded',
    },
  ];
}

const untilBroken: readonly Timed[] = [
  [0, drill],
  [
    300,
    { type: 'gate', name: 'drill target', state: 'pass', detail: 'namespace shop is labelled for drills' },
  ],
  seen(500, health, 'pass'),
  seen(600, errors, 'pass'),
  [900, { type: 'pinned', changes, digest: 'sha256:9d7be40c66f1a2b3c4d5e6f708192a3b' }],
  [1_000, { type: 'phase-started', phase: 'break', parallel: false }],
  [1_010, { type: 'step-started', ...breakStep, timeoutMs: 60_000, notes: [] }],
  [1_020, { type: 'intent', step: breakStep.step, operation: deploy, attempt: 1, deadlineMs: 60_000 }],
  done(1_950, breakStep.step, 'run'),
  [
    2_000,
    {
      type: 'step-finished',
      ...breakStep,
      status: 'succeeded',
      evidence: 'exit code 0',
      durationMs: 990,
      outputs: {},
    },
  ],
  [
    2_010,
    { type: 'phase-finished', phase: 'break', status: 'succeeded', durationMs: 1_010, overBudget: false },
  ],
  [2_050, { type: 'watch-started', windowMs: 60_000, watched: ['health', 'error rate'] }],
];

function takenBack(from: number): readonly Timed[] {
  return [
    [from, { type: 'phase-started', phase: 'application', parallel: false, budgetMs: 60_000 }],
    [from + 10, { type: 'step-started', ...api, before: 'revision 8', timeoutMs: 300_000, notes: [] }],
    [
      from + 20,
      { type: 'intent', step: api.step, operation: helm, attempt: 1, to: '7', deadlineMs: 240_000 },
    ],
    [from + 18_300, helmDone],
    [
      from + 22_000,
      {
        type: 'step-finished',
        ...api,
        status: 'succeeded',
        before: 'revision 8',
        after: 'revision 9, content of 7',
        evidence: '3 of 3 pods run api:2.1.0 and are ready',
        durationMs: 21_990,
        outputs: {},
      },
    ],
    [
      from + 22_010,
      {
        type: 'phase-finished',
        phase: 'application',
        status: 'succeeded',
        durationMs: 22_010,
        overBudget: false,
      },
    ],
  ];
}

function restored(from: number): readonly Timed[] {
  return [
    [from, { type: 'phase-started', phase: 'restore', parallel: false }],
    [from + 10, { type: 'step-started', ...restoreStep, timeoutMs: 60_000, notes: [] }],
    [from + 20, { type: 'intent', step: restoreStep.step, operation: empty, attempt: 1, deadlineMs: 60_000 }],
    done(from + 900, restoreStep.step, 'run'),
    [
      from + 950,
      {
        type: 'step-finished',
        ...restoreStep,
        status: 'succeeded',
        evidence: 'exit code 0',
        durationMs: 940,
        outputs: {},
      },
    ],
    [
      from + 960,
      { type: 'phase-finished', phase: 'restore', status: 'succeeded', durationMs: 960, overBudget: false },
    ],
  ];
}

const asBefore: RunEventBody = {
  type: 'drill-compared',
  component: 'api',
  before: 'revision 7 (checkout-1.3.0, app 2.1.0)',
  now: 'revision 9, content of revision 7',
  same: true,
};

export const drillPassed = journal([
  ...untilBroken,
  seen(3_000, health, 'fail'),
  seen(6_000, health, 'fail'),
  seen(9_000, health, 'fail'),
  [
    9_100,
    {
      type: 'watch-finished',
      state: 'bad',
      because: [
        'health: 3 looks in a row failed: GET https://eu.shop.example/health answered 503 after 12 ms',
      ],
      trigger: 'health',
      durationMs: 7_050,
      looks: 6,
    },
  ],
  [
    9_110,
    { type: 'drill-measured', name: 'noticed', durationMs: 7_100, limitMs: 60_000, detail: 'by health' },
  ],
  ...takenBack(9_200),
  [
    31_300,
    {
      type: 'drill-measured',
      name: 'rolled-back',
      durationMs: 29_300,
      detail: 'api is at content of revision 7',
    },
  ],
  seen(32_000, health, 'pass'),
  seen(32_100, errors, 'pass'),
  [
    32_200,
    {
      type: 'drill-measured',
      name: 'served-again',
      durationMs: 30_200,
      limitMs: 900_000,
      detail: '2 of 2 checks passed',
    },
  ],
  ...restored(32_300),
  [33_400, asBefore],
  [33_500, { type: 'run-finished', outcome: 'verified', durationMs: 33_500 }],
  [
    34_000,
    {
      type: 'published',
      ok: true,
      path: 'drills/DRILL-2026-11.md',
      branch: 'rollback-plan/DRILL-2026-11',
      pullRequest: 'https://github.com/acme/checkout/pull/431',
    },
  ],
]);

const unnoticed = {
  code: 'drill-not-noticed',
  message: 'no check and no trigger noticed the known-bad version within 1 m',
  hint: 'Add a check or trigger to the plan that sees what is bad about it, or give `drill.detect-within` more time.',
} as const;

export const drillNotNoticed = journal([
  ...untilBroken,
  seen(3_000, health, 'pass'),
  seen(3_100, errors, 'pass'),
  [
    62_100,
    {
      type: 'watch-finished',
      state: 'quiet',
      because: [],
      durationMs: 60_050,
      looks: 40,
    },
  ],
  ...takenBack(62_200),
  [
    84_300,
    {
      type: 'drill-measured',
      name: 'rolled-back',
      durationMs: 22_100,
      detail: 'api is at content of revision 7',
    },
  ],
  seen(84_400, health, 'pass'),
  seen(84_500, errors, 'pass'),
  ...restored(85_000),
  [86_000, asBefore],
  [86_100, { type: 'run-finished', outcome: 'failed', fault: unnoticed, durationMs: 86_100 }],
]);

/** The known-bad version is out, and the runner died. */
export const drillBrokenOff = journal(untilBroken);
