// Fetches all revisions of a release from where Helm keeps them: Secrets, or ConfigMaps when HELM_DRIVER=configmap.
// One list call of a few milliseconds gives what several helm processes of 100 ms each would.

import { RollbackPlanError } from '../../errors.ts';
import type { Cluster } from '../../ports.ts';
import { type HelmRevision, readStoredRevision, type StoredRevision } from './release-record.ts';

export type HelmRelease = {
  readonly name: string;
  readonly namespace: string;
  readonly storage: 'secret' | 'configmap';
  /** Newest first, never empty. */
  readonly revisions: readonly [StoredRevision, ...StoredRevision[]];
};

/** All revisions that are left of a release. Throws `component-missing` when there are none. */
export async function fetchRelease(
  cluster: Cluster,
  name: string,
  namespace: string,
  signal: AbortSignal,
): Promise<HelmRelease> {
  for (const storage of ['secret', 'configmap'] as const) {
    const stored = await cluster.list(
      `/api/v1/namespaces/${namespace}/${storage}s`,
      { labelSelector: `owner=helm,name=${name}` },
      signal,
    );
    const kind = storage === 'secret' ? 'Secret' : 'ConfigMap';
    const [newest, ...older] = stored
      .map((item) => readStoredRevision({ ...item, kind }))
      .sort((a, b) => b.revision - a.revision);
    if (newest !== undefined) return { name, namespace, storage, revisions: [newest, ...older] };
  }
  throw new RollbackPlanError(
    'component-missing',
    `there is no Helm release ${name} in namespace ${namespace}`,
    {
      hint:
        `Compare with: helm list --all --namespace ${namespace}\n` +
        'A release in a SQL database (HELM_DRIVER=sql) cannot be read; leave it out of the plan, or let the release live in Secrets, which is Helm’s default.',
    },
  );
}

/** The newest revision, which is the one Helm holds for live. Throws when it can't be read, or was uninstalled. */
export function newestRevision(release: HelmRelease): HelmRevision {
  const [newest] = release.revisions;
  if (!newest.readable) {
    throw new RollbackPlanError(
      'component-unreadable',
      `revision ${newest.revision} of Helm release ${release.name} can't be read: ${newest.problem}`,
      {
        hint: `Look at it with: helm get all ${release.name} --revision ${newest.revision} --namespace ${release.namespace}`,
      },
    );
  }
  if (newest.status === 'uninstalled' || newest.status === 'uninstalling') {
    throw new RollbackPlanError(
      'component-missing',
      `Helm release ${release.name} is ${newest.status} (revision ${newest.revision}, ${newest.at ?? 'time unknown'}); only its history is left`,
      {
        hint: `If it should live again, choose a revision and bring it back by hand: helm rollback ${release.name} <revision> --namespace ${release.namespace} --wait`,
      },
    );
  }
  return newest;
}

/** The readable revision with this number. Throws `to-unknown-version` when it was pruned or is damaged. */
export function revisionById(release: HelmRelease, id: string): HelmRevision {
  const found = release.revisions.find((each) => String(each.revision) === id);
  if (found?.readable === true) return found;
  const left = release.revisions.map((each) => each.revision).join(', ');
  throw new RollbackPlanError(
    'to-unknown-version',
    found === undefined
      ? `Helm release ${release.name} has no revision ${id}; there are ${left}`
      : `revision ${id} of Helm release ${release.name} can't be read: ${found.problem}`,
    {
      hint: `Choose another one from: helm history ${release.name} --namespace ${release.namespace}\nHelm keeps 10 revisions unless every helm command says --history-max.`,
      facts: { candidates: left },
    },
  );
}
