// What the core needs from the world, as interfaces: adapters implement them, tests may stand in for them,
// and nothing in the core reads environment, clock, disk or network in any other way.

import type { Json, JsonObject } from './values/json.ts';
import type { Command, HttpRequest, OperationResult } from './values/operation.ts';

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
  /** How many bytes of standard output to keep; the tail wins. Default 64 KiB; reads that parse the output ask for more. */
  readonly keepBytes?: number;
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
  readonly raw: string;
};

/** Runs children in their own process group. Never throws for a child's failure: the outcome says how it ended. */
export interface Processes {
  run(command: Command, limits: CommandLimits): Promise<CommandOutcome>;
}

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
  /** A write with `dryRun=All`: what the server would make of it. Changes nothing. */
  dryRun(
    verb: 'create' | 'replace' | 'patch',
    path: string,
    body: Json,
    contentType?: string,
  ): Promise<JsonObject>;
  /** Flags that make helm and kubectl talk to this very cluster and namespace. */
  readonly kubectlFlags: readonly string[];
  readonly helmFlags: readonly string[];
  readonly namespace: string;
}

export type TreeFile = { readonly path: string; readonly content: Buffer; readonly executable: boolean };
export type Tag = { readonly name: string; readonly commit: string; readonly at: string };

/** Reads of the checked-out git repository; nothing here moves a ref or touches the work tree. */
export interface Repository {
  /** Newest first, matching the glob; throws `repository-incomplete` when the clone can't know. */
  tags(pattern: string): Promise<readonly Tag[]>;
  /** Regular files below the paths at a revision; symbolic links and submodules are refused. */
  files(revision: string, paths: readonly string[]): Promise<readonly TreeFile[]>;
  /** Object id of a path's tree or blob at a revision, `undefined` when it isn't there. */
  objectId(revision: string, path: string): Promise<string | undefined>;
  /** The commit a remote branch is at now, read from the remote. */
  remoteHead(branch: string): Promise<string>;
  /** Writes (unreferenced) objects: `base` with `paths` replaced by what they are at `source`; files added since go, too. Returns the commit. */
  commitWithPaths(request: {
    readonly base: string;
    readonly source: string;
    readonly paths: readonly string[];
    readonly message: string;
  }): Promise<string>;
  /** Unified diff between two revisions, limited to paths. */
  diff(from: string, to: string, paths: readonly string[]): Promise<string>;
  readonly directory: string;
}

export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly durationMs: number;
};

/** One HTTP exchange, no redirects followed unless asked, bounded body. Throws only `HttpFault`-like outcomes as values. */
export interface Http {
  request(
    request: HttpRequest,
    limits: {
      readonly deadlineMs: number;
      readonly signal?: AbortSignal;
      readonly maxBytes?: number;
      readonly followRedirects?: boolean;
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

/** Files of the run (journal, summary, records, outputs). */
export interface Files {
  read(path: string, maxBytes: number): Promise<string>;
  write(path: string, content: string): Promise<void>;
  /** Appends and returns only once the bytes are on disk. */
  appendDurably(path: string, line: string): Promise<void>;
}

/** Where records go: the repository on the forge, over its API. */
export interface Forge {
  /** Creates or updates one file on a branch; idempotent for equal content. */
  putFile(request: {
    readonly path: string;
    readonly content: string;
    readonly message: string;
    readonly branch: string | undefined;
  }): Promise<{ readonly commit: string; readonly url: string; readonly branch: string }>;
}

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
  /** Runs a command that changes nothing and returns its outcome; a `read` is retried by the caller, not here. */
  read(
    argv: readonly [string, ...string[]],
    limits?: { readonly deadlineMs?: number; readonly stdin?: string; readonly keepBytes?: number },
  ): Promise<CommandOutcome>;
};
