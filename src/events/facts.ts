// What events are made of: who and what a run is about, what was measured, kept, shown and found.

import type { ReasonCode } from '../errors.ts';
import type { JsonObject } from '../values/json.ts';
import type { PlottedUnit } from '../values/plotted.ts';
import type { PinnedChange } from '../values/version.ts';

export type StepStatus = 'planned' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'unknown';

/** A failure as a person meets it; the same three parts as `RollbackPlanError`. */
export type Fault = { readonly code: ReasonCode; readonly message: string; readonly hint: string };

/** Who and what started the run, and on what it acts. Known before anything is read from the target. */
export type RunIdentity = {
  readonly incident: string;
  readonly mode: string;
  readonly dryRun: boolean;
  readonly service: string;
  readonly owner?: string | undefined;
  readonly target: string;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  /** GitHub environment of the job, as the job told it. */
  readonly environment?: string | undefined;
  readonly scenario: string;
  readonly severity?: string | undefined;
  /** How soon the severity wants the service back, ms. */
  readonly recoverWithinMs?: number | undefined;
  readonly reason: string;
  /** Where a rollback goes, as it was given. */
  readonly to?: string | undefined;
  /** Login of whoever pressed. */
  readonly actor: string;
  readonly overrides: readonly string[];
  /** As given, for pressing again; secrets come by environment and are never among them. */
  readonly inputs?: JsonObject | undefined;
  readonly plan: {
    readonly path: string;
    readonly digest: string;
    /** Branch, tag or commit it was read from; `the working tree` where it is the checked-out file. */
    readonly ref?: string | undefined;
    readonly commit?: string | undefined;
  };
  readonly run?:
    | {
        readonly url: string;
        readonly id: string;
        readonly attempt: string;
        readonly repository: string;
      }
    | undefined;
  /** Version of Rollback Plan that acted. */
  readonly tool: string;
};

export type ComponentChange = PinnedChange & {
  readonly kind: string;
  /** `true`: already at `to` when the run started; it stays untouched. */
  readonly alreadyThere: boolean;
  /** Why this `to`: `newest deployed revision other than 3`. */
  readonly because: string;
};

export type CheckResult = {
  readonly name: string;
  readonly kind: string;
  readonly state: 'pass' | 'fail' | 'inconclusive' | 'error';
  readonly value: string;
  readonly expected: string;
  readonly evidence: string;
  readonly attempts: number;
  readonly durationMs: number;
};

/** What watching a deploy found. `bad` names the trigger with the worst severity among those that called for a rollback. */
export type WatchResult = {
  readonly state: 'quiet' | 'bad' | 'blind' | 'stopped';
  /** One line per condition that decided: `errors: 3 looks in a row failed: GET … answered 500`. */
  readonly because: readonly string[];
  /** Conditions that went wrong and do not decide: `docs page: 3 looks in a row failed: …`. */
  readonly warnings?: readonly string[] | undefined;
  /** Passing share of the weights of the checks, percent, rounded down. */
  readonly score?: number | undefined;
  /** The one that decides. */
  readonly trigger?: string | undefined;
  /** All triggers that are bad. */
  readonly triggers?: readonly string[] | undefined;
  readonly severity?: string | undefined;
  readonly scenario?: string | undefined;
  /** How soon `severity` wants the service back, ms; counted from the end of the watch. */
  readonly recoverWithinMs?: number | undefined;
  readonly durationMs: number;
  readonly looks: number;
};

export type RecheckResult = {
  readonly incident: string;
  /** When its rollback ended green. */
  readonly rolledBackAt: string;
  /** The times for which this look is. */
  readonly due: readonly string[];
  /** `on time`, or how late. */
  readonly late: string;
  readonly state: CheckResult['state'];
  readonly evidence: string;
  /** What is not as the rollback left it: `api is revision 9`. */
  readonly changed: readonly string[];
  readonly looks: readonly {
    readonly due: string;
    /** When it was done; absent: not yet. */
    readonly at?: string | undefined;
    readonly state?: CheckResult['state'] | undefined;
    readonly evidence?: string | undefined;
  }[];
};

/** What people have to do after one rollback, as it stands. */
export type FollowUpsResult = {
  readonly incident: string;
  /** When its rollback ended. */
  readonly rolledBackAt: string;
  readonly tasks: readonly {
    /** Its name in the plan. */
    readonly name: string;
    readonly title: string;
    readonly owner?: string | undefined;
    readonly due: string;
    readonly state: 'open' | 'soon' | 'overdue' | 'done';
    /** When it was noted as done, and who said so. */
    readonly doneAt?: string | undefined;
    readonly doneBy?: string | undefined;
  }[];
  /** Names of those that were found overdue, or done, for the first time. */
  readonly fresh: readonly string[];
  /** Looks at what users see, as far as there were any. */
  readonly looks: RecheckResult['looks'];
};

export type WatchedSeries = {
  readonly name: string;
  readonly unit: PlottedUnit;
  /** Where health ends, when the expectation is a bound. */
  readonly limit?: number | undefined;
  /** On which side of the limit health is, as far as looks have shown. */
  readonly healthy?: 'below' | 'above' | undefined;
  /** Milliseconds since the watch began, and the number; in the order of time. */
  readonly points: readonly (readonly [elapsedMs: number, value: number])[];
  /** Of the last look. */
  readonly state: CheckResult['state'];
};

/** What was written before the change, and where it belongs. Paths are below the run's folder, with `/`. */
export type KeptBefore = {
  /** Of objects that name none. */
  readonly namespace?: string | undefined;
  /** Name of the run's folder: of a second run of the incident not the incident's id. */
  readonly folder?: string | undefined;
  readonly files?: readonly { readonly path: string; readonly bytes: number }[] | undefined;
  /** What could not be had, and why. */
  readonly lacking?: readonly string[] | undefined;
};

export const drillMeasures = ['noticed', 'rolled-back', 'served-again'] as const;
export type DrillMeasure = (typeof drillMeasures)[number];

/** How one operation reads for people and machines: derived from what runs, secrets already replaced. */
export type ShownOperation = {
  readonly id: string;
  readonly title: string;
  /** A command that can be pasted into a POSIX shell, or `PUT https://…`. */
  readonly shown: string;
  readonly mutates: boolean;
  /** Another run does it again, whether it has happened or not: a request, a script. Only on an intent. */
  readonly once?: boolean | undefined;
};
