// The words of the plan for one workload: its revision numbers as versions, what each is called, and whether what is
// live was put back.

import type { Candidate, History, Version } from '../../values/version.ts';
import { blockedPods } from './blocked-pods.ts';
import type { PodTemplate } from './pod-template.ts';
import type { WorkloadRevision } from './revisions.ts';
import type { WorkloadState } from './workload-state.ts';

/** Kubernetes keeps a revision whether its pods ever served or not. */
export const becausePutOut = 'was put out; Kubernetes does not record whether it served';
/** What a template is called that its controller has made no revision of. */
const noRevision = 'no-revision';

export type LiveVersion = {
  readonly version: Version;
  readonly rolledBackTo: string | undefined;
  readonly unfinished: { readonly to: string; readonly because: string } | undefined;
};

export function liveVersion(state: WorkloadState): LiveVersion {
  const { template, current, rolledBackTo } = state;
  if (current === undefined) {
    const version = {
      id: noRevision,
      names: template.names,
      label: `no revision yet (${template.image})`,
      digest: template.digest,
    };
    return { version, rolledBackTo: undefined, unfinished: undefined };
  }
  const version = versionOf(current);
  return { version, rolledBackTo, unfinished: unfinishedUndo(state, version.id) };
}

/** An undo whose broken pods were not deleted: it was stopped in between, or done by hand. */
export function unfinishedUndo(state: WorkloadState, to: string): LiveVersion['unfinished'] {
  const { current, rolledBackTo } = state;
  if (current === undefined || rolledBackTo === undefined) return undefined;
  const pods = blockedPods(state, current.objectName);
  return pods.length === 0
    ? undefined
    : { to, because: `${state.name} waits for ${pods.join(', ')}, which still ${haveOldTemplate(pods)}` };
}

export function historyOf({ revisions, current, rolledBackTo }: WorkloadState): History {
  const candidates = revisions.flatMap((revision): readonly (readonly [number, Candidate])[] => {
    const own: Candidate = {
      ...versionOf(revision),
      standing: 'deployed',
      because: becausePutOut,
      ...(revision !== current || rolledBackTo === undefined ? {} : { rolledBackTo }),
    };
    return [[revision.number, own], ...revision.earlier.map((number) => formerNumber(number, revision))];
  });
  return candidates.sort(([a], [b]) => b - a).map(([, candidate]) => candidate);
}

/**
 * The number that a revision had before it was put back. It can't be gone to, but it tells what was found bad: whatever
 * lies between it and the present number. And a person who wrote it down learns the number to type.
 */
function formerNumber(number: number, revision: WorkloadRevision): readonly [number, Candidate] {
  return [
    number,
    {
      id: String(number),
      label: labelOf(number, revision.template),
      digest: revision.template.digest,
      standing: 'gone',
      because: `it was put back and is revision ${revision.number} now`,
    },
  ];
}

export function versionOf({ number, template, createdAt }: WorkloadRevision): Version {
  return {
    id: String(number),
    names: template.names,
    label: labelOf(number, template),
    digest: template.digest,
    ...(createdAt === undefined ? {} : { at: createdAt }),
  };
}

function labelOf(number: number, template: PodTemplate): string {
  return `revision ${number} (${template.image})`;
}

function haveOldTemplate(pods: readonly string[]): string {
  return pods.length === 1 ? 'has the template before' : 'have the template before';
}
