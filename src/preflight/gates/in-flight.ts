// The gate `in-flight`: is somebody else at work on a component? A Helm operation that is pending holds the release; a
// rollout that is on its way is replaced by the rollback, and whoever started it should stop.

import { z } from 'zod';
import { formatDuration } from '../../values/durations.ts';
import type { JsonObject } from '../../values/json.ts';
import { describeWorkload } from '../../values/workload-reference.ts';
import { type MovedWorkload, movedWorkloads, touchesCluster } from '../live-objects.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

export type PendingRelease = {
  readonly component: string;
  readonly release: string;
  readonly namespace: string;
  /** Helm's own record of the operation. */
  readonly record: JsonObject;
  /** How long one operation may take, ms: what is older was abandoned. */
  readonly longestMs: number;
  /** A run of this incident began it and is over: the lock is ours now. */
  readonly own: boolean;
};

export type InFlightFacts = {
  readonly nowMs: number;
  readonly workloads: readonly MovedWorkload[];
  readonly releases: number;
  readonly pending: readonly PendingRelease[];
};

export const inFlight: Gate<InFlightFacts> = {
  name: 'in-flight',
  summary: 'Nobody else is at work on a component.',
  override: 'ignore-pending',
  async collect(subject) {
    const releases = touchesCluster(subject) ? releasesOf(subject) : [];
    const [workloads, pending] = await Promise.all([
      movedWorkloads(subject),
      Promise.all(releases.map((release) => pendingOf(release, subject))),
    ]);
    return {
      nowMs: subject.context.clock.now().getTime(),
      workloads,
      releases: releases.length,
      pending: pending.flat(),
    };
  },
  judge: judgeInFlight,
};

type Release = Omit<PendingRelease, 'record'>;
const helmSettings = z.looseObject({ release: z.string(), namespace: z.string().optional() });

function releasesOf({ components, context, pins }: GateSubject): readonly Release[] {
  return components.flatMap(({ name: component, kind, settings }) => {
    const parsed = helmSettings.safeParse(settings);
    if (kind.name !== 'helm-release' || !parsed.success) return [];
    const { release, namespace = context.cluster.namespace } = parsed.data;
    return [
      { component, release, namespace, longestMs: kind.timeoutMs, own: pins.get(component)?.begun === true },
    ];
  });
}

/** Helm keeps its records in Secrets, or in ConfigMaps when told to. Only pending ones are fetched. */
async function pendingOf(
  release: Release,
  { context, signal }: GateSubject,
): Promise<readonly PendingRelease[]> {
  const labelSelector = `owner=helm,name=${release.release},status in (pending-install,pending-upgrade,pending-rollback)`;
  const found = await Promise.all(
    ['secrets', 'configmaps'].map((resource) =>
      context.cluster.list(`/api/v1/namespaces/${release.namespace}/${resource}`, { labelSelector }, signal),
    ),
  );
  return found.flat().map((record) => ({ ...release, record }));
}

export function judgeInFlight({
  nowMs,
  workloads,
  releases,
  pending,
}: InFlightFacts): readonly GateFinding[] {
  if (workloads.length === 0 && releases === 0) return [];
  const findings = [
    ...pending.map((each) => judgePending(each, nowMs)),
    ...workloads.flatMap((each) => judgeRollout(each, nowMs) ?? []),
  ];
  return findings.length > 0 ? findings : [{ state: 'pass', subject: '', detail: 'nothing is under way' }];
}

const helmRecord = z.looseObject({
  metadata: z.looseObject({
    creationTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()),
    managedFields: z
      .array(z.looseObject({ manager: z.string().nullish(), time: z.string().nullish() }))
      .nullish(),
  }),
});

