// Who decides about a bad deploy, by severity.

import { expect, test } from '@jest/globals';
import { decideDeploy } from '../../src/verify/decide.ts';

const severities = new Map([
  ['P0', { action: 'rollback', approvals: 0 }],
  ['P1', { action: 'rollback', approvals: 2 }],
  ['P2', { action: 'prepare', approvals: 0 }],
  ['P3', { action: 'monitor', approvals: 0 }],
] as const);
const seen = { because: ['errors: 3 looks in a row failed'] };
const given = { severity: undefined, scenario: undefined };

test.each([
  ['without a severity the machine acts', undefined, 'roll-back', 'errors: 3 looks in a row failed'],
  ['its severity lets it', 'P0', 'roll-back', 'errors: 3 looks in a row failed'],
  ['people have to agree', 'P1', 'prepare', 'severity P1 wants 2 approvals'],
  ['it is left to a person', 'P2', 'prepare', 'severity P2 is left to a person'],
  ['it is only told', 'P3', 'tell', 'severity P3 is only told'],
] as const)('%s', (_name, severity, type, because) => {
  const decision = decideDeploy({
    seen: { ...seen, ...(severity === undefined ? {} : { severity }) },
    given,
    severities,
  });
  expect([decision.type, decision.reasons.at(-1)]).toEqual([type, because]);
});

test('what a trigger calls for comes before what the run was started with', () => {
  const asked = { severity: 'P0', scenario: 'full' };
  const called = { ...seen, trigger: 'errors', severity: 'P2', scenario: 'app' };
  expect(decideDeploy({ seen: called, given: asked, severities })).toMatchObject({
    type: 'prepare',
    trigger: 'errors',
    severity: 'P2',
    scenario: 'app',
  });
  expect(decideDeploy({ seen, given: asked, severities })).toMatchObject({
    type: 'roll-back',
    severity: 'P0',
    scenario: 'full',
  });
});
