// Which pods a check looks at: those of one workload, or those that a label selector finds.

import { z } from 'zod';
import { RollbackPlanError } from '../errors.ts';
import type { KindContext } from '../ports.ts';
import type { JsonObject } from '../values/json.ts';
import { namespaceLabel } from '../values/names.ts';
import type { Requirement } from '../values/operation.ts';
import { readWorkload } from '../values/workload-reading.ts';
import { parseWorkloadName, podsPath, workloadName } from '../values/workload-reference.ts';

/** The keys by which a plan chooses pods; to be spread into a `strictObject` that then asks `oneChoice`. */
export const choiceKeys = {
  workload: workloadName
    .optional()
    .describe('Whose pods: `deployment/api`, `statefulset/db` or `daemonset/agent`. This or `selector`.'),
  selector: z
    .string()
    .regex(/^[^\p{Cc}]{1,1024}$/u, 'a label selector is one line: `app=api,tier in (web, worker)`')
    .optional()
    .describe('Label selector that finds the pods, as kubectl takes it: `app=api,track!=canary`.'),
  namespace: namespaceLabel.optional().describe("Namespace of the pods. Default: the target's namespace."),
};

export type PodChoice = {
  readonly workload?: string | undefined;
  readonly selector?: string | undefined;
  readonly namespace?: string | undefined;
};

/** For `superRefine`: exactly one of the two ways. */
export function oneChoice(settings: PodChoice, context: z.RefinementCtx): void {
  if ((settings.workload === undefined) !== (settings.selector === undefined)) return;
  context.addIssue({
    code: 'custom',
    path: ['workload'],
    message: 'say whose pods: `workload: deployment/api`, or `selector: app=api`, and not both',
  });
}

/** `deployment/api`, or `pods with app=api`. */
export function describeChoice({ workload, selector }: PodChoice): string {
  return workload ?? `pods with ${selector ?? ''}`;
}

export function requirementsOfChoice({ workload, namespace }: PodChoice): readonly Requirement[] {
  const place = namespace === undefined ? {} : { namespace };
  const pods: Requirement = { type: 'permission', verb: 'list', group: '', resource: 'pods', ...place };
  const kind = workload === undefined ? undefined : parseWorkloadName(workload, '')?.kind;
  if (kind === undefined) return [pods];
  return [
    { type: 'permission', verb: 'get', group: 'apps', resource: `${kind.toLowerCase()}s`, ...place },
    pods,
    ...(kind === 'Deployment'
      ? [{ type: 'permission', verb: 'list', group: 'apps', resource: 'replicasets', ...place } as const]
      : []),
  ];
}

/** Terminating ones included. Throws `RollbackPlanError`, `component-missing` for a workload that is not there. */
export async function readChosenPods(
  context: Pick<KindContext, 'cluster' | 'signal'>,
  choice: PodChoice,
): Promise<readonly JsonObject[]> {
  const { cluster, signal } = context;
  const namespace = choice.namespace ?? cluster.namespace;
  if (choice.workload === undefined) {
    return await cluster.list(podsPath(namespace), { labelSelector: choice.selector ?? '' }, signal);
  }
  const reference = parseWorkloadName(choice.workload, namespace);
  const facts = reference === undefined ? undefined : await readWorkload(cluster, reference, signal);
  if (facts?.live !== undefined) return facts.pods;
  throw new RollbackPlanError(
    'component-missing',
    `there is no ${choice.workload} in namespace ${namespace}`,
    {
      hint: `Correct "workload" or "namespace" of the check; what is there: kubectl get deployments,statefulsets,daemonsets --namespace=${namespace}`,
    },
  );
}
