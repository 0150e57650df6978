// What users see after the steps: every check until it is healthy, and then for as long as the plan wants to be sure.
// ADR 0020.

import type { CourseResult } from '../engine/run-course.ts';
import type { CheckResult } from '../events.ts';
import { bindCalled, bindChecks, bindConditions, lastingTriggers } from '../verify/bind-checks.ts';
import { decidingChecks } from '../verify/deciding.ts';
import { runChecks } from '../verify/run-checks.ts';
import { watch } from '../verify/watch.ts';
import type { Aimed } from './aim-run.ts';
import { measuredBefore } from './kept-baseline.ts';
import type { Order, Stage } from './stage.ts';

/**
 * The results that decide: checks of `verify`, and the triggers that called for the rollback, in this run or in an earlier
 * one of the incident. After a halt users are looked at once, so that the record tells the measured state.
 */
export async function lookAtUsers(
  result: CourseResult,
  { called: now = [], before: own }: Pick<Order, 'called' | 'before'>,
  { run, context, scope, aim, incident }: Pick<Aimed, 'run' | 'context' | 'scope' | 'aim' | 'incident'>,
  { world, journal, hold }: Pick<Stage, 'world' | 'journal' | 'hold'>,
): Promise<readonly CheckResult[]> {
  if (world.signal.aborted) return [];
  const { plan } = run;
  const called = [...new Set([...lastingTriggers(incident.called, plan), ...now])];
  const kinds = world.kinds.checks;
  const deps = { context, emit: journal.emit, log: world.log };
  const from = new Map([...aim.pins].map(([name, { change }]) => [name, change.from.digest]));
  const asked = { at: world.clock.now(), from, incidents: [run.incident.id] };
  const before = own ?? (await measuredBefore(asked, { run, journal }));
  const checks = [
    ...bindChecks(plan, kinds, scope, before),
    ...bindCalled(plan, kinds, scope, called, before),
  ];
  if (called.length > 0 && checks.length === 0) await tellUnmeasured(called, { world, journal });
  const patience = result.ended === 'completed' ? 'full' : 'one-look';
  const seen = await runChecks(checks, { ...deps, patience });
  const { checks: decide, warnings } = decidingChecks(seen, checks, plan.passingScore);
  for (const text of warnings) await journal.emit({ type: 'note', level: 'warning', text });

  const well = result.ended === 'completed' && decide.every(({ state }) => state === 'pass');
  const { soakMs } = plan.recovery;
  if (!well || soakMs === 0 || checks.length === 0 || world.signal.aborted) return decide;
  const conditions = bindConditions(plan, kinds, scope, { steady: true, before, occasion: 'rollback' })
    .filter(({ trigger }) => trigger === undefined || called.includes(trigger.name))
    // All of them passed a moment ago.
    .map((condition) => ({ ...condition, excused: false }));
  const { passingScore } = plan;
  const soaked = await watch(conditions, soakMs, { ...deps, passingScore, after: 'rollback' });
  // Warnings are told by the watch. Who has lost the lock does not know whose rollback it was looking at.
  const lost = hold.signal.aborted && !world.signal.aborted;
  return decidingChecks(soaked.checks, checks, passingScore).checks.map((check) =>
    lost
      ? { ...check, state: 'inconclusive', evidence: `the lock was lost meanwhile; ${check.evidence}` }
      : check,
  );
}

async function tellUnmeasured(
  called: readonly string[],
  { world, journal }: Pick<Stage, 'world' | 'journal'>,
): Promise<void> {
  const text = `nothing measures whether what called (${called.join(', ')}) is over: the plan has no \`verify\`. Look yourself.`;
  await journal.emit({ type: 'note', level: 'warning', text });
  world.log.warning(text);
}
