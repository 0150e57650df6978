// Who decides about a bad deploy, by severity.

import { expect, test } from '@jest/globals';
import { decideDeploy } from '../../src/verify/decide.ts';

const severities = new Map([
  ['P0', { action: 'rollback', approvals: 0 }],
  ['P1', { action: 'rollback', approvals: 2 }],
  ['P2', { action: 'prepare', approvals: 0 }],
  ['P3', { action: 'monitor', approvals: 0 }],
  ['P4', { action: 'rollback', approvals: 0, fixWithinMs: 600_000 }],
  ['P5', { action: 'prepare', approvals: 0, decideWithinMs: 900_000, fixWithinMs: 600_000 }],
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
    watchable: true,
  });
  expect([decision.type, decision.reasons.at(-1)]).toEqual([type, because]);
});

test('what a trigger calls for comes before what the run was started with', () => {
  const asked = { severity: 'P0', scenario: 'full' };
  const called = { ...seen, trigger: 'errors', severity: 'P2', scenario: 'app' };
  expect(decideDeploy({ seen: called, given: asked, severities, watchable: true })).toMatchObject({
    type: 'prepare',
    trigger: 'errors',
    severity: 'P2',
    scenario: 'app',
  });
  expect(decideDeploy({ seen, given: asked, severities, watchable: true })).toMatchObject({
    type: 'roll-back',
    severity: 'P0',
    scenario: 'full',
  });
});

test.each([
  ['P4', true, 'wait', 600_000, 'severity P4 lets people mend it first'],
  // Nobody would notice that it was mended.
  [
    'P4',
    false,
    'prepare',
    undefined,
    'severity P4 lets people mend it, and nothing here measures whether they did',
  ],
  ['P5', true, 'prepare', 900_000, 'severity P5 is left to a person'],
  ['P0', true, 'roll-back', undefined, 'errors: 3 looks in a row failed'],
] as const)('%s, watchable %s: %s, for %s ms', (severity, watchable, type, withinMs, because) => {
  const decision = decideDeploy({ seen: { ...seen, severity }, given, severities, watchable });
  expect([decision.type, decision.withinMs, decision.reasons.at(-1)]).toEqual([type, withinMs, because]);
});
