// The engine on courses made by hand: order, failure, retries by class, journal before act.

import { describe, expect, test } from '@jest/globals';
import { runCourse } from '../../src/engine/run-course.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import { always, deps, operation, performed, phase, statuses, step } from '../support/course.ts';

const ok = (): ReturnType<typeof performed> => performed('succeeded');
const bad = (): ReturnType<typeof performed> => performed('failed', 'failed with exit code 1');

describe('order and failure', () => {
  test('an intent is durable before its operation is performed, and done follows', async () => {
    const seen: string[] = [];
    const recorded = deps(() => {
      seen.push(`perform after ${recorded.events.map((event) => event.type).join(',')}`);
      return ok();
    });
    await runCourse([phase('one', [step('a')])], recorded);
    expect(seen).toEqual(['perform after phase-started,step-started,intent']);
    expect(recorded.events.map((event) => event.type)).toEqual([
      'phase-started',
      'step-started',
      'intent',
      'done',
      'step-finished',
      'phase-finished',
    ]);
  });

  test('nothing is performed when the intent can not be written', async () => {
    const recorded = deps(ok, {
      emit: async (body) => {
        if (body.type === 'intent')
          throw new RollbackPlanError('journal-not-writable', 'disk full', { hint: 'free space' });
      },
    });
    const result = await runCourse([phase('one', [step('a')])], recorded);
    expect(recorded.performedIds).toEqual([]);
    expect(result).toMatchObject({ ended: 'halted', fault: { code: 'journal-not-writable' } });
  });

  test('a failed step halts what follows and the first failure is the one reported', async () => {
    const recorded = deps((id) => (id === 'b' ? bad() : ok()));
    const result = await runCourse(
      [phase('one', [step('a'), step('b', { retries: 0 }), step('c')]), phase('two', [step('d')])],
      recorded,
    );
    expect(statuses(recorded)).toEqual(['a: succeeded', 'b: failed', 'c: skipped', 'd: skipped']);
    expect(result).toMatchObject({ ended: 'halted', failedStep: 'b', fault: { code: 'command-failed' } });
  });

  test('a phase that always runs performs its steps after a halt, and the halt stays the verdict', async () => {
    const recorded = deps((id) => (id === 'a' ? bad() : ok()));
    const course = [
      phase('one', [step('a', { retries: 0 })]),
      phase('reopen', [step('open')], { shouldRun: always }),
      phase('three', [step('late')]),
    ];
    const result = await runCourse(course, recorded);
    expect(statuses(recorded)).toEqual(['a: failed', 'open: succeeded', 'late: skipped']);
    expect(result.failedStep).toBe('a');
  });

  test('in a parallel phase a failure does not cut the neighbour off', async () => {
    const recorded = deps(async (id) => {
      await Promise.resolve();
      return id === 'a' ? bad() : ok();
    });
    const result = await runCourse(
      [phase('both', [step('a', { retries: 0 }), step('b')], { parallel: true })],
      recorded,
    );
    expect([...statuses(recorded)].sort()).toEqual(['a: failed', 'b: succeeded']);
    expect(result.ended).toBe('halted');
  });

  test('a step that may fail lets the run complete', async () => {
    const recorded = deps((id) => (id === 'a' ? bad() : ok()));
    const result = await runCourse(
      [phase('one', [step('a', { onFailure: 'continue', retries: 0 }), step('b')])],
      recorded,
    );
    expect(statuses(recorded)).toEqual(['a: failed', 'b: succeeded']);
    expect(result.ended).toBe('completed');
  });

  test('a condition that can not be evaluated fails its step instead of skipping it', async () => {
    const recorded = deps(ok);
    const broken = step('a', {
      shouldRun: () => {
        throw new RollbackPlanError('expression-failed', 'no such property', { hint: 'correct it' });
      },
    });
    const result = await runCourse([phase('one', [broken, step('b')])], recorded);
    expect(statuses(recorded)).toEqual(['a: failed', 'b: skipped']);
    expect(result).toMatchObject({ ended: 'halted', fault: { code: 'expression-failed' } });
  });
});

