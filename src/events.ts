// Everything that happens in a run, as data. The engine and the pipeline emit these; the journal stores them,
// progress lines and the report are folds over them, so a record can be rebuilt from the journal alone.

import type {
  CheckResult,
  ComponentChange,
  DrillMeasure,
  Fault,
  FollowUpsResult,
  KeptBefore,
  RecheckResult,
  RunIdentity,
  ShownOperation,
  StepStatus,
  WatchedSeries,
  WatchResult,
} from './events/facts.ts';
import type { JsonObject } from './values/json.ts';

export type * from './events/facts.ts';
export { drillMeasures } from './events/facts.ts';

/** Journal format; raised when an old reader would misread a new journal. */
export const journalVersion = 1;

export const greenOutcomes = ['rolled-back', 'already-there', 'verified', 'planned', 'ready'] as const;
export const redOutcomes = ['refused', 'halted', 'failed', 'inconclusive', 'interrupted'] as const;
export type Outcome = (typeof greenOutcomes)[number] | (typeof redOutcomes)[number];

export function isGreen(outcome: Outcome): boolean {
  return (greenOutcomes as readonly string[]).includes(outcome);
}

/**
 * Whether a run that ended like this is green: its outcome is, and nothing went wrong on the way there. A deploy that was
 * bad and rolled back has a fault; `green: true` says that the caller wants it green all the same. It can't make a red
 * outcome green.
 */
export function endsGreen(end: {
  readonly outcome: Outcome;
  readonly fault?: Fault | undefined;
  readonly green?: boolean | undefined;
}): boolean {
  return isGreen(end.outcome) && (end.green ?? end.fault === undefined);
}

