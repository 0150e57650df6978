// Waits out what an earlier run of the incident may have left running, before anything else is begun. ADR 0015.

import { RollbackPlanError } from '../errors.ts';
import { mayBeAtWork } from '../state/incident-page.ts';
import type { HeldLock } from '../state/lock.ts';
import type { Incident } from '../state/page-schema.ts';
import { waitBeforeActing } from '../state/wait-before-acting.ts';
import { formatDuration } from '../values/durations.ts';
import { takeOverIn } from './hold-target.ts';
import type { Stage } from './stage.ts';

const saidEveryMs = 10_000;

/** Throws `cancelled` when the run is stopped meanwhile, and `lock-lost`. */
export async function outlast(
  open: Incident,
  lock: HeldLock,
  { request, world, hold }: Pick<Stage, 'request' | 'world' | 'hold'>,
): Promise<void> {
  const last = open.runs.at(-1);
  const longest = mayBeAtWork(open).toSorted((one, other) => other.deadlineMs - one.deadlineMs)[0];
  if (last === undefined || longest === undefined) return;
  const facts = { lock, last: last.fence, deadlineMs: longest.deadlineMs, takeOver: takeOverIn(request) };
  const until = world.clock.monotonicMs() + waitBeforeActing(facts);
  for (;;) {
    const leftMs = until - world.clock.monotonicMs();
    if (leftMs <= 0) return;
    world.log.info(
      `${longest.step}: "${longest.operation.title}" of the run before may still be at work: waiting ${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)} more until its deadline. If it is certainly dead: cancel this run and press with override: take-lock:${last.fence}`,
    );
    await world.clock.sleep(Math.min(leftMs, saidEveryMs), hold.signal);
    if (!hold.signal.aborted) continue;
    throw (
      hold.lock.lost ??
      new RollbackPlanError(
        'cancelled',
        'the run was stopped while it waited for what the run before had begun',
        {
          hint: `Nothing was changed by this run. Press again; if what the run before had begun is certainly dead: override: take-lock:${last.fence}`,
        },
      )
    );
  }
}
