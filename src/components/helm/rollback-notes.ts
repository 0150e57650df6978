// What a person should know before pressing: consequences of a Helm rollback that the diff alone doesn't tell.
// Every note stands for something that was found, never for something that might be.

import type { JsonObject } from '../../values/json.ts';
import { isWorkloadKind } from '../../values/workload-reference.ts';
import { at, describeObject } from './manifest.ts';
import type { PreviewedObject } from './preview.ts';
import type { HelmRevision } from './release-record.ts';

export type NotesRequest = {
  readonly newest: HelmRevision;
  readonly target: HelmRevision;
  readonly hooks: boolean;
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
    ...hookNotes(request),
    ...request.previewed.flatMap((each) => replicaNotes(each, request.autoscalers)),
    ...deletionNotes(request.previewed),
    ...crdNotes(request),
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

function hookNotes({ target, hooks }: NotesRequest): readonly string[] {
  const concerned = rollbackHooks(target);
  if (concerned.length === 0) return [];
  const names = concerned
    .map(({ kind, name, events }) => `${kind}/${name} (${events.join(', ')})`)
    .join(', ');
  return hooks
    ? [`hooks of revision ${target.revision} will run, and what they do is not undone by Helm: ${names}`]
    : [`hooks of revision ${target.revision} are skipped (hooks: false): ${names}`];
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

function deletionNotes(previewed: readonly PreviewedObject[]): readonly string[] {
  const crds = previewed.filter(
    ({ change, object }) => change === 'delete' && object.kind === 'CustomResourceDefinition',
  );
  return crds.map(
    ({ object }) => `${describeObject(object)} is deleted, and with it every object of its kind`,
  );
}

function crdNotes({ newest, target }: NotesRequest): readonly string[] {
  const files = new Set([...newest.crdFiles, ...target.crdFiles]);
  if (files.size === 0 || newest.chart === target.chart) return [];
  return [`Helm leaves the chart's CRDs as they are: ${[...files].join(', ')}`];
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
