// Measures what users see: every check, side by side, until it is healthy or its time is up.

import type { CheckKind, Measurement } from '../checks/check-kind.ts';
import { toRollbackPlanError } from '../errors.ts';
import type { CheckResult, Emit } from '../events.ts';
import type { KindContext, Log } from '../ports.ts';

export type BoundCheck = {
  readonly name: string;
  readonly kind: CheckKind<unknown>;
  /** Evaluates expressions and validates; throws `RollbackPlanError`, which makes the check an `error`. */
  readonly settle: () => unknown;
  /** How long the check may take to become healthy, ms. */
  readonly withinMs: number;
  readonly everyMs: number;
};

/** Results in the order of the checks. A check that never passes keeps its last measurement. */
export async function runChecks(
  checks: readonly BoundCheck[],
  deps: {
    readonly context: KindContext;
    readonly emit: Emit;
    readonly log: Log;
    readonly patience: 'full' | 'one-look';
  },
): Promise<readonly CheckResult[]> {
  return await Promise.all(checks.map((check) => runCheck(check, deps)));
}

async function runCheck(check: BoundCheck, deps: Parameters<typeof runChecks>[1]): Promise<CheckResult> {
  const { clock, signal } = deps.context;
  const started = clock.monotonicMs();
  const deadline = started + (deps.patience === 'full' ? check.withinMs : 0);
  let attempts = 0;
  for (;;) {
    attempts++;
    const seen = await measure(check, deps.context);
    const elapsed = clock.monotonicMs();
    if (seen.state === 'pass' || elapsed + check.everyMs > deadline || signal.aborted) {
      const result = checkResult(check, seen, { attempts, durationMs: elapsed - started });
      await deps.emit({ type: 'check-finished', ...result });
      deps.log.info(`${check.name}: ${seen.state} — ${seen.evidence}`);
      return result;
    }
    if (attempts === 1) deps.log.info(`${check.name}: not yet — ${seen.evidence}`);
    await clock.sleep(check.everyMs, signal);
  }
}

/** A measurement as the record keeps it. */
export function checkResult(
  check: Pick<BoundCheck, 'name' | 'kind'>,
  seen: Measurement,
  { attempts, durationMs }: Pick<CheckResult, 'attempts' | 'durationMs'>,
): CheckResult {
  return {
    name: check.name,
    kind: check.kind.name,
    state: seen.state,
    value: typeof seen.value === 'string' ? seen.value : JSON.stringify(seen.value),
    expected: seen.expected,
    evidence: seen.evidence,
    attempts,
    durationMs,
  };
}

/** One measurement; what is thrown is an `error`, never a pass. */
export async function measure(
  check: Pick<BoundCheck, 'kind' | 'settle'>,
  context: KindContext,
): Promise<Measurement> {
  try {
    return await check.kind.measure(context, check.settle());
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    return { state: 'error', value: null, expected: '', evidence: `could not be measured: ${error.message}` };
  }
}
