// What the engine is given: events out, operations to perform, time, and the signal that ends a run.

import type { Emit } from '../events.ts';
import type { Clock, Log } from '../ports.ts';
import type { StepRecords } from './course.ts';
import type { Perform } from './perform.ts';

/** What a dry run needs: nothing that could perform. */
export type PlanDeps = {
  readonly emit: Emit;
  readonly redact: (text: string) => string;
  readonly records: StepRecords;
};

export type EngineDeps = PlanDeps & {
  readonly clock: Clock;
  readonly log: Log;
  readonly perform: Perform;
  /** Writes a file below the run's folder, as it is. Rejects when the disk does. */
  readonly keep: (path: string, text: string) => Promise<void>;
  /** Aborts on cancellation and when the whole run's time is up. */
  readonly signal: AbortSignal;
};
