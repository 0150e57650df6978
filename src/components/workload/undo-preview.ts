// What an undo would change, as the API server works it out: the very patch that kubectl sends, marked as a dry run,
// and a diff of the pod templates. What the server refuses is found here, before anything has happened.

import { dump } from 'js-yaml';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { unifiedDiff } from '../../values/text-diff.ts';
import { workloadPath } from '../../values/workload-reference.ts';
import { readPodTemplate } from './pod-template.ts';
import type { UndoTarget } from './undo-targets.ts';
import { templateOf } from './workload-state.ts';

export type UndoPreview = { readonly text: string; readonly refusal: string | undefined };

/** Annotations of a Deployment that kubectl leaves as they are; all others it takes from the ReplicaSet. */
const keptAnnotations: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];
/** Bookkeeping that changes with every template. */
const hiddenAnnotations: readonly string[] = [...keptAnnotations, 'deprecated.daemonset.template.generation'];

export async function previewUndo(context: KindContext, target: UndoTarget): Promise<UndoPreview> {
  const { state } = target;
  const path = `${workloadPath(state.reference)}?fieldManager=kubectl`;
  try {
    const { body, contentType } = patchOf(target);
    const after = await context.cluster.dryRun('patch', path, body, contentType);
    return { text: diff(target, after), refusal: undefined };
  } catch (thrown) {
    if (!(thrown instanceof RollbackPlanError) || thrown.code === 'cluster-unreachable') throw thrown;
    return { text: '', refusal: `${state.name}: ${thrown.message}` };
  }
}

/** What `kubectl rollout undo` sends. */
export function patchOf({ state, revision }: UndoTarget): {
  readonly body: JsonObject | readonly JsonObject[];
  readonly contentType: string;
} {
  if (revision.patch !== undefined)
    return { body: revision.patch, contentType: 'application/strategic-merge-patch+json' };
  const { annotations } = state.metadata;
  const value = {
    ...Object.fromEntries(Object.entries(revision.annotations).filter(([key]) => !isKept(key))),
    ...Object.fromEntries(Object.entries(annotations).filter(([key]) => isKept(key))),
  };
  return {
    body: [
      { op: 'replace', path: '/spec/template', value: revision.template.content },
      { op: 'replace', path: '/metadata/annotations', value },
    ],
    contentType: 'application/json-patch+json',
  };
}

function isKept(annotation: string): boolean {
  return keptAnnotations.includes(annotation);
}

function diff({ state, revision }: UndoTarget, after: JsonObject): string {
  return unifiedDiff({
    before: show(state.live),
    after: show(after),
    beforeName: `live ${state.name}`,
    afterName: `${state.name} revision ${revision.number}`,
  });
}

function show(workload: JsonObject): string {
  const metadata = workload['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const own = isJsonObject(annotations)
    ? Object.entries(annotations).filter(([key]) => !hiddenAnnotations.includes(key))
    : [];
  const shown = {
    ...(own.length === 0 ? {} : { metadata: { annotations: Object.fromEntries(own) } }),
    spec: { template: readPodTemplate(templateOf(workload))?.content ?? {} },
  };
  return dump(shown, { sortKeys: true, lineWidth: -1, noRefs: true });
}
