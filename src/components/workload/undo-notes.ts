// What a person should know before pressing: what an undo leaves as it is, and what will not move by itself.
// Every note stands for something that was found.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { ownershipNotes } from './ownership.ts';
import type { PodTemplate } from './pod-template.ts';
import type { UndoTarget } from './undo-targets.ts';
import type { WorkloadState } from './workload-state.ts';

export async function undoNotes(
  context: KindContext,
  targets: readonly UndoTarget[],
): Promise<readonly string[]> {
  if (targets.length === 0) return [];
  const autoscalers = await readOptionally(context, () =>
    context.cluster.list(
      `/apis/autoscaling/v2/namespaces/${targets[0]?.state.reference.namespace}/horizontalpodautoscalers`,
      {},
      context.signal,
    ),
  );
  const missing = await Promise.all(targets.map((target) => missingConfigMaps(context, target)));
  return [
    'only the pod template goes back: replicas, ConfigMaps and Secrets stay as they are',
    ...targets.map(
      ({ state, revision }) =>
        `${state.name} goes to revision ${revision.number}; Kubernetes does not record whether it ever served`,
    ),
    ...missing.flat(),
    ...targets.flatMap(({ state }) => [
      ...replicaNotes(state, autoscalers ?? []),
      ...strategyNotes(state),
      ...ownershipNotes(state),
    ]),
  ];
}

function replicaNotes(
  { name, reference, spec }: WorkloadState,
  autoscalers: readonly JsonObject[],
): readonly string[] {
  if (spec.replicas === 0)
    return [`${name} is scaled to 0 and stays so: no pod will show whether the version works`];
  const scaler = autoscalers.find((each) => {
    const own = each['spec'];
    const target = isJsonObject(own) ? own['scaleTargetRef'] : undefined;
    return isJsonObject(target) && target['kind'] === reference.kind && target['name'] === reference.name;
  });
  const metadata = scaler?.['metadata'];
  return isJsonObject(metadata)
    ? [`autoscaler ${String(metadata['name'])} goes on setting the replicas of ${name}`]
    : [];
}

function strategyNotes({ name, spec }: WorkloadState): readonly string[] {
  const strategy = spec.updateStrategy;
  if (strategy?.type === 'OnDelete') {
    return [
      `${name} has the update strategy OnDelete: pods of the version left get the template back only when somebody deletes them, and until then it is not verified`,
    ];
  }
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  return partition > 0
    ? [
        `${name} has partition ${partition}: pods below ordinal ${partition} are not replaced, and if one of them has the version left, it is not verified`,
      ]
    : [];
}

/** The ConfigMaps of an earlier version may have been tidied away since; its pods would not start. */
async function missingConfigMaps(context: KindContext, target: UndoTarget): Promise<readonly string[]> {
  const { state, revision } = target;
  const { namespace } = state.reference;
  const found = await Promise.all(
    configMapsOf(revision.template).map(async (name) => {
      const there = await readOptionally(context, async () => {
        const object = await context.cluster.get(
          `/api/v1/namespaces/${namespace}/configmaps/${name}`,
          context.signal,
        );
        return object !== undefined;
      });
      return there === false
        ? [
            `ConfigMap ${name}, which revision ${revision.number} of ${state.name} reads, is not there: its pods will not start`,
          ]
        : [];
    }),
  );
  return found.flat();
}

/** Names of the ConfigMaps that the pods of a template can't start without. */
export function configMapsOf({ content }: Pick<PodTemplate, 'content'>): readonly string[] {
  const names = new Set<string>();
  const look = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(look);
    if (!isJsonObject(value)) return;
    for (const [key, child] of Object.entries(value)) {
      const refers = key === 'configMap' || key === 'configMapRef' || key === 'configMapKeyRef';
      if (refers && isJsonObject(child) && child['optional'] !== true) {
        const name = child['name'];
        if (typeof name === 'string') names.add(name);
      }
      look(child);
    }
  };
  look(content);
  return [...names];
}

/** Only worth a note: what the account may not read is left out. */
async function readOptionally<Value>(
  context: KindContext,
  read: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof RollbackPlanError) || thrown.code === 'cluster-unreachable') throw thrown;
    context.log.debug(`not read for the notes: ${thrown.message}`);
    return undefined;
  }
}