describe('retries', () => {
  test.each([
    ['idempotent', undefined, 3],
    ['idempotent', 0, 1],
    ['idempotent', 5, 6],
    ['once', undefined, 1],
    ['once', 5, 1],
    ['read', undefined, 4],
  ] as const)('an operation of class %s with retries %s is tried %i times', async (retry, retries, times) => {
    const recorded = deps(bad);
    await runCourse([phase('one', [step('a', { operations: [operation('a', retry)], retries })])], recorded);
    expect(recorded.performedIds).toHaveLength(times);
    expect(recorded.events.filter((event) => event.type === 'intent').map((event) => event.attempt)).toEqual(
      Array.from({ length: times }, (_, index) => index + 1),
    );
  });

  test('a command that failed after its work was done is not repeated', async () => {
    const recorded = deps(bad);
    const done = step('a', {
      verbs: { probe: async () => ({ state: 'done', evidence: 'revision 4 is live' }) },
    });
    const result = await runCourse([phase('one', [done])], recorded);
    expect(recorded.performedIds).toEqual(['a']);
    expect(result.ended).toBe('completed');
  });

  test('an attempt that left its mark is not repeated', async () => {
    const recorded = deps(bad);
    const failed = step('a', {
      verbs: { probe: async () => ({ state: 'not-done', evidence: 'revision 4 failed', final: true }) },
    });
    const result = await runCourse([phase('one', [failed])], recorded);
    expect(recorded.performedIds).toEqual(['a']);
    expect(result.fault?.message).toContain('revision 4 failed');
  });

  test('a command that was cut off with an effect nobody can see is not repeated, and the step is unknown', async () => {
    const recorded = deps(() => performed('timed-out'));
    const unseen = step('a', { verbs: { probe: async () => ({ state: 'unknown', evidence: 'pending' }) } });
    await runCourse([phase('one', [unseen])], recorded);
    expect(recorded.performedIds).toEqual(['a']);
    expect(statuses(recorded)).toEqual(['a: unknown']);
  });

  test.each([
    // Only what is done once, and nobody can see, is said to happen a second time.
    ['once', 'unknown', undefined, true],
    ['idempotent', 'unknown', undefined, false],
    ['once', 'not-done', undefined, false],
    ['once', 'unknown', 'api', false],
  ] as const)(
    'the advice after a %s operation that is %s (component %s) warns of a second time: %s',
    async (retry, state, component, warns) => {
      const recorded = deps(() => performed('timed-out'));
      const unseen = step('a', {
        component,
        operations: [operation('a', retry)],
        verbs: { probe: async () => ({ state, evidence: 'pending' }) },
      });
      const { fault } = await runCourse([phase('one', [unseen])], recorded);
      const hint = fault?.hint ?? '';
      expect(hint.includes('does it a second time')).toBe(warns);
      expect(hint.includes('what is already back stays untouched')).toBe(!warns);
    },
  );

  test('a tool that is not there is not tried again', async () => {
    const recorded = deps(() => performed('not-started', 'could not be started: ENOENT'));
    const result = await runCourse([phase('one', [step('a')])], recorded);
    expect(recorded.performedIds).toEqual(['a']);
    expect(result.fault?.code).toBe('command-not-started');
  });
});

