// Gives the plan's checks their kinds. Their expressions are evaluated when they measure, after the steps.

import type { CheckKind } from '../checks/check-kind.ts';
import type { Plan } from '../plan/plan.ts';
import { settle } from '../plan/settle.ts';
import type { Scope } from '../values/expression-evaluation.ts';
import type { BoundCheck } from './run-checks.ts';

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
