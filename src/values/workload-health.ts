// Judges a live Deployment, StatefulSet or DaemonSet: has the controller seen the newest template, do all pods run
// it, do enough of them serve? Pure; the one definition of "rolled out" that checks and components share.

import { z } from 'zod';
import type { JsonObject } from './json.ts';
import { currentPods, newestReplicaSet } from './workload-newest.ts';
import { type PodFacts, podFacts, statusCondition } from './workload-pods.ts';
import { describeWorkload, type WorkloadReference } from './workload-reference.ts';

export type WorkloadHealth = {
  /**
   * `ready`: all pods that should run the newest template do, and enough serve. `progressing`: time may mend it.
   * `failed`: time will not. `held`: nothing moves before somebody lets it (paused, OnDelete, partition).
   * `empty`: no pod is wanted, so nothing can be measured. `missing`: there is no such object. `unreadable`: no sense made of it.
   */
  readonly state: 'ready' | 'progressing' | 'failed' | 'held' | 'empty' | 'missing' | 'unreadable';
  /** One line: `deployment/api: 1 of 3 pods ready, 2 old pods left`. */
  readonly evidence: string;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
};

export type WorkloadFacts = {
  readonly reference: WorkloadReference;
  /** The live object, `undefined` when the server has none. */
  readonly live: JsonObject | undefined;
  /** Pods by its selector. */
  readonly pods: readonly JsonObject[];
  /** ReplicaSets by its selector; only Deployments have any. */
  readonly replicaSets: readonly JsonObject[];
};

const count = z
  .number()
  .int()
  .nonnegative()
  .nullish()
  .transform((value) => value ?? 0);
