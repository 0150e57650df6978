// What the kind knows to speak against a rollback, under the names of the gates that tell it.

import type { Cluster } from '../../ports.ts';
import type { Hazard } from '../../values/operation.ts';
import { crdFileHazards, definitionHazards, readDefinitions } from './custom-resource-hazards.ts';
import { hookHazards } from './hook-hazards.ts';
import { describeObject, type ManifestObject, objectKey, parseManifest } from './manifest.ts';
import type { PreviewedObject } from './preview.ts';
import { objectsElsewhere } from './release-health.ts';
import type { HelmRevision } from './release-record.ts';
import type { HelmRelease } from './release-store.ts';
import { secretHazards } from './secret-hazards.ts';

export type HazardRequest = {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  readonly release: HelmRelease;
  readonly newest: HelmRevision;
  readonly target: HelmRevision;
  readonly previewed: readonly PreviewedObject[];
  /** Whether the rollback runs hooks. */
  readonly hooks: boolean;
};

export async function rollbackHazards(request: HazardRequest): Promise<readonly Hazard[]> {
  const { cluster, signal, release, newest, target, previewed, hooks } = request;
  return [
    ...secretHazards({ previewed, written: writtenForms(release, target) }),
    ...hookHazards({ target, revisions: release.revisions, hooks }),
    ...definitionHazards(await readDefinitions(cluster, previewed, signal)),
    ...crdFileHazards(newest, target),
    ...unservedHazards(newest, target, previewed),
  ];
}

/** Every form of every object in the revisions that are left, by key. */
function writtenForms(
  release: HelmRelease,
  target: HelmRevision,
): ReadonlyMap<string, readonly ManifestObject[]> {
  const forms = new Map(objectsElsewhere(release, target));
  for (const object of parseManifest(target.manifest)) {
    const key = objectKey(object);
    forms.set(key, [...(forms.get(key) ?? []), object]);
  }
  return forms;
}

/**
 * Helm builds the objects of the live revision, too, and gives up when the server no longer serves one of them. What
 * only the target has is among the objects that the gate looks at itself.
 */
function unservedHazards(
  newest: HelmRevision,
  target: HelmRevision,
  previewed: readonly PreviewedObject[],
): readonly Hazard[] {
  const wanted = new Set(parseManifest(target.manifest).map(objectKey));
  return previewed
    .filter(({ object, change }) => change === 'unserved' && !wanted.has(objectKey(object)))
    .map(({ object }) => ({
      gate: 'removed-api',
      state: 'refuse',
      detail: `${describeObject(object)} of the live revision ${newest.revision} is in ${object.apiVersion}, which this server does not serve, so Helm can't compare with it`,
      hint: "Rewrite Helm's record once, with the plugin mapkubeapis: helm mapkubeapis <release>",
    }));
}
