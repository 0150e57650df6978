// What the core needs from the world, as interfaces: adapters implement them, tests may stand in for them,
// and nothing in the core reads environment, clock, disk or network in any other way.

import type { Repository } from './ports/repository.ts';
import type { Json, JsonObject } from './values/json.ts';
import type { Command, HttpRequest, OperationResult, SecretVariable } from './values/operation.ts';

export type * from './ports/repository.ts';

/** Time. `now` for what is stored (UTC), `monotonicMs` for durations; `sleep` ends early, without an error, when the signal aborts. */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Lines for the person who watches; never the only place a fact is kept. */
export interface Log {
  debug(line: string): void;
  info(line: string): void;
  warning(line: string): void;
  error(line: string): void;
  /** A foldable group in a workflow log, a heading in a terminal. */
  group(title: string): void;
  endGroup(): void;
}

export type CommandLimits = {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** Receives complete, redacted, neutralised lines as they come. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** How many bytes of standard output to keep; the tail wins. Default 64 KiB. */
  readonly keepBytes?: number;
  /** For output that is parsed: more than `keepBytes` ends the child as `output-too-large` instead of losing its head. */
  readonly whole?: boolean;
};

export type CommandOutcome = OperationResult & {
  readonly ended:
    | 'exited'
    | 'timed-out'
    | 'cancelled'
    | 'killed-by-signal'
    | 'not-started'
    | 'output-too-large';
  readonly signal: string | undefined;
  /** Standard output as it was, for parsers; redacted text for people is `stdout`. */
  readonly raw: Buffer;
  /** It could not be killed, and nobody waits for it any longer: it may still be at work. */
  readonly unkillable?: true;
};

/** Runs children in their own process group. Never throws for a child's failure: the outcome says how it ended. */
export interface Processes {
  run(command: Command, limits: CommandLimits): Promise<CommandOutcome>;
}

/** One verb on one resource. Without a namespace the target's own, without a name any object. */
export type AccessQuestion = {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
};

/** What a read of the Kubernetes API gives: absence is an answer, not an error. */
export interface Cluster {
  /** GET of one object; `undefined` when the server says 404. Throws `RollbackPlanError` for anything else. */
  get(path: string, signal?: AbortSignal): Promise<JsonObject | undefined>;
  /** GET of a list, all pages. */
  list(
    path: string,
    query?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly JsonObject[]>;
  /**
   * GET of a text such as a container's log; of a longer one the last `keepBytes`. `whole: false`: the signal ended it, or
   * a part is missing. On connections of its own: one that stalls holds up no other read. Throws `RollbackPlanError`.
   */
  text(
    path: string,
    limits: { readonly keepBytes: number; readonly signal: AbortSignal },
  ): Promise<{ readonly text: string; readonly whole: boolean }>;
  /** Whether the account may do it, as the server's authorizers say. Changes nothing. */
  mayI(question: AccessQuestion, signal?: AbortSignal): Promise<boolean>;
  /** Name of the account as the server knows it; `undefined` where it does not say. */
  whoAmI(signal?: AbortSignal): Promise<string | undefined>;
  /** A write with `dryRun=All`: what the server would make of it. Changes nothing. */
  dryRun(
    verb: 'create' | 'replace' | 'patch',
    path: string,
    body: Json,
    contentType?: string,
  ): Promise<JsonObject>;
  /** Flags that make kubectl and helm talk to this very cluster; the namespace is the caller's to add. */
  readonly kubectlFlags: readonly string[];
  readonly helmFlags: readonly string[];
  /** The target's home namespace. */
  readonly namespace: string;
}

export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly durationMs: number;
  /** When the certificate of the server expires, RFC 3339; of https:// only. */
  readonly certificateExpires?: string;
  /** The request that got this answer, where redirects led to another one. */
  readonly answeredBy?: { readonly method: string; readonly url: string };
};

/** One HTTP exchange, no redirects followed unless asked, bounded body. Throws nothing: a fault is a value. */
export interface Http {
  request(
    request: HttpRequest,
    limits: {
      readonly deadlineMs: number;
      readonly signal?: AbortSignal;
      readonly maxBytes?: number;
      readonly followRedirects?: boolean;
      /**
       * Connects there instead of to the host of the URL, which goes on being the one in the `Host` header and in the
       * certificate. A redirect to another origin is not led there.
       */
      readonly connectTo?: { readonly host: string; readonly port: number };
      /** Absolute path of a PEM file: only what these authorities have signed is trusted. */
      readonly authorityFile?: string;
    },
  ): Promise<
    | { readonly ok: true; readonly response: HttpResponse }
    | {
        readonly ok: false;
        readonly fault: 'timeout' | 'refused' | 'dns' | 'tls' | 'reset' | 'cancelled' | 'too-large' | 'other';
        readonly detail: string;
      }
  >;
}

