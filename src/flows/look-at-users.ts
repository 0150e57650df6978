// What users see after the steps: every check until it is healthy, and then for as long as the plan wants to be sure.
// ADR 0020.

import type { CourseResult } from '../engine/run-course.ts';
import type { CheckResult } from '../events.ts';
import { bindChecks, bindConditions } from '../verify/bind-checks.ts';
import { decidingChecks } from '../verify/deciding.ts';
import { runChecks } from '../verify/run-checks.ts';
import { watch } from '../verify/watch.ts';
import type { Aimed } from './aim-run.ts';
import type { Stage } from './stage.ts';

/** The results that decide. After a halt users are looked at once, so that the record tells the measured state. */
export async function lookAtUsers(
  result: CourseResult,
  { run, context, scope }: Pick<Aimed, 'run' | 'context' | 'scope'>,
  { world, journal, hold }: Pick<Stage, 'world' | 'journal' | 'hold'>,
): Promise<readonly CheckResult[]> {
  if (world.signal.aborted) return [];
  const { plan } = run;
  const deps = { context, emit: journal.emit, log: world.log };
  const checks = bindChecks(plan, world.kinds.checks, scope);
  const patience = result.ended === 'completed' ? 'full' : 'one-look';
  const seen = await runChecks(checks, { ...deps, patience });
  const { checks: decide, warnings } = decidingChecks(seen, checks, plan.passingScore);
  for (const text of warnings) await journal.emit({ type: 'note', level: 'warning', text });

  const well = result.ended === 'completed' && decide.every(({ state }) => state === 'pass');
  const { soakMs } = plan.recovery;
  if (!well || soakMs === 0 || checks.length === 0 || world.signal.aborted) return decide;
  const conditions = bindConditions(plan, world.kinds.checks, scope, { steady: true }).slice(
    0,
    checks.length,
  );
  const { passingScore } = plan;
  const soaked = await watch(conditions, soakMs, { ...deps, passingScore });
  // Warnings are told by the watch. Who has lost the lock does not know whose rollback it was looking at.
  const lost = hold.signal.aborted && !world.signal.aborted;
  return decidingChecks(soaked.checks, checks, passingScore).checks.map((check) =>
    lost
      ? { ...check, state: 'inconclusive', evidence: `the lock was lost meanwhile; ${check.evidence}` }
      : check,
  );
}
