// What is worth knowing about a release after it has changed: for the journal its revisions by digest; for the files
// the live objects of its manifest, what is around them, and the values it was rendered with.

import { dump } from 'js-yaml';
import type { KindContext } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Captured } from '../../values/operation.ts';
import { hideInValues } from '../../values/reappliable.ts';
import { isWorkloadKind, type WorkloadReference } from '../../values/workload-reference.ts';
import { captureState } from '../capture/capture-state.ts';
import { computedValues } from './computed-values.ts';
import { type ManifestObject, parseManifest } from './manifest.ts';
import { createFindPath } from './object-paths.ts';
import type { HelmRevision } from './release-record.ts';
import type { HelmRelease } from './release-store.ts';
import { candidateOf } from './revision-version.ts';

/** What a namespace's own account can read and somebody might want back as it was. */
const keptKinds = new Set([
  'ConfigMap',
  'CronJob',
  'HorizontalPodAutoscaler',
  'Ingress',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'Service',
]);

export async function captureRelease(
  context: Pick<KindContext, 'cluster' | 'signal' | 'clock'>,
  release: HelmRelease,
  newest: HelmRevision,
): Promise<Captured> {
  const { namespace, name } = release;
  const objects = parseManifest(newest.manifest);
  const revisions = release.revisions.map((revision): JsonObject => {
    const { id, label, digest, at: time, standing, because } = candidateOf(revision, release.revisions);
    return { id, label, digest, standing, because, ...(time === undefined ? {} : { at: time }) };
  });
  const findPath = createFindPath(context.cluster, namespace, context.signal);
  const paths = await Promise.all(
    // An API that can't be asked for is no reason to keep nothing of the rest.
    objects
      .filter(({ kind }) => keptKinds.has(kind))
      .map((object) => findPath(object).catch(() => undefined)),
  );
  return await captureState(context, {
    label: `Helm release ${name} in ${namespace}`,
    data: { revisions },
    namespace,
    workloads: objects.flatMap((object) => workloadOf(object, namespace)),
    paths: paths.flatMap((path) => path?.item ?? []),
    secrets: objects.flatMap(({ kind, name: own, namespace: other }) =>
      kind === 'Secret' && (other ?? namespace) === namespace ? [own] : [],
    ),
    knownSecrets: objects.flatMap(({ kind, body }) => (kind === 'Secret' ? [body] : [])),
    files: (hide) => [
      valuesFile('values.yaml', `helm get values ${name}`, newest, newest.values, hide),
      valuesFile(
        'values-computed.yaml',
        `helm get values ${name} --all`,
        newest,
        computedValues(newest.chartValues, newest.values),
        hide,
      ),
    ],
  });
}

function workloadOf(object: ManifestObject, home: string): readonly WorkloadReference[] {
  if (!isWorkloadKind(object.kind)) return [];
  return [{ kind: object.kind, name: object.name, namespace: object.namespace ?? home }];
}

function valuesFile(
  path: string,
  command: string,
  { revision, chart }: HelmRevision,
  values: JsonObject,
  hide: (text: string) => string,
): { readonly path: string; readonly text: string } {
  const shown = dump(hideInValues(values, hide), { lineWidth: -1, noRefs: true });
  return {
    path,
    text: `# ${command} --revision ${revision} (${chart}); what looks like a secret is ***\n${shown}`,
  };
}
