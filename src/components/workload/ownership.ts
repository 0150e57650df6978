// Who else has a say in a workload: Helm, whose records an undo would contradict; a person who paused it; GitOps tools
// and operators that put their own template back.

import { RollbackPlanError } from '../../errors.ts';
import type { WorkloadState } from './workload-state.ts';

const managedBy = 'app.kubernetes.io/managed-by';
const helmRelease = 'meta.helm.sh/release-name';
const helmNamespace = 'meta.helm.sh/release-namespace';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const gitOpsMarks: readonly (readonly [string, string])[] = [
  ['argocd.argoproj.io/tracking-id', 'Argo CD'],
  ['argocd.argoproj.io/instance', 'Argo CD'],
  ['kustomize.toolkit.fluxcd.io/name', 'Flux'],
  ['helm.toolkit.fluxcd.io/name', 'Flux'],
];

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

function helmReleaseOf({ metadata, reference }: WorkloadState): HelmOwner | undefined {
  const release = metadata.annotations[helmRelease];
  // The label alone is also on what `helm template` rendered for somebody else to apply.
  if (metadata.labels[managedBy] !== 'Helm' || release === undefined) return undefined;
  return { release, namespace: metadata.annotations[helmNamespace] ?? reference.namespace };
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
export function ownershipNotes({ name, metadata }: WorkloadState): readonly string[] {
  const { labels, annotations } = metadata;
  const [mark, tool] = gitOpsMarks.find(([key]) => (annotations[key] ?? labels[key]) !== undefined) ?? [];
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  const manager = labels[managedBy];
  const applier = metadata.managedFields?.find(({ operation }) => operation === 'Apply')?.manager;
  return [
    ...(mark === undefined
      ? []
      : [
          `${name} belongs to ${tool} (${mark}: ${annotations[mark] ?? labels[mark]}), which may undo this rollback: pause it first, or roll back in git`,
        ]),
    ...(controller === undefined
      ? []
      : [
          `${name} is controlled by ${controller.kind}/${controller.name}, which may put its own template back`,
        ]),
    ...(manager === undefined || mark !== undefined
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