describe('verification', () => {
  test('success is what verify saw, never an exit code', async () => {
    const recorded = deps(ok);
    const broken = step('a', {
      verbs: { verify: async () => ({ state: 'failed', evidence: '0 of 3 pods ready' }) },
    });
    const result = await runCourse([phase('one', [broken])], recorded);
    expect(result).toMatchObject({
      ended: 'halted',
      fault: { code: 'step-not-verified', message: expect.stringContaining('0 of 3 pods ready') },
    });
  });

  test('it looks again until the world has settled', async () => {
    let looks = 0;
    const slow = step('a', {
      verbs: {
        verify: async () => {
          looks++;
          return looks < 4
            ? { state: 'progressing', evidence: '1 of 3' }
            : { state: 'verified', evidence: '3 of 3' };
        },
      },
    });
    const result = await runCourse([phase('one', [slow])], deps(ok));
    expect([looks, result.ended]).toEqual([4, 'completed']);
  });

  test.each([
    ['progressing', 'step-not-verified', 'failed'],
    ['unknown', 'step-unknown', 'unknown'],
  ] as const)('%s until the deadline ends as %s', async (state, code, status) => {
    const recorded = deps(ok);
    const stuck = step('a', {
      timeoutMs: 5_000,
      verbs: { verify: async () => ({ state, evidence: 'still' }) },
    });
    const result = await runCourse([phase('one', [stuck])], recorded);
    expect(result.fault?.code).toBe(code);
    expect(statuses(recorded)).toEqual([`a: ${status}`]);
  });
});

describe('the rest', () => {
  test('a cancelled run starts nothing more', async () => {
    const stop = new AbortController();
    const recorded = deps(
      (id) => {
        if (id === 'a') stop.abort();
        return performed('cancelled');
      },
      { signal: stop.signal },
    );
    const result = await runCourse(
      [phase('one', [step('a'), step('b')]), phase('reopen', [step('open')], { shouldRun: always })],
      recorded,
    );
    expect(recorded.performedIds).toEqual(['a']);
    expect(result.ended).toBe('interrupted');
    expect(statuses(recorded)).toEqual(['a: failed', 'b: skipped', 'open: skipped']);
  });

  test('what was stopped between its intent and its start is told as not started, so that nobody need wonder', async () => {
    const stop = new AbortController();
    const recorded = deps(ok, {
      signal: stop.signal,
      lock: { lost: undefined, assertInTime: () => undefined, prove: async () => stop.abort() },
    });
    const result = await runCourse([phase('one', [step('a')])], recorded);
    expect([recorded.performedIds, result.ended]).toEqual([[], 'interrupted']);
    expect(recorded.events.find(({ type }) => type === 'done')).toMatchObject({ ended: 'not-started' });
  });

  test('a budget that is exceeded is said, and stops nothing', async () => {
    const recorded = deps(async () => {
      await recorded.clock.sleep(10_000);
      return ok();
    });
    const result = await runCourse([phase('one', [step('a')], { budgetMs: 1_000 })], recorded);
    expect(recorded.events.find((event) => event.type === 'phase-finished')).toMatchObject({
      overBudget: true,
    });
    expect(result.ended).toBe('completed');
  });

  test('a failed step is compensated when it says so, and the run still halts', async () => {
    const recorded = deps((id) => (id === 'a' ? bad() : ok()));
    const undo = async (): Promise<{
      operations: ReturnType<typeof operation>[];
      preview: undefined;
      notes: string[];
    }> => ({ operations: [operation('undo')], preview: undefined, notes: [] });
    const result = await runCourse(
      [phase('one', [step('a', { retries: 0, onFailure: 'compensate', verbs: { compensate: undo } })])],
      recorded,
    );
    expect(recorded.performedIds).toEqual(['a', 'undo']);
    expect(result.ended).toBe('halted');
  });

  test('outputs and outcomes are there for later steps', async () => {
    const recorded = deps((id) => (id === 'b' ? bad() : ok()));
    await runCourse(
      [
        phase('one', [
          step('a', { verbs: { outputs: () => ({ count: 3 }) } }),
          step('b', { retries: 0 }),
          step('c'),
        ]),
      ],
      recorded,
    );
    expect(Object.fromEntries(recorded.records)).toEqual({
      a: { outcome: 'success', outputs: { count: 3 } },
      b: { outcome: 'failure', outputs: {} },
      c: { outcome: 'skipped', outputs: {} },
    });
  });
});
