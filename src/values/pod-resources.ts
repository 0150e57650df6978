// What one pod of a template counts against a ResourceQuota. As the API server counts: containers that run side by side
// add up, one that runs before them counts where it is larger. Pure.

import { z } from 'zod';
import { isJsonObject, type JsonObject } from './json.ts';
import { parseQuantity } from './quantity.ts';

const amounts = z.record(z.string(), z.union([z.string(), z.number()])).nullish();
const container = z.object({
  restartPolicy: z.string().nullish(),
  resources: z.object({ requests: amounts, limits: amounts }).nullish(),
});
const podSpec = z.object({
  containers: z.array(container),
  initContainers: z.array(container).nullish(),
  overhead: amounts,
});
type Container = z.infer<typeof container>;

/** By the names that quotas use: `requests.cpu`, `cpu`, `limits.memory`, `pods`. */
export type QuotaUse = ReadonlyMap<string, number>;

/** Of a workload's pod template; `undefined` for one that makes no sense. What has no request counts nothing. */
export function podUse(workload: JsonObject | undefined): QuotaUse | undefined {
  const spec = workload?.['spec'];
  const template = isJsonObject(spec) ? spec['template'] : undefined;
  const parsed = podSpec.safeParse(isJsonObject(template) ? template['spec'] : undefined);
  if (!parsed.success) return undefined;
  const { containers, initContainers, overhead } = parsed.data;
  const before = initContainers ?? [];
  // A sidecar is an init container that stays.
  const beside = [...containers, ...before.filter(({ restartPolicy }) => restartPolicy === 'Always')];
  const passing = before.filter(({ restartPolicy }) => restartPolicy !== 'Always');
  const use = new Map<string, number>([
    ['pods', 1],
    ['count/pods', 1],
  ]);
  for (const resource of namesOf([...containers, ...before])) {
    const extra = parseQuantity(overhead?.[resource]) ?? 0;
    const request = largest(beside, passing, (each) => requested(each, resource)) + extra;
    const limit = largest(beside, passing, (each) => limited(each, resource)) + extra;
    use.set(`requests.${resource}`, request);
    if (resource === 'cpu' || resource === 'memory') use.set(resource, request);
    use.set(`limits.${resource}`, limit);
  }
  return use;
}

function largest(
  beside: readonly Container[],
  passing: readonly Container[],
  amount: (each: Container) => number,
): number {
  const together = beside.reduce((sum, each) => sum + amount(each), 0);
  return Math.max(together, ...passing.map(amount));
}

/** A container with a limit and no request requests its limit. */
function requested({ resources }: Container, resource: string): number {
  return parseQuantity(resources?.requests?.[resource] ?? resources?.limits?.[resource]) ?? 0;
}

function limited({ resources }: Container, resource: string): number {
  return parseQuantity(resources?.limits?.[resource]) ?? 0;
}

function namesOf(containers: readonly Container[]): ReadonlySet<string> {
  return new Set(
    containers.flatMap(({ resources }) => [
      ...Object.keys(resources?.requests ?? {}),
      ...Object.keys(resources?.limits ?? {}),
    ]),
  );
}
