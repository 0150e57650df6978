// Which revision each workload goes to, found by the content that was pinned: numbers move with every rollback.

import { RollbackPlanError } from '../../errors.ts';
import type { PinnedChange } from '../../values/version.ts';
import { jointDigest, jointTargets } from './joint-versions.ts';
import type { WorkloadRevision } from './revisions.ts';
import type { WorkloadState } from './workload-state.ts';

export type UndoTarget = { readonly state: WorkloadState; readonly revision: WorkloadRevision };

/** Throws `to-unknown-version` for what is gone, `prepare-failed` for what is not what was pinned. */
export function undoTargets(states: readonly WorkloadState[], change: PinnedChange): readonly UndoTarget[] {
  const [only, ...others] = states;
  if (only !== undefined && others.length === 0) return [{ state: only, revision: ownTarget(only, change) }];
  const { id, digest } = change.to;
  const targets = jointTargets(id, states).flatMap(({ state, revision }) =>
    revision === undefined ? [] : [{ state, revision }],
  );
  if (targets.length < states.length) {
    const missing = states.filter((state) => targets.every((target) => target.state !== state));
    throw gone(id, missing);
  }
  const found = jointDigest(targets.map(({ state, revision }) => [state.name, revision.template]));
  if (found !== digest) throw notThePinned(id, states);
  return targets;
}

function ownTarget(state: WorkloadState, { to }: PinnedChange): WorkloadRevision {
  // A number that moved has its content under another one.
  const sameContent = state.revisions.filter(({ template }) => template.digest === to.digest);
  const named = sameContent.find(({ number }) => String(number) === to.id);
  const revision = named ?? sameContent[0];
  if (revision !== undefined) return revision;
  throw state.revisions.some(({ number }) => String(number) === to.id)
    ? notThePinned(`revision ${to.id}`, [state])
    : gone(`revision ${to.id}`, [state]);
}

function gone(what: string, states: readonly WorkloadState[]): RollbackPlanError {
  const there = states.map(
    ({ name, revisions }) =>
      `${name} has ${revisions.length === 0 ? 'none' : revisions.map(({ number }) => number).join(', ')}`,
  );
  return new RollbackPlanError('to-unknown-version', `${what} is not kept any more: ${there.join('; ')}`, {
    hint: `Choose another version. How many are kept is the workload's spec.revisionHistoryLimit.\n${historyCommands(states)}`,
  });
}

function notThePinned(what: string, states: readonly WorkloadState[]): RollbackPlanError {
  return new RollbackPlanError('prepare-failed', `${what} is not what was pinned: its content is another`, {
    hint: `Somebody deployed, or deleted the workload and made it anew. Press again and choose from:\n${historyCommands(states)}`,
  });
}

function historyCommands(states: readonly WorkloadState[]): string {
  return states
    .map(({ name, reference }) => `  kubectl rollout history ${name} --namespace=${reference.namespace}`)
    .join('\n');
}
