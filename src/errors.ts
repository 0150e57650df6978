// Every error a person can meet: a code from a closed list, what happened, where, and what to do now.
// `docs/errors.md` has a paragraph per code; a contract test holds the two together.

/** A place in a file, 1-based, as editors count; `column` counts UTF-16 units. */
export type Location = { readonly file: string; readonly line: number; readonly column: number };

/**
 * Reason codes, grouped by the outcome they lead to. The code is what machines read (`reason-code`),
 * so a code is never renamed without a note in the changelog.
 */
export const reasonCodes = {
  usage: ['usage', 'input-invalid'],
  refused: [
    'mode-not-available',
    'plan-missing',
    'plan-ref-unreadable',
    'plan-untrusted',
    'plan-invalid',
    'plan-input-invalid',
    'secret-missing',
    'target-unknown',
    'confirm-mismatch',
    'environment-mismatch',
    'digest-mismatch',
    'scenario-unknown',
    'severity-unknown',
    'trigger-unknown',
    'override-unknown',
    'to-invalid',
    'to-unknown-version',
    'to-not-deployable',
    'to-no-candidate',
    'last-good-unknown',
    'ledger-unreadable',
    'component-missing',
    'component-unreadable',
    'operation-pending',
    'managed-elsewhere',
    'workload-paused',
    'tool-missing',
    'tool-too-old',
    'cluster-unreachable',
    'permission-missing',
    'repository-incomplete',
    'content-not-representable',
    'prepare-failed',
    'server-refusal',
    'drill-target-unmarked',
    'drill-not-steady',
    'drill-missing',
    'drill-overdue',
    'follow-up-overdue',
    'journal-not-writable',
    'locked',
    'lock-unreadable',
    'state-unreadable',
    'state-not-writable',
    'step-undecided',
    'never-together',
    'version-quarantined',
    'brake-on',
    'alert-invalid',
    'alert-unknown',
    'deploy-not-there',
    'not-ready',
    'internal',
  ],
  halted: [
    'command-failed',
    'command-timeout',
    'command-not-started',
    'step-not-verified',
    'step-unknown',
    'live-changed',
    'lock-lost',
    'expression-failed',
  ],
  verification: [
    'check-failed',
    'check-inconclusive',
    'component-not-moved',
    'deploy-rolled-back',
    'person-decides',
    'drill-not-noticed',
    'drill-not-restored',
  ],
  interrupted: ['cancelled', 'run-timeout', 'run-lost'],
  publishing: [
    'publish-not-allowed',
    'publish-protected',
    'publish-no-pull-request',
    'publish-conflict',
    'publish-failed',
  ],
} as const;

export type ReasonCode = (typeof reasonCodes)[keyof typeof reasonCodes][number];

export type ErrorDetails = {
  /** The next thing to do: an exact edit, command or setting. Required, because an error without it is half an error. */
  readonly hint: string;
  readonly where?: Location;
  readonly cause?: unknown;
  /** Machine-readable facts behind the message (argv, exit code, candidates). Never secrets. */
  readonly facts?: Readonly<Record<string, unknown>>;
};

/** The one error type that crosses module borders. Anything else that is thrown is a defect and reported as `internal`. */
export class RollbackPlanError extends Error {
  readonly code: ReasonCode;
  readonly hint: string;
  readonly where: Location | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ReasonCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RollbackPlanError';
    this.code = code;
    this.hint = details.hint;
    this.where = details.where;
    this.facts = details.facts ?? {};
  }
}

/** Turns whatever was thrown into our error; an unexpected one keeps its message as the cause's and never shows a stack. */
export function toRollbackPlanError(thrown: unknown): RollbackPlanError {
  if (thrown instanceof RollbackPlanError) return thrown;
  return new RollbackPlanError('internal', `unexpected: ${messageOf(thrown)}`, {
    hint: 'This is a defect in Rollback Plan. Run again with RUNNER_DEBUG=1 and report it with the journal file.',
    cause: thrown,
  });
}

/** The message of whatever was thrown. By shape, not by class: errors of another realm (a vm, a worker) are errors, too. */
export function messageOf(thrown: unknown): string {
  if (
    typeof thrown === 'object' &&
    thrown !== null &&
    'message' in thrown &&
    typeof thrown.message === 'string'
  ) {
    return thrown.message;
  }
  return String(thrown);
}

/** `rollback.yml:14:9` */
export function formatLocation(where: Location): string {
  return `${where.file}:${where.line}:${where.column}`;
}
