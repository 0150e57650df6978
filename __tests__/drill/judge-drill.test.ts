// What a drill comes to: it passes only if it noticed, recovered and left everything as it was.

import { describe, expect, test } from '@jest/globals';
import { type DrillFacts, judgeDrill } from '../../src/drill/judge-drill.ts';
import { namespacesIn } from '../../src/drill/marked-target.ts';
import type { CourseResult } from '../../src/engine/run-course.ts';
import type { WatchResult } from '../../src/events.ts';

const done: CourseResult = {
  ended: 'completed',
  failedStep: undefined,
  fault: undefined,
  seenThere: new Set(),
};
const halted: CourseResult = {
  ...done,
  ended: 'halted',
  failedStep: 'break/deploy',
  fault: { code: 'command-failed', message: 'helm said no', hint: 'look' },
};
const bad: WatchResult = { state: 'bad', because: ['http: 500'], durationMs: 1000, looks: 3 };
const passed: DrillFacts = {
  broke: done,
  seen: bad,
  taken: { outcome: 'rolled-back', fault: undefined, failedStep: undefined },
  restored: done,
  changed: [],
  unwell: [],
  late: undefined,
  interruption: undefined,
};
const stuck = { code: 'step-not-verified', message: 'pods are not ready', hint: 'look' } as const;

describe('a drill', () => {
  test.each<[string, Partial<DrillFacts>, string]>([
    ['noticed, recovered, as before', {}, 'verified undefined'],
    ['without a restore', { restored: undefined }, 'verified undefined'],
    ['not noticed', { seen: { ...bad, state: 'quiet', because: [] } }, 'failed drill-not-noticed'],
    ['blind', { seen: { ...bad, state: 'blind' } }, 'failed drill-not-noticed'],
    [
      'nothing was broken',
      { taken: { outcome: 'already-there', fault: undefined, failedStep: undefined } },
      'failed drill-not-noticed',
    ],
    ['the bad version could not be put out', { broke: halted, seen: undefined }, 'failed command-failed'],
    [
      'the way back halted',
      { taken: { outcome: 'halted', fault: stuck, failedStep: 'roll-back/api' } },
      'failed step-not-verified',
    ],
    [
      'the way back halted and something is different now',
      {
        taken: { outcome: 'halted', fault: stuck, failedStep: 'roll-back/api' },
        changed: ['api was 1 and is 2'],
      },
      'failed drill-not-restored',
    ],
    [
      'not noticed and something is different now: the graver first',
      { seen: undefined, changed: ['api was 1 and is 2'] },
      'failed drill-not-restored',
    ],
    ['restore failed', { restored: halted }, 'failed drill-not-restored'],
    ['noticed too late', { late: { tookMs: 9_000, limitMs: 5_000 } }, 'failed drill-not-noticed'],
    ['restore broke what the rollback mended', { unwell: ['http: 503'] }, 'failed drill-not-restored'],
    ['cancelled', { interruption: { code: 'cancelled', message: 'cancelled' } }, 'interrupted cancelled'],
  ])('%s', (_title, facts, expected) => {
    const { outcome, fault } = judgeDrill({ ...passed, ...facts });
    expect(`${outcome} ${fault?.code}`).toBe(expected);
  });

  test('looks for namespaces at any depth of settings', () => {
    const settings = {
      helm: { namespace: 'prod', set: [{ namespace: 'other' }] },
      namespace: 7,
      name: 'namespace',
    };
    expect(namespacesIn(settings)).toEqual(['prod', 'other']);
  });
});
