// Several workloads that are released together: their common word (`2.4.1`) is the version, because their revision
// numbers have nothing to do with one another.

import type { Candidate, History } from '../../values/version.ts';
import { digestOf, type PodTemplate } from './pod-template.ts';
import type { WorkloadRevision } from './revisions.ts';
import { becausePutOut, type LiveVersion, unfinishedUndo } from './versions.ts';
import type { WorkloadState } from './workload-state.ts';

/** The label `app.kubernetes.io/version` of a template, else the image tag of its default container. */
export function releaseName({ names }: PodTemplate): string {
  return names[0] ?? 'latest';
}

export function jointLiveVersion(states: readonly WorkloadState[]): LiveVersion {
  const names = [...new Set(states.map(({ template }) => releaseName(template)))];
  const at = states[0]?.current?.createdAt;
  const version = {
    id: names.join('+'),
    label: names.length === 1 ? sameLabel(names[0] ?? '', states) : mixedLabel(states),
    digest: jointDigest(states.map(({ name, template }) => [name, template])),
    ...(at === undefined ? {} : { at }),
  };
  const back = states.filter(({ rolledBackTo }) => rolledBackTo !== undefined);
  if (names.length === 1) {
    const unfinished = states
      .map((state) => unfinishedUndo(state, version.id))
      .find((each) => each !== undefined);
    // Where one was there already, only the others had to be put back.
    return { version, rolledBackTo: back.length === 0 ? undefined : version.id, unfinished };
  }
  const [goal, ...others] = [...new Set(back.map(({ template }) => releaseName(template)))];
  const begun = goal !== undefined && others.length === 0;
  return {
    version,
    rolledBackTo: undefined,
    unfinished: begun
      ? {
          to: goal,
          because: `${states
            .filter(({ template }) => releaseName(template) !== goal)
            .map(({ name, template }) => `${name} is at ${releaseName(template)}`)
            .join(', ')}`,
        }
      : undefined,
  };
}

/** Names of the first workload, newest first; a mixture that is live stands above them. */
export function jointHistory(states: readonly WorkloadState[]): History {
  const [first] = states;
  if (first === undefined) return [];
  const live = jointLiveVersion(states);
  const names = [...new Set(first.revisions.map(({ template }) => releaseName(template)))];
  const mixture: readonly Candidate[] = names.includes(live.version.id)
    ? []
    : [{ ...live.version, standing: 'deployed', because: 'is live, and no one version' }];
  return [...mixture, ...names.map((name) => candidateOf(name, states, live))];
}

export type JointTarget = {
  readonly state: WorkloadState;
  /** The newest revision of that name; the live one where that has it. */
  readonly revision: WorkloadRevision | undefined;
};

/** Where each workload goes for a name. */
export function jointTargets(name: string, states: readonly WorkloadState[]): readonly JointTarget[] {
  return states.map((state) => ({
    state,
    revision: state.revisions.find(({ template }) => releaseName(template) === name),
  }));
}

export function jointDigest(templates: readonly (readonly [string, PodTemplate])[]): string {
  const lines = templates.map(([name, { digest }]) => `${name} ${digest}`);
  return digestOf([...lines].sort().join('\n'));
}

function candidateOf(name: string, states: readonly WorkloadState[], live: LiveVersion): Candidate {
  const targets = jointTargets(name, states);
  const missing = targets.filter(({ revision }) => revision === undefined).map(({ state }) => state.name);
  const found = targets.flatMap(({ state, revision }) =>
    revision === undefined ? [] : [[state.name, revision] as const],
  );
  const at = found[0]?.[1].createdAt;
  const numbers = found.map(([workload, { number }]) => `${workload} revision ${number}`).join(', ');
  const isLive = live.version.id === name;
  return {
    id: name,
    label: `${name} (${numbers})`,
    digest: jointDigest(found.map(([workload, { template }]) => [workload, template])),
    ...(at === undefined ? {} : { at }),
    ...(isLive && live.rolledBackTo !== undefined ? { rolledBackTo: live.rolledBackTo } : {}),
    ...(missing.length === 0
      ? { standing: 'deployed', because: becausePutOut }
      : { standing: 'gone', because: `${missing.join(' and ')} kept no revision of ${name}` }),
  };
}

function sameLabel(name: string, states: readonly WorkloadState[]): string {
  const parts = states.map(({ name: workload, current }) =>
    current === undefined ? `${workload} no revision yet` : `${workload} revision ${current.number}`,
  );
  return `${name} (${parts.join(', ')})`;
}

function mixedLabel(states: readonly WorkloadState[]): string {
  return `mixed: ${states.map(({ name, template }) => `${name} ${releaseName(template)}`).join(', ')}`;
}
