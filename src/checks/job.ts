// Check kind `job`: did a Job end well, and did the last run of a CronJob? A run that still runs is no answer yet.

import { z } from 'zod';
import { toRollbackPlanError } from '../errors.ts';
import type { KindContext } from '../ports.ts';
import { duration, formatDuration } from '../values/durations.ts';
import type { JsonObject } from '../values/json.ts';
import { namespaceLabel } from '../values/names.ts';
import type { Requirement } from '../values/operation.ts';
import type { CheckKind, Measurement } from './check-kind.ts';
import { type JobJudgement, judgeCronJob, judgeJob } from './job/judge-job.ts';

const objectName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'small letters, digits, "-" and "." (RFC 1123)');

const schema = z
  .strictObject({
    job: objectName.optional().describe('Name of the Job. This or `cronjob`.'),
    cronjob: objectName.optional().describe('Name of the CronJob, whose last run is judged. This or `job`.'),
    namespace: namespaceLabel.optional().describe("Namespace of the Job. Default: the target's namespace."),
    'max-age': duration
      .optional()
      .describe(
        'How old the last success may be: `26h`. Of a Job an older one is somebody else’s, of a CronJob it is a failure.',
      ),
  })
  .superRefine(({ job, cronjob }, context) => {
    if ((job === undefined) !== (cronjob === undefined)) return;
    const message = 'name what to look at: `job: migrate`, or `cronjob: backup`, and not both';
    context.addIssue({ code: 'custom', path: ['job'], message });
  });

export type JobSettings = z.output<typeof schema>;

export const job: CheckKind<JobSettings> = {
  name: 'job',
  summary: 'A Job has ended well, or the last run of a CronJob has.',
  schema,
  timeoutMs: 15_000,

  requires({ cronjob, namespace }) {
    const place = namespace === undefined ? {} : { namespace };
    const may = (verb: string, resource: string): Requirement => ({
      type: 'permission',
      verb,
      group: 'batch',
      resource,
      ...place,
    });
    return cronjob === undefined ? [may('get', 'jobs')] : [may('get', 'cronjobs'), may('list', 'jobs')];
  },

  async measure(context, settings): Promise<Measurement> {
    const age = settings['max-age'];
    const expected = age === undefined ? 'complete' : `complete in the last ${formatDuration(age)}`;
    const name = settings.job === undefined ? `cronjob/${settings.cronjob}` : `job/${settings.job}`;
    try {
      const { state, value, evidence } = await look(context, settings);
      return { state, value, expected, evidence: `${name}: ${evidence}` };
    } catch (thrown) {
      const { message } = toRollbackPlanError(thrown);
      return { state: 'error', value: null, expected, evidence: `could not measure: ${message}` };
    }
  },
};

async function look({ cluster, clock, signal }: KindContext, settings: JobSettings): Promise<JobJudgement> {
  const base = `/apis/batch/v1/namespaces/${settings.namespace ?? cluster.namespace}`;
  const time = { now: clock.now(), maxAgeMs: settings['max-age'] };
  if (settings.job !== undefined) {
    return judgeJob(await cluster.get(`${base}/jobs/${settings.job}`, signal), time);
  }
  const cronJob = await cluster.get(`${base}/cronjobs/${settings.cronjob ?? ''}`, signal);
  const jobs: readonly JsonObject[] =
    cronJob === undefined ? [] : await cluster.list(`${base}/jobs`, {}, signal);
  return judgeCronJob(cronJob, jobs, time);
}
