// What stands under `with:` of a `workload` component.

import { z } from 'zod';
import { namespaceLabel } from '../../values/names.ts';
import {
  describeWorkload,
  parseWorkloadName,
  type WorkloadReference,
  workloadName,
} from '../../values/workload-reference.ts';

export const settingsSchema = z.strictObject({
  name: z
    .union([
      workloadName,
      z
        .array(workloadName)
        .min(1)
        .refine(
          (names) => new Set(names.map(canonicalName)).size === names.length,
          'the same workload stands there twice',
        ),
    ])
    .describe(
      'What goes back: `deployment/worker`, `statefulset/db`, `daemonset/agent`, or a list of workloads that are released together under one version name.',
    ),
  namespace: namespaceLabel
    .optional()
    .describe("Namespace of the workloads. Default: the target's namespace."),
});

export type WorkloadSettings = z.infer<typeof settingsSchema>;

export function referencesOf(settings: WorkloadSettings, home: string): readonly WorkloadReference[] {
  const { name } = settings;
  const names = typeof name === 'string' ? [name] : name;
  return names.map((written) => {
    const reference = parseWorkloadName(written, settings.namespace ?? home);
    if (reference === undefined) throw new Error(`${written}: the schema lets no such workload through`);
    return reference;
  });
}

/** `deploy/api` and `deployment/api` are one. */
function canonicalName(written: string): string {
  const reference = parseWorkloadName(written, '');
  return reference === undefined ? written : describeWorkload(reference);
}
