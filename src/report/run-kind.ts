// What sort of run a report is of, where that changes what is told.

import type { RunReport } from './model.ts';

/** A rehearsal, and never to be told or kept as an incident. */
export function isDrill(run: RunReport): boolean {
  return run.identity.mode === 'drill';
}

/** A run that left no journal: what is known is what was asked for, and what somebody found who looked afterwards. */
export function isLost(run: RunReport): boolean {
  const { identity, verdict } = run;
  return identity.mode === 'report' || (identity.mode === 'unknown' && verdict.fault?.code === 'run-lost');
}

/** A run that did what was due, and was never to change the target. */
export function isHeartbeat(run: RunReport): boolean {
  return run.identity.mode === 'heartbeat';
}
