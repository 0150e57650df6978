// Counts pods by what has happened to them. Pure: pods as the API server gives them in, names out.

import { z } from 'zod';
import type { JsonObject } from '../../values/json.ts';

const ended = z.looseObject({
  reason: z.string().nullish(),
  exitCode: z.number().nullish(),
  finishedAt: z.string().nullish(),
});
const containerStatus = z.object({
  name: z.string(),
  restartCount: z.number().default(0),
  state: z
    .object({
      waiting: z.looseObject({ reason: z.string().nullish() }).nullish(),
      terminated: ended.nullish(),
    })
    .nullish(),
  lastState: z.object({ terminated: ended.nullish() }).nullish(),
});
const statuses = z.array(containerStatus).nullish();
const podSchema = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  status: z
    .object({
      phase: z.string().nullish(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses: statuses,
      initContainerStatuses: statuses,
    })
    .nullish(),
});
type Pod = z.infer<typeof podSchema>;
type Container = z.infer<typeof containerStatus>;
type Ended = z.infer<typeof ended>;

/** What is counted, by the names of the settings. Every number is one of distinct pods. */
export const countedKeys = [
  'oom-killed',
  'crash-looping',
  'image-pull-failing',
  'restarted',
  'not-ready',
  'pending',
] as const;
export type CountedKey = (typeof countedKeys)[number];

export type PodTally = {
  /** Pods that are not on their way out. */
  readonly pods: number;
  /** Of these, those that have not ended for good (`Succeeded`, `Failed`). */
  readonly alive: number;
  /** Pods of which no sense can be made. */
  readonly unreadable: number;
  /** Names of pods. */
  readonly certain: Readonly<Record<CountedKey, readonly string[]>>;
  /** Names of pods to which it happened at a time that is not told: they may have to be counted, too. */
  readonly undated: Readonly<Record<CountedKey, readonly string[]>>;
};

const pullReasons: readonly string[] = [
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'RegistryUnavailable',
];

type Answer = 'yes' | 'no' | 'undated';

export function tallyPods(
  found: readonly JsonObject[],
  { now, windowMs }: { readonly now: Date; readonly windowMs: number },
): PodTally {
  const parsed = found.map((each) => podSchema.safeParse(each));
  const here = parsed.flatMap((each) =>
    each.success && !each.data.metadata.deletionTimestamp ? [each.data] : [],
  );
  const since = now.getTime() - windowMs;
  const questions: Readonly<Record<CountedKey, (pod: Pod) => Answer>> = {
    'oom-killed': (pod) => lately(endsOf(pod).filter(isOutOfMemory), since),
    restarted: (pod) => lately(restartsOf(pod), since),
    'crash-looping': (pod) => sure(containersOf(pod).some((each) => loops(pod, each))),
    'image-pull-failing': (pod) =>
      sure(containersOf(pod).some(({ state }) => pullReasons.includes(state?.waiting?.reason ?? ''))),
    'not-ready': (pod) => sure(isAlive(pod) && !isReady(pod)),
    pending: (pod) => sure(pod.status?.phase === 'Pending'),
  };
  const named = (answer: Answer): Record<CountedKey, readonly string[]> => {
    const names = (key: CountedKey): readonly string[] =>
      here.filter((pod) => questions[key](pod) === answer).map(({ metadata }) => metadata.name);
    return {
      'oom-killed': names('oom-killed'),
      'crash-looping': names('crash-looping'),
      'image-pull-failing': names('image-pull-failing'),
      restarted: names('restarted'),
      'not-ready': names('not-ready'),
      pending: names('pending'),
    };
  };
  return {
    pods: here.length,
    alive: here.filter(isAlive).length,
    unreadable: parsed.filter(({ success }) => !success).length,
    certain: named('yes'),
    undated: named('undated'),
  };
}

function sure(answer: boolean): Answer {
  return answer ? 'yes' : 'no';
}

/** Whether one of the ends lies after `since`. One in the future does: the node's clock is ahead of ours. */
function lately(ends: readonly Ended[], since: number): Answer {
  const times = ends.map(({ finishedAt }) => Date.parse(finishedAt ?? ''));
  if (times.some((time) => time >= since)) return 'yes';
  return times.some(Number.isNaN) ? 'undated' : 'no';
}

function containersOf({ status }: Pod): readonly Container[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** How containers ended: before their last restart, or now. Older ends are not kept anywhere. */
function endsOf(pod: Pod): readonly Ended[] {
  return containersOf(pod).flatMap(({ state, lastState }) =>
    [state?.terminated, lastState?.terminated].filter((end) => end !== null && end !== undefined),
  );
}

function restartsOf(pod: Pod): readonly Ended[] {
  return containersOf(pod).flatMap(({ restartCount, lastState }) =>
    restartCount > 0 ? [lastState?.terminated ?? {}] : [],
  );
}

function isOutOfMemory({ reason }: Ended): boolean {
  return reason === 'OOMKilled';
}

/** In back-off, or ended with an error once more and about to be. */
function loops(pod: Pod, { state, restartCount }: Container): boolean {
  if (state?.waiting?.reason === 'CrashLoopBackOff') return true;
  return isAlive(pod) && restartCount > 0 && (state?.terminated?.exitCode ?? 0) !== 0;
}

function isAlive({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
