// Gives the plan's checks their kinds. Their expressions are evaluated when they measure, after the steps.

import type { CheckKind } from '../checks/check-kind.ts';
import type { Plan } from '../plan/plan.ts';
import { settle } from '../plan/settle.ts';
import type { Scope } from '../values/expression-evaluation.ts';
import type { BoundCheck } from './run-checks.ts';
import type { Condition } from './watch.ts';

const defaultWithinMs = 60_000;
const defaultEveryMs = 2_000;

export function bindChecks(
  plan: Plan,
  kinds: ReadonlyMap<string, CheckKind<unknown>>,
  scope: (status: Scope['status']) => Scope,
): readonly BoundCheck[] {
  return plan.verify.map((check) => {
    const kind = kinds.get(check.uses);
    if (kind === undefined) throw new Error(`the linter let check ${check.uses} through`);
    return {
      name: check.name,
      kind,
      settle: () => settle(check, scope({ failed: false, cancelled: false }), kind),
      withinMs: check.withinMs ?? defaultWithinMs,
      everyMs: check.everyMs ?? defaultEveryMs,
    };
  });
}

const defaultFailures = 3;

/**
 * What is watched after a deploy: the plan's checks and its triggers. `steady`: all of it was healthy a moment ago, so
 * nothing gets time to start up.
 */
export function bindConditions(
  plan: Plan,
  kinds: ReadonlyMap<string, CheckKind<unknown>>,
  scope: (status: Scope['status']) => Scope,
  { steady }: { readonly steady: boolean },
): readonly Condition[] {
  const checks = bindChecks(plan, kinds, scope).map((check, index): Condition => {
    const failures = plan.verify[index]?.failures ?? defaultFailures;
    return { ...check, failures, graceMs: steady ? 0 : check.withinMs };
  });
  const triggers = [...plan.triggers.values()].map((trigger): Condition => {
    const kind = kinds.get(trigger.check.uses);
    if (kind === undefined) throw new Error(`the linter let check ${trigger.check.uses} through`);
    const { name, severity, scenario } = trigger;
    return {
      name: `trigger ${name}`,
      kind,
      settle: () => settle(trigger.check, scope({ failed: false, cancelled: false }), kind),
      everyMs: trigger.everyMs,
      failures: trigger.failures,
      graceMs: 0,
      trigger: {
        name,
        ...(severity === undefined
          ? {}
          : { severity, recoverWithinMs: plan.severities.get(severity)?.recoverWithinMs }),
        ...(scenario === undefined ? {} : { scenario }),
      },
    };
  });
  return [...checks, ...triggers];
}
