// Runs git for the repository adapter: never a prompt, no hooks, no configured helpers that would change an answer,
// and every way in which git refuses turned into the edit or command that mends it.

import { existsSync } from 'node:fs';
import { RollbackPlanError } from '../errors.ts';
import type { CommandOutcome, Processes } from '../ports.ts';

export type GitOptions = {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly keepBytes?: number;
  readonly deadlineMs?: number;
};

export type Git = {
  readonly directory: string;
  /** Standard output of a git that ended with 0; throws a `RollbackPlanError` otherwise. */
  run(args: readonly string[], options?: GitOptions): Promise<Buffer>;
  /** The same without judging the exit code: for questions that git answers with it. */
  ask(args: readonly string[], options?: GitOptions): Promise<CommandOutcome>;
};

const localMs = 30_000;
const defaultKeepBytes = 16 * 1024 * 1024;

/** Settings of the user's that would change what is read, or run something of theirs. */
const settings = [
  'core.quotePath=false',
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'advice.detachedHead=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.ext.allow=never',
].flatMap((setting) => ['-c', setting]);

const environment = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  // `git replace` could show other content under the same object id.
  GIT_NO_REPLACE_OBJECTS: '1',
  // A path in a plan is a path, also when it contains `*` or starts with `:`.
  GIT_LITERAL_PATHSPECS: '1',
  GIT_PAGER: 'cat',
  // Messages are recognised below.
  LC_ALL: 'C',
} as const;

export function createGit(processes: Processes, directory: string, signal?: AbortSignal): Git {
  const ask = async (args: readonly string[], options: GitOptions = {}): Promise<CommandOutcome> => {
    const told = await processes.run(
      {
        argv: ['git', ...settings, ...args],
        cwd: directory,
        env: { ...environment, ...options.env },
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      },
      {
        deadlineMs: options.deadlineMs ?? localMs,
        keepBytes: options.keepBytes ?? defaultKeepBytes,
        whole: true,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    const outcome = { ...told, stderr: withoutUsers(told.stderr) };
    if (outcome.ended !== 'exited' || outcome.exitCode === 128) {
      const known = knownFault(outcome, args, directory);
      if (known !== undefined) throw known;
    }
    return outcome;
  };
  return {
    directory,
    ask,
    async run(args, options) {
      const outcome = await ask(args, options);
      if (outcome.ended === 'exited' && outcome.exitCode === 0) return outcome.raw;
      throw failed(outcome, args);
    },
  };
}

/** Git leaves the password of a URL out of what it says, but not the user, and a token may stand there alone. */
function withoutUsers(text: string): string {
  return text.replaceAll(/(:\/\/)(?!git@)[^\s/@'"]+@/g, '$1***@');
}

/** The faults that have nothing to do with the question asked. */
function knownFault(
  outcome: CommandOutcome,
  args: readonly string[],
  directory: string,
): RollbackPlanError | undefined {
  if (outcome.ended === 'cancelled') {
    return new RollbackPlanError('cancelled', `git ${args[0]} was cancelled`, {
      hint: 'Nothing was changed. Run again when you are ready.',
    });
  }
  if (outcome.ended === 'not-started') {
    return existsSync(directory)
      ? new RollbackPlanError('tool-missing', `git could not be started: ${outcome.stderr.trim()}`, {
          hint: 'Install git and put it on the PATH of the job.',
        })
      : notARepository(directory);
  }
  if (outcome.ended !== 'exited') return failed(outcome, args);
  if (outcome.stderr.includes('dubious ownership')) {
    return new RollbackPlanError(
      'repository-incomplete',
      `git does not trust ${directory}: another user owns it`,
      {
        hint: `git config --global --add safe.directory ${directory}`,
      },
    );
  }
  if (outcome.stderr.includes('not a git repository')) return notARepository(directory);
  return undefined;
}

function notARepository(directory: string): RollbackPlanError {
  return new RollbackPlanError('repository-incomplete', `${directory} is not a git repository`, {
    hint: 'Check the repository out first, with its tags: uses: actions/checkout with fetch-depth: 0',
  });
}

function failed(outcome: CommandOutcome, args: readonly string[]): RollbackPlanError {
  const how =
    outcome.ended === 'exited'
      ? `failed with exit code ${outcome.exitCode}`
      : outcome.ended === 'timed-out'
        ? 'timed out'
        : outcome.ended === 'output-too-large'
          ? 'printed more than may be read'
          : `was ended by ${outcome.signal ?? 'a signal'}`;
  const said = outcome.stderr.trim();
  return new RollbackPlanError('prepare-failed', `git ${args[0]} ${how}${said === '' ? '' : `: ${said}`}`, {
    hint: 'Nothing was changed. The message above is git’s own; mend what it names and run again.',
    facts: { argv: ['git', ...args], exitCode: outcome.exitCode },
  });
}
