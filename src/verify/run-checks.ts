// Measures what users see: every check, side by side, until it is healthy or its time is up.

import type { Before, CheckKind, Measurement } from '../checks/check-kind.ts';
import { toRollbackPlanError } from '../errors.ts';
import type { CheckResult, Emit } from '../events.ts';
import type { KindContext, Log } from '../ports.ts';

/** A check of the plan with its kind. */
export type BoundPart = {
  readonly name: string;
  readonly kind: CheckKind<unknown>;
  /** Evaluates expressions and validates; throws `RollbackPlanError`, which makes the check an `error`. */
  readonly settle: () => unknown;
  /** What it measured before the deploy. */
  readonly before?: Before;
};

const longestText = 4_000;

export type BoundCheck = BoundPart & {
  /** How long the check may take to become healthy, ms. */
  readonly withinMs: number;
  readonly everyMs: number;
  /** How often in a row it has to pass. */
  readonly passes: number;
  /** `alone`: nothing is good without it. Else what it counts in the score. */
  readonly vote: 'alone' | number;
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
  const full = deps.patience === 'full';
  const deadline = started + (full ? check.withinMs : 0);
  const wanted = full ? check.passes : 1;
  let attempts = 0;
  let passed = 0;
  for (;;) {
    attempts++;
    const seen = await measure(check, deps.context);
    passed = seen.state === 'pass' ? passed + 1 : 0;
    const elapsed = clock.monotonicMs();
    // Who is healthy at the deadline may still show that it stays so.
    const late = passed === 0 && elapsed >= deadline;
    if (passed >= wanted || late || signal.aborted) {
      const unfinished = seen.state === 'pass' && passed < wanted;
      const judged: Measurement = unfinished ? { ...seen, state: 'inconclusive' } : seen;
      const result = checkResult(check, judged, { attempts, durationMs: elapsed - started });
      await deps.emit({ type: 'check-finished', ...result });
      deps.log.info(`${check.name}: ${judged.state} — ${judged.evidence}`);
      return result;
    }
    if (attempts === 1 && passed === 0) deps.log.info(`${check.name}: not yet — ${seen.evidence}`);
    // The last look is at the deadline: what is looked at rarely has its whole time, too.
    const left = passed > 0 ? check.everyMs : Math.max(1, deadline - elapsed);
    await clock.sleep(Math.min(check.everyMs, left), signal);
  }
}

/** What is measured may quote what it was told: the record is for people. */
function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
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
    value: cut(typeof seen.value === 'string' ? seen.value : JSON.stringify(seen.value)),
    expected: cut(seen.expected),
    evidence: seen.evidence,
    attempts,
    durationMs,
  };
}

/** One measurement; what is thrown is an `error`, never a pass. */
export async function measure(
  check: Pick<BoundPart, 'kind' | 'settle' | 'before'>,
  context: KindContext,
): Promise<Measurement> {
  try {
    const seen = await check.kind.measure(context, check.settle(), check.before);
    // Here, because log, comment and record all quote it.
    return { ...seen, evidence: cut(seen.evidence) };
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    return { state: 'error', value: null, expected: '', evidence: `could not be measured: ${error.message}` };
  }
}
