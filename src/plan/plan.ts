// A plan as the rest of the code knows it: parsed, linted, durations in milliseconds, defaults filled in.
// Expressions in `with` and `if` are still text; `settle` turns a part's settings into values when they are known.

import type { Location } from '../errors.ts';
import type { Json, JsonObject } from '../values/json.ts';

/** Keys and indexes from the top of a value down. */
export type Path = readonly (string | number)[];

/** Settings as the plan wrote them, and where each of them stands in the file. */
export type Part = {
  /** Name of the kind. */
  readonly uses: string;
  /** As written; may hold `${{ }}`. */
  readonly with: JsonObject;
  readonly where: Location;
  /** Place in the file of a value below `with`; of the nearest place above it if it is not there. */
  readonly locate: (path: Path) => Location;
};

export type ComponentSpec = Part & { readonly name: string };

export type InputSpec = {
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'timestamp' | 'choice';
  readonly description?: string;
  readonly required: boolean;
  readonly default?: string | number | boolean;
  /** For `choice` only. */
  readonly options: readonly string[];
  readonly where: Location;
};

export type TargetSpec = {
  readonly name: string;
  /** GitHub environment that acting jobs have to run in. */
  readonly environment?: string;
  /** Further ones in which `verify` may run, and roll back what it found bad. */
  readonly watchEnvironments?: readonly string[];
  readonly context?: string;
  readonly namespace?: string;
  readonly vars: Readonly<Record<string, string | number | boolean>>;
  readonly where: Location;
};

export type SeveritySpec = {
  readonly name: string;
  readonly recoverWithinMs?: number;
  /** How soon a person has to decide what is left to people. */
  readonly decideWithinMs?: number;
  /** How long people may mend it before the machine rolls back. */
  readonly fixWithinMs?: number;
  readonly description?: string;
  /** What the machine may do by itself. */
  readonly action: 'rollback' | 'prepare' | 'monitor';
  /** People who have to agree; with any, a person presses. */
  readonly approvals: number;
  readonly where: Location;
};

/** `limit` failing looks among the last `of` that had data; equal numbers mean in a row. */
export type FailureRule = { readonly limit: number; readonly of: number };

/** How patient the watch is with a condition. ADR 0020. */
export type PatienceSpec = {
  readonly failures: FailureRule;
  /** No look before. */
  readonly delayMs: number;
  /** Looks in a row without data, of either sort, that make it blind. */
  readonly inconclusiveLimit: number;
  /** Errors in a row that make it blind. */
  readonly errorLimit: number;
  readonly onNoData: 'blind' | 'rollback';
};

type StepBase = {
  /** Unique in the plan and stable between runs while the plan is unchanged: `roll-back/api`. */
  readonly key: string;
  readonly id?: string;
  /** What people read. */
  readonly title: string;
  /** Condition as written, with or without `${{ }}`; absent means `success()`. */
  readonly if?: string;
  readonly timeoutMs?: number;
  /** Absent: as often as the retry class of each operation allows. */
  readonly retries?: number;
  /** `compensate` undoes the step half-way, then stops. */
  readonly onFailure: 'stop' | 'continue' | 'compensate';
  readonly where: Location;
};

export type RollbackStep = StepBase & { readonly type: 'rollback'; readonly component: string };
/** `run:` is the kind `run` with the settings that stand on the step: `run`, `shell`, `env` and so on. */
export type ActStep = StepBase & Part & { readonly type: 'act' };
export type Step = RollbackStep | ActStep;

export type Phase = {
  readonly name: string;
  /** Slug of the name, unique. */
  readonly key: string;
  readonly if?: string;
  readonly parallel: boolean;
  readonly estimateMs?: number;
  readonly budgetMs?: number;
  readonly steps: readonly Step[];
  readonly where: Location;
};

export type ScenarioSpec = {
  readonly name: string;
  readonly default: boolean;
  readonly description?: string;
  readonly phases: 'all' | readonly string[];
  readonly where: Location;
};

export type CheckSpec = Part & {
  readonly key: string;
  readonly name: string;
  /** How long the check may take to become healthy. */
  readonly withinMs?: number;
  readonly everyMs?: number;
  readonly patience: PatienceSpec;
  /** What it counts in the score; with 0 it only warns. */
  readonly weight: number;
  /** Decides whatever the score is. */
  readonly decisive: boolean;
  /** When it counts. */
  readonly after: 'both' | Occasion;
};

export type Occasion = 'deploy' | 'rollback';

/** A check that is looked at again and again while a deploy is watched; what it does not expect calls for a rollback. */
export type TriggerSpec = {
  readonly name: string;
  /** One, or several that have to fail in the same look. */
  readonly checks: readonly Part[];
  readonly everyMs: number;
  readonly patience: PatienceSpec;
  readonly severity?: string;
  readonly scenario?: string;
  readonly where: Location;
};

/** An alert that may call for a rollback from outside. */
export type AlertTriggerSpec = {
  readonly name: string;
  readonly alert: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly severity?: string;
  readonly scenario?: string;
  readonly where: Location;
};

/** What people see and no machine can measure; a person names it at the button. */
export type DeclaredTriggerSpec = {
  readonly name: string;
  /** When it applies. */
  readonly declared: string;
  readonly severity?: string;
  readonly scenario?: string;
  readonly where: Location;
};

