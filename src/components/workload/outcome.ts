// Whether workloads are where they were to go: by the content of the live templates and by the pods that run them.
// kubectl's exit code tells neither: it is 0 for a rollback that was skipped.

import type { Probe, Verification } from '../../values/operation.ts';
import type { Health, PinnedChange } from '../../values/version.ts';
import { judgeWorkload, type WorkloadHealth } from '../../values/workload-health.ts';
import { blockedPods } from './blocked-pods.ts';
import { jointDigest } from './joint-versions.ts';
import type { WorkloadState } from './workload-state.ts';

/** Digest of what is live, as versions have it: of the one template, or of all. */
export function liveDigest(states: readonly WorkloadState[]): string {
  const [only, ...others] = states;
  if (only !== undefined && others.length === 0) return only.template.digest;
  return jointDigest(states.map(({ name, template }) => [name, template]));
}

/** After a crash or before a repetition. Pure. */
export function probeWorkloads(states: readonly WorkloadState[], change: PinnedChange): Probe {
  const live = liveDigest(states);
  if (live === change.to.digest) {
    const waiting = states.flatMap((state) =>
      state.current === undefined ? [] : blockedPods(state, state.current.objectName),
    );
    if (waiting.length > 0) {
      const evidence = `${describeTemplates(states)} as in ${change.to.label}; ${waiting.join(', ')} not yet deleted`;
      return { state: 'not-done', evidence };
    }
    return { state: 'done', evidence: `${describeTemplates(states)} as in ${change.to.label}` };
  }
  if (live === change.from.digest)
    return { state: 'not-done', evidence: `${change.from.label} is live, as when the incident started` };
  // Of several, some may have gone and others not: that is half of our own work.
  if (states.length > 1)
    return { state: 'not-done', evidence: `${describeTemplates(states)}: not all as in ${change.to.label}` };
  return {
    state: 'unknown',
    evidence: `${describeTemplates(states)}, neither ${change.from.label} nor ${change.to.label}: somebody else has been here`,
  };
}

/** One look. Pure. */
export function verifyWorkloads(states: readonly WorkloadState[], change: PinnedChange): Verification {
  const live = liveDigest(states);
  if (live !== change.to.digest) {
    const what = live === change.from.digest ? 'still' : 'now';
    return {
      state: 'failed',
      evidence: `${what} ${describeTemplates(states)}, which is not the content of ${change.to.label}`,
    };
  }
  const judged = states.map(({ facts }) => judgeWorkload(facts));
  for (const [state, among] of telling) {
    const found = judged.filter((health) => among.includes(health.state));
    if (found.length > 0) return { state, evidence: found.map(({ evidence }) => evidence).join('; ') };
  }
  const empty = judged.filter(({ state }) => state === 'empty');
  const evidence = judged.map((health) => health.evidence).join('; ');
  if (empty.length === judged.length)
    return { state: 'failed', evidence: `the template of ${change.to.label} is back, but ${evidence}` };
  return { state: 'verified', evidence: `the template of ${change.to.label} is live; ${evidence}` };
}

/** Worst first. */
const telling: readonly (readonly [Verification['state'], readonly WorkloadHealth['state'][]])[] = [
  ['failed', ['failed', 'held', 'missing']],
  ['progressing', ['progressing']],
  ['unknown', ['unreadable']],
];

/** How they fare together, and in one line. Pure. */
export function healthOf(states: readonly WorkloadState[]): {
  readonly health: Health;
  readonly detail: string;
} {
  const judged = states.map(({ facts }) => judgeWorkload(facts));
  const detail = judged.map(({ evidence }) => evidence).join('; ');
  const has = (...among: readonly WorkloadHealth['state'][]): boolean =>
    judged.some(({ state }) => among.includes(state));
  if (has('failed', 'held', 'missing')) return { health: 'unhealthy', detail };
  if (has('progressing')) return { health: 'progressing', detail };
  return { health: has('unreadable') || !has('ready') ? 'unknown' : 'healthy', detail };
}

function describeTemplates(states: readonly WorkloadState[]): string {
  return states
    .map(({ name, template, current }) =>
      current === undefined
        ? `${name} with ${template.image}`
        : `${name} at revision ${current.number} (${template.image})`,
    )
    .join(', ');
}
