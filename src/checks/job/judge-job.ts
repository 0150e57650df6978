// What a Job or a CronJob with its Jobs says about its work. Pure: objects in, an answer with its reason out.

import { z } from 'zod';
import { formatDuration } from '../../values/durations.ts';
import type { Json, JsonObject } from '../../values/json.ts';
import { statusCondition } from '../../values/workload-pods.ts';

export type JobJudgement = {
  readonly state: 'pass' | 'fail' | 'inconclusive';
  readonly value: Json;
  readonly evidence: string;
};

type Time = { readonly now: Date; readonly maxAgeMs: number | undefined };

const owners = z.array(z.looseObject({ uid: z.string() })).nullish();
const jobSchema = z.object({
  metadata: z.object({ name: z.string(), ownerReferences: owners }),
  spec: z.object({ suspend: z.boolean().nullish() }).nullish(),
  status: z
    .object({
      active: z.number().nullish(),
      succeeded: z.number().nullish(),
      failed: z.number().nullish(),
      completionTime: z.string().nullish(),
      conditions: z.array(statusCondition.extend({ lastTransitionTime: z.string().nullish() })).nullish(),
    })
    .nullish(),
});
const cronJobSchema = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({ suspend: z.boolean().nullish() }).nullish(),
  status: z.object({ lastSuccessfulTime: z.string().nullish() }).nullish(),
});
type Job = z.infer<typeof jobSchema>;

/** `at`: when it ended, ms; `undefined` while it has not, or where nothing says when. */
type End = {
  readonly state: 'complete' | 'failed' | 'suspended' | 'running';
  readonly at: number | undefined;
  readonly why: string;
};

export function judgeJob(live: JsonObject | undefined, time: Time): JobJudgement {
  if (live === undefined) {
    const evidence =
      'does not exist, so nothing can be said about it; a Job with ttlSecondsAfterFinished is removed when it has ended';
    return { state: 'inconclusive', value: { state: 'missing' }, evidence };
  }
  const parsed = jobSchema.safeParse(live);
  if (!parsed.success) return senseless;
  const end = endOf(parsed.data);
  const { active, succeeded, failed } = parsed.data.status ?? {};
  const value = { state: end.state, active: active ?? 0, succeeded: succeeded ?? 0, failed: failed ?? 0 };
  switch (end.state) {
    case 'failed':
      return { state: 'fail', value, evidence: end.why };
    case 'complete': {
      const stale = staleness(end.at, time);
      return stale === undefined
        ? { state: 'pass', value, evidence: end.why }
        : { state: 'inconclusive', value, evidence: `${end.why}, ${stale}: that was an earlier run` };
    }
    case 'suspended':
    case 'running':
      return { state: 'inconclusive', value, evidence: end.why };
  }
}

/** `jobs`: all of the namespace; its own are found by their owner. */
export function judgeCronJob(
  live: JsonObject | undefined,
  jobs: readonly JsonObject[],
  time: Time,
): JobJudgement {
  if (live === undefined) {
    return { state: 'inconclusive', value: { state: 'missing' }, evidence: 'does not exist' };
  }
  const parsed = cronJobSchema.safeParse(live);
  if (!parsed.success) return senseless;
  const { metadata, spec, status } = parsed.data;
  const runs = jobs.flatMap((each) => {
    const run = jobSchema.safeParse(each);
    const own = run.success && run.data.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid);
    return run.success && own === true ? [{ name: run.data.metadata.name, ...endOf(run.data) }] : [];
  });
  const [failed] = runs
    .filter(({ state }) => state === 'failed')
    .toSorted((a, b) => (b.at ?? Number.POSITIVE_INFINITY) - (a.at ?? Number.POSITIVE_INFINITY));
  const ends = [
    Date.parse(status?.lastSuccessfulTime ?? ''),
    ...runs.flatMap(({ state, at }) => (state === 'complete' && at !== undefined ? [at] : [])),
  ].filter((at) => !Number.isNaN(at));
  const success = ends.length === 0 ? undefined : Math.max(...ends);
  const value = { 'last-success': success === undefined ? null : new Date(success).toISOString() };
  // A failure without a time may be the newest there is.
  if (failed !== undefined && (failed.at ?? Number.POSITIVE_INFINITY) > (success ?? 0)) {
    return { state: 'fail', value, evidence: `its last run, ${failed.name}, failed: ${failed.why}` };
  }
  if (success === undefined) {
    const running = runs.length > 0 ? ', its first run has not ended' : '';
    return { state: 'inconclusive', value, evidence: `has never succeeded${running}` };
  }
  const told = `last succeeded ${formatDuration(time.now.getTime() - success)} ago`;
  const suspended = spec?.suspend === true ? ', and is suspended' : '';
  if (staleness(success, time) !== undefined) {
    return { state: 'fail', value, evidence: `${told}${suspended}` };
  }
  if (spec?.suspend === true) {
    return { state: 'inconclusive', value, evidence: `${told}${suspended}: it does not run` };
  }
  return { state: 'pass', value, evidence: told };
}

const senseless: JobJudgement = {
  state: 'inconclusive',
  value: null,
  evidence: 'its content makes no sense',
};

function endOf({ spec, status }: Job): End {
  const holds = (type: string): NonNullable<NonNullable<Job['status']>['conditions']>[number] | undefined =>
    status?.conditions?.find((each) => each.type === type && each.status === 'True');
  // `FailureTarget` says that it has failed and its last pods are being ended.
  const failure = holds('Failed') ?? holds('FailureTarget');
  if (failure !== undefined) {
    const reason = [failure.reason, failure.message].filter(Boolean).join(': ') || 'no reason given';
    return { state: 'failed', at: timeOf(failure.lastTransitionTime), why: `failed, ${reason}` };
  }
  const complete = holds('Complete');
  if (complete !== undefined) {
    const at = timeOf(status?.completionTime) ?? timeOf(complete.lastTransitionTime);
    return { state: 'complete', at, why: 'complete' };
  }
  if (spec?.suspend === true || holds('Suspended') !== undefined) {
    return { state: 'suspended', at: undefined, why: 'is suspended, so it does nothing' };
  }
  const { active, failed } = status ?? {};
  const tries = failed ? `, ${failed} of its pods have failed` : '';
  return { state: 'running', at: undefined, why: `has not ended: ${active ?? 0} pods run${tries}` };
}

function timeOf(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Why a success is too old to count, or `undefined` if it counts. */
function staleness(at: number | undefined, { now, maxAgeMs }: Time): string | undefined {
  if (maxAgeMs === undefined) return undefined;
  if (at === undefined) return 'nobody knows when';
  const age = now.getTime() - at;
  return age > maxAgeMs
    ? `${formatDuration(age)} ago, which is more than ${formatDuration(maxAgeMs)}`
    : undefined;
}
