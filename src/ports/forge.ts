// The forge as the core needs it: where plans are read from and records go. Every call is one exchange and answers with
// a value or a fault; what a fault means is judged in `publish/` and `plan/`.

/** Why the forge did not do what was asked, as it said it: `publish/` judges what that means. */
export type ForgeFault = {
  /** HTTP status; `undefined` when no answer came (timeout, reset, cancelled), and then a write may have happened. */
  readonly status: number | undefined;
  readonly message: string;
  /** How long it asks to wait before the next try. */
  readonly retryAfterMs: number | undefined;
  /** Where it points to instead, for a redirect. */
  readonly location: string | undefined;
};

export type ForgeAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: ForgeFault };

export type ForgeLimits = { readonly deadlineMs: number; readonly signal: AbortSignal };

/** One file on a branch. `id` is its blob id, which a write has to name to replace it. */
export type ForgeFile = {
  readonly id: string;
  /** `undefined` when the forge doesn't hand out files of that size, or it isn't a file of text. */
  readonly text: string | undefined;
  readonly url: string | undefined;
};

/** A pull request between two branches of the repository. `closed` means that it was closed without being merged. */
export type PullRequest = {
  readonly number: number;
  readonly state: 'open' | 'merged' | 'closed';
  /** For a person's browser. */
  readonly url: string;
  readonly title: string;
  readonly body: string;
  /** The branch it goes into. */
  readonly base: string;
  /** The last commit it holds. What came to its branch after it was merged is not in it. */
  readonly headCommit: string;
};

/** Where a comment stands: the talk of a pull request, or a commit. */
export type CommentPlace =
  | { readonly type: 'pull-request'; readonly number: number }
  | { readonly type: 'commit'; readonly commit: string };

export type ForgeComment = {
  readonly id: number;
  /** Markdown. */
  readonly body: string;
  /** Login of whoever wrote it; empty when the account is gone. */
  readonly author: string;
  /** Whether that is no person's account. */
  readonly bot: boolean;
};

/** Comments of the repository, under the same rules as `Forge`. */
export interface ForgeComments {
  /** Login that the token writes as; `undefined` where the forge doesn't tell, as GitHub doesn't to a job's own token. */
  whoAmI(limits: ForgeLimits): Promise<ForgeAnswer<string | undefined>>;
  /** Number of the newest pull request that brought a commit; `undefined` when none did, or the forge can't tell. */
  pullRequestOf(commit: string, limits: ForgeLimits): Promise<ForgeAnswer<number | undefined>>;
  /** Oldest first, those on one page (from 1). `more`: there are further pages. */
  comments(
    request: { readonly on: CommentPlace; readonly page: number },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<{ readonly found: readonly ForgeComment[]; readonly more: boolean }>>;
  createComment(
    request: { readonly on: CommentPlace; readonly body: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<ForgeComment>>;
  /** Replaces its text. */
  updateComment(
    request: { readonly on: CommentPlace; readonly id: number; readonly body: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<ForgeComment>>;
}

/**
 * Where records go: one repository on the forge, over its API. Each call asks for one thing, never twice and never at a
 * redirect's target; it answers with a value or a fault and throws nothing.
 */
export interface Forge extends ForgeComments {
  /** `owner/name`. */
  readonly repository: string;
  /** Where a person sees what `head` has that `base` has not, and can open a pull request for it. Asks nobody. */
  compareUrl(request: { readonly base: string; readonly head: string }): string;
  defaultBranch(limits: ForgeLimits): Promise<ForgeAnswer<string>>;
  /** The commit a branch is at, `undefined` when there is no such branch. */
  branchHead(branch: string, limits: ForgeLimits): Promise<ForgeAnswer<string | undefined>>;
  createBranch(
    request: { readonly branch: string; readonly commit: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<undefined>>;
  /** Paths of the files that `head` changed since it left `base`; `undefined` where the forge can't name them all. */
  changedFiles(
    request: { readonly base: string; readonly head: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<readonly string[] | undefined>>;
  /**
   * Takes a branch whose commits were all merged from commit `from` to `to`. A branch that is not at `from` any more
   * stays as it is and the answer is a fault: nobody's push is lost.
   */
  restartBranch(
    request: {
      readonly branch: string;
      readonly from: string;
      readonly to: string;
      /** For the commit that joins the two, on forges where that is the only way without force. */
      readonly message: string;
    },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<undefined>>;
  /**
   * The pull requests from one branch of this repository into any other, newest first, none from forks: those on one page
   * (from 1) of the forge's list. `more`: there are further pages, and they may hold some.
   */
  pullRequests(
    request: {
      readonly head: string;
      readonly state: 'open' | 'all';
      readonly page: number;
    },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<{ readonly found: readonly PullRequest[]; readonly more: boolean }>>;
  openPullRequest(
    request: {
      readonly head: string;
      readonly base: string;
      readonly title: string;
      /** Markdown. */
      readonly body: string;
    },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<PullRequest>>;
  /** Replaces title and body, and answers with the pull request as it is then. */
  updatePullRequest(
    request: { readonly number: number; readonly title: string; readonly body: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<PullRequest>>;
  /** `undefined` when there is no such file, or no such branch. */
  readFile(
    request: { readonly path: string; readonly branch: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<ForgeFile | undefined>>;
  /** Writes one file as one commit: a new file when `replaces` is not given, otherwise in place of exactly that blob. */
  writeFile(
    request: {
      readonly path: string;
      readonly branch: string;
      readonly text: string;
      readonly message: string;
      readonly replaces: string | undefined;
    },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<{ readonly commit: string | undefined; readonly url: string | undefined }>>;
}

/** What lies at a path of a commit. */
export type ForgeEntry =
  | {
      readonly type: 'file';
      /** Of the whole file. */
      readonly size: number;
      /** Absent where the file is larger than was asked for. */
      readonly bytes: Uint8Array | undefined;
    }
  /** `at` is the path itself, or the part of it that is a link or a submodule. */
  | { readonly type: 'folder' | 'symbolic link' | 'submodule'; readonly at: string };

/**
 * The forge's git objects, read by object id: a branch can be given a commit's id for its name, and a forge may then
 * answer with the branch. Each call asks for one thing, never twice; it answers with a value or a fault and throws nothing.
 */
export interface ForgeObjects {
  /** The commit that a branch, tag or commit id names, tags followed to their commit; `undefined` when there is none. */
  commitOf(ref: string, limits: ForgeLimits): Promise<ForgeAnswer<string | undefined>>;
  /** Whether a commit can be reached from another; `false` also where the forge can't tell. */
  isInHistory(
    request: { readonly commit: string; readonly head: string },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<boolean>>;
  /** `undefined` when nothing lies there. */
  entryAt(
    request: { readonly commit: string; readonly path: string; readonly maxBytes: number },
    limits: ForgeLimits,
  ): Promise<ForgeAnswer<ForgeEntry | undefined>>;
}
