// Who else has a say in a live object, by the marks that owners leave on it: labels, annotations, owner references and
// managed fields. Pure. What that means is for whoever asks to say; how to hold an owner back is the same for all.

import { isJsonObject, type Json, type JsonObject } from './json.ts';

export type ObjectOwner =
  /** `application` is `undefined` where only its controller's writes tell. */
  | { readonly type: 'argo-cd'; readonly application: string | undefined; readonly mark: string }
  | {
      readonly type: 'flux';
      /** `undefined` where only its controller's writes tell. */
      readonly source:
        | {
            readonly kind: 'kustomization' | 'helmrelease';
            readonly name: string;
            readonly namespace: string | undefined;
          }
        | undefined;
      readonly mark: string;
    }
  | { readonly type: 'flagger'; readonly canary: string | undefined; readonly mark: string }
  | {
      readonly type: 'helm';
      readonly release: string;
      readonly namespace: string | undefined;
      /** Whether Helm's label is there, too: the annotations alone stay on what was taken over from Helm. */
      readonly labelled: boolean;
    }
  | { readonly type: 'controller'; readonly kind: string; readonly name: string };

export type OwnerOfType<Type extends ObjectOwner['type']> = Extract<ObjectOwner, { readonly type: Type }>;

export const managedBy = 'app.kubernetes.io/managed-by';

/** Those who would put their own state back come first. */
export function ownersOf(object: JsonObject): readonly ObjectOwner[] {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const marks: Marks = {
    labels: textsOf(metadata['labels']),
    annotations: textsOf(metadata['annotations']),
    managers: managersOf(metadata['managedFields']),
    controller: controllerOf(metadata['ownerReferences']),
  };
  return [flux(marks), argoCd(marks), flagger(marks), helm(marks), controllerIn(marks)].flatMap(
    (owner) => owner ?? [],
  );
}

/** The first owner of a type, if the object has one. */
export function ownerOfType<Type extends ObjectOwner['type']>(
  owners: readonly ObjectOwner[],
  type: Type,
): OwnerOfType<Type> | undefined {
  return owners.find((owner): owner is OwnerOfType<Type> => owner.type === type);
}

/** `Flux (shop)`, `Argo CD (application shop)`, `the Helm release shop`, `Database/main`. */
export function describeOwner(owner: ObjectOwner): string {
  switch (owner.type) {
    case 'argo-cd':
      return owner.application === undefined ? 'Argo CD' : `Argo CD (application ${owner.application})`;
    case 'flux':
      return owner.source === undefined ? 'Flux' : `Flux (${owner.source.name})`;
    case 'flagger':
      return owner.canary === undefined ? 'Flagger' : `Flagger (canary ${owner.canary})`;
    case 'helm':
      return `the Helm release ${owner.release}`;
    case 'controller':
      return `${owner.kind}/${owner.name}`;
  }
}

/** What holds an owner back while a rollback goes on, for the shell; `undefined` where no one command does. */
export function pauseCommand(owner: ObjectOwner): string | undefined {
  if (owner.type === 'argo-cd') {
    const { application } = owner;
    return application === undefined ? undefined : `argocd app set ${application} --sync-policy none`;
  }
  if (owner.type !== 'flux' || owner.source === undefined) return undefined;
  const { kind, name, namespace } = owner.source;
  return `flux suspend ${kind} ${name}${namespace === undefined ? '' : ` --namespace=${namespace}`}`;
}

type Marks = {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** Who wrote fields of the object itself, not of its status. */
  readonly managers: ReadonlySet<string>;
  readonly controller: Controller | undefined;
};
type Controller = { readonly kind: string; readonly name: string };

function flux({ labels, managers }: Marks): ObjectOwner | undefined {
  for (const [prefix, kind] of [
    ['helm.toolkit.fluxcd.io', 'helmrelease'],
    ['kustomize.toolkit.fluxcd.io', 'kustomization'],
  ] as const) {
    const name = labels.get(`${prefix}/name`);
    if (name === undefined) continue;
    const namespace = labels.get(`${prefix}/namespace`);
    return { type: 'flux', source: { kind, name, namespace }, mark: `${prefix}/name: ${name}` };
  }
  return managers.has('kustomize-controller')
    ? { type: 'flux', source: undefined, mark: 'managed fields of kustomize-controller' }
    : undefined;
}

const argoTracking = 'argocd.argoproj.io/tracking-id';
const argoInstance = 'argocd.argoproj.io/instance';

function argoCd({ labels, annotations, managers }: Marks): ObjectOwner | undefined {
  const tracking = annotations.get(argoTracking);
  if (tracking !== undefined) {
    return { type: 'argo-cd', application: tracking.split(':')[0], mark: `${argoTracking}: ${tracking}` };
  }
  const instance = labels.get(argoInstance) ?? annotations.get(argoInstance);
  if (instance !== undefined) {
    return { type: 'argo-cd', application: instance, mark: `${argoInstance}: ${instance}` };
  }
  // Argo CD may track by a label that many others set, too: its own writes tell whose it is.
  if (!managers.has('argocd-controller') && !managers.has('argocd-application-controller')) return undefined;
  return {
    type: 'argo-cd',
    application: labels.get('app.kubernetes.io/instance'),
    mark: 'managed fields of argocd-controller',
  };
}

function flagger({ managers, controller }: Marks): ObjectOwner | undefined {
  if (controller?.kind === 'Canary') {
    return { type: 'flagger', canary: controller.name, mark: `controlled by Canary/${controller.name}` };
  }
  return managers.has('flagger')
    ? { type: 'flagger', canary: undefined, mark: 'managed fields of flagger' }
    : undefined;
}

function helm({ labels, annotations }: Marks): ObjectOwner | undefined {
  const release = annotations.get('meta.helm.sh/release-name');
  if (release === undefined) return undefined;
  return {
    type: 'helm',
    release,
    namespace: annotations.get('meta.helm.sh/release-namespace'),
    labelled: labels.get(managedBy) === 'Helm',
  };
}

function controllerIn({ controller }: Marks): ObjectOwner | undefined {
  return controller === undefined || controller.kind === 'Canary'
    ? undefined
    : { type: 'controller', ...controller };
}

function controllerOf(references: Json | undefined): Controller | undefined {
  if (!Array.isArray(references)) return undefined;
  const found = references.filter(isJsonObject).find((each) => each['controller'] === true);
  return found === undefined ? undefined : { kind: String(found['kind']), name: String(found['name']) };
}

function managersOf(fields: Json | undefined): ReadonlySet<string> {
  const entries = Array.isArray(fields) ? fields.filter(isJsonObject) : [];
  return new Set(
    entries.flatMap(({ manager, subresource }) =>
      typeof manager === 'string' && (subresource === undefined || subresource === '') ? [manager] : [],
    ),
  );
}

function textsOf(value: Json | undefined): ReadonlyMap<string, string> {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return new Map(
    entries.flatMap(([key, text]) => (typeof text === 'string' && text !== '' ? [[key, text] as const] : [])),
  );
}
