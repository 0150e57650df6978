// What a gate may know of files on this machine, inside of the workspace and outside: that they are there, how old, how
// large, and their digest. Backups are often where no repository is.

export type FoundFile = {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
};

export interface FileFacts {
  /**
   * Regular files that fit: `pattern` is absolute, and `*` and `?` stand for parts of one name. Newest first, symbolic
   * links followed. Empty where nothing fits; throws what the disk says for a folder that can't be read.
   */
  find(pattern: string): Promise<readonly FoundFile[]>;
  /** SHA-256 in hex of the whole file, read piece by piece; ends with an error when the signal aborts. */
  sha256(path: string, signal: AbortSignal): Promise<string>;
  /** A small text. Throws what the disk says, and for a file that is larger. */
  text(path: string, maxBytes: number): Promise<string>;
}
