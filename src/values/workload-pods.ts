// What the pods of a workload say: which of them belong to its newest template, and which cannot start.

import { z } from 'zod';
import type { JsonObject } from './json.ts';

/** Reasons for waiting that time alone does not mend once the kubelet gives them. */
const stuckReasons: readonly string[] = [
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

/** A condition in the status of a pod or a workload. */
export const statusCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});

const containerStatus = z.object({
  name: z.string(),
  image: z.string().default(''),
  restartCount: z.number().default(0),
  state: z
    .object({
      waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).nullish(),
    })
    .nullish(),
});

const pod = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
    deletionTimestamp: z.string().nullish(),
  }),
  status: z
    .object({
      phase: z.string().default('Unknown'),
      conditions: z.array(statusCondition).nullish(),
      containerStatuses: z.array(containerStatus).nullish(),
      initContainerStatuses: z.array(containerStatus).nullish(),
    })
    .nullish(),
});

export type PodFacts = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ready: boolean;
  /** `pod api-x: container main is in CrashLoopBackOff after 3 restarts`; `undefined` for one that may still come up. */
  readonly stuck: string | undefined;
  /** Why the scheduler has no place for it, if so. */
  readonly unscheduled: string | undefined;
};

/** The pods that count: those being deleted are on their way out already. */
export function podFacts(pods: readonly JsonObject[]): readonly PodFacts[] {
  return pods.flatMap((each) => {
    const parsed = pod.safeParse(each);
    if (!parsed.success || parsed.data.metadata.deletionTimestamp) return [];
    const { metadata, status } = parsed.data;
    const conditions = status?.conditions ?? [];
    const scheduled = conditions.find((condition) => condition.type === 'PodScheduled');
    return [
      {
        name: metadata.name,
        labels: metadata.labels ?? {},
        ready: conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
        stuck: stuckContainer(metadata.name, [
          ...(status?.initContainerStatuses ?? []),
          ...(status?.containerStatuses ?? []),
        ]),
        unscheduled:
          scheduled?.status === 'False'
            ? `pod ${metadata.name} has no node: ${scheduled.message ?? scheduled.reason ?? 'no reason given'}`
            : undefined,
      },
    ];
  });
}

function stuckContainer(
  name: string,
  statuses: readonly z.infer<typeof containerStatus>[],
): string | undefined {
  for (const status of statuses) {
    const waiting = status.state?.waiting;
    if (waiting === null || waiting === undefined || !stuckReasons.includes(waiting.reason)) continue;
    const restarts = status.restartCount > 0 ? ` after ${status.restartCount} restarts` : '';
    const image = waiting.reason.includes('Image') ? ` (${status.image})` : '';
    return `pod ${name}: container ${status.name}${image} is in ${waiting.reason}${restarts}`;
  }
  return undefined;
}
