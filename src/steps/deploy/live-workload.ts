// The workload that is to get another version: is it there, and may it be changed here at all?

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { Json, JsonObject } from '../../values/json.ts';
import type { Captured } from '../../values/operation.ts';
import {
  describeWorkload,
  parseWorkloadName,
  type WorkloadReference,
  workloadPath,
} from '../../values/workload-reference.ts';
import { refuseManagedElsewhere } from './managed-elsewhere.ts';
import { refuse } from './way.ts';

const container = z.object({ name: z.string(), image: z.string().default('') });
const workload = z.object({
  metadata: z.object({
    uid: z.string().default(''),
    generation: z.number().default(0),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.object({
    paused: z.boolean().nullish(),
    template: z.object({
      spec: z.object({ containers: z.array(container), initContainers: z.array(container).nullish() }),
    }),
  }),
});

export type LiveWorkload = {
  readonly name: string;
  readonly uid: string;
  readonly paused: boolean;
  readonly generation: number;
  /** Containers and init containers by name. */
  readonly images: ReadonlyMap<string, string>;
  /** Names of those that are no init containers. */
  readonly containers: readonly string[];
  readonly revision: string | undefined;
};

export function referenceOf(context: KindContext, name: string): WorkloadReference {
  const reference = parseWorkloadName(name, context.cluster.namespace);
  if (reference === undefined) throw new Error(`the schema lets no such workload through: ${name}`);
  return reference;
}

/** Throws `component-missing` where there is none, `component-unreadable` where it makes no sense. */
export async function readLive(context: KindContext, reference: WorkloadReference): Promise<LiveWorkload> {
  return readable(reference, await fetchObject(context, reference));
}

/** The same for one that is about to be changed: throws `managed-elsewhere`, too. */
export async function readChangeable(
  context: KindContext,
  reference: WorkloadReference,
): Promise<LiveWorkload> {
  const object = await fetchObject(context, reference);
  refuseManagedElsewhere(describeWorkload(reference), object);
  return readable(reference, object);
}

async function fetchObject(context: KindContext, reference: WorkloadReference): Promise<JsonObject> {
  const object = await context.cluster.get(workloadPath(reference), context.signal);
  if (object !== undefined) return object;
  throw new RollbackPlanError(
    'component-missing',
    `there is no ${describeWorkload(reference)} in namespace ${reference.namespace}`,
    {
      hint: `Compare with: kubectl get deployments,statefulsets,daemonsets --namespace=${reference.namespace}`,
    },
  );
}

function readable(reference: WorkloadReference, object: JsonObject): LiveWorkload {
  const name = describeWorkload(reference);
  const parsed = workload.safeParse(object);
  if (!parsed.success) {
    throw new RollbackPlanError(
      'component-unreadable',
      `${name} makes no sense: ${z.prettifyError(parsed.error)}`,
      { hint: `Look at it: kubectl get ${name} --namespace=${reference.namespace} --output=yaml` },
    );
  }
  const { metadata, spec } = parsed.data;
  const { containers, initContainers } = spec.template.spec;
  return {
    name,
    uid: metadata.uid,
    paused: spec.paused === true,
    generation: metadata.generation,
    images: new Map([...containers, ...(initContainers ?? [])].map((each) => [each.name, each.image])),
    containers: containers.map((each) => each.name),
    revision: metadata.annotations?.['deployment.kubernetes.io/revision'],
  };
}

/** A paused rollout takes a new template and does nothing with it. */
export function refusePaused(live: LiveWorkload, namespace: string): void {
  if (!live.paused) return;
  throw refuse(
    `the rollout of ${live.name} is paused, so nothing would come out`,
    `kubectl rollout resume ${live.name} --namespace=${namespace}`,
  );
}

export function captureWorkload(live: LiveWorkload): Captured {
  const images: Json = Object.fromEntries(live.images);
  return {
    label: `${live.name} before`,
    data: { images, generation: live.generation, revision: live.revision ?? null },
  };
}
