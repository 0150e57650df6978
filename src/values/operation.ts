// Operations as data: what a kind prepares, a dry run prints and the engine performs is one and the same value.

import type { Json, JsonObject } from './json.ts';

/** How often an operation may be tried. `once` is never repeated without a probe that says "not done" and a person. */
export type RetryClass = 'read' | 'idempotent' | 'once';

/** A child process: argv, never a shell string. */
export type Command = {
  readonly argv: readonly [string, ...string[]];
  /** Added to the allow-listed base environment of the runner. Values may be secret: they are never shown. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further variables, by name of the secret that the plan declares: the value joins when the child starts. */
  readonly secretEnv?: Readonly<Record<string, SecretVariable>>;
  readonly stdin?: string;
  /** Absolute; default is the workspace. */
  readonly cwd?: string;
  /**
   * A variable that names an empty file of the command's own. It is there as long as the command runs; what was written
   * to it comes back as the result's `written`.
   */
  readonly outputFile?: string;
};

/** A header whose value is a secret that the plan declares: here is its name only, and the value joins when it is sent. */
export type SecretHeader = {
  /** Name under `secrets:` in the plan. */
  readonly secret: string;
  /** Stands before the value: `Bearer `. */
  readonly prefix?: string;
  /** HTTP's basic login: the secret is the password, and this the user's name, or the secret that holds it. */
  readonly basicUser?: { readonly name: string } | { readonly secret: string };
};

/** A variable whose value is a secret, or one part of a secret that is a URL. A part that the URL lacks sets nothing. */
export type SecretVariable = {
  /** Name under `secrets:` in the plan. */
  readonly secret: string;
  readonly part?: 'host' | 'port' | 'user' | 'password' | 'database' | 'sslmode';
};

/** An HTTP request; header values and body may be secret and are shown redacted. */
export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secretHeaders?: Readonly<Record<string, SecretHeader>>;
  readonly body?: string;
  /** Texts in the body that stand for a secret of the plan, which joins when it is sent; `inJson`: inside JSON's quotes. */
  readonly secretTexts?: Readonly<Record<string, { readonly secret: string; readonly inJson: boolean }>>;
};

/** A write to the Kubernetes API (path below the server, such as `/api/v1/namespaces/shop/configmaps/x`). */
export type ApiWrite = {
  readonly verb: 'create' | 'replace' | 'patch' | 'delete';
  readonly path: string;
  readonly body?: Json;
  readonly contentType?: string;
};

/** The act itself. */
export type Act =
  | { readonly type: 'command'; readonly command: Command }
  | {
      readonly type: 'http';
      readonly request: HttpRequest;
      readonly expectStatus: readonly number[];
      /** By default a redirect is the answer. */
      readonly followRedirects?: boolean;
    }
  | { readonly type: 'api'; readonly write: ApiWrite }
  /** Nothing but time, in milliseconds; ends early when the run is stopped. */
  | { readonly type: 'wait'; readonly milliseconds: number };

/** One act with what the engine needs to journal, bound and repeat it. */
export type Operation = {
  /** Unique within its step, stable between runs: the journal and resume know it by this. */
  readonly id: string;
  /** Imperative, for people: `roll shop-api back to revision 2`. */
  readonly title: string;
  readonly act: Act;
  readonly mutates: boolean;
  readonly retry: RetryClass;
  /** The act's own deadline in milliseconds; the engine may shorten it to what the step has left. */
  readonly deadlineMs: number;
};

/** What an operation left behind. */
export type OperationResult = {
  readonly exitCode: number | undefined;
  readonly status: number | undefined;
  /** Tail of standard output or of the response body, redacted, at most 64 KiB. */
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** The last request, where redirects led away from the one that was asked for. The URL is redacted. */
  readonly answeredBy?: { readonly method: string; readonly url: string };
  /** What a command wrote to its `outputFile`, redacted; cut where it is longer than any step's outputs may be. */
  readonly written?: string;
};

/** What has to be there before a kind can work. Tools of components are proven before a run; the rest waits for `mode: preflight`. */
export type Requirement =
  | {
      readonly type: 'tool';
      readonly name: string;
      readonly versionArgs: readonly string[];
      readonly range?: string;
      readonly install: string;
    }
  | {
      readonly type: 'permission';
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly namespace?: string;
      readonly name?: string;
    }
  | { readonly type: 'file'; readonly path: string; readonly purpose: string };

/** What `prepare` and `goTo` give to the engine. */
export type Prepared = {
  readonly operations: readonly Operation[];
  /** What would change, unified-diff-like, from the server where there is one; `undefined` = can't be previewed, and says so. */
  readonly preview: string | undefined;
  /** What the server would refuse, in its own words. The run refuses, too, unless a person overrides it. */
  readonly refusals?: readonly string[];
  /** Things a person should know before pressing: hooks that will run, replicas that will be reset. */
  readonly notes: readonly string[];
  /**
   * What would be live afterwards, as Kubernetes objects, for the gates; Secrets without their data. Jobs and the like
   * that only run on the way are known by the annotation `helm.sh/hook`.
   */
  readonly objects?: readonly JsonObject[];
  /** What the kind knows to speak against it, each under the name of a gate (`preflight/gates/`). */
  readonly hazards?: readonly Hazard[];
  /** Names of outputs that exist once the operations are done; a dry run prints `<known after …>` for each. */
  readonly outputs?: readonly string[];
};

/** `state` as a gate says it: whether the run refuses, or only tells. */
export type Hazard = {
  readonly gate: string;
  readonly state: 'warn' | 'refuse' | 'unknown';
  readonly detail: string;
  readonly hint: string;
};

/** Does the world already hold what the operation was to bring about? `unknown` asks a person, with the evidence. */
export type Probe = {
  readonly state: 'done' | 'not-done' | 'unknown';
  readonly evidence: string;
  /** The attempt left its mark and would meet the same end again: not to be repeated by a machine. */
  readonly final?: boolean;
};

/** State saved before anything changes: data for the journal, and what is kept in files. Never secret values. */
export type Captured = {
  readonly label: string;
  readonly data: Json;
  /** Live objects as they may be applied again; one with something hidden is kept apart from the whole ones. */
  readonly objects?: readonly { readonly object: JsonObject; readonly hidden: readonly string[] }[];
  /** Where objects without a namespace of their own belong. */
  readonly namespace?: string;
  readonly files?: readonly KeptFile[];
  /** What could not be had, and why; a line each. */
  readonly lacking?: readonly string[];
};

/** A text that is kept in the run's folder; `path` is relative, with `/`. */
export type KeptFile = { readonly path: string; readonly text: string };

/** Is what the step promised now true, measured on the live objects and never from an exit code? */
export type Verification = {
  readonly state: 'verified' | 'progressing' | 'failed' | 'unknown';
  readonly evidence: string;
};
