// The known trap of StatefulSets: with `OrderedReady`, the controller waits for a broken pod to become ready before it
// gives it the template that would mend it, for ever. Somebody has to delete exactly those pods.

import { podFacts } from '../../values/workload-pods.ts';
import type { WorkloadState } from './workload-state.ts';

const revisionLabel = 'controller-revision-hash';

/** Names of the pods that are not ready, are of another revision than `target`, and hold the update up. */
export function blockedPods(state: WorkloadState, target: string): readonly string[] {
  const { reference, spec, facts } = state;
  const strategy = spec.updateStrategy;
  if (reference.kind !== 'StatefulSet' || spec.podManagementPolicy === 'Parallel') return [];
  if ((strategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return [];
  // A pod below the partition would come back as it was.
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  return podFacts(facts.pods).flatMap(({ name, labels, ready }) => {
    const revision = labels[revisionLabel];
    const ordinal = Number(/-(\d+)$/.exec(name)?.[1]);
    return ready || revision === undefined || revision === target || ordinal < partition ? [] : [name];
  });
}
