// Stretches of a run that several sample journals share: up to the failure, the worker's way back, the reopening.

import type { RunEventBody } from '../../src/events.ts';
import {
  api,
  gates,
  health,
  helm,
  maintenanceOff,
  maintenanceOn,
  pinned,
  reopen,
  started,
  stop,
  undo,
  worker,
} from './journal-parts.ts';

export const toTheStop: readonly (readonly [number, RunEventBody])[] = [
  [0, started()],
  ...gates,
  [900, pinned],
  [
    910,
    {
      type: 'captured',
      of: 'api',
      label: 'Helm release api in shop',
      data: {},
      namespace: 'shop',
      files: [
        { path: 'captured/api/state.yaml', bytes: 9_412 },
        { path: 'captured/api/events.txt', bytes: 2_210 },
        { path: 'captured/api/logs/api-7c9-x2x.app.log', bytes: 41_000 },
        { path: 'captured/api/logs/api-7c9-x2x.app.previous.log', bytes: 260_112 },
      ],
      lacking: ['ingresses in shop: the API server refused GET ingresses'],
    },
  ],
  [
    950,
    {
      type: 'check-finished',
      ...health,
      state: 'fail',
      value: '503',
      evidence: 'GET https://eu.shop.example/health answered 503 after 12 ms, expected 200',
      durationMs: 14,
    },
  ],
  [
    1_000,
    {
      type: 'phase-started',
      phase: 'stop the bleeding',
      parallel: false,
      estimateMs: 20_000,
      budgetMs: 60_000,
    },
  ],
  [1_020, { type: 'step-started', ...stop, timeoutMs: 60_000, notes: [] }],
  [1_030, { type: 'intent', step: stop.step, operation: maintenanceOn, attempt: 1, deadlineMs: 60_000 }],
  [
    1_900,
    {
      type: 'done',
      step: stop.step,
      operation: 'run',
      attempt: 1,
      ended: 'succeeded',
      exitCode: 0,
      durationMs: 860,
      stdout: 'ingress.networking.k8s.io/shop annotated\n',
      stderr: '',
      evidence: 'succeeded',
    },
  ],
  [
    1_950,
    {
      type: 'step-finished',
      ...stop,
      status: 'succeeded',
      evidence: 'exit code 0',
      durationMs: 930,
      outputs: {},
    },
  ],
  [
    1_960,
    {
      type: 'phase-finished',
      phase: 'stop the bleeding',
      status: 'succeeded',
      durationMs: 960,
      overBudget: false,
    },
  ],
  [
    2_000,
    { type: 'phase-started', phase: 'application', parallel: true, estimateMs: 40_000, budgetMs: 20_000 },
  ],
  [
    2_010,
    {
      type: 'step-started',
      ...api,
      before: 'revision 8',
      timeoutMs: 300_000,
      notes: ['2 hooks of revision 7 will run: migrate-down, warm-cache'],
    },
  ],
  [2_020, { type: 'step-started', ...worker, before: 'revision 12', timeoutMs: 180_000, notes: [] }],
  [2_030, { type: 'intent', step: api.step, operation: helm, attempt: 1, to: '7', deadlineMs: 240_000 }],
  [2_040, { type: 'intent', step: worker.step, operation: undo, attempt: 1, to: '11', deadlineMs: 120_000 }],
];

export const workerDone: readonly (readonly [number, RunEventBody])[] = [
  [
    3_100,
    {
      type: 'done',
      step: worker.step,
      operation: 'undo',
      attempt: 1,
      ended: 'succeeded',
      exitCode: 0,
      durationMs: 1_060,
      stdout: 'deployment.apps/worker rolled back\n',
      stderr: '',
      evidence: 'succeeded',
    },
  ],
  [
    9_400,
    {
      type: 'step-finished',
      ...worker,
      status: 'succeeded',
      before: 'revision 12',
      after: 'revision 11',
      evidence: '4 of 4 pods run worker:2.1.0',
      durationMs: 7_380,
      outputs: {},
    },
  ],
];

export const reopened: readonly (readonly [number, RunEventBody])[] = [
  [24_600, { type: 'phase-started', phase: 'reopen', parallel: false, budgetMs: 60_000 }],
  [24_610, { type: 'step-started', ...reopen, timeoutMs: 60_000, notes: [] }],
  [24_620, { type: 'intent', step: reopen.step, operation: maintenanceOff, attempt: 1, deadlineMs: 60_000 }],
  [
    25_400,
    {
      type: 'done',
      step: reopen.step,
      operation: 'run',
      attempt: 1,
      ended: 'succeeded',
      exitCode: 0,
      durationMs: 780,
      stdout: 'ingress.networking.k8s.io/shop annotated\n',
      stderr: '',
      evidence: 'succeeded',
    },
  ],
  [
    25_450,
    {
      type: 'step-finished',
      ...reopen,
      status: 'succeeded',
      evidence: 'exit code 0',
      durationMs: 840,
      outputs: {},
    },
  ],
  [
    25_460,
    { type: 'phase-finished', phase: 'reopen', status: 'succeeded', durationMs: 860, overBudget: false },
  ],
];
