// What a person should know before pressing: consequences of a Helm rollback that the diff alone doesn't tell.
// Every note stands for something that was found, never for something that might be.

import type { JsonObject } from '../../values/json.ts';
import { isWorkloadKind } from '../../values/workload-reference.ts';
import { at, describeObject } from './manifest.ts';
import type { PreviewedObject } from './preview.ts';
import type { HelmRevision } from './release-record.ts';

export type NotesRequest = {
  readonly newest: HelmRevision;
  readonly previewed: readonly PreviewedObject[];
  readonly autoscalers: readonly JsonObject[];
};

const gitOpsLabels: readonly (readonly [string, string])[] = [
  ['argocd.argoproj.io/instance', 'Argo CD'],
  ['argocd.argoproj.io/tracking-id', 'Argo CD'],
  ['helm.toolkit.fluxcd.io/name', 'Flux'],
  ['kustomize.toolkit.fluxcd.io/name', 'Flux'],
];

export function rollbackNotes(request: NotesRequest): readonly string[] {
  return [
    ...request.previewed.flatMap((each) => replicaNotes(each, request.autoscalers)),
    ...gitOpsNotes(request.previewed),
    ...overlapNotes(request.newest),
  ];
}

/** The hooks that `helm rollback` runs: those of the revision it goes to. */
export function rollbackHooks(target: HelmRevision): HelmRevision['hooks'] {
  return target.hooks.filter(
    ({ events }) => events.includes('pre-rollback') || events.includes('post-rollback'),
  );
}

function replicaNotes(
  { object, live, after }: PreviewedObject,
  autoscalers: readonly JsonObject[],
): readonly string[] {
  if (!isWorkloadKind(object.kind)) return [];
  const now = at(live, 'spec', 'replicas');
  const then = at(after, 'spec', 'replicas');
  if (typeof now !== 'number' || typeof then !== 'number' || now === then) return [];
  const scaler = autoscalers.find(
    (each) =>
      at(each, 'spec', 'scaleTargetRef', 'kind') === object.kind &&
      at(each, 'spec', 'scaleTargetRef', 'name') === object.name,
  );
  const who =
    scaler === undefined ? '' : `, until autoscaler ${String(at(scaler, 'metadata', 'name'))} corrects it`;
  const start = now === 0 ? ': it starts and may take traffic before anything is verified' : '';
  return [`${describeObject(object)} goes from ${now} to ${then} replicas${who}${start}`];
}

function gitOpsNotes(previewed: readonly PreviewedObject[]): readonly string[] {
  for (const { object, live } of previewed) {
    for (const [label, tool] of gitOpsLabels) {
      const found = at(live, 'metadata', 'labels', label) ?? at(live, 'metadata', 'annotations', label);
      if (typeof found === 'string') {
        return [
          `${describeObject(object)} belongs to ${tool} (${label}: ${found}), which may undo this rollback: pause it first`,
        ];
      }
    }
  }
  return [];
}

function overlapNotes(newest: HelmRevision): readonly string[] {
  if (!newest.status.startsWith('pending-')) return [];
  return [
    `revision ${newest.revision} is ${newest.status}: helm rollback goes ahead regardless, so make sure that no other helm is still running`,
  ];
}
