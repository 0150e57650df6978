// Which pods have last words worth keeping, and which logs of theirs there can be. Pure: pods in, what to ask for out.

import { z } from 'zod';
import type { JsonObject } from '../../values/json.ts';

/** The rest of a workload fails for the same reasons. */
const mostPods = 20;

const ended = z.looseObject({ reason: z.string().nullish(), exitCode: z.number().nullish() });
const containerStatus = z.object({
  name: z.string(),
  restartCount: z.number().default(0),
  state: z
    .object({
      waiting: z.looseObject({ reason: z.string().nullish() }).nullish(),
      running: z.looseObject({}).nullish(),
      terminated: ended.nullish(),
    })
    .nullish(),
  lastState: z.object({ terminated: ended.nullish() }).nullish(),
});
const statuses = z.array(containerStatus).nullish();
const pod = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default(''), uid: z.string().default('') }),
  status: z
    .object({
      phase: z.string().nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses: statuses,
      initContainerStatuses: statuses,
      ephemeralContainerStatuses: statuses,
    })
    .nullish(),
});

/** A log that the API server may have. `previous`: of the container before its last restart. */
export type LogRequest = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
};

export type FailingPod = {
  readonly namespace: string;
  readonly name: string;
  /** `container app is in CrashLoopBackOff after 3 restarts`, or `not ready`. */
  readonly why: string;
  readonly logs: readonly LogRequest[];
  /** Containers that never ran, so that nobody wonders where their logs are. */
  readonly neverStarted: readonly string[];
};

/** Pods that are not ready, have restarted, or can't start; those that say why come first. */
export function failingPods(pods: readonly JsonObject[]): {
  readonly pods: readonly FailingPod[];
  /** How many more there are. */
  readonly leftOut: number;
} {
  const failing = pods.flatMap((each) => {
    const parsed = pod.safeParse(each);
    return parsed.success ? judge(parsed.data) : [];
  });
  const ordered = failing.toSorted((a, b) => Number(a.why === notReady) - Number(b.why === notReady));
  return { pods: ordered.slice(0, mostPods), leftOut: Math.max(0, ordered.length - mostPods) };
}

const notReady = 'not ready';

function judge({ metadata, status }: z.infer<typeof pod>): readonly FailingPod[] {
  if (status?.phase === 'Succeeded') return [];
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const ready =
    status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true;
  if (ready && containers.every(({ restartCount }) => restartCount === 0)) return [];
  const { namespace, name } = metadata;
  const started = containers.filter(hasRun);
  return [
    {
      namespace,
      name,
      why: containers.map(troubleOf).find((trouble) => trouble !== undefined) ?? notReady,
      logs: started.flatMap((container) => {
        const request = { namespace, pod: name, container: container.name };
        return [
          { ...request, previous: false },
          ...(hasEnded(container) ? [{ ...request, previous: true }] : []),
        ];
      }),
      neverStarted: containers.filter((container) => !hasRun(container)).map((container) => container.name),
    },
  ];
}

type Container = z.infer<typeof containerStatus>;

function hasEnded({ restartCount, lastState }: Container): boolean {
  return restartCount > 0 || (lastState?.terminated ?? undefined) !== undefined;
}

function hasRun(container: Container): boolean {
  return container.state?.waiting ? hasEnded(container) : true;
}

function troubleOf({ name, state, lastState, restartCount }: Container): string | undefined {
  const last = lastState?.terminated ?? state?.terminated ?? undefined;
  const why = state?.waiting?.reason ?? (last?.exitCode === 0 ? undefined : last?.reason) ?? undefined;
  const restarts = `${restartCount} ${restartCount === 1 ? 'restart' : 'restarts'}`;
  if (why === undefined) return restartCount > 0 ? `container ${name} has had ${restarts}` : undefined;
  const before = last?.reason && last.reason !== why ? ` (last ended: ${last.reason})` : '';
  return `container ${name} is in ${why}${before}${restartCount > 0 ? ` after ${restarts}` : ''}`;
}
