// Inventories for tests of `init`, and the plan that becomes of them.

import { type Draft, draftPlan } from '../../src/init/draft.ts';
import type { FoundRelease, Inventory, KnownBad, Measurable } from '../../src/init/inventory.ts';
import type { CallerName } from '../../src/init/options.ts';
import { planText } from '../../src/init/plan-text.ts';
import { renderFindings } from '../../src/plan/findings.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { registeredKinds } from '../../src/plan/registered-kinds.ts';
import type { WorkloadKind } from '../../src/values/workload-reference.ts';

export function measurable(
  name: string,
  more: {
    readonly kind?: WorkloadKind;
    readonly namespace?: string;
    readonly pods?: Measurable['pods'];
  } = {},
): Measurable {
  const { kind = 'Deployment', namespace = 'shop', pods = 'some' } = more;
  return { reference: { kind, name, namespace }, pods };
}

export function found(release: string, more: Partial<FoundRelease> = {}): FoundRelease {
  return {
    release,
    chartFolder: undefined,
    workloads: [measurable(release)],
    newWorkloads: [],
    knownBad: undefined,
    ...more,
  };
}

export function bad(release: string, more: Partial<KnownBad> = {}): KnownBad {
  return { release, revision: 3, because: 'rolled back from', at: '2026-11-20T03:12:00.000Z', ...more };
}

export function inventory(more: Partial<Inventory> = {}): Inventory {
  return {
    source: { type: 'cluster', context: 'prod', namespace: 'shop' },
    releases: [found('shop-api')],
    workloads: [],
    leftOut: [],
    unmeasured: [],
    ...more,
  };
}

export function draft(more: Partial<Inventory> = {}, callers: readonly CallerName[] = []): Draft {
  return draftPlan({ inventory: inventory(more), service: 'shop', callers });
}

/** The text, and the plan that the linter makes of it without a single finding. */
export function written(of: Draft): { readonly text: string; readonly plan: Plan } {
  const text = planText(of);
  return { text, plan: planIn(text) };
}

export function planIn(text: string): Plan {
  const { plan, findings } = parsePlan(text, 'rollback.yml', registeredKinds);
  if (plan === undefined || findings.length > 0) {
    throw new Error(`${renderFindings(findings, text)}\n${text}`);
  }
  return plan;
}

/** Takes the comment signs from a setting and the lines that belong to it, as a person would. */
export function switchOn(text: string, setting: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trimStart().startsWith(`# ${setting}`));
  if (first < 0) throw new Error(`there is no setting "${setting}" to switch on in\n${text}`);
  const length = lines.slice(first).findIndex((line) => !line.trimStart().startsWith('#'));
  const last = length < 0 ? lines.length : first + length;
  return lines
    .map((line, index) => (index >= first && index < last ? line.replace('# ', '') : line))
    .join('\n');
}