export type PlanBytes = {
  /** Never more than one byte beyond the limit. */
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly size: number;
  /** The path as the workspace knows it, with `/`. */
  readonly shown: string;
  readonly origin: PlanOrigin;
};

/** What the plan was read from: `ref` is `the working tree` where it is the checked-out file and no commit vouches for it. */
export type PlanOrigin = {
  readonly ref: string;
  /** Full commit id; absent for the working tree. */
  readonly commit?: string | undefined;
  /** Whether it comes from the default branch, or a person's own machine; what is not trusted needs an override. */
  readonly trusted: boolean;
  /** Why it is not trusted, for people: `"hotfix" (commit 1f502df2ab6f) is not in the history of main`. */
  readonly doubt?: string | undefined;
};

/** Where the plan comes from. */
export interface PlanSource {
  /**
   * `path` is relative to the workspace, or absolute and inside it. `ref` is a branch, tag or commit; empty means where
   * plans of this run come from by default (in a workflow the default branch, on a laptop the working tree).
   * Throws `plan-missing`, `plan-invalid` or `plan-ref-unreadable`.
   */
  read(path: string, maxBytes: number, ref?: string): Promise<PlanBytes>;
}

/** Files of the run (journal, summary, records, outputs). */
export interface Files {
  read(path: string, maxBytes: number): Promise<string>;
  write(path: string, content: string): Promise<void>;
  /**
   * Regular files of this name below a folder, at most `depth` names down, sorted; symbolic links are not followed.
   * Folders that can't be read are passed over. `whole: false`: there were more folders than it looks into.
   */
  find(
    folder: string,
    name: string,
    depth: number,
  ): Promise<{ readonly paths: readonly string[]; readonly whole: boolean }>;
  /** Makes a folder that nobody else has: `path`, or `path-2`, `path-3` … where it exists. Returns its path. */
  claimFolder(path: string): Promise<string>;
  /** Appends and returns only once the bytes are on disk. */
  appendDurably(path: string, line: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Files in the checked-out repository that `init` writes for people, and those of our own package that it copies.
 * Paths are relative, with `/`; nothing outside of the repository is read or written, links included.
 */
export interface RepositoryFiles {
  /** What lies there: a file's text, or that there is none. Throws for what is neither. */
  read(path: string, maxBytes: number): Promise<string | undefined>;
  /** Whether anything has this name. */
  exists(path: string): Promise<boolean>;
  /** Writes a new file and the folders above it. `false`, and nothing changed, when something has this name. */
  create(path: string, text: string): Promise<boolean>;
  /**
   * Folders that hold a file of this name, sorted; `undefined` when `below` is no folder. Does not look below a folder
   * that holds one, nor into hidden folders, `node_modules` and links.
   */
  foldersWith(name: string, below: string, depth: number): Promise<readonly string[] | undefined>;
  /** A file of this package, `undefined` when the package came without it. */
  packageFile(path: string): Promise<string | undefined>;
}

export type PathType = 'file' | 'folder' | 'special' | 'missing' | 'outside';

/** A place inside the cluster that nothing outside can reach: `service/prometheus`, port 9090. */
export type ForwardedPlace = {
  readonly resource: string;
  /** The service's port, or the pod's. */
  readonly port: number;
  /** Default: the target's. */
  readonly namespace?: string;
};

/** Everything a kind may use. Kinds only read through this; what changes the world goes back to the engine as operations. */
export type KindContext = {
  readonly target: { readonly name: string; readonly vars: Readonly<Record<string, Json>> };
  readonly incident: string;
  /** Throws `cluster-unreachable` on first use when the target has none. */
  readonly cluster: Cluster;
  readonly repository: Repository;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly workspace: string;
  /** Names of the secrets that the plan declares and this run has. Never their values. */
  readonly secretNames: readonly string[];
  /** What is at a path below the workspace, symbolic links followed; `outside` when it, or a link in it, leads out. */
  pathType(path: string): Promise<PathType>;
  /** Runs a command that changes nothing and returns its outcome; a `read` is retried by the caller, not here. */
  read(
    argv: readonly [string, ...string[]],
    limits?: {
      readonly deadlineMs?: number;
      readonly stdin?: string;
      readonly keepBytes?: number;
      readonly env?: Readonly<Record<string, string>>;
      readonly secretEnv?: Readonly<Record<string, SecretVariable>>;
    },
  ): Promise<CommandOutcome>;
  /**
   * A port of this machine that leads there (`kubectl port-forward`). Kept for the run, and the same for the same place;
   * when it died, the next call starts another, on another port. It leads to one pod, which kubectl chooses. Throws
   * `RollbackPlanError`.
   */
  forward(to: ForwardedPlace, signal: AbortSignal): Promise<{ readonly host: string; readonly port: number }>;
};
