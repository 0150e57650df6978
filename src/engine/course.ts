// A course: the phases and steps of one run with their kinds bound, ready to perform. The engine knows courses;
// it knows neither the plan's YAML nor any kind.

import type { Fault } from '../events.ts';
import type { JsonObject } from '../values/json.ts';
import type { Captured, OperationResult, Prepared, Probe, Verification } from '../values/operation.ts';

/** The state that `success()`, `failure()` and `cancelled()` ask for. */
export type RunState = {
  /** A step failed somewhere in this run. */
  readonly failed: boolean;
  /** A step failed in this phase: what a step without `if:` waits for, so that a phase with `always()` really runs. */
  readonly phaseFailed: boolean;
  readonly cancelled: boolean;
};

export type Decision =
  | { readonly run: true }
  | { readonly run: false; readonly because: string; readonly fault?: Fault };

/** A step whose expressions are evaluated and whose settings are valid: only verbs are left. */
export type BoundStep = {
  readonly before: string | undefined;
  /** What the step says it leads to: `revision 2`; goes into the intent. */
  readonly to: string | undefined;
  prepare(): Promise<Prepared>;
  capture(): Promise<Captured | undefined>;
  probe(): Promise<Probe>;
  verify(results: readonly OperationResult[]): Promise<Verification>;
  outputs(results: readonly OperationResult[]): JsonObject;
  readonly compensate: ((captured: Captured | undefined) => Promise<Prepared>) | undefined;
  /** Of kind and settings, the same in every run that would do the same. Components have none: they are read anew. */
  readonly identity?: string;
};

/** A step that is done already and is not to be done again. */
export type Settled = { readonly evidence: string; readonly outputs: JsonObject; readonly identity?: string };

export type CourseStep = {
  /** Unique in the run and stable between runs: `roll-back/api`. */
  readonly key: string;
  /** What expressions call it: `steps.<id>`. */
  readonly id: string | undefined;
  readonly title: string;
  readonly kind: string;
  readonly component: string | undefined;
  readonly timeoutMs: number;
  /** How often an idempotent operation is tried again; `undefined` takes the engine's default. */
  readonly retries: number | undefined;
  readonly onFailure: 'stop' | 'continue' | 'compensate';
  /** Its `if`, or its phase's, names a status function: performed at every press. */
  readonly cleanup: boolean;
  readonly settled?: Settled;
  /** Evaluates `if:` (default `success()`); throws `expression-failed`. A reason is given when it does not run. */
  shouldRun(state: RunState): Decision;
  /** Evaluates the step's expressions and validates the result; throws `RollbackPlanError`. */
  bind(): Promise<BoundStep>;
};

export type CoursePhase = {
  readonly name: string;
  readonly parallel: boolean;
  readonly estimateMs: number | undefined;
  readonly budgetMs: number | undefined;
  shouldRun(state: RunState): Decision;
  readonly steps: readonly CourseStep[];
};

export type Course = readonly CoursePhase[];

/** What finished steps leave for later expressions. The course's expressions read it; only the engine writes it. */
export type StepRecords = Map<string, { readonly outcome: string; readonly outputs: JsonObject }>;