const amount = z.union([z.number(), z.string()]).nullish();
const annotated = z.object({
  name: z.string(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

const workload = z.object({
  metadata: annotated.extend({ generation: z.number().default(0) }),
  spec: z.object({
    replicas: z.number().int().nullish(),
    paused: z.boolean().nullish(),
    podManagementPolicy: z.string().nullish(),
    updateStrategy: z
      .object({
        type: z.string().nullish(),
        rollingUpdate: z.object({ partition: z.number().nullish(), maxUnavailable: amount }).nullish(),
      })
      .nullish(),
  }),
  status: z
    .object({
      observedGeneration: z.number().nullish(),
      replicas: count,
      updatedReplicas: count,
      readyReplicas: count,
      availableReplicas: count,
      updateRevision: z.string().nullish(),
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberReady: count,
      numberAvailable: count,
      conditions: z.array(statusCondition).nullish(),
    })
    .nullish(),
});

type Workload = z.infer<typeof workload>;
type Status = NonNullable<Workload['status']>;
type Counts = {
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly total: number;
};

/** One look at one workload. */
export function judgeWorkload(facts: WorkloadFacts): WorkloadHealth {
  const name = describeWorkload(facts.reference);
  const nothing = { desired: 0, updated: 0, ready: 0 };
  if (facts.live === undefined) return { state: 'missing', evidence: `${name}: does not exist`, ...nothing };
  const parsed = workload.safeParse(facts.live);
  if (!parsed.success || !parsed.data.status) {
    const why = parsed.success ? 'its controller has not written a status yet' : 'its content makes no sense';
    return { state: parsed.success ? 'progressing' : 'unreadable', evidence: `${name}: ${why}`, ...nothing };
  }
  const status = parsed.data.status;
  const counts = countsOf(facts.reference, parsed.data, status);
  const [state, detail] = judge(facts, parsed.data, status, counts);
  const { desired, updated, ready } = counts;
  return { state, evidence: `${name}: ${detail}`, desired, updated, ready };
}

type Judgement = readonly [WorkloadHealth['state'], string];

function judge(facts: WorkloadFacts, live: Workload, status: Status, counts: Counts): Judgement {
  const { generation } = live.metadata;
  if ((status.observedGeneration ?? 0) < generation) {
    return [
      'progressing',
      `generation ${generation} is not observed yet (controller at ${status.observedGeneration ?? 0})`,
    ];
  }
  if (counts.desired === 0) return judgeEmpty(facts, counts);

  const pods = podFacts(facts.pods);
  const newest = newestReplicaSet(facts.live ?? {}, facts.replicaSets);
  const current = currentPods({
    kind: facts.reference.kind,
    newest,
    updateRevision: status.updateRevision ?? undefined,
    annotations: live.metadata.annotations ?? {},
    pods,
  });
  const stuck = current.find((each) => each.stuck !== undefined)?.stuck;
  if (stuck !== undefined) return ['failed', `${stuck}; ${readyLine(counts)}`];

  const complete = counts.updated >= counts.desired && counts.total <= counts.updated;
  if (!complete) return judgeIncomplete(facts, live, status, counts, pods);
  if (counts.ready === 0) {
    return deadlineExceeded(facts, status) ?? ['progressing', `${readyLine(counts)}${waitingFor(current)}`];
  }
  if (counts.ready >= counts.desired || enoughServe(facts.reference, live, status, counts)) {
    return ['ready', readyLine(counts)];
  }
  return deadlineExceeded(facts, status) ?? ['progressing', `${readyLine(counts)}${waitingFor(current)}`];
}

function judgeEmpty(facts: WorkloadFacts, counts: Counts): Judgement {
  if (counts.total > 0) return ['progressing', `0 pods wanted, ${counts.total} still there`];
  const why = facts.reference.kind === 'DaemonSet' ? 'no node matches it' : 'it is scaled to 0';
  return ['empty', `${why}, so nothing can be measured`];
}

function judgeIncomplete(
  facts: WorkloadFacts,
  live: Workload,
  status: Status,
  counts: Counts,
  pods: readonly PodFacts[],
): Judgement {
  const old = Math.max(counts.total - counts.updated, 0);
  const line = `${counts.updated} of ${counts.desired} pods have the newest template, ${readyLine(counts)}`;
  const oldLine = old > 0 ? `, ${old} old ${old === 1 ? 'pod' : 'pods'} left` : '';
  const strategy = live.spec.updateStrategy;
  const { kind, name } = facts.reference;
  if (live.spec.paused === true) {
    return ['held', `${line}; it is paused, and stays so until: kubectl rollout resume deployment/${name}`];
  }
  if (strategy?.type === 'OnDelete') {
    return ['held', `${line}; its update strategy is OnDelete, so each old pod waits to be deleted by hand`];
  }
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  if (kind === 'StatefulSet' && partition > 0 && counts.updated >= counts.desired - partition) {
    return [
      'held',
      `${line}; partition ${partition} keeps pods below ordinal ${partition} at the old template`,
    ];
  }
  const blocking = pods.find((each) => each.stuck !== undefined)?.stuck;
  if (kind === 'StatefulSet' && live.spec.podManagementPolicy !== 'Parallel' && blocking !== undefined) {
    return [
      'failed',
      `${line}; an OrderedReady StatefulSet waits for its broken pod, delete it by hand: ${blocking}`,
    ];
  }
  return deadlineExceeded(facts, status) ?? ['progressing', `${line}${oldLine}${waitingFor(pods)}`];
}

/**
 * The progress deadline has passed for the template that is wanted now. The condition of the template before it lingers
 * while old pods end, so the ReplicaSet that the message names has to be the newest one.
 */
function deadlineExceeded(facts: WorkloadFacts, status: Status): Judgement | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'Progressing');
  if (condition?.status !== 'False' || condition.reason !== 'ProgressDeadlineExceeded') return undefined;
  const message = condition.message ?? '';
  const newest = newestReplicaSet(facts.live ?? {}, facts.replicaSets)?.name;
  const namesAnother = message.startsWith('ReplicaSet ') && !message.includes(`"${newest}"`);
  return namesAnother ? undefined : ['failed', `ProgressDeadlineExceeded: ${message || 'no message'}`];
}

/** Not every pod has to be up before a service serves; the workload itself says how many may be missing. */
function enoughServe(reference: WorkloadReference, live: Workload, status: Status, counts: Counts): boolean {
  switch (reference.kind) {
    case 'Deployment':
      return (
        status.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') ?? false
      );
    case 'DaemonSet': {
      const allowed = live.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
      const missing =
        typeof allowed === 'number'
          ? allowed
          : Math.ceil((counts.desired * Number.parseInt(allowed, 10)) / 100);
      return counts.ready >= Math.max(counts.desired - missing, 1);
    }
    case 'StatefulSet':
      return false;
  }
}

function countsOf(reference: WorkloadReference, live: Workload, status: Status): Counts {
  if (reference.kind === 'DaemonSet') {
    return {
      desired: status.desiredNumberScheduled,
      updated: status.updatedNumberScheduled,
      ready: status.numberReady,
      total: status.desiredNumberScheduled === 0 ? 0 : status.updatedNumberScheduled,
    };
  }
  return {
    desired: live.spec.replicas ?? 1,
    updated: status.updatedReplicas,
    ready: status.readyReplicas,
    total: status.replicas,
  };
}

function readyLine({ ready, desired }: Counts): string {
  return `${ready} of ${desired} pods ready`;
}

function waitingFor(pods: readonly PodFacts[]): string {
  const unscheduled = pods.find((each) => each.unscheduled !== undefined)?.unscheduled;
  return unscheduled === undefined ? '' : `; ${unscheduled}`;
}
