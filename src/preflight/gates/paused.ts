// The gate `paused`: a Deployment that is paused takes a new template and rolls nothing out, so that a rollback would
// wait until its deadline. A paused one of the kind `workload` is refused before this gate: `workload-paused`.

import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { describeWorkload } from '../../values/workload-reference.ts';
import { type MovedWorkload, movedWorkloads } from '../live-objects.ts';
import type { Gate, GateFinding } from './gate.ts';

const shownNames = 5;

export const paused: Gate<readonly MovedWorkload[]> = {
  name: 'paused',
  summary: 'No Deployment that goes back is paused.',
  override: 'paused',
  collect: movedWorkloads,
  judge: judgePaused,
};

export function judgePaused(workloads: readonly MovedWorkload[]): readonly GateFinding[] {
  const deployments = workloads.filter(({ reference, live }) => reference.kind === 'Deployment' && live);
  if (deployments.length === 0) return [];
  // A manifest that says what `paused` is to be resumes, or pauses, by itself.
  const stopped = deployments.filter(({ live, wanted }) => pausedOf(wanted) ?? pausedOf(live) ?? false);
  if (stopped.length === 0) {
    const names = deployments.map(({ reference }) => describeWorkload(reference));
    const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
    const detail = `rolling out: ${names.slice(0, shownNames).join(', ')}${more}`;
    return [{ state: 'pass', subject: '', detail }];
  }
  return stopped.map(({ component, reference, live }): GateFinding => {
    const name = describeWorkload(reference);
    const resume = `kubectl rollout resume ${name} --namespace=${reference.namespace}`;
    return pausedOf(live) === true
      ? {
          state: 'refuse',
          subject: component,
          detail: `${name} is paused: it would take the template and roll nothing out`,
          hint: `Find out who paused it and why; then: \`${resume}\``,
        }
      : {
          state: 'refuse',
          subject: component,
          detail: `${name} would be paused by the version gone back to, and nothing of it would be rolled out`,
          hint: `Choose a version whose manifest does not pause it, or resume it as soon as the rollback has begun: \`${resume}\``,
        };
  });
}

function pausedOf(object: JsonObject | undefined): boolean | undefined {
  const spec = object?.['spec'];
  const value = isJsonObject(spec) ? spec['paused'] : undefined;
  return typeof value === 'boolean' ? value : undefined;
}
