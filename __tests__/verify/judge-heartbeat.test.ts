// A heartbeat is green, red, or knows nothing, and each says which.

import { expect, test } from '@jest/globals';
import { judgeHeartbeat, judgeLook, lateWords } from '../../src/verify/judge-heartbeat.ts';

const check = (name: string, state: 'pass' | 'fail' | 'inconclusive' | 'error') =>
  ({ name, state, evidence: `${name} said ${state}` }) as const;

test.each([
  ['all pass', [check('a', 'pass'), check('b', 'pass')], 'pass'],
  ['one fails, one is blind', [check('a', 'fail'), check('b', 'error')], 'fail'],
  ['one has no data', [check('a', 'pass'), check('b', 'inconclusive')], 'inconclusive'],
  ['one can’t be measured', [check('a', 'error')], 'inconclusive'],
  ['there are none', [], 'inconclusive'],
] as const)('a look where %s is %s', (_, checks, state) => {
  expect(judgeLook(checks).state).toBe(state);
});

const task = { overdue: 'the postmortem is overdue', red: true };
const overdue = { overdue: 'the drill is overdue', red: true };
test.each([
  ['nothing was due', undefined, undefined, 'verified -', undefined],
  [
    'a follow-up is overdue, and the plan says warn',
    undefined,
    undefined,
    'verified -',
    { ...task, red: false },
  ],
  ['a follow-up is overdue, and the plan says fail', undefined, undefined, 'failed follow-up-overdue', task],
  ['drills come before follow-ups', undefined, overdue, 'failed drill-overdue', task],
  ['health comes before follow-ups', judgeLook([check('a', 'fail')]), undefined, 'failed check-failed', task],
  ['a drill is overdue, and the plan says warn', undefined, { ...overdue, red: false }, 'verified -'],
  ['a drill is overdue, and the plan says fail', undefined, overdue, 'failed drill-overdue'],
  ['all is well', judgeLook([check('a', 'pass')]), undefined, 'verified -'],
  ['a check fails', judgeLook([check('a', 'fail')]), undefined, 'failed check-failed'],
  ['health comes before drills', judgeLook([check('a', 'fail')]), overdue, 'failed check-failed'],
  ['nobody can tell', judgeLook([check('a', 'error')]), undefined, 'inconclusive check-inconclusive'],
  ['nobody can tell, and a drill is overdue', judgeLook([]), overdue, 'inconclusive check-inconclusive'],
] as const)('when %s', (_, look, drill, wanted, followUps = undefined) => {
  const { outcome, fault } = judgeHeartbeat({ look, incidents: ['INC-1'], drill, followUps });
  expect(`${outcome} ${fault?.code ?? '-'}`).toBe(wanted);
});

test('a few seconds are on time', () => {
  expect([lateWords(59_000), lateWords(90 * 60_000)]).toEqual(['on time', '1 h 30 m late']);
});