/** As Helm's record tells: what, since when, written by whom. */
function judgePending(
  { component, release, record, longestMs, own }: PendingRelease,
  nowMs: number,
): GateFinding {
  const { metadata } = helmRecord.parse(record);
  const { labels, creationTimestamp } = metadata;
  const writers = [...(metadata.managedFields ?? [])].sort((a, b) =>
    (a.time ?? '').localeCompare(b.time ?? ''),
  );
  const last = writers.at(-1);
  const modified = Number(labels['modifiedAt']);
  const times = [
    Number.isFinite(modified) ? modified * 1000 : Number.NaN,
    Date.parse(last?.time ?? ''),
    Date.parse(creationTimestamp ?? ''),
  ].filter((time) => Number.isFinite(time));
  const sinceMs = times.length === 0 ? undefined : Math.max(...times);
  const ageMs = sinceMs === undefined ? undefined : Math.max(0, nowMs - sinceMs);
  const holder = last?.manager === undefined || last.manager === null ? '' : `, written by ${last.manager}`;
  const what = `helm ${(labels['status'] ?? '').replace('pending-', '')} of ${release} (revision ${labels['version'] ?? '?'}) is pending`;
  const since = ageMs === undefined ? '' : ` since ${formatDuration(roundSeconds(ageMs))}${holder}`;
  if (own) {
    return {
      state: 'warn',
      subject: component,
      detail: `${what}${since}: an earlier run of this incident began it and is over`,
      hint: 'The rollback clears it and goes on from there.',
    };
  }
  if (ageMs !== undefined && ageMs > longestMs) {
    return {
      state: 'refuse',
      subject: component,
      detail: `${what}${since}: longer than the ${formatDuration(longestMs)} it can take, so it is stale and was abandoned`,
      hint: `Make sure that no helm works on it any more; the rollback then clears it: override: ignore-pending`,
    };
  }
  return {
    state: 'refuse',
    subject: component,
    detail: `${what}${since}: it may be at work still`,
    hint: `Wait until it has ended, or stop its job. It can take ${formatDuration(longestMs)}; after that it counts as abandoned.`,
  };
}

const counts = z.number().nullish();
const workload = z.looseObject({
  metadata: z.looseObject({
    generation: z.number().default(0),
    managedFields: z
      .array(
        z.looseObject({
          manager: z.string().nullish(),
          time: z.string().nullish(),
          subresource: z.string().nullish(),
        }),
      )
      .nullish(),
  }),
  spec: z.looseObject({ replicas: counts, paused: z.boolean().nullish() }),
  status: z
    .looseObject({
      observedGeneration: counts,
      replicas: counts,
      updatedReplicas: counts,
      desiredNumberScheduled: counts,
      updatedNumberScheduled: counts,
      conditions: z.array(z.looseObject({ type: z.string(), reason: z.string().nullish() })).nullish(),
    })
    .nullish(),
});

/** A bad version is often on its way still when somebody presses: that is told, and is no reason to wait. */
function judgeRollout({ component, reference, live }: MovedWorkload, nowMs: number): GateFinding | undefined {
  const parsed = workload.safeParse(live);
  if (!parsed.success) return undefined;
  const { metadata, spec, status } = parsed.data;
  const gaveUp = (status?.conditions ?? []).some(({ reason }) => reason === 'ProgressDeadlineExceeded');
  const wanted = spec.replicas ?? status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedReplicas ?? status?.updatedNumberScheduled ?? 0;
  const total = status?.replicas ?? status?.desiredNumberScheduled ?? 0;
  const moving =
    (status?.observedGeneration ?? 0) < metadata.generation || updated < wanted || total > updated;
  if (!moving || gaveUp || spec.paused === true) return undefined;
  const writers = (metadata.managedFields ?? [])
    .filter(({ subresource }) => subresource === undefined || subresource === null || subresource === '')
    .sort((a, b) => (a.time ?? '').localeCompare(b.time ?? ''));
  const last = writers.at(-1);
  const age = last?.time === undefined || last.time === null ? undefined : nowMs - Date.parse(last.time);
  const by =
    last?.manager === undefined || last.manager === null
      ? ''
      : `, last written by ${last.manager}${age === undefined ? '' : ` ${formatDuration(roundSeconds(Math.max(0, age)))} ago`}`;
  return {
    state: 'warn',
    subject: component,
    detail: `${describeWorkload(reference)} is still rolling out: ${updated} of ${wanted} pods have the newest template${by}`,
    hint: 'The rollback replaces it. Stop the job that deploys, so that it does not deploy again over the rollback.',
  };
}

function roundSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000) * 1000;
}
