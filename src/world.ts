// What the composition root hands to the flow: ports, registries, and the little that lives as long as the process.

import type { CheckKind } from './checks/check-kind.ts';
import type { ComponentKind } from './components/component-kind.ts';
import type { Perform } from './engine/perform.ts';
import type { TargetSpec } from './plan/plan.ts';
import type { FileFacts } from './ports/file-facts.ts';
import type { Forge } from './ports/forge.ts';
import type { TargetState, ThisProcess } from './ports/state.ts';
import type { Clock, Files, KindContext, Log, PlanSource, Processes } from './ports.ts';
import type { StepKind } from './steps/step-kind.ts';
import type { Interruption } from './verify/verdict.ts';

export type Kinds = {
  readonly components: ReadonlyMap<string, ComponentKind<unknown>>;
  readonly steps: ReadonlyMap<string, StepKind<unknown>>;
  readonly checks: ReadonlyMap<string, CheckKind<unknown>>;
};

/**
 * A connection to one target; `close` ends what it started. A target whose cluster can't be had is still a site:
 * using `context.cluster` then throws why, and a plan that needs only git never does.
 */
export type Site = {
  readonly context: KindContext;
  readonly perform: Perform;
  readonly processes: Processes;
  /** Context and namespace as pinned, for the record; absent where the target has no cluster. */
  readonly pinned: { readonly context?: string | undefined; readonly namespace?: string | undefined };
  /** Whether the target is in a cluster, reachable or not: there the ledger is. */
  readonly clustered: boolean;
  /**
   * Lock and journal of a service in this target; nothing is read before it is asked. Without a cluster they are refs of
   * the git remote, and `undefined` where there is none either. Throws why a cluster that the plan names can't be had.
   */
  state(service: string): TargetState | undefined;
  close(): Promise<void>;
};

export interface World {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: Files;
  readonly fileFacts: FileFacts;
  /** Where plans of a run come from: in a workflow the forge, on a laptop the clone. */
  readonly planSource: PlanSource;
  /** The plans that are checked out, for `validate` and where the forge can't be read. */
  readonly checkedOutPlans: PlanSource;
  readonly kinds: Kinds;
  /** Absolute path of the checked-out repository. */
  readonly workspace: string;
  /** Absolute folder in which each run keeps its journal and records. */
  readonly runsFolder: string;
  /** Aborts on the first signal, and when the run's time is up. */
  readonly signal: AbortSignal;
  /** Aborts seconds after `signal`, while the runner still leaves time to write the records: nothing is published any more. */
  readonly noTimeLeft: AbortSignal;
  readonly self: ThisProcess;
  interruption(): Interruption | undefined;
  /** Starts the run's time limit. */
  limitTime(milliseconds: number): void;
  /** Replaces every secret that was declared so far. */
  redact(text: string): string;
  /** Takes secrets from the environment by name, masks and redacts them, and lets the plan's commands have them. Throws `secret-missing`. */
  declareSecrets(names: readonly string[]): void;
  connect(target: TargetSpec, incident: string): Promise<Site>;
  /** `undefined` when there is no token or repository to write to. */
  forge(): Promise<Forge | undefined>;
}
