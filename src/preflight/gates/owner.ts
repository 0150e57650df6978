// The gate `owner`: an object that a reconciler owns goes back to the reconciler's own state at its next look, and the
// rollback is undone. Refuses unless the owner is held back; the right way is that, or to go back where the owner looks.

import type { Cluster } from '../../ports.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { describeOwner, type ObjectOwner, ownersOf, pauseCommand } from '../../values/object-owner.ts';
import { type WrittenObject, writtenObjects } from '../live-objects.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

/** `held`: it undoes nothing now. `acting`: it will. `later`: at its next sync. `unseen`: its own object can't be had. */
export type OwnerState = 'held' | 'acting' | 'later' | 'unseen';

export type Owned = {
  readonly component: string;
  /** `helm-release`: what Helm owns is Helm's to take back. */
  readonly componentKind: string;
  readonly namespace: string;
  readonly owner: ObjectOwner;
  readonly objects: readonly string[];
  readonly state: OwnerState;
};

export type OwnerFacts = { readonly looked: number; readonly owned: readonly Owned[] };

export const owner: Gate<OwnerFacts> = {
  name: 'owner',
  summary: 'Nobody else owns what goes back, and would undo it.',
  override: 'reconciler',
  async collect(subject) {
    const objects = (await writtenObjects(subject)).filter(({ live }) => live !== undefined);
    const owned = groupOwned(objects, subject);
    const states = await Promise.all(owned.map((each) => stateOf(each, subject)));
    return {
      looked: objects.length,
      owned: owned.map((each, index) => ({ ...each, state: states[index] ?? 'unseen' })),
    };
  },
  judge: judgeOwners,
};

type Group = Omit<Owned, 'state'>;

/** One entry for each component and owner, however many objects it has. */
function groupOwned(
  objects: readonly WrittenObject[],
  { components }: Pick<GateSubject, 'components'>,
): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { component, kind, name, namespace, live } of objects) {
    if (live === undefined) continue;
    for (const found of ownersOf(live)) {
      const key = JSON.stringify([component, namespace, describeOwner(found)]);
      const group = groups.get(key);
      const described = `${kind.toLowerCase()}/${name}`;
      groups.set(key, {
        component,
        componentKind: components.find((each) => each.name === component)?.kind.name ?? '',
        namespace,
        owner: found,
        objects: [...(group?.objects ?? []), described],
      });
    }
  }
  return [...groups.values()];
}

async function stateOf({ owner: found, namespace }: Group, subject: GateSubject): Promise<OwnerState> {
  const { cluster } = subject.context;
  switch (found.type) {
    case 'helm':
    case 'controller':
      return 'acting';
    case 'flux': {
      if (found.source === undefined) return 'unseen';
      const { kind, name, namespace: home = namespace } = found.source;
      const group = kind === 'helmrelease' ? 'helm.toolkit.fluxcd.io/v2' : 'kustomize.toolkit.fluxcd.io/v1';
      const object = await look(
        cluster,
        `/apis/${group}/namespaces/${home}/${kind}s/${name}`,
        subject.signal,
      );
      return suspendedOf(object);
    }
    case 'flagger': {
      if (found.canary === undefined) return 'unseen';
      const path = `/apis/flagger.app/v1beta1/namespaces/${namespace}/canaries/${found.canary}`;
      return suspendedOf(await look(cluster, path, subject.signal));
    }
    case 'argo-cd': {
      if (found.application === undefined) return 'unseen';
      // An application outside of Argo CD's own namespace is tracked as `namespace_name`.
      const [first = '', second] = found.application.split('_');
      const [home, name] = second === undefined ? ['argocd', first] : [first, second];
      const path = `/apis/argoproj.io/v1alpha1/namespaces/${home}/applications/${name}`;
      return syncOf(await look(cluster, path, subject.signal));
    }
  }
}

/** What can't be read says nothing, and nothing is no proof of being held back. */
async function look(cluster: Cluster, path: string, signal: AbortSignal): Promise<JsonObject | undefined> {
  return await cluster.get(path, signal).catch(() => undefined);
}

/** Of Flux's and Flagger's own objects. Pure. */
export function suspendedOf(object: JsonObject | undefined): OwnerState {
  if (object === undefined) return 'unseen';
  return part(object, 'spec')['suspend'] === true ? 'held' : 'acting';
}

/** Of an Argo CD Application. Without self-healing it leaves a change alone until it syncs the next commit. Pure. */
export function syncOf(application: JsonObject | undefined): OwnerState {
  if (application === undefined) return 'unseen';
  const policy = part(part(application, 'spec'), 'syncPolicy');
  const automated = policy['automated'];
  if (!isJsonObject(automated) || automated['enabled'] === false) return 'held';
  return automated['selfHeal'] === true ? 'acting' : 'later';
}

export function judgeOwners({ looked, owned }: OwnerFacts): readonly GateFinding[] {
  if (looked === 0) return [];
  const findings = owned.flatMap((each) => judgeOwner(each) ?? []);
  return findings.length > 0
    ? findings
    : [{ state: 'pass', subject: '', detail: `nobody who would undo it owns any of ${looked} objects` }];
}

function judgeOwner(each: Owned): GateFinding | undefined {
  const { component, componentKind, owner: found, state } = each;
  const who = describeOwner(found);
  const what = `${each.objects.slice(0, 5).join(', ')}${each.objects.length > 5 ? ', …' : ''} ${each.objects.length === 1 ? 'belongs' : 'belong'} to ${who}`;
  if (found.type === 'helm') {
    if (componentKind === 'helm-release') return undefined;
    return {
      state: 'warn',
      subject: component,
      detail: `${what}, whose next upgrade writes its own state`,
      hint: `Take the release back instead: uses: helm-release, with: { release: ${found.release} }`,
    };
  }
  if (found.type === 'controller') {
    return {
      state: 'refuse',
      subject: component,
      detail: `${what}, which puts its own state back`,
      hint: `Take ${who} back instead, in the plan with a step of its own.`,
    };
  }
  if (state === 'held' || state === 'later') {
    const when =
      state === 'held'
        ? 'which is held back: the bad version comes back when that ends'
        : 'which does not heal by itself: the bad version comes back with its next commit or sync';
    return {
      state: 'warn',
      subject: component,
      detail: `${what}, ${when}`,
      hint: `Take it back where ${toolOf(found)} reads it as well, before it goes on: git revert the commit that brought the bad version.`,
    };
  }
  return {
    state: 'refuse',
    subject: component,
    detail: `${what} (${found.mark}), which puts its own state back and undoes this rollback`,
    hint: rightWay(found, each.namespace),
  };
}

type Reconciler = Extract<ObjectOwner, { readonly mark: string }>;

function rightWay(found: Reconciler, namespace: string): string {
  const pause =
    pauseCommand(found) ??
    (found.type === 'flagger' && found.canary !== undefined
      ? `kubectl patch canary ${found.canary} --namespace=${namespace} --type=merge --patch='{"spec":{"suspend":true}}'`
      : undefined);
  const hold =
    pause === undefined
      ? `Hold ${toolOf(found)} back, then press again.`
      : `Hold it back, then press again: \`${pause}\``;
  const where =
    found.type === 'flagger'
      ? 'Or let Flagger take it back: its canary goes back to the primary when the analysis fails.'
      : `Or go back where ${toolOf(found)} reads it: git revert the commit of the bad version.`;
  return `${hold}\n${where}`;
}

function toolOf(found: Reconciler): string {
  return { flux: 'Flux', 'argo-cd': 'Argo CD', flagger: 'Flagger' }[found.type];
}

function part(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
