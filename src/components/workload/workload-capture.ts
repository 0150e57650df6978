// What is worth knowing about workloads after they have changed: for the journal revisions, images, replicas, strategy;
// for the files the objects themselves and what is around them.

import type { KindContext } from '../../ports.ts';
import type { Json } from '../../values/json.ts';
import type { Captured } from '../../values/operation.ts';
import { judgeWorkload } from '../../values/workload-health.ts';
import { captureState } from '../capture/capture-state.ts';
import type { WorkloadSettings } from './settings.ts';
import { readStates, type WorkloadState } from './workload-state.ts';

export async function captureWorkloads(context: KindContext, settings: WorkloadSettings): Promise<Captured> {
  const states = await readStates(context, settings);
  const namespace = states[0]?.reference.namespace ?? context.cluster.namespace;
  return await captureState(context, {
    label: `${states.map(({ name }) => name).join(', ')} in ${namespace}`,
    data: { workloads: states.map(captureOne) },
    namespace,
    workloads: states.map(({ reference }) => reference),
  });
}

function captureOne(state: WorkloadState): Json {
  const { spec, template, current, revisions, facts } = state;
  const { ready } = judgeWorkload(facts);
  return {
    workload: state.name,
    revision: current?.number ?? null,
    digest: template.digest,
    images: template.images,
    replicas: spec.replicas ?? null,
    ready,
    generation: state.metadata.generation,
    strategy: spec.strategy?.type ?? spec.updateStrategy?.type ?? null,
    partition: spec.updateStrategy?.rollingUpdate?.partition ?? null,
    revisions: revisions.map(
      ({ number, objectName, createdAt, template: kept }): Json => ({
        revision: number,
        object: objectName,
        at: createdAt ?? null,
        digest: kept.digest,
        images: kept.images,
      }),
    ),
  };
}
