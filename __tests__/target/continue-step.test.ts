// The table of ADR 0016, line by line: what the page says of a step, and what a press makes of it.

import { describe, expect, test } from '@jest/globals';
import type { StepHistory } from '../../src/state/step-histories.ts';
import { decideStep, type StepFacts } from '../../src/target/continue-step.ts';

const history: StepHistory = {
  state: 'unknown',
  repeatable: false,
  cleanedSince: false,
  identity: 'a',
  outputs: { id: '7' },
  told: 'done by INC-1 at 10:00',
  evidence: 'INC-1 began to run a script, and nobody saw its end',
};

const probes = {
  done: { state: 'done', evidence: 'it is there' },
  'not-done': { state: 'not-done', evidence: 'it is not there' },
  unknown: { state: 'unknown', evidence: 'nothing to ask' },
} as const;

const decide = (told: Partial<StepHistory> | undefined, more: Partial<StepFacts> = {}): string => {
  const facts = { cleanup: false, identity: 'a', probe: undefined, override: undefined, ...more };
  const decision = decideStep({
    history: told === undefined ? undefined : { ...history, ...told },
    ...facts,
  });
  return decision.type === 'leave' ? `leave ${JSON.stringify(decision.outputs)}` : decision.type;
};

describe('what is done with a step of a continued incident', () => {
  test.each<[string, Partial<StepHistory> | undefined, Partial<StepFacts>, string]>([
    ['not on the page', undefined, {}, 'perform'],
    ['failed with an end that was seen', { state: 'failed' }, {}, 'perform'],
    ['failed, whatever a person says of it', { state: 'failed' }, { override: 'skip' }, 'perform'],
    ['succeeded', { state: 'succeeded' }, {}, 'leave {"id":"7"}'],
    [
      'succeeded, and told to be repeated',
      { state: 'succeeded' },
      { override: 'repeat' },
      'leave {"id":"7"}',
    ],
    ['a cleanup that succeeded', { state: 'succeeded' }, { cleanup: true }, 'perform'],
    ['a cleanup that nobody saw the end of', {}, { cleanup: true }, 'perform'],
    ['undone by a cleanup', { state: 'succeeded', cleanedSince: true }, {}, 'ask-kind'],
    [
      'undone by a cleanup, still done',
      { state: 'succeeded', cleanedSince: true },
      { probe: probes.done },
      'leave {"id":"7"}',
    ],
    [
      'undone by a cleanup, not done',
      { state: 'succeeded', cleanedSince: true },
      { probe: probes['not-done'] },
      'perform',
    ],
    [
      'undone by a cleanup, unknown',
      { state: 'succeeded', cleanedSince: true },
      { probe: probes.unknown },
      'undecided',
    ],
    ['nobody saw its end', {}, {}, 'ask-kind'],
    ['nobody saw its end, done', {}, { probe: probes.done }, 'leave {"id":"7"}'],
    ['nobody saw its end, not done', {}, { probe: probes['not-done'] }, 'perform'],
    ['nobody saw its end, unknown', {}, { probe: probes.unknown }, 'undecided'],
    ['unknown, a person skips it', {}, { probe: probes.unknown, override: 'skip' }, 'leave {"id":"7"}'],
    ['unknown, a person repeats it', {}, { probe: probes.unknown, override: 'repeat' }, 'perform'],
    ['done, whatever a person says', {}, { probe: probes.done, override: 'repeat' }, 'leave {"id":"7"}'],
    ['read-only or idempotent', { repeatable: true }, {}, 'perform'],
    ['other settings by now, failed', { state: 'failed' }, { identity: 'b' }, 'perform'],
    ['other settings by now, idempotent', { repeatable: true }, { identity: 'b' }, 'perform'],
    ['other settings by now, nobody saw its end', {}, { identity: 'b' }, 'ask-kind'],
    ['other settings by now, nobody can tell', {}, { identity: 'b', probe: probes.unknown }, 'undecided'],
    ['another step under the same key, done', { state: 'succeeded' }, { identity: 'b' }, 'perform'],
    ['settings that are not known yet', { state: 'succeeded' }, { identity: undefined }, 'leave {"id":"7"}'],
  ])('%s', (_name, told, more, expected) => {
    expect(decide(told, more)).toBe(expected);
  });

  test('a person is given the evidence of the page and of the kind', () => {
    expect(
      decideStep({ history, cleanup: false, identity: 'a', probe: probes.unknown, override: undefined }),
    ).toEqual({ type: 'undecided', evidence: `${history.evidence}; nothing to ask` });
  });
});
