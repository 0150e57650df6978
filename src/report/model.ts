// What a report is, before it is words: the one value that summary, incident record, result and terminal are drawn from.
// It is a pure fold over events, so that a record can be rebuilt from a journal, one that stops in the middle included.

import type {
  CheckResult,
  ComponentChange,
  DrillMeasure,
  Fault,
  FollowUpsResult,
  Outcome,
  RecheckResult,
  RunEvent,
  RunIdentity,
  ShownOperation,
  StepStatus,
  WatchedSeries,
  WatchResult,
} from '../events.ts';
import type { JsonObject } from '../values/json.ts';
import { foldRun } from './fold-run.ts';
import { sinceFirstPress } from './recovery.ts';

/** One try of an operation. Without `done` the journal doesn't tell whether it happened: that is *unknown*, never "no". */
export type Attempt = {
  readonly attempt: number;
  readonly at: string;
  readonly to: string | undefined;
  readonly precondition: string | undefined;
  readonly done:
    | {
        readonly ended: string;
        readonly exitCode: number | undefined;
        readonly durationMs: number;
        readonly stdout: string;
        readonly stderr: string;
        readonly evidence: string;
      }
    | undefined;
};

export type OperationReport = ShownOperation & { readonly attempts: readonly Attempt[] };

export type StepReport = {
  readonly phase: string;
  readonly step: string;
  readonly title: string;
  readonly kind: string;
  readonly component: string | undefined;
  readonly status: StepStatus;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly evidence: string | undefined;
  readonly startedAt: string | undefined;
  readonly durationMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly fault: Fault | undefined;
  /** What the plan said to do about the failure, if it went on regardless. */
  readonly onFailure: string | undefined;
  readonly outputs: JsonObject;
  /** Names of outputs a dry run can't know yet. */
  readonly outputsKnownAfter: readonly string[];
  readonly notes: readonly string[];
  readonly operations: readonly OperationReport[];
  readonly preview: string | undefined;
  /** Why it is or would be left out. */
  readonly skipped: string | undefined;
};

export type PhaseReport = {
  readonly name: string;
  readonly parallel: boolean;
  readonly status: 'planned' | 'running' | 'succeeded' | 'failed' | 'skipped';
  readonly startedAt: string | undefined;
  readonly durationMs: number | undefined;
  readonly estimateMs: number | undefined;
  readonly budgetMs: number | undefined;
  readonly overBudget: boolean;
  readonly steps: readonly StepReport[];
};

export type Measured = CheckResult & { readonly at: string };

/** A check before the first change and as it was measured last; `before` is what users saw while it was bad. */
export type CheckReport = {
  readonly name: string;
  readonly kind: string;
  readonly before: Measured | undefined;
  readonly now: Measured | undefined;
  readonly measurements: number;
};

export type GateReport = {
  readonly at: string;
  readonly name: string;
  readonly subject: string | undefined;
  readonly state: 'pass' | 'warn' | 'refuse' | 'unknown';
  readonly detail: string;
  readonly hint: string | undefined;
  /** What lets a run go on although this refuses; given or not. */
  readonly override: string | undefined;
};

export type Tone = 'plain' | 'good' | 'warning' | 'bad';

export type TimelineEntry = {
  readonly at: string;
  readonly elapsedMs: number;
  readonly tone: Tone;
  readonly text: string;
};

export type Verdict = {
  readonly outcome: Outcome;
  /** Not the outcome's alone: a deploy that was bad and rolled back is `rolled-back` with a fault, and red. */
  readonly green: boolean;
  /** Unset when all went well, and when the journal just stops: then nobody was left to say why. */
  readonly fault: Fault | undefined;
  readonly failedStep: string | undefined;
  /** `false`: the run itself didn't say how it ended, the outcome `interrupted` is concluded. */
  readonly said: boolean;
};

/** How fast the severity wanted the service back, and how long it took. */
export type Recovery = {
  readonly withinMs: number | undefined;
  /** From the first press of the incident to the verdict. */
  readonly tookMs: number;
  /**
   * What the limit is of: `tookMs` for a rollback; since the watch called the deploy bad for a verify, which nobody
   * pressed; what it measured for a drill.
   */
  readonly countedMs: number;
  /** `undefined` when there was no limit or nothing to recover (a dry run, a refusal). */
  readonly met: boolean | undefined;
};

export type PublishedReport = {
  readonly at: string;
  readonly ok: boolean;
  readonly path: string;
  readonly url: string | undefined;
  /** The branch it was written to, or was already on. */
  readonly branch: string | undefined;
  /** URL of the pull request that holds it, or held it when it was merged or closed. */
  readonly pullRequest: string | undefined;
  /** URL where a person opens a pull request, when there is none that is open. */
  readonly compare: string | undefined;
  /** With `ok` it is advice: the record is published, but not quite as it was wanted. */
  readonly fault: Fault | undefined;
};

