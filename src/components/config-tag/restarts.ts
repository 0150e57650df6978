// Restarting the workloads that read the configuration at their start: one patch of the pod template, which is the
// same however often it is sent, so that a repeated run makes no second rollout.

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import { judgeWorkload } from '../../values/workload-health.ts';
import { readWorkload } from '../../values/workload-reading.ts';
import {
  describeWorkload,
  parseWorkloadName,
  type WorkloadReference,
} from '../../values/workload-reference.ts';

/** Marks of our restarts on a pod template: no part of what a version is. */
export const digestAnnotation = 'rollback-plan/config-digest';
export const restartIncidentAnnotation = 'rollback-plan/config-incident';

const workload = z.looseObject({
  spec: z.looseObject({
    paused: z.boolean().nullish(),
    updateStrategy: z
      .looseObject({
        type: z.string().optional(),
        rollingUpdate: z.looseObject({ partition: z.number().nullish() }).nullish(),
      })
      .nullish(),
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).nullish() }).nullish(),
    }),
  }),
});

export type Reader = {
  readonly reference: WorkloadReference;
  /** `deployment/api` */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'ready' | 'empty' | 'progressing' | 'failed';
  readonly evidence: string;
  /** Why a restart would not reach the pods, if it would not. */
  readonly obstacle: string | undefined;
};

/** The workloads under `restart`, as they are now. Throws `component-missing` for one that is not there. */
export async function readReaders(
  context: KindContext,
  namespace: string,
  restart: readonly string[],
): Promise<readonly Reader[]> {
  return Promise.all(
    restart.map(async (written) => {
      const reference = parseWorkloadName(written, namespace);
      if (reference === undefined) throw new Error(`${written}: the schema lets no such workload through`);
      return readReader(context, reference);
    }),
  );
}

async function readReader(context: KindContext, reference: WorkloadReference): Promise<Reader> {
  const name = describeWorkload(reference);
  const facts = await readWorkload(context.cluster, reference, context.signal);
  if (facts.live === undefined) {
    throw new RollbackPlanError('component-missing', `${name} is not in namespace ${reference.namespace}`, {
      hint: `Correct "restart" in the plan; what is there: kubectl get deployments,statefulsets,daemonsets --namespace=${reference.namespace}`,
    });
  }
  const parsed = workload.safeParse(facts.live);
  if (!parsed.success) {
    throw new RollbackPlanError(
      'component-unreadable',
      `${name} makes no sense: ${z.prettifyError(parsed.error)}`,
      {
        hint: `Look at it: kubectl get ${name} --namespace=${reference.namespace} --output=yaml`,
      },
    );
  }
  const { spec } = parsed.data;
  const { state, evidence } = judgeWorkload(facts);
  return {
    reference,
    name,
    annotations: spec.template.metadata?.annotations ?? {},
    state: state === 'ready' || state === 'empty' || state === 'progressing' ? state : 'failed',
    evidence: state === 'empty' ? `${name} has no pods, so nothing runs this configuration yet` : evidence,
    obstacle: obstacleOf(spec),
  };
}

/** What would hold a rollout back is known before it starts; afterwards it would only look slow. */
function obstacleOf(spec: z.output<typeof workload>['spec']): string | undefined {
  if (spec.paused === true) return 'its rollout is paused';
  if (spec.updateStrategy?.type === 'OnDelete') return 'its update strategy is OnDelete';
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return partition > 0 ? `its rolling update stops at partition ${partition}` : undefined;
}

/** Marks the pod template. Two incidents that go to the same content are two restarts, the same incident is one. */
export function restartMarks(digest: string, incident: string): Readonly<Record<string, string>> {
  return { [digestAnnotation]: digest, [restartIncidentAnnotation]: incident };
}

export function restartPatch(marks: Readonly<Record<string, string>>): JsonObject {
  return { spec: { template: { metadata: { annotations: marks } } } };
}

export function isMarked(reader: Reader, marks: Readonly<Record<string, string>>): boolean {
  return Object.entries(marks).every(([name, value]) => reader.annotations[name] === value);
}
