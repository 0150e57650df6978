// A server that can't be asked in the middle of a step: what was not seen is looked at again, and what can't be looked at
// is never repeated blindly.

import { expect, test } from '@jest/globals';
import { createPerform, type Performed } from '../../src/engine/perform.ts';
import { runCourse } from '../../src/engine/run-course.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import { createFakeClock, deps, operation, performed, phase, statuses, step } from '../support/course.ts';

const away = (): never => {
  throw new RollbackPlanError('cluster-unreachable', 'GET /api/v1: socket hang up', { hint: 'wait' });
};

test('a step whose end can’t be looked at is looked at again, and succeeds when it is seen', async () => {
  const recorded = deps(() => performed('succeeded'));
  let looks = 0;
  const verify = async () => {
    looks += 1;
    return looks < 4 ? away() : { state: 'verified' as const, evidence: 'seen' };
  };
  await runCourse([phase('one', [step('a', { verbs: { verify } })])], recorded);
  expect([statuses(recorded), recorded.performedIds, looks]).toEqual([['a: succeeded'], ['a'], 4]);
});

test('a step whose end nobody could look at in its time is unknown, and says why', async () => {
  const recorded = deps(() => performed('succeeded'));
  const unseen = step('a', { verbs: { verify: async () => away() } });
  const result = await runCourse([phase('one', [unseen])], recorded);
  expect(statuses(recorded)).toEqual(['a: unknown']);
  expect(result).toMatchObject({
    fault: { code: 'step-unknown', message: expect.stringContaining('socket hang up') },
  });
});

test('any other error of a verification ends the step at once', async () => {
  const recorded = deps(() => performed('succeeded'));
  const refused = async () => {
    throw new RollbackPlanError('permission-missing', 'no', { hint: 'ask' });
  };
  const result = await runCourse([phase('one', [step('a', { verbs: { verify: refused } })])], recorded);
  expect(result).toMatchObject({ ended: 'halted', fault: { code: 'permission-missing' } });
});

test('a command that failed is not repeated where its effect can’t be asked for', async () => {
  const recorded = deps(() => performed('failed', 'failed with exit code 1'));
  const result = await runCourse(
    [phase('one', [step('a', { verbs: { probe: async () => away() } })])],
    recorded,
  );
  expect(recorded.performedIds).toEqual(['a']);
  expect(result).toMatchObject({
    ended: 'halted',
    fault: { code: 'command-failed', message: expect.stringContaining('it could not be asked') },
  });
});

/** A write that the server answers like this. */
async function write(
  answer: { readonly status: number; readonly body: string },
  signal = new AbortController().signal,
): Promise<Performed> {
  const perform = createPerform({
    processes: { run: async () => away() },
    http: { request: async () => away() },
    cluster: { write: async () => answer },
    clock: createFakeClock(),
    redact: (text) => text.replaceAll('s3cret', '***'),
  });
  const act = { type: 'api', write: { verb: 'replace', path: '/api/v1/x' } } as const;
  return await perform({ ...operation('a'), act }, { deadlineMs: 60_000, signal, onLine: () => undefined });
}

test('a write to the API without an answer says so, and that it may have taken effect', async () => {
  const lost = { status: 0, body: 'PUT /api/v1/x: s3cret hung up' };
  expect(await write(lost)).toMatchObject({
    ended: 'failed',
    status: undefined,
    uncertain: true,
    sentence: 'got no answer from the API server: PUT /api/v1/x: *** hung up',
  });
  expect(await write(lost, AbortSignal.abort())).toMatchObject({ ended: 'cancelled', uncertain: true });
});

test.each([
  [500, true],
  [504, true],
  [409, undefined],
  [429, undefined],
])('a write that is answered %d is uncertain: %s', async (status, uncertain) => {
  const { ended, uncertain: found } = await write({ status, body: '' });
  expect([ended, found]).toEqual(['failed', uncertain]);
});
