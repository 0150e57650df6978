// The verdict: never green without having verified, and the worst thing that was seen decides.

import { describe, expect, test } from '@jest/globals';
import type { CheckResult } from '../../src/events.ts';
import { judge } from '../../src/verify/verdict.ts';

const completed = {
  ended: 'completed',
  failedStep: undefined,
  fault: undefined,
  seenThere: new Set<string>(),
} as const;
const halted = {
  ended: 'halted',
  failedStep: 'roll-back/api',
  fault: { code: 'command-failed', message: 'm', hint: 'h' },
  seenThere: new Set<string>(),
} as const;

function check(state: CheckResult['state']): CheckResult {
  return {
    name: `front ${state}`,
    kind: 'http',
    state,
    value: '503',
    expected: '200',
    evidence: `answered for ${state}`,
    attempts: 1,
    durationMs: 5,
  };
}

describe('judge', () => {
  test.each([
    ['all pass after a change', completed, ['pass', 'pass'], true, 'rolled-back', undefined],
    ['all pass without a change', completed, ['pass'], false, 'already-there', undefined],
    ['one check fails', completed, ['pass', 'fail'], true, 'failed', 'check-failed'],
    ['already there but users see errors', completed, ['fail'], false, 'failed', 'check-failed'],
    [
      'one check has no data',
      completed,
      ['pass', 'inconclusive'],
      true,
      'inconclusive',
      'check-inconclusive',
    ],
    ['one check could not measure', completed, ['error'], true, 'inconclusive', 'check-inconclusive'],
    ['a failure outweighs missing data', completed, ['inconclusive', 'fail'], true, 'failed', 'check-failed'],
    ['a step failed, whatever the checks say', halted, ['pass'], true, 'halted', 'command-failed'],
  ] as const)('%s', (_, course, states, changed, outcome, code) => {
    const verdict = judge({
      course,
      checks: states.map(check),
      changed,
      unmoved: [],
      interruption: undefined,
    });
    expect([verdict.outcome, verdict.fault?.code]).toEqual([outcome, code]);
  });

  test('an interruption outweighs everything and says how to go on', () => {
    const interruption = { code: 'cancelled', message: 'the run was cancelled (SIGINT)' } as const;
    const verdict = judge({
      course: completed,
      checks: [check('pass')],
      changed: true,
      unmoved: [],
      interruption,
    });
    expect(verdict).toMatchObject({
      outcome: 'interrupted',
      fault: { code: 'cancelled', hint: expect.stringContaining('Run the same command again') },
    });
  });

  test('a component that no step took back is never green, however well the checks pass', () => {
    const verdict = judge({
      course: completed,
      checks: [check('pass')],
      changed: true,
      unmoved: ['api'],
      interruption: undefined,
    });
    expect(verdict).toMatchObject({
      outcome: 'failed',
      fault: { code: 'component-not-moved', message: expect.stringContaining('api') },
    });
  });

  test('steps alone, with nothing measured, are never green', () => {
    const verdict = judge({
      course: completed,
      checks: [],
      changed: true,
      unmoved: [],
      interruption: undefined,
    });
    expect([verdict.outcome, verdict.fault?.code]).toEqual(['inconclusive', 'check-inconclusive']);
  });
});
