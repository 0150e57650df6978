// What survives a run, in the target: documents that are replaced as a whole, and the lock. ADR 0015.

export type Swap =
  | { readonly type: 'written'; readonly version: string }
  /** Somebody else wrote since `expected`; read again and decide anew. */
  | { readonly type: 'conflict' };

/** Text as it was read; no `version` when there is nothing there yet. */
export type Stored = { readonly text: string | undefined; readonly version: string | undefined };

/** Reads throw `state-unreadable`, writes `state-not-writable`, each with what the account lacks or the server said. */
export interface StateDocument {
  read(): Promise<Stored>;
  /**
   * Compare-and-swap against the version last read; `undefined` creates. A write that got no answer is looked up
   * by reading back, so an answer is always about this very text.
   */
  write(text: string, expected: string | undefined): Promise<Swap>;
  /** The command a person reads it with. */
  readonly whereToRead: string;
}

export type LockRecord = {
  /** The run that holds it: its URL, or `user@host pid 7`. Empty: free. */
  readonly holder: string;
  /** One higher with every new holder. */
  readonly fence: number;
  /** RFC 3339, by the holder's clock: shown to people, never compared. */
  readonly renewedAt: string;
  readonly termMs: number;
  readonly incident: string;
  /** Where the holder runs and as which process, for takers on the same machine: as `ThisProcess` says it. */
  readonly host: string;
  readonly pid: number;
  readonly started: string;
  /** Random, one per holding: tells two holders apart that are alike in everything else, two jobs of one run, say. */
  readonly nonce: string;
};

/** The lock's record, with the same rules as a document. Reads throw `lock-unreadable`. */
export interface LockStore {
  read(): Promise<{ readonly record: LockRecord | undefined; readonly version: string | undefined }>;
  write(record: LockRecord, expected: string | undefined): Promise<Swap>;
  readonly whereToRead: string;
}

/** The process that acts, in the words by which takers on the same machine recognise it. */
export interface ThisProcess {
  /** Machine, its boot and its process namespace. Empty where that can't be known: equal to nobody's. */
  readonly host: string;
  readonly pid: number;
  /** When it was started, in the machine's own count: a number that was given again is another process. Empty: unknown. */
  readonly started: string;
  /** About a process of this host. `false` only if it is certainly gone. */
  isAlive(pid: number, started: string): boolean;
}

/** The state of one service in one target. */
export interface TargetState {
  readonly lock: LockStore;
  readonly journal: StateDocument;
}
