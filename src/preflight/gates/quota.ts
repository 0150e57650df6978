// The gate `quota`: a rollout makes pods, and a ResourceQuota that has no room for them holds it up until its deadline.
// Refuses only what is sure: the whole does not fit even when every old pod is gone, or not one pod may go before a new one
// comes, and no new one fits.

import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { podUse, type QuotaUse } from '../../values/pod-resources.ts';
import { exceeds, formatQuantity, parseQuantity } from '../../values/quantity.ts';
import { differences } from '../../values/workload-comparison.ts';
import { describeWorkload } from '../../values/workload-reference.ts';
import { type MovedWorkload, movedWorkloads } from '../live-objects.ts';
import type { Gate, GateFinding } from './gate.ts';

export type QuotaFacts = {
  readonly workloads: readonly MovedWorkload[];
  readonly quotas: readonly JsonObject[];
};

export const quota: Gate<QuotaFacts> = {
  name: 'quota',
  summary: 'The pods of the rollout fit into the ResourceQuotas.',
  override: 'quota',
  async collect(subject) {
    const { context, signal } = subject;
    const workloads = await movedWorkloads(subject);
    const namespaces = [...new Set(workloads.map(({ reference }) => reference.namespace))];
    const lists = namespaces.map((namespace) =>
      context.cluster.list(`/api/v1/namespaces/${namespace}/resourcequotas`, {}, signal),
    );
    return { workloads, quotas: (await Promise.all(lists)).flat() };
  },
  judge: judgeQuotas,
};

export function judgeQuotas({ workloads, quotas }: QuotaFacts): readonly GateFinding[] {
  const rollouts = workloads.flatMap((workload) => rolloutOf(workload) ?? []);
  return quotas.flatMap((object) => {
    const one = quotaOf(object);
    const here = rollouts.filter(({ namespace }) => namespace === one.namespace);
    if (here.length === 0) return [];
    const short = [...one.free].flatMap(([resource, free]) => shortOf(resource, free, here) ?? []);
    return [judgeOne(one, short)];
  });
}

type Rollout = {
  readonly name: string;
  readonly namespace: string;
  /** Pods that are there, and pods that are wanted. */
  readonly pods: number;
  readonly wanted: number;
  readonly before: QuotaUse;
  readonly after: QuotaUse;
  /** Nothing is on its way already, so every pod is an old one. */
  readonly settled: boolean;
  /** Pods are replaced; without it they only become more or fewer. An old one goes only when a new one serves. */
  readonly newFirst: boolean;
};

/** `undefined` where no pod is going to be made: only restarted, the same template, not known. */
function rolloutOf({ reference, live, wanted }: MovedWorkload): Rollout | undefined {
  if (wanted === undefined) return undefined;
  const before = live === undefined ? new Map<string, number>() : podUse(live);
  const after = podUse(wanted);
  if (before === undefined || after === undefined) return undefined;
  const spec = part(live, 'spec');
  // What the live template has beyond the manifest are mostly the server's defaults.
  const replaced = differences(part(part(wanted, 'spec'), 'template'), part(spec, 'template')).length > 0;
  const status = part(live, 'status');
  const daemons = numberIn(status, 'desiredNumberScheduled') ?? 0;
  const pods =
    reference.kind === 'DaemonSet'
      ? (numberIn(status, 'currentNumberScheduled') ?? 0)
      : (numberIn(status, 'replicas') ?? 0);
  const replicas = numberIn(part(wanted, 'spec'), 'replicas') ?? numberIn(spec, 'replicas') ?? 1;
  const updated = numberIn(status, 'updatedReplicas') ?? 0;
  return {
    name: describeWorkload(reference),
    namespace: reference.namespace,
    pods,
    wanted: reference.kind === 'DaemonSet' ? daemons : replicas,
    before,
    after: replaced ? after : before,
    settled: reference.kind === 'Deployment' && updated === pods && pods > 0,
    newFirst: replaced && reference.kind === 'Deployment' && newPodFirst(part(wanted, 'spec'), replicas),
  };
}

