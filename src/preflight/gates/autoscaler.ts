// The gate `autoscaler`: an autoscaler goes on setting replicas, and a rollback may set them, too. Nothing here stops a
// rollback; it tells what the number of pods is going to do.

import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { describeWorkload } from '../../values/workload-reference.ts';
import { type MovedWorkload, movedWorkloads } from '../live-objects.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

export type AutoscalerFacts = {
  readonly workloads: readonly MovedWorkload[];
  readonly autoscalers: readonly JsonObject[];
};

export const autoscaler: Gate<AutoscalerFacts> = {
  name: 'autoscaler',
  summary: 'No autoscaler works against the number of pods that the rollback brings.',
  async collect(subject) {
    const workloads = await movedWorkloads(subject);
    return { workloads, autoscalers: await autoscalersIn(subject, workloads) };
  },
  judge: judgeAutoscalers,
};

async function autoscalersIn(
  { context, signal }: GateSubject,
  workloads: readonly MovedWorkload[],
): Promise<readonly JsonObject[]> {
  const namespaces = [...new Set(workloads.map(({ reference }) => reference.namespace))];
  const lists = namespaces.map((namespace) =>
    context.cluster.list(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, {}, signal),
  );
  return (await Promise.all(lists)).flat();
}

const scaler = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
    minReplicas: z.number().default(1),
    maxReplicas: z.number(),
  }),
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .nullish(),
    })
    .nullish(),
});
type Scaler = z.infer<typeof scaler>;

export function judgeAutoscalers({ workloads, autoscalers }: AutoscalerFacts): readonly GateFinding[] {
  const scalers = autoscalers.flatMap((object) => scaler.safeParse(object).data ?? []);
  return workloads.flatMap((workload) => {
    const { kind, name, namespace } = workload.reference;
    const own = scalers.filter(
      ({ metadata, spec }) =>
        metadata.namespace === namespace &&
        spec.scaleTargetRef.kind === kind &&
        spec.scaleTargetRef.name === name,
    );
    return own.map((each) => judgeOne(workload, each));
  });
}

function judgeOne(workload: MovedWorkload, { metadata, spec, status }: Scaler): GateFinding {
  const name = describeWorkload(workload.reference);
  const who = `autoscaler ${metadata.name} (${spec.minReplicas} to ${spec.maxReplicas} pods)`;
  const now = replicasOf(workload.live);
  const then = replicasOf(workload.wanted);
  const tell = (state: 'pass' | 'warn', detail: string, hint?: string): GateFinding => ({
    state,
    subject: workload.component,
    detail,
    ...(hint === undefined ? {} : { hint }),
  });
  const scale = (to: number): string =>
    `kubectl scale ${name} --replicas=${to} --namespace=${workload.reference.namespace}`;
  const wakeTo = Math.max(1, spec.minReplicas);
  if (then === 0 || (then === undefined && now === 0)) {
    return tell(
      'warn',
      `${name} ${now === 0 ? 'is' : 'would be'} scaled to 0, and ${who} leaves what is at 0 alone`,
      `If it is to serve after the rollback: ${scale(wakeTo)}`,
    );
  }
  if (then !== undefined && now !== undefined && then !== now) {
    const outside = then < spec.minReplicas || then > spec.maxReplicas;
    return tell(
      'warn',
      `the version gone back to sets ${name} from ${now} to ${then} pods${outside ? `, which is outside of what ${who} allows` : ''}; ${who} then sets what it measures`,
      `Under load, set the pods back as soon as the rollback has begun: ${scale(Math.min(Math.max(now, wakeTo), spec.maxReplicas))}`,
    );
  }
  const blind = status?.conditions?.find(
    ({ type, status: value }) => type === 'ScalingActive' && value === 'False',
  );
  if (blind !== undefined) {
    return tell(
      'warn',
      `${who} of ${name} does not scale: ${blind.reason}${blind.message === '' ? '' : `, ${blind.message}`}`,
      `The pods stay as many as they are. Look at: kubectl describe hpa ${metadata.name} --namespace=${metadata.namespace}`,
    );
  }
  return tell('pass', `${who} goes on with ${name}, which keeps its ${now ?? '?'} pods`);
}

/** Written down; `undefined` where the object leaves it open. */
function replicasOf(object: JsonObject | undefined): number | undefined {
  const spec = object?.['spec'];
  const value = isJsonObject(spec) ? spec['replicas'] : undefined;
  return typeof value === 'number' ? value : undefined;
}
