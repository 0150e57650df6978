// An object that a tool or controller owns is changed through that owner: a change beside it is undone at the owner's
// next look, or makes its next change fail.

import { RollbackPlanError } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';

export type Owner = { readonly who: string; readonly instead: string };

/** Throws `managed-elsewhere` with what to write instead. */
export function refuseManagedElsewhere(name: string, object: JsonObject): void {
  const owner = ownerOf(object);
  if (owner === undefined) return;
  throw new RollbackPlanError('managed-elsewhere', `${name} belongs to ${owner.who}`, {
    hint: owner.instead,
  });
}

/** Who owns a live object, by the marks that owners leave on it. Pure. */
export function ownerOf(object: JsonObject): Owner | undefined {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const labels = textsOf(metadata['labels']);
  const annotations = textsOf(metadata['annotations']);
  const flux = labels.get('helm.toolkit.fluxcd.io/name') ?? labels.get('kustomize.toolkit.fluxcd.io/name');
  if (flux !== undefined) {
    return {
      who: `Flux (${flux})`,
      instead: `Flux would put its own state back. Change it in git, or suspend it first: flux suspend (kustomization|helmrelease) ${flux}`,
    };
  }
  const argo =
    annotations.get('argocd.argoproj.io/tracking-id')?.split(':')[0] ??
    labels.get('argocd.argoproj.io/instance');
  if (argo !== undefined) {
    return {
      who: `Argo CD (application ${argo})`,
      instead: `Argo CD would put its own state back. Change it in git, or end the automatic sync first: argocd app set ${argo} --sync-policy none`,
    };
  }
  const release = annotations.get('meta.helm.sh/release-name');
  if (release !== undefined) {
    return {
      who: `the Helm release ${release}`,
      instead: `A change beside Helm makes its next upgrade fail. Write: helm: { release: ${release}, chart: …, set: { … } }`,
    };
  }
  const controller = controllerOf(metadata);
  return controller === undefined
    ? undefined
    : { who: controller, instead: `Its controller would put it back. Change ${controller} instead.` };
}

function controllerOf(metadata: JsonObject): string | undefined {
  const references = metadata['ownerReferences'];
  if (!Array.isArray(references)) return undefined;
  const controller = references.filter(isJsonObject).find((each) => each['controller'] === true);
  return controller === undefined ? undefined : `${controller['kind']}/${controller['name']}`;
}

function textsOf(value: JsonObject[string] | undefined): ReadonlyMap<string, string> {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return new Map(entries.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : [])));
}