/** A percentage of unavailable pods is rounded down; where it and the surge come out as none, one may be unavailable. */
function newPodFirst(spec: JsonObject, replicas: number): boolean {
  const strategy = part(spec, 'strategy');
  if (strategy['type'] === 'Recreate') return false;
  const rolling = part(strategy, 'rollingUpdate');
  const unavailable = amountOf(rolling['maxUnavailable'] ?? '25%', replicas, Math.floor);
  const surge = amountOf(rolling['maxSurge'] ?? '25%', replicas, Math.ceil);
  return unavailable === 0 && surge > 0;
}

function amountOf(value: JsonObject[string], replicas: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const [, percent] = /^(\d+)%$/.exec(String(value)) ?? [];
  return percent === undefined ? Number(value) || 0 : round((replicas * Number(percent)) / 100);
}

type Short = { readonly detail: string; readonly sure: boolean };

function shortOf(resource: string, free: number, rollouts: readonly Rollout[]): Short | undefined {
  const each = rollouts.map(({ before, after, ...rest }) => ({
    ...rest,
    old: before.get(resource) ?? 0,
    fresh: after.get(resource) ?? 0,
  }));
  const shown = (value: number): string => formatQuantity(value, resource);
  const more = each.reduce((sum, { pods, wanted, old, fresh }) => sum + wanted * fresh - pods * old, 0);
  if (more > 0 && exceeds(more, free)) {
    return {
      detail: `${resource}: ${shown(more)} more wanted in the end, ${shown(Math.max(0, free))} free`,
      sure: each.every(({ settled, pods }) => settled || pods === 0),
    };
  }
  const stuck = each.find(
    ({ newFirst, wanted, fresh }) => newFirst && wanted > 0 && fresh > 0 && exceeds(fresh, free),
  );
  if (stuck === undefined) return undefined;
  return {
    detail: `${resource}: ${stuck.name} starts a new pod before an old one goes, which takes ${shown(stuck.fresh)}, ${shown(Math.max(0, free))} free`,
    // On its way already, good pods of the version gone back to may be there still.
    sure: stuck.settled,
  };
}

type Quota = {
  readonly name: string;
  readonly namespace: string;
  /** By resource: what is left of it. */
  readonly free: ReadonlyMap<string, number>;
  /** Counts only some pods, and which ones is not judged here. */
  readonly scoped: boolean;
};

function quotaOf(object: JsonObject): Quota {
  const metadata = part(object, 'metadata');
  const spec = part(object, 'spec');
  const status = part(object, 'status');
  const used = part(status, 'used');
  const free = Object.entries(part(status, 'hard')).flatMap(([resource, value]) => {
    const hard = parseQuantity(value);
    const taken = parseQuantity(used[resource] ?? 0);
    return hard === undefined || taken === undefined ? [] : [[resource, hard - taken] as const];
  });
  return {
    name: String(metadata['name']),
    namespace: String(metadata['namespace']),
    free: new Map(free),
    scoped:
      (Array.isArray(spec['scopes']) && spec['scopes'].length > 0) || isJsonObject(spec['scopeSelector']),
  };
}

function judgeOne({ name, namespace, scoped }: Quota, short: readonly Short[]): GateFinding {
  const subject = name;
  if (short.length === 0) return { state: 'pass', subject, detail: 'has room for the rollout' };
  const detail = short.map((each) => each.detail).join('; ');
  const sure = !scoped && short.some((each) => each.sure);
  const look = `kubectl describe resourcequota ${name} --namespace=${namespace}`;
  if (!sure) {
    return {
      state: 'warn',
      subject,
      detail: `may have no room for the rollout: ${detail}`,
      hint: `It can't be told for sure (${scoped ? 'the quota counts only some pods' : 'another rollout is under way'}). Watch: ${look}`,
    };
  }
  return {
    state: 'refuse',
    subject,
    detail: `has no room for the rollout: ${detail}`,
    hint: `Raise the quota, or scale down what is not needed now. Look at: ${look}`,
  };
}

function part(object: JsonObject | undefined, key: string): JsonObject {
  const value = object?.[key];
  return isJsonObject(value) ? value : {};
}

function numberIn(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}
