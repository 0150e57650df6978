// Journals that somebody looked at after the run was gone, and journals whose record went to a pull request, or nearly.

import type { RunEvent, RunEventBody } from '../../src/events.ts';
import { began, errors, health, journal, started } from './journal-parts.ts';
import { green, interrupted } from './sample-journals.ts';
import { seen } from './watch-journals.ts';

/** Minutes after the run, with a clock of its own. */
const looked: readonly RunEvent[] = journal(
  [
    [
      120,
      {
        type: 'found',
        component: 'api',
        version: 'revision 9',
        detail: 'pending-rollback, last deployed 10:27:07',
      },
    ],
    [
      180,
      {
        type: 'found',
        component: 'worker',
        version: 'revision 11 (worker:2.1.0)',
        detail: '4 of 4 pods are ready',
      },
    ],
    [200, { type: 'found', component: 'config', version: 'v14', detail: '' }],
  ],
  began + 600_000,
);

export const foundAfterwards: readonly RunEvent[] = [...interrupted, ...looked];

export const lost = journal([
  [
    0,
    started({
      mode: 'report',
      reason: 'error rate above 5 % since the 10:20 deploy',
      plan: { path: '.github/rollback.yml', digest: 'sha256:1f0c3a9be2d47755', ref: 'main' },
    }),
  ],
  [400, { type: 'found', component: 'api', version: 'revision 9', detail: 'pending-rollback' }],
  [
    500,
    {
      type: 'found',
      component: 'worker',
      version: 'revision 12 (worker:2.2.0)',
      detail: '4 of 4 pods are ready',
    },
  ],
  seen(600, health, 'fail'),
  seen(700, errors, 'error'),
  [
    800,
    {
      type: 'run-finished',
      outcome: 'interrupted',
      durationMs: 800,
      fault: {
        code: 'run-lost',
        message: 'the acting job left no journal',
        hint: 'Look at the log of the job that acted; its runner was probably lost.',
      },
    },
  ],
]);

function publishedAs(body: Extract<RunEventBody, { readonly type: 'published' }>): readonly RunEvent[] {
  return green.map((event) => (event.type === 'published' ? { ...event, url: undefined, ...body } : event));
}

export const pullRequested = publishedAs({
  type: 'published',
  ok: true,
  path: 'incidents/INC-2041.md',
  branch: 'rollback-plan/INC-2041',
  url: 'https://github.com/acme/checkout/blob/rollback-plan/INC-2041/incidents/INC-2041.md',
  pullRequest: 'https://github.com/acme/checkout/pull/418',
});

export const notAllowedToAsk = publishedAs({
  type: 'published',
  ok: true,
  path: 'incidents/INC-2041.md',
  branch: 'rollback-plan/INC-2041',
  compare: 'https://github.com/acme/checkout/compare/main...rollback-plan/INC-2041?expand=1',
});