export type RunEventBody =
  | ({ readonly type: 'run-started'; readonly version: typeof journalVersion } & RunIdentity)
  | {
      readonly type: 'gate';
      readonly name: string;
      /** Component, tool or object it is about; absent where the gate is about the run. */
      readonly subject?: string | undefined;
      readonly state: 'pass' | 'warn' | 'refuse' | 'unknown';
      readonly detail: string;
      readonly hint?: string | undefined;
      /** What lets a run go on although this refuses; given or not. */
      readonly override?: string | undefined;
    }
  | { readonly type: 'pinned'; readonly changes: readonly ComponentChange[]; readonly digest: string }
  | ({
      readonly type: 'captured';
      readonly of: string;
      readonly label: string;
      readonly data: JsonObject;
    } & KeptBefore)
  | {
      readonly type: 'phase-started';
      readonly phase: string;
      readonly parallel: boolean;
      readonly estimateMs?: number | undefined;
      readonly budgetMs?: number | undefined;
    }
  | { readonly type: 'budget-exceeded'; readonly phase: string; readonly budgetMs: number }
  | {
      readonly type: 'phase-finished';
      readonly phase: string;
      readonly status: 'succeeded' | 'failed' | 'skipped';
      readonly durationMs: number;
      readonly overBudget: boolean;
    }
  | {
      readonly type: 'step-planned';
      readonly phase: string;
      readonly step: string;
      readonly title: string;
      readonly kind: string;
      readonly component?: string | undefined;
      readonly operations: readonly ShownOperation[];
      readonly preview?: string | undefined;
      readonly notes: readonly string[];
      readonly outputs: readonly string[];
      readonly skipped?: string | undefined;
    }
  | {
      readonly type: 'step-started';
      readonly phase: string;
      readonly step: string;
      readonly title: string;
      readonly kind: string;
      readonly component?: string | undefined;
      readonly before?: string | undefined;
      readonly timeoutMs: number;
      readonly notes: readonly string[];
      /** Of its kind and settings: the same step of another run has the same. Not for components. */
      readonly identity?: string | undefined;
      /** Its condition, or its phase's, names a status function: performed at every press. */
      readonly cleanup?: boolean | undefined;
    }
  | {
      readonly type: 'intent';
      readonly step: string;
      readonly operation: ShownOperation;
      readonly attempt: number;
      readonly to?: string | undefined;
      readonly precondition?: string | undefined;
      readonly deadlineMs: number;
    }
  | {
      readonly type: 'done';
      readonly step: string;
      readonly operation: string;
      readonly attempt: number;
      readonly ended: string;
      /** No end of it was seen, and it may have taken effect all the same. */
      readonly uncertain?: boolean | undefined;
      readonly exitCode?: number | undefined;
      readonly durationMs: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly evidence: string;
    }
  | {
      readonly type: 'step-finished';
      readonly phase: string;
      readonly step: string;
      readonly title: string;
      readonly kind: string;
      readonly component?: string | undefined;
      readonly status: Exclude<StepStatus, 'planned' | 'running'>;
      readonly before?: string | undefined;
      readonly after?: string | undefined;
      readonly evidence: string;
      readonly durationMs: number;
      readonly fault?: Fault | undefined;
      readonly onFailure?: string | undefined;
      readonly outputs: JsonObject;
      /** Skipped because it is done already: an earlier run of the incident did it, or a person says so. */
      readonly settled?: boolean | undefined;
      readonly identity?: string | undefined;
    }
  /** The lock of a holder that did not give it back is ours now. */
  | {
      readonly type: 'lock-taken-over';
      /** The run that held it. */
      readonly from: string;
      readonly fence: number;
      readonly detail: string;
    }
  /** What this run is to the incident that is kept in the target. */
  | {
      readonly type: 'incident';
      readonly state: 'opened' | 'continued' | 'superseded';
      /** Id of the incident; a press that continues one has its own in `run-started`. */
      readonly incident: string;
      readonly openedAt: string;
      readonly openedBy: string;
      /** Where to read it; for a superseded one, why it is. */
      readonly detail: string;
    }
  | ({ readonly type: 'check-finished' } & CheckResult)
  /** A deploy is watched from here, or, for `rollback`, what was gone back to (`recovery.soak`); what the watch found out. */
  | {
      readonly type: 'watch-started';
      readonly windowMs: number;
      readonly watched: readonly string[];
      readonly after?: 'rollback' | undefined;
    }
  /** A rollback of before was looked at again, and how it stood at every look so far. */
  | ({ readonly type: 'rechecked' } & RecheckResult)
  /** What people have to do after a rollback: noted at its end, and looked at by every heartbeat. */
  | ({ readonly type: 'follow-ups' } & FollowUpsResult)
  | ({ readonly type: 'watch-finished' } & WatchResult)
  /** What the machine makes of a bad deploy, and why. */
  | {
      readonly type: 'decided';
      readonly decision: 'roll-back' | 'wait' | 'prepare' | 'tell';
      readonly trigger?: string | undefined;
      readonly severity?: string | undefined;
      readonly scenario: string;
      readonly reasons: readonly string[];
      /** RFC 3339: until then a person decides (`prepare`, `tell`) or mends it (`wait`), where the severity says so. */
      readonly until?: string | undefined;
    }
  /** The numbers that a condition gave while it was watched: at most 60, lows and highs among them. */
  | ({ readonly type: 'watched' } & WatchedSeries)
  /** The versions that were verified together are on record in the target. */
  | {
      readonly type: 'snapshot-noted';
      readonly id: string;
      /** Where to read it: `kubectl -n shop get configmap rollback-plan-ledger -o yaml`. */
      readonly where: string;
      readonly versions: Readonly<Record<string, string>>;
      /** `false`: the newest entry says the same already. */
      readonly fresh: boolean;
    }
  /** A time that a drill measured, ms: `noticed`, `rolled back`, `served again`. */
  | {
      readonly type: 'drill-measured';
      readonly name: DrillMeasure;
      readonly durationMs: number;
      readonly limitMs?: number | undefined;
      readonly detail: string;
    }
  /** Whether a component is again what it was before the drill. */
  | {
      readonly type: 'drill-compared';
      readonly component: string;
      readonly before: string;
      readonly now: string;
      readonly same: boolean;
    }
  /** What a component is when somebody looks after the run that should have told is gone. */
  | { readonly type: 'found'; readonly component: string; readonly version: string; readonly detail: string }
  | {
      readonly type: 'note';
      readonly level: 'info' | 'warning';
      readonly text: string;
      /** Said by somebody who looked after the run; no sign of its life. */
      readonly afterwards?: boolean | undefined;
    }
  | { readonly type: 'cancel-requested'; readonly by: string }
  | {
      readonly type: 'run-finished';
      readonly outcome: Outcome;
      /** Set where colour and outcome part; else green outcomes without a fault are green. */
      readonly green?: boolean | undefined;
      readonly fault?: Fault | undefined;
      readonly failedStep?: string | undefined;
      readonly durationMs: number;
    }
  | {
      readonly type: 'published';
      readonly ok: boolean;
      readonly path: string;
      readonly url?: string | undefined;
      readonly branch?: string | undefined;
      /** The pull request that holds the record, if there is one. */
      readonly pullRequest?: string | undefined;
      /** Where a person opens it, when the forge would not let us. */
      readonly compare?: string | undefined;
      readonly fault?: Fault | undefined;
    };

/** An event with its place in the run. `at` is UTC RFC 3339; `elapsedMs` is monotonic since the run started. */
export type RunEvent = RunEventBody & {
  readonly seq: number;
  readonly at: string;
  readonly elapsedMs: number;
};

/** Where events go. Resolves once whoever must not lose the event (the journal) has it. */
export type Emit = (body: RunEventBody) => Promise<void>;
