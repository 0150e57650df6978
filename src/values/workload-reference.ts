// How a plan names a workload (`deployment/api`) and where the API server keeps it, its pods and its ReplicaSets.

import { z } from 'zod';
import { isJsonObject, type JsonObject } from './json.ts';

const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

export type WorkloadReference = {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly namespace: string;
};

const writtenPattern =
  /^(deployment|deploy|statefulset|sts|daemonset|ds)\/([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$/;
const kindOfWord: Readonly<Record<string, WorkloadKind>> = {
  deployment: 'Deployment',
  deploy: 'Deployment',
  statefulset: 'StatefulSet',
  sts: 'StatefulSet',
  daemonset: 'DaemonSet',
  ds: 'DaemonSet',
};

/** The zod piece for a workload in a plan. */
export const workloadName = z
  .string()
  .regex(writtenPattern, 'a workload is written `deployment/api`, `statefulset/db` or `daemonset/agent`');

/** Takes `deployment/api` apart; `undefined` for anything else. */
export function parseWorkloadName(written: string, namespace: string): WorkloadReference | undefined {
  const [, word = '', name = ''] = writtenPattern.exec(written) ?? [];
  const kind = kindOfWord[word];
  return kind === undefined ? undefined : { kind, name, namespace };
}

export function isWorkloadKind(kind: string): kind is WorkloadKind {
  return workloadKinds.some((each) => each === kind);
}

/** `deployment/api`, as kubectl wants it. */
export function describeWorkload(reference: WorkloadReference): string {
  return `${reference.kind.toLowerCase()}/${reference.name}`;
}

export function workloadPath({ kind, name, namespace }: WorkloadReference): string {
  return `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
}

export function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

export function replicaSetsPath(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/replicasets`;
}

/** A workload's `spec.selector` as a query; `undefined` for one that selects nothing, which would list every pod. */
export function labelSelectorOf(workload: JsonObject): string | undefined {
  const spec = workload['spec'];
  const parsed = selectorSchema.safeParse(isJsonObject(spec) ? spec['selector'] : undefined);
  if (!parsed.success) return undefined;
  const labels = Object.entries(parsed.data.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (parsed.data.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${(values ?? []).join()})`;
  });
  return [...labels, ...expressions].join() || undefined;
}

const selectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});
