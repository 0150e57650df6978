// Check kind `rollout`: do the pods that should run the newest template of a workload run it, and do they serve?
// Unlike `kubectl rollout status` it never takes zero replicas, a paused Deployment or a held-back partition for success.

import { z } from 'zod';
import { toRollbackPlanError } from '../errors.ts';
import { describeExpectation, type Expectation, expectation, meets } from '../values/expectations.ts';
import type { Json } from '../values/json.ts';
import { namespaceLabel } from '../values/names.ts';
import { judgeWorkload, type WorkloadHealth } from '../values/workload-health.ts';
import { readWorkload } from '../values/workload-reading.ts';
import { parseWorkloadName, workloadName } from '../values/workload-reference.ts';
import type { CheckKind, Measurement } from './check-kind.ts';

const schema = z.strictObject({
  workload: z
    .union([workloadName, z.array(workloadName).min(1)])
    .describe('What to look at: `deployment/api`, `statefulset/db`, `daemonset/agent`, or a list of them.'),
  namespace: namespaceLabel
    .optional()
    .describe("Namespace of the workloads. Default: the target's namespace."),
  ready: expectation
    .default('>= 1')
    .describe(
      'How many pods have to be ready, for each workload. Only an expectation that allows 0 accepts a workload without pods.',
    ),
});

export type RolloutSettings = z.infer<typeof schema>;

export const rollout: CheckKind<RolloutSettings> = {
  name: 'rollout',
  summary: 'The newest template of a workload is rolled out and its pods are ready.',
  schema,
  timeoutMs: 15_000,

  requires(settings) {
    const namespace = settings.namespace === undefined ? {} : { namespace: settings.namespace };
    const kinds = new Set(namesOf(settings).flatMap((name) => parseWorkloadName(name, '')?.kind ?? []));
    return [
      ...[...kinds].map((kind) => ({
        type: 'permission' as const,
        verb: 'get',
        group: 'apps',
        resource: `${kind.toLowerCase()}s`,
        ...namespace,
      })),
      { type: 'permission', verb: 'list', group: '', resource: 'pods', ...namespace },
      { type: 'permission', verb: 'list', group: 'apps', resource: 'replicasets', ...namespace },
    ];
  },

  async measure(context, settings): Promise<Measurement> {
    const expected = `rolled out, ready ${describeExpectation(settings.ready)}`;
    try {
      const namespace = settings.namespace ?? context.cluster.namespace;
      const measured = await Promise.all(
        namesOf(settings).map(async (name): Promise<MeasuredWorkload> => {
          const reference = parseWorkloadName(name, namespace);
          // The schema has let only such names through.
          if (reference === undefined)
            return { name, state: 'error', health: undefined, evidence: `${name}: no workload` };
          const health = judgeWorkload(await readWorkload(context.cluster, reference, context.signal));
          return { name, health, ...judgeRollout(health, settings.ready) };
        }),
      );
      return summarise(measured, expected);
    } catch (thrown) {
      const { message } = toRollbackPlanError(thrown);
      return { state: 'error', value: null, expected, evidence: `could not measure: ${message}` };
    }
  },
};

type MeasuredWorkload = {
  readonly name: string;
  readonly state: Measurement['state'];
  readonly evidence: string;
  readonly health: WorkloadHealth | undefined;
};

/** What a workload's health means for the check. Pure. */
export function judgeRollout(
  health: WorkloadHealth,
  ready: Expectation,
): { readonly state: Measurement['state']; readonly evidence: string } {
  const { evidence } = health;
  switch (health.state) {
    case 'ready': {
      const verdict = meets(ready, health.ready);
      return verdict.ok
        ? { state: 'pass', evidence }
        : { state: 'fail', evidence: `${evidence}; ready: ${verdict.why}` };
    }
    case 'empty': {
      // Nothing can be wrong with no pods, and nothing right either: only who says so beforehand gets a pass.
      const verdict = meets(ready, 0);
      return {
        state: verdict.ok ? 'pass' : 'fail',
        evidence: verdict.ok ? `${evidence}; expected so` : evidence,
      };
    }
    case 'progressing':
    case 'failed':
    case 'held':
    case 'missing':
      return { state: 'fail', evidence };
    case 'unreadable':
      return { state: 'inconclusive', evidence };
  }
}

const worstFirst = ['error', 'fail', 'inconclusive', 'pass'] as const;

function summarise(measured: readonly MeasuredWorkload[], expected: string): Measurement {
  const state = worstFirst.find((each) => measured.some((one) => one.state === each)) ?? 'error';
  const telling = measured.filter((one) => one.state === state);
  const value = Object.fromEntries(
    measured.map(({ name, health }): [string, Json] => [
      name,
      health === undefined
        ? null
        : { state: health.state, desired: health.desired, updated: health.updated, ready: health.ready },
    ]),
  );
  return { state, value, expected, evidence: telling.map((one) => one.evidence).join('; ') };
}

function namesOf({ workload }: RolloutSettings): readonly string[] {
  return typeof workload === 'string' ? [workload] : workload;
}
