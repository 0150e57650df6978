// Sections of a generated plan that a caller brings to life: alerts that may call, looks again after a rollback, and what
// people owe then. Pure.

import type { Draft } from './draft.ts';
import { comment, switchedOff } from './yaml-text.ts';

export const alertExample: readonly string[] = [
  'triggers:',
  '  errors: { alert: { name: HighErrorRate, labels: { service: shop } } }',
];

export const recoveryExample: readonly string[] = ['recovery: { rechecks: [15m, 1h, 24h] }'];

export const followUpsExample: readonly string[] = [
  'follow-ups:',
  '  postmortem: { title: Postmortem held, within: 48h, owner: the team on call }',
  '  root-cause: { title: Root cause found, within: 5d }',
];

/** What calls for a rollback besides people: only a person knows which of the alerts do. */
export function alertText({ callers }: Draft): readonly string[] {
  return [
    ...comment(
      'Alerts of Alertmanager that may call for a rollback, each with the labels that it has to have.',
    ),
    ...(callers.includes('alert')
      ? comment('CHANGE THIS: until one stands here, the workflow answers every alert with `alert-unknown`.')
      : comment('They come in by a workflow: rollback-plan init --callers alert')),
    ...switchedOff(alertExample),
  ];
}

export function afterwardsText({ callers }: Draft): readonly string[] {
  const beats = callers.includes('heartbeat');
  return [
    ...comment('When the checks are looked at again after a rollback. Nothing is ever rolled back by that.'),
    ...(beats
      ? recoveryExample
      : [
          ...comment('It needs a workflow on a schedule: rollback-plan init --callers heartbeat'),
          ...switchedOff(recoveryExample),
        ]),
    '',
    ...comment('What people have to do after a rollback, and by when: boxes in the incident record.'),
    ...switchedOff(followUpsExample),
  ];
}
