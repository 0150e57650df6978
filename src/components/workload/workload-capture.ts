// What is worth knowing about workloads after they have changed: revisions, images, replicas, strategy. No template:
// its environment and arguments may hold secrets, and Kubernetes keeps it as a revision anyway.

import type { KindContext } from '../../ports.ts';
import type { Json } from '../../values/json.ts';
import type { Captured } from '../../values/operation.ts';
import { judgeWorkload } from '../../values/workload-health.ts';
import type { WorkloadSettings } from './settings.ts';
import { readStates, type WorkloadState } from './workload-state.ts';

export async function captureWorkloads(context: KindContext, settings: WorkloadSettings): Promise<Captured> {
  const states = await readStates(context, settings);
  return {
    label: `${states.map(({ name }) => name).join(', ')} in ${states[0]?.reference.namespace}`,
    data: { workloads: states.map(captureOne) },
  };
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
