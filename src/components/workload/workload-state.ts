// Reads a workload with everything that is decided on: the object, its pods, its revisions, and which of them is live.

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import type { WorkloadFacts } from '../../values/workload-health.ts';
import { readWorkload } from '../../values/workload-reading.ts';
import {
  describeWorkload,
  labelSelectorOf,
  type WorkloadReference,
} from '../../values/workload-reference.ts';
import { type PodTemplate, readPodTemplate } from './pod-template.ts';
import { putBackBy } from './put-back.ts';
import {
  revisionOf,
  revisionsOfControllerRevisions,
  revisionsOfReplicaSets,
  type WorkloadRevision,
  withoutOwnRestarts,
} from './revisions.ts';
import { referencesOf, type WorkloadSettings } from './settings.ts';

export type WorkloadState = {
  readonly reference: WorkloadReference;
  /** `deployment/worker` */
  readonly name: string;
  readonly live: JsonObject;
  readonly facts: WorkloadFacts;
  readonly template: PodTemplate;
  /** Newest first. */
  readonly revisions: readonly WorkloadRevision[];
  /** The revision that is live; `undefined` while the controller has not made one of the template. */
  readonly current: WorkloadRevision | undefined;
  /** What the live revision put back, in words, when an undo brought it and nothing was deployed since. */
  readonly rolledBackTo: string | undefined;
  readonly spec: z.infer<typeof workloadSpec>;
  readonly metadata: z.infer<typeof workloadMetadata>;
};

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const workloadSpec = z.looseObject({
  replicas: z.number().nullish(),
  paused: z.boolean().nullish(),
  podManagementPolicy: z.string().nullish(),
  updateStrategy: z
    .looseObject({
      type: z.string().nullish(),
      rollingUpdate: z.looseObject({ partition: z.number().nullish() }).nullish(),
    })
    .nullish(),
  strategy: z.looseObject({ type: z.string().nullish() }).nullish(),
});
const workloadMetadata = z.looseObject({
  uid: z.string(),
  generation: z.number().default(0),
  labels: texts,
  annotations: texts,
  managedFields: z
    .array(
      z.looseObject({
        manager: z.string().nullish(),
        operation: z.string().nullish(),
        subresource: z.string().nullish(),
        time: z.string().nullish(),
        fieldsV1: z.record(z.string(), z.json()).nullish(),
      }),
    )
    .nullish(),
  ownerReferences: z
    .array(z.looseObject({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
    .nullish(),
});

/** How long a controller gets to see the newest template before it counts as busy: normally milliseconds. */
const looks = 10;
const betweenLooksMs = 200;

/** All workloads of the component, in the plan's order. Throws `component-missing` and `component-unreadable`. */
export async function readStates(
  context: KindContext,
  settings: WorkloadSettings,
): Promise<readonly WorkloadState[]> {
  const references = referencesOf(settings, context.cluster.namespace);
  return await Promise.all(references.map((reference) => readState(context, reference)));
}

/** The same, once their controllers have seen what was put out a moment ago, or after two seconds. */
export async function readSettledStates(
  context: KindContext,
  settings: WorkloadSettings,
): Promise<readonly WorkloadState[]> {
  for (let look = 1; ; look++) {
    const states = await readStates(context, settings);
    const open = states.some((state) => state.spec.paused !== true && unrecorded(state) !== undefined);
    if (!open || look === looks || context.signal.aborted) return states;
    await context.clock.sleep(betweenLooksMs, context.signal);
  }
}

/** Why no revision is the live one yet; `undefined` when one is. */
export function unrecorded({ name, live, metadata, current }: WorkloadState): string | undefined {
  const status = live['status'];
  const seen = isJsonObject(status) ? status['observedGeneration'] : undefined;
  const observed = typeof seen === 'number' ? seen : 0;
  if (observed < metadata.generation)
    return `${name} was changed, and its controller has not seen generation ${metadata.generation} yet (it is at ${observed})`;
  return current === undefined
    ? `${name} was changed, and its controller has made no revision of it yet`
    : undefined;
}

async function readState(context: KindContext, reference: WorkloadReference): Promise<WorkloadState> {
  const { cluster, signal } = context;
  const facts = await readWorkload(cluster, reference, signal);
  const selector = facts.live === undefined ? undefined : labelSelectorOf(facts.live);
  const revisions =
    reference.kind === 'Deployment' || selector === undefined
      ? []
      : await cluster.list(
          `/apis/apps/v1/namespaces/${reference.namespace}/controllerrevisions`,
          { labelSelector: selector },
          signal,
        );
  return stateOf(facts, revisions, context.incident);
}

/**
 * What was read, in order. ControllerRevisions may be those of anybody whose labels match. Pure.
 * Throws `component-missing` and `component-unreadable`.
 */
export function stateOf(
  facts: WorkloadFacts,
  controllerRevisions: readonly JsonObject[],
  incident: string,
): WorkloadState {
  const { reference, live } = facts;
  const { namespace } = reference;
  const name = describeWorkload(reference);
  if (live === undefined) {
    throw new RollbackPlanError('component-missing', `${name} is not in namespace ${namespace}`, {
      hint: `Correct the name in the plan; what is there: kubectl get deployments,statefulsets,daemonsets --namespace=${namespace}`,
    });
  }
  const spec = workloadSpec.safeParse(live['spec']);
  const metadata = workloadMetadata.safeParse(live['metadata']);
  const template = readPodTemplate(templateOf(live));
  if (!spec.success || !metadata.success || template === undefined) {
    throw new RollbackPlanError('component-unreadable', `${name} makes no sense as a workload`, {
      hint: `Look at it: kubectl get ${name} --namespace=${namespace} --output=yaml`,
    });
  }
  const { uid } = metadata.data;
  const found =
    reference.kind === 'Deployment'
      ? revisionsOfReplicaSets(facts.replicaSets)
      : revisionsOfControllerRevisions(controllerRevisions.filter((each) => isOwnedBy(each, uid)));
  const revisions = withoutOwnRestarts(found, incident);
  const current = revisionOf(template, revisions);
  return {
    reference,
    name,
    live,
    facts,
    template,
    revisions,
    current,
    rolledBackTo:
      current === undefined ? undefined : putBackBy(current, revisions, metadata.data.managedFields ?? []),
    spec: spec.data,
    metadata: metadata.data,
  };
}

export function templateOf(live: JsonObject): Json | undefined {
  const spec = live['spec'];
  return isJsonObject(spec) ? spec['template'] : undefined;
}

const owned = z.looseObject({
  metadata: z.looseObject({ ownerReferences: z.array(z.looseObject({ uid: z.string() })).nullish() }),
});

/** A selector may match somebody else's; the owner settles whose they are. */
function isOwnedBy(object: JsonObject, uid: string): boolean {
  const parsed = owned.safeParse(object);
  return parsed.success && parsed.data.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}
