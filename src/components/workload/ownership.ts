// Who else has a say in a workload: Helm, whose records an undo would contradict; a person who paused it; GitOps tools
// and operators that put their own template back.

import { RollbackPlanError } from '../../errors.ts';
import {
  describeOwner,
  managedBy,
  type ObjectOwner,
  ownerOfType,
  ownersOf,
} from '../../values/object-owner.ts';
import type { WorkloadState } from './workload-state.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Throws `managed-elsewhere` and `workload-paused`: kubectl would do harm, or not do it at all. */
export function requireUndoable(states: readonly WorkloadState[], home: string): void {
  const owned = states.flatMap((state) => {
    const release = helmReleaseOf(state);
    return release === undefined ? [] : [{ name: state.name, ...release }];
  });
  if (owned.length > 0) throw managedByHelm(owned, home);
  const paused = states.filter(({ spec }) => spec.paused === true);
  if (paused.length === 0) return;
  const names = paused.map(({ name }) => name).join(' and ');
  const commands = paused.map(
    ({ name, reference }) => `kubectl rollout resume ${name} --namespace=${reference.namespace}`,
  );
  throw new RollbackPlanError(
    'workload-paused',
    `${names} ${paused.length === 1 ? 'is' : 'are'} paused, and kubectl rolls nothing back that is paused`,
    { hint: `Find out who paused it and why; then: ${commands.join(' && ')}` },
  );
}

type HelmOwner = { readonly release: string; readonly namespace: string };

function helmReleaseOf({ live, reference }: WorkloadState): HelmOwner | undefined {
  const owner = ownerOfType(ownersOf(live), 'helm');
  // The label alone is also on what `helm template` rendered for somebody else to apply.
  if (owner === undefined || !owner.labelled) return undefined;
  return { release: owner.release, namespace: owner.namespace ?? reference.namespace };
}

function managedByHelm(
  owned: readonly (HelmOwner & { readonly name: string })[],
  home: string,
): RollbackPlanError {
  const who = owned.map(({ name, release }) => `${name} belongs to the Helm release ${release}`).join(', ');
  const lines = owned.map(({ release, namespace }) => {
    const place = namespace === home ? '' : `, namespace: ${namespace}`;
    return `  uses: helm-release, with: { release: ${release}${place} }`;
  });
  return new RollbackPlanError(
    'managed-elsewhere',
    `${who}: put back behind Helm's back, its records would still tell the bad version, and its next upgrade would stop at conflicts`,
    { hint: ['Write in the plan, instead of `uses: workload`:', ...new Set(lines)].join('\n') },
  );
}

/** Who may put the bad template back, or will trip over the undo. */
export function ownershipNotes({ name, live, metadata }: WorkloadState): readonly string[] {
  const { labels, annotations } = metadata;
  const owners = ownersOf(live);
  const reconcilers = owners.flatMap((owner) => reconcilerNote(name, owner) ?? []);
  const manager = labels[managedBy];
  const applier = metadata.managedFields?.find(({ operation }) => operation === 'Apply')?.manager;
  return [
    ...reconcilers,
    ...(manager === undefined || owners.some(({ type }) => type === 'flux' || type === 'argo-cd')
      ? []
      : [`${name} says that it is managed by ${manager}, which knows nothing of this rollback`]),
    ...(annotations[lastApplied] === undefined
      ? []
      : [
          `the next kubectl apply of ${name} compares with the manifest that was applied last, not with what is put back: apply the good manifest soon`,
        ]),
    ...(applier === undefined || applier === null
      ? []
      : [
          `the next server-side apply of ${name} by ${applier} meets conflicts with kubectl, once: --force-conflicts`,
        ]),
  ];
}

/** Helm is not among them: what it owns is refused. */
function reconcilerNote(name: string, owner: ObjectOwner): string | undefined {
  switch (owner.type) {
    case 'flux':
    case 'argo-cd':
    case 'flagger': {
      const tool = { flux: 'Flux', 'argo-cd': 'Argo CD', flagger: 'Flagger' }[owner.type];
      return `${name} belongs to ${tool} (${owner.mark}), which may undo this rollback: pause it first, or roll back in git`;
    }
    case 'controller':
      return `${name} is controlled by ${describeOwner(owner)}, which may put its own template back`;
    case 'helm':
      return undefined;
  }
}
