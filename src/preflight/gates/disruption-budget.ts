// The gate `disruption-budget`: a PodDisruptionBudget with nothing left says that too few pods serve already. It holds no
// rollout up (only evictions), but a node that is drained meanwhile waits, and so does a rollback that waits for it.

import { z } from 'zod';
import type { JsonObject } from '../../values/json.ts';
import { describeWorkload } from '../../values/workload-reference.ts';
import { type MovedWorkload, movedWorkloads } from '../live-objects.ts';
import type { Gate, GateFinding } from './gate.ts';

export type BudgetFacts = {
  readonly workloads: readonly MovedWorkload[];
  readonly budgets: readonly JsonObject[];
};

export const disruptionBudget: Gate<BudgetFacts> = {
  name: 'disruption-budget',
  summary: 'Every PodDisruptionBudget of the components has room.',
  async collect(subject) {
    const { context, signal } = subject;
    const workloads = await movedWorkloads(subject);
    const namespaces = [...new Set(workloads.map(({ reference }) => reference.namespace))];
    const lists = namespaces.map((namespace) =>
      context.cluster.list(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {}, signal),
    );
    return { workloads, budgets: (await Promise.all(lists)).flat() };
  },
  judge: judgeBudgets,
};

const texts = z.record(z.string(), z.string()).nullish();
const budget = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: z
      .object({
        matchLabels: texts,
        matchExpressions: z
          .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
          .nullish(),
      })
      .nullish(),
  }),
  status: z.object({
    disruptionsAllowed: z.number(),
    currentHealthy: z.number(),
    desiredHealthy: z.number(),
    expectedPods: z.number(),
  }),
});
type Budget = z.infer<typeof budget>;

const podLabels = z.object({
  spec: z.object({ template: z.object({ metadata: z.object({ labels: texts }).nullish() }) }),
});

export function judgeBudgets({ workloads, budgets }: BudgetFacts): readonly GateFinding[] {
  const known = budgets.flatMap((object) => budget.safeParse(object).data ?? []);
  return known.flatMap((each): readonly GateFinding[] => {
    const guarded = workloads.filter(
      ({ reference, live }) =>
        reference.namespace === each.metadata.namespace && selects(each.spec.selector, labelsOf(live)),
    );
    const [first] = guarded;
    if (first === undefined) return [];
    const names = guarded.map(({ reference }) => describeWorkload(reference)).join(', ');
    return [judgeOne(each, first.component, names)];
  });
}

function judgeOne({ metadata, status }: Budget, component: string, names: string): GateFinding {
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = status;
  const numbers = `${currentHealthy} of ${expectedPods} pods healthy, ${desiredHealthy} wanted`;
  if (disruptionsAllowed > 0 || expectedPods === 0) {
    return {
      state: 'pass',
      subject: component,
      detail: `${metadata.name} (${names}) allows ${disruptionsAllowed}: ${numbers}`,
    };
  }
  return {
    state: 'warn',
    subject: component,
    detail: `${metadata.name} (${names}) allows no disruption now: ${numbers}`,
    hint: 'The rollback is not held up by it. A node that is being drained is: stop drains and cluster upgrades until users are served again.',
  };
}

function labelsOf(workload: JsonObject | undefined): Readonly<Record<string, string>> {
  return podLabels.safeParse(workload).data?.spec.template.metadata?.labels ?? {};
}

/** As the API server matches: an empty selector takes every pod of the namespace, a missing one takes none. */
function selects(selector: Budget['spec']['selector'], labels: Readonly<Record<string, string>>): boolean {
  if (selector === null || selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = labels[key];
      const listed = value !== undefined && (values ?? []).includes(value);
      if (operator === 'In') return listed;
      if (operator === 'NotIn') return !listed;
      return (operator === 'Exists') === (value !== undefined);
    })
  );
}