export type WatchReport = {
  readonly windowMs: number;
  /** Names of checks and triggers. */
  readonly watched: readonly string[];
  /** `undefined`: the journal doesn't tell how the watch ended. */
  readonly result: WatchResult | undefined;
};

/** What was made of what a watch, an alert or a person saw. */
export type DecisionReport = {
  readonly decision: 'roll-back' | 'wait' | 'prepare' | 'tell';
  /** RFC 3339: until when people have time to mend it, or to decide. */
  readonly until: string | undefined;
  readonly trigger: string | undefined;
  readonly severity: string | undefined;
  readonly scenario: string;
  readonly reasons: readonly string[];
};

export type SnapshotReport = {
  readonly id: string;
  readonly where: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly fresh: boolean;
};

export type MeasureReport = {
  readonly name: DrillMeasure;
  readonly durationMs: number;
  readonly limitMs: number | undefined;
  readonly detail: string;
};

export type ComparisonReport = {
  readonly component: string;
  readonly before: string;
  readonly now: string;
  readonly same: boolean;
};

/** What a component was when somebody looked after the run was gone. */
export type FoundReport = {
  readonly at: string;
  readonly component: string;
  readonly version: string;
  readonly detail: string;
};

/** What was kept before the change: in the journal, and in files below the run's folder. */
export type CapturedReport = {
  readonly at: string;
  readonly of: string;
  readonly label: string;
  readonly namespace: string | undefined;
  /** Name of the run's folder; journals of earlier versions don't tell it. */
  readonly folder: string | undefined;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly lacking: readonly string[];
};

/** One run from press to verdict. */
export type RunReport = {
  readonly identity: RunIdentity;
  readonly startedAt: string;
  /** When the verdict fell; for a run that just stops, the last event known. */
  readonly endedAt: string;
  readonly durationMs: number;
  readonly verdict: Verdict;
  readonly recovery: Recovery;
  readonly changes: readonly ComponentChange[];
  /** What an approval is of. */
  readonly digest: string | undefined;
  readonly phases: readonly PhaseReport[];
  readonly checks: readonly CheckReport[];
  readonly gates: readonly GateReport[];
  readonly notes: readonly { readonly level: 'info' | 'warning'; readonly text: string }[];
  readonly captured: readonly CapturedReport[];
  readonly timeline: readonly TimelineEntry[];
  readonly cancelledBy: string | undefined;
  readonly published: readonly PublishedReport[];
  /** Of a deploy, or of the known-bad version of a drill. */
  readonly watch: WatchReport | undefined;
  /** Of what was gone back to, once its checks had passed (`recovery.soak`). */
  readonly soak: WatchReport | undefined;
  /** The numbers that conditions gave while they were watched. */
  readonly charts: readonly WatchedSeries[];
  /** Rollbacks of before that this run looked at again. */
  readonly decision: DecisionReport | undefined;
  readonly rechecks: readonly RecheckResult[];
  /** What people have to do: after this run, or, of a heartbeat, after rollbacks of before. */
  readonly followUps: readonly FollowUpsResult[];
  readonly snapshot: SnapshotReport | undefined;
  readonly measures: readonly MeasureReport[];
  readonly compared: readonly ComparisonReport[];
  readonly found: readonly FoundReport[];
  /** `true` once an operation that changes the world was started, whether or not it is known to have happened. */
  readonly changedAnything: boolean;
};

/** The last run of an incident, with the runs before it that the same journal tells of. */
export type Report = RunReport & { readonly earlier: readonly RunReport[] };

/** Folds a journal into a report. Never throws: what the journal doesn't tell is `unknown`, and a run without an end is `interrupted`. */
export function reportOf(events: readonly RunEvent[]): Report {
  const runs = runsOf(events).map(foldRun);
  const last = runs.at(-1) ?? foldRun([]);
  const earlier = runs.slice(0, -1);
  const pinned = last.changes.length > 0 ? last : earlier.findLast((run) => run.changes.length > 0);
  return {
    ...last,
    changes: pinned?.changes ?? [],
    digest: last.digest ?? pinned?.digest,
    recovery: sinceFirstPress(last, earlier[0]),
    earlier,
  };
}

/**
 * A journal that was continued holds several runs, each opened by its run-started. Whoever looks afterwards (`report`)
 * opens none: what is found belongs to the run that it is found after.
 */
function runsOf(events: readonly RunEvent[]): readonly (readonly RunEvent[])[] {
  const starts = events.flatMap((event, index) =>
    event.type === 'run-started' && (index === 0 || event.mode !== 'report') ? [index] : [],
  );
  const cuts = starts[0] === 0 ? starts : [0, ...starts];
  return cuts.map((from, index) => events.slice(from, cuts[index + 1])).filter((run) => run.length > 0);
}

/** All steps in the order of their phases. */
export function stepsOf(run: RunReport): readonly StepReport[] {
  return run.phases.flatMap((phase) => phase.steps);
}

/** First press of the incident, over all its runs. */
export function triggeredAt(report: Report): string {
  return report.earlier[0]?.startedAt ?? report.startedAt;
}
