// Which history is whose, and what a press makes of words about steps: before anything changes.

import { describe, expect, test } from '@jest/globals';
import type { CourseStep } from '../../src/engine/course.ts';
import { settleSteps } from '../../src/engine/settle-steps.ts';
import type { StepHistory } from '../../src/state/step-histories.ts';
import { deps, performed, phase, step } from '../support/course.ts';

const history = (identity: string, state: StepHistory['state'] = 'succeeded'): StepHistory => ({
  state,
  repeatable: false,
  cleanedSince: false,
  identity,
  outputs: {},
  told: 'done by INC-1',
  evidence: 'INC-1 began it, and nobody saw its end',
});
const probe = async () => ({ state: 'unknown', evidence: 'nothing to ask' }) as const;
const act = (key: string, identity: string): CourseStep => step(key, { verbs: { identity, probe } });

const settle = async (
  steps: readonly CourseStep[],
  histories: Readonly<Record<string, StepHistory>>,
  overrides: readonly string[] = [],
): Promise<{ readonly done: readonly string[]; readonly notes: readonly string[] }> => {
  const recorded = deps(() => performed('succeeded'));
  const facts = { histories: new Map(Object.entries(histories)), overrides };
  const course = await settleSteps([phase('app', steps)], facts, recorded);
  return {
    done: course.flatMap((each) =>
      each.steps.flatMap(({ key, settled }) => (settled === undefined ? [] : [key])),
    ),
    notes: recorded.events.flatMap((event) => (event.type === 'note' ? [event.text] : [])),
  };
};

describe('which history is a step’s', () => {
  test.each<[string, readonly CourseStep[], Readonly<Record<string, StepHistory>>, readonly string[]]>([
    ['the one under its key', [act('run', 'a')], { run: history('a') }, ['run']],
    [
      'its own also where another step was put before it',
      [act('run', 'new'), act('run-2', 'a'), act('run-3', 'b')],
      { run: history('a'), 'run-2': history('b') },
      ['run-2', 'run-3'],
    ],
    ['its own also under another name', [act('charge-card', 'a')], { charge: history('a') }, ['charge-card']],
    [
      'nobody’s, of two that do the same, twice',
      [act('x', 'a'), act('run', 'a')],
      { run: history('a') },
      ['run'],
    ],
    ['not that of what it did before it was changed', [act('run', 'b')], { run: history('a') }, []],
  ])('%s', async (_name, steps, histories, done) => {
    expect((await settle(steps, histories)).done).toEqual(done);
  });

  test('what may have happened is asked for under its new name', async () => {
    await expect(
      settle([act('charge-card', 'a')], { charge: history('a', 'unknown') }),
    ).rejects.toMatchObject({
      code: 'step-undecided',
      hint: expect.stringContaining('skip-step:charge-card'),
    });
  });

  test('what may have happened and is in the plan no more is said', async () => {
    const { notes } = await settle([act('other', 'b')], { charge: history('a', 'unknown') });
    expect(notes).toEqual([
      'charge: INC-1 began it, and nobody saw its end; the plan has no such step any more, so nothing is done about it',
    ]);
  });
});

describe('words about steps', () => {
  test.each(['skip-step:app/chrage', 'repeat-step:chrage'])(
    '%s names no step and is refused',
    async (word) => {
      await expect(settle([act('charge', 'a')], {}, [word])).rejects.toMatchObject({
        code: 'override-unknown',
        hint: expect.stringContaining('charge'),
      });
    },
  );

  test('a step that exists may be named, also where nothing is to be decided', async () => {
    expect((await settle([act('charge', 'a')], {}, ['skip-step:charge'])).done).toEqual([]);
  });
});