/** How the plan is rehearsed. */
export type DrillSpec = {
  /** Name of a target of the plan. Absent: the plan's only one. */
  readonly target?: string;
  readonly scenario?: string;
  /** Puts the known-bad version out: one phase of act steps, named `break`. Its key is unique among all phases. */
  readonly break: Phase;
  /** Puts back what `break` changed besides components; runs at the end whatever happened. Named `restore`. */
  readonly restore?: Phase;
  /** How soon the plan's checks and triggers have to notice. */
  readonly detectWithinMs: number;
  /** How often it has to be rehearsed. */
  readonly everyMs?: number;
  /** What it does to a heartbeat that it was not. */
  readonly overdue: 'warn' | 'fail';
  readonly where: Location;
};

/** Where people read how a watch goes. */
export type WatchSpec = { readonly comment: 'pull-request' | 'commit' | 'none' };

/** How a registry is asked whether images are there; secrets by name. */
export type RegistrySpec = {
  readonly host: string;
  readonly login?: {
    readonly user: { readonly name: string } | { readonly secret: string };
    readonly passwordSecret: string;
  };
  /** Plain HTTP. */
  readonly insecure: boolean;
};

export type BackupSpec = {
  readonly name: string;
  /** Below the workspace or absolute; `*` and `?` stand for parts of a name. */
  readonly file: string;
  /** What `sha256sum` wrote. */
  readonly checksum?: string;
  readonly newerThanMs?: number;
  /** Components whose rollback needs it; empty: every rollback does. */
  readonly for: readonly string[];
  readonly where: Location;
};

/** The check expects that the point is not yet passed. */
export type PointOfNoReturnSpec = {
  readonly check: Part;
  readonly loses: string;
  readonly forwardFix: string;
};

/** When a rollback has worked. */
export type RecoverySpec = {
  /** Passes in a row of each check. */
  readonly passes: number;
  /** Time that triggers which called for it get to pass, on top of how far back they look. */
  readonly withinMs: number;
  /** How long the checks are watched after that; 0: not at all. */
  readonly soakMs: number;
  /** When they are looked at again, ms after a rollback that ended green; in the order written. */
  readonly rechecksMs: readonly number[];
};

/** What people have to do after a rollback. */
export type FollowUpSpec = {
  readonly name: string;
  readonly title: string;
  /** From the end of the rollback, ms. */
  readonly withinMs: number;
  /** Where the rollback had one of these severities. */
  readonly bySeverityMs: ReadonlyMap<string, number>;
  readonly owner?: string;
  /** What it does to a heartbeat that it is overdue. */
  readonly overdue: 'warn' | 'fail';
};

/** How often the machine may roll back by itself before a person has to press. */
export type BrakeSpec = {
  readonly rollbacks: number;
  readonly withinMs: number;
  readonly cooldownMs: number;
};

export type RecordsSpec = {
  /** Folder in the repository, without a slash at the end. */
  readonly incidents: string;
  /** Folder for the records of drills, without a slash at the end. */
  readonly drills: string;
  readonly publish: 'pull-request' | 'commit' | 'none';
  readonly branch?: string;
};

export type Plan = {
  /** Path as it was given, for messages. */
  readonly file: string;
  readonly digest: string;
  readonly service: string;
  readonly owner?: string;
  readonly description?: string;
  readonly inputs: ReadonlyMap<string, InputSpec>;
  readonly secrets: readonly string[];
  /** Never empty: without `targets` there is one named `default`, the current context and namespace. */
  readonly targets: ReadonlyMap<string, TargetSpec>;
  /** In the order written. */
  readonly components: ReadonlyMap<string, ComponentSpec>;
  /** The worst first. */
  readonly severities: ReadonlyMap<string, SeveritySpec>;
  /** Never empty: without `phases` there is one that takes all components back in the order written. */
  readonly phases: readonly Phase[];
  readonly scenarios: ReadonlyMap<string, ScenarioSpec>;
  readonly verify: readonly CheckSpec[];
  /** In the order written. */
  readonly triggers: ReadonlyMap<string, TriggerSpec>;
  /** Those triggers that have `alert` instead of checks, in the order written. */
  readonly alerts: ReadonlyMap<string, AlertTriggerSpec>;
  /** Those triggers that have `declared`, in the order written. */
  readonly declared: ReadonlyMap<string, DeclaredTriggerSpec>;
  /** Percent of the weights of the checks that a good deploy has. */
  readonly passingScore: number;
  readonly recovery: RecoverySpec;
  /** In the order written. */
  readonly followUps: ReadonlyMap<string, FollowUpSpec>;
  readonly registries: readonly RegistrySpec[];
  /** In the order written. */
  readonly backups: ReadonlyMap<string, BackupSpec>;
  readonly pointOfNoReturn?: PointOfNoReturnSpec;
  readonly brake: BrakeSpec;
  readonly watch: WatchSpec;
  readonly drill?: DrillSpec;
  readonly records: RecordsSpec;
  /** Place of a value in the file by its path in the document, such as `['phases', 0, 'name']`. */
  readonly locate: (path: Path) => Location;
};

/** What the inputs of one run hold once checked: every declared input, `null` where nothing was given and nothing is the default. */
export type InputValues = Readonly<Record<string, Json>>;
