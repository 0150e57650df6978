// What the engine is given: events out, operations to perform, time, and the signal that ends a run.

import type { RollbackPlanError } from '../errors.ts';
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
  /** Name of that folder. */
  readonly runFolder: string;
  /** Aborts on cancellation, when the whole run's time is up, and when the lock is lost. */
  readonly signal: AbortSignal;
  /** Unset where nothing can be locked. */
  readonly lock?: Lock | undefined;
};

/** What the engine asks of the lock. */
export type Lock = {
  /** Reads it again; throws `lock-lost` unless it is still ours, and what the server's silence throws. */
  prove(): Promise<void>;
  /** Throws `lock-lost` when our own clock says that the term is over. Asked without a pause before an act. */
  assertInTime(): void;
  /** Set once it is lost. */
  readonly lost: RollbackPlanError | undefined;
};
