// The checked-out git repository, as kinds and the target may read it.

export type TreeFile = { readonly path: string; readonly content: Buffer; readonly executable: boolean };
export type Tag = { readonly name: string; readonly commit: string; readonly at: string };

/** The files of one revision, or why they can't be had as files: `config/link is a symbolic link`. */
export type FilesAt =
  | { readonly ok: true; readonly files: readonly TreeFile[] }
  | { readonly ok: false; readonly refused: readonly string[] };

/** Reads of the checked-out git repository; nothing here moves a ref or touches the work tree or the index. */
export interface Repository {
  /** Newest first (order: `values/tag-order.ts`), matching the glob; throws `repository-incomplete` when the clone can't know. */
  tags(pattern: string): Promise<readonly Tag[]>;
  /** Regular files below the paths at a revision; throws `content-not-representable` for symbolic links and submodules. */
  files(revision: string, paths: readonly string[]): Promise<readonly TreeFile[]>;
  /** `files` of many revisions at a stroke (a handful of processes in all), refusals as data; answers in the order asked. */
  filesAt(request: {
    readonly revisions: readonly string[];
    readonly paths: readonly string[];
    /** A revision whose files are larger in sum is refused, and they are not read. */
    readonly maxBytes: number;
  }): Promise<readonly FilesAt[]>;
  /** Object id of a path's tree or blob at a revision, `undefined` when it isn't there. */
  objectId(revision: string, path: string): Promise<string | undefined>;
  /** One row per revision, one identity (mode and object id) per path, `undefined` where it isn't there. */
  objectIds(
    revisions: readonly string[],
    paths: readonly string[],
  ): Promise<readonly (readonly (string | undefined)[])[]>;
  /** The commit a remote branch is at now, read from the remote (default `origin`) and made readable here. */
  remoteHead(branch: string, remote?: string): Promise<string>;
  /** Writes (unreferenced) objects: `base` with `paths` replaced by what they are at `source`; files added since go, too. Returns the commit. */
  commitWithPaths(request: {
    readonly base: string;
    readonly source: string;
    readonly paths: readonly string[];
    readonly message: string;
  }): Promise<string>;
  /** Why the remote would not take the push of `commit` to `branch`, asked without pushing; `undefined` when it would. */
  whyNotPushable(request: {
    readonly remote: string;
    readonly branch: string;
    readonly commit: string;
    /** Where the branch has to be, so that nobody's push is overwritten. */
    readonly expected: string;
  }): Promise<string | undefined>;
  /**
   * The newest commit up to a revision that changed the paths. `boundary`: the clone ends there, so it may be an
   * older one that did. `undefined` when no commit touched them.
   */
  lastChange(
    revision: string,
    paths: readonly string[],
  ): Promise<{ readonly commit: string; readonly message: string; readonly boundary: boolean } | undefined>;
  /** Unified diff between two revisions, limited to paths. */
  diff(from: string, to: string, paths: readonly string[]): Promise<string>;
  /** Absolute path of the clone. */
  readonly directory: string;
}
