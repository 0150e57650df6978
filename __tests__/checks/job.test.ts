// What Jobs and CronJobs say, without a cluster: only an end is an answer, and only a fresh one.

import { describe, expect, test } from '@jest/globals';
import { judgeCronJob, judgeJob } from '../../src/checks/job/judge-job.ts';
import { job } from '../../src/checks/job.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';

const now = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString();
const hourMs = 3_600_000;

const run = (status: JsonObject, spec: JsonObject = {}, name = 'migrate'): JsonObject => ({
  metadata: { name, ownerReferences: [{ uid: 'cron-1' }] },
  spec,
  status,
});
const complete = (seconds: number): JsonObject => ({
  succeeded: 1,
  completionTime: ago(seconds),
  conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: ago(seconds) }],
});
const failed = (seconds: number, type = 'Failed'): JsonObject => ({
  failed: 1,
  conditions: [
    {
      type,
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'too often',
      lastTransitionTime: ago(seconds),
    },
  ],
});

describe('a Job', () => {
  test.each<[string, JsonObject | undefined, number | undefined, RegExp]>([
    ['that is complete passes', run(complete(10)), undefined, /^pass: complete/],
    [
      'that has failed fails, with the reason',
      run(failed(10)),
      undefined,
      /^fail: failed, BackoffLimitExceeded: too often/,
    ],
    ['that is about to be failed has failed', run(failed(10, 'FailureTarget')), undefined, /^fail/],
    ['that runs is no answer yet', run({ active: 1 }), undefined, /^inconclusive: has not ended: 1 pods run/],
    [
      'whose condition is not true is none',
      run({ conditions: [{ type: 'Complete', status: 'False' }] }),
      undefined,
      /^inconclusive/,
    ],
    ['without a status is none', { metadata: { name: 'migrate' } }, undefined, /^inconclusive/],
    ['that is suspended is none', run({}, { suspend: true }), undefined, /^inconclusive: is suspended/],
    ['that is not there is none', undefined, undefined, /^inconclusive: does not exist/],
    ['that makes no sense is none', { metadata: {} }, undefined, /^inconclusive: its content makes no sense/],
    ['that ended in time passes', run(complete(3_600)), hourMs, /^pass/],
    [
      'that ended before is an earlier one',
      run(complete(3_601)),
      hourMs,
      /^inconclusive: complete, .*earlier run/,
    ],
    [
      'that ended nobody knows when is no answer',
      run({ conditions: [{ type: 'Complete', status: 'True' }] }),
      hourMs,
      /^inconclusive/,
    ],
  ])('%s', (_name, live, maxAgeMs, said) => {
    const { state, evidence } = judgeJob(live, { now, maxAgeMs });
    expect(`${state}: ${evidence}`).toMatch(said);
  });
});

const cron = (status: JsonObject, spec: JsonObject = {}): JsonObject => ({
  metadata: { uid: 'cron-1' },
  spec,
  status,
});

describe('a CronJob', () => {
  const succeeded = cron({ lastSuccessfulTime: ago(3_600) });
  const foreign = { ...run(failed(1)), metadata: { name: 'other', ownerReferences: [{ uid: 'cron-2' }] } };
  test.each<[string, JsonObject | undefined, readonly JsonObject[], number | undefined, RegExp]>([
    ['whose last run succeeded passes', succeeded, [], undefined, /^pass: last succeeded 1 h ago/],
    ['whose success is just young enough passes', succeeded, [], hourMs, /^pass/],
    ['whose success is too old fails', succeeded, [], hourMs - 1, /^fail: last succeeded 1 h ago/],
    [
      'whose last run failed fails',
      succeeded,
      [run(failed(60), {}, 'backup-2')],
      undefined,
      /^fail: its last run, backup-2, failed/,
    ],
    ['that has succeeded since it failed passes', succeeded, [run(failed(3_700))], undefined, /^pass/],
    ['is not blamed for the run of another one', succeeded, [foreign], undefined, /^pass/],
    [
      'of which a run goes on is judged by the one before',
      succeeded,
      [run({ active: 1 })],
      undefined,
      /^pass/,
    ],
    ['that has never run is no answer', cron({}), [], undefined, /^inconclusive: has never succeeded/],
    ['whose first run goes on is none', cron({}), [run({ active: 1 })], undefined, /first run has not ended/],
    ['whose first run failed fails', cron({}), [run(failed(5))], undefined, /^fail/],
    [
      'that is suspended is no answer',
      cron({ lastSuccessfulTime: ago(60) }, { suspend: true }),
      [],
      undefined,
      /^inconclusive: .*suspended/,
    ],
    ['that is not there is none', undefined, [], undefined, /^inconclusive: does not exist/],
    ['that makes no sense is none', { metadata: {} }, [], undefined, /^inconclusive/],
  ])('%s', (_name, live, jobs, maxAgeMs, said) => {
    const { state, evidence } = judgeCronJob(live, jobs, { now, maxAgeMs });
    expect(`${state}: ${evidence}`).toMatch(said);
  });
});

test.each<[string, Json, boolean]>([
  ['a Job', { job: 'migrate' }, true],
  ['a CronJob', { cronjob: 'backup', 'max-age': '26h', namespace: 'shop' }, true],
  ['neither', { namespace: 'shop' }, false],
  ['both', { job: 'a', cronjob: 'b' }, false],
  ['what would be another path', { job: '../secrets' }, false],
])('settings: %s', (_name, given, valid) => {
  expect(job.schema.safeParse(given).success).toBe(valid);
});
