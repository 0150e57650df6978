// Journals as runs leave them, made by hand: what the look tool draws and what the report's tests start from.

import type { RunEvent } from '../../src/events.ts';
import { planned } from './dry-run-journal.ts';
import { api, began, config, errors, gates, health, helmDone, journal, started } from './journal-parts.ts';
import { reopened, toTheStop, workerDone } from './journal-stretches.ts';

/** Everything went well, but one phase took longer than its budget. */
export const green = journal([
  ...toTheStop,
  ...workerDone,
  [20_250, helmDone],
  [22_000, { type: 'budget-exceeded', phase: 'application', budgetMs: 20_000 }],
  [
    24_400,
    {
      type: 'step-finished',
      ...api,
      status: 'succeeded',
      before: 'revision 8',
      after: 'revision 7',
      evidence: '3 of 3 pods run api:2.1.0 and are ready',
      durationMs: 22_390,
      outputs: {},
    },
  ],
  [
    24_420,
    {
      type: 'step-finished',
      ...config,
      status: 'skipped',
      evidence: 'already at v14',
      durationMs: 0,
      outputs: {},
    },
  ],
  [
    24_500,
    {
      type: 'phase-finished',
      phase: 'application',
      status: 'succeeded',
      durationMs: 22_500,
      overBudget: true,
    },
  ],
  ...reopened,
  [
    26_000,
    {
      type: 'check-finished',
      ...health,
      state: 'pass',
      value: '200',
      evidence: 'GET https://eu.shop.example/health answered 200 after 9 ms',
      durationMs: 11,
    },
  ],
  [
    27_000,
    {
      type: 'check-finished',
      ...errors,
      state: 'pass',
      value: '0.002',
      evidence: '0.002 over the last minute',
      durationMs: 40,
    },
  ],
  [27_100, { type: 'run-finished', outcome: 'rolled-back', durationMs: 27_100 }],
  [
    28_000,
    {
      type: 'published',
      ok: true,
      path: 'incidents/INC-2041.md',
      url: 'https://github.com/acme/checkout/blob/main/incidents/INC-2041.md',
    },
  ],
]);

/** Helm failed; what must be reported always (reopen) ran; the checks were looked at once. */
export const halted = journal([
  ...toTheStop,
  ...workerDone,
  [
    20_250,
    {
      ...helmDone,
      ended: 'failed',
      exitCode: 1,
      durationMs: 18_200,
      stdout: '',
      stderr:
        'level=INFO msg="rolling back" release=checkout revision=7\nError: ROLLBACK FAILED: cannot patch "checkout" with kind Deployment: Deployment.apps "checkout" is invalid: spec.selector: Invalid value: field is immutable\n',
      evidence: 'failed with exit code 1',
    },
  ],
  [
    24_400,
    {
      type: 'step-finished',
      ...api,
      status: 'failed',
      before: 'revision 8',
      evidence: '',
      durationMs: 22_390,
      fault: {
        code: 'command-failed',
        message: '`helm rollback checkout 7` failed with exit code 1: spec.selector: field is immutable',
        hint: "Revision 7 can't be applied over revision 8 because a selector changed. Delete the Deployment with `kubectl delete deployment/checkout --cascade=orphan --namespace shop`, then continue.\nThe command was: helm rollback checkout 7 --namespace shop --wait",
      },
      onFailure: 'halt',
      outputs: {},
    },
  ],
  [
    24_500,
    { type: 'phase-finished', phase: 'application', status: 'failed', durationMs: 22_500, overBudget: true },
  ],
  ...reopened,
  [
    26_000,
    {
      type: 'check-finished',
      ...health,
      state: 'fail',
      value: '503',
      evidence: 'GET https://eu.shop.example/health answered 503 after 12 ms, expected 200',
      durationMs: 11,
    },
  ],
  [
    26_100,
    {
      type: 'run-finished',
      outcome: 'halted',
      failedStep: api.step,
      durationMs: 26_100,
      fault: {
        code: 'command-failed',
        message: '`helm rollback checkout 7` failed with exit code 1: spec.selector: field is immutable',
        hint: "Revision 7 can't be applied over revision 8 because a selector changed. Delete the Deployment with `kubectl delete deployment/checkout --cascade=orphan --namespace shop`, then continue.\nThe command was: helm rollback checkout 7 --namespace shop --wait",
      },
    },
  ],
  [
    27_000,
    {
      type: 'published',
      ok: false,
      path: 'incidents/INC-2041.md',
      fault: {
        code: 'publish-not-allowed',
        message: 'the token may not write to acme/checkout',
        hint: 'Give the job `permissions: contents: write`.\nIn the calling workflow, too.',
      },
    },
  ],
]);

export const refused = journal([
  [0, started({ overrides: ['ignore-pending'] })],
  ...gates.slice(0, 2),
  [
    600,
    {
      type: 'gate',
      name: 'api',
      state: 'refuse',
      detail: 'no revision was ever deployed successfully besides the live one',
      hint: 'Name the version: `to: api=VERSION`',
    },
  ],
  [
    620,
    {
      type: 'run-finished',
      outcome: 'refused',
      durationMs: 620,
      fault: {
        code: 'to-no-candidate',
        message: 'api: no revision was ever deployed successfully besides 8, the live one',
        hint: 'Look at `helm history checkout --namespace shop` and name one: `to: api=VERSION`.\n  8  live  revision 8\n  7  deployed  revision 7',
      },
    },
  ],
]);

/** The runner died while helm was at work. */
export const interrupted = journal([...toTheStop, ...workerDone]);

/** The same incident pressed again after that, and finished. */
export const continued: readonly RunEvent[] = [
  ...interrupted,
  ...journal(
    green.map(({ seq: _seq, at: _at, elapsedMs, ...body }) => [
      elapsedMs,
      body.type === 'run-started'
        ? {
            ...body,
            actor: 'grace',
            run: {
              ...body.run,
              url: 'https://github.com/acme/checkout/actions/runs/19530',
              id: '19530',
              attempt: '1',
              repository: 'acme/checkout',
            },
          }
        : body,
    ]),
    began + 300_000,
  ),
];

export const journals = { green, halted, refused, interrupted, continued, planned } as const;
