// The state of a service in a target without a cluster: lock and journal are refs of the repository's remote, each one a
// commit with one file, replaced as a whole by a push that names what it replaces. ADR 0015.

import { z } from 'zod';
import { type ReasonCode, RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { LockRecord, LockStore, StateDocument, Swap, TargetState } from '../ports/state.ts';
import { shellQuote } from '../values/shell-quote.ts';
import { stateName } from '../values/state-name.ts';
import type { Git } from './git-command.ts';
import { stateFault } from './state-faults.ts';

const remote = 'origin';
const file = 'state.json';
/** A forge that does not answer is no answer; the lock's term is longer than that. */
const networkMs = 20_000;
const maxTextBytes = 900 * 1024;

const author = {
  GIT_AUTHOR_NAME: 'Rollback Plan',
  GIT_AUTHOR_EMAIL: 'rollback-plan@users.noreply.github.com',
  GIT_COMMITTER_NAME: 'Rollback Plan',
  GIT_COMMITTER_EMAIL: 'rollback-plan@users.noreply.github.com',
} as const;

type Unreadable = Extract<ReasonCode, 'lock-unreadable' | 'state-unreadable'>;
type Place = { readonly ref: string; readonly title: string; readonly unreadable: Unreadable };

/** Whether the clone has a remote that could keep it. Never throws. */
export async function hasRemote(git: Git): Promise<boolean> {
  const asked = await git.ask(['remote', 'get-url', remote]).catch(() => undefined);
  return asked?.ended === 'exited' && asked.exitCode === 0;
}

export function createGitState(git: Git, service: string, target: string): TargetState {
  const folder = `refs/rollback-plan/${stateName(service)}/${stateName(target)}`;
  return {
    lock: createLockStore(git, {
      ref: `${folder}/lock`,
      title: `the lock (${folder}/lock of ${remote})`,
      unreadable: 'lock-unreadable',
    }),
    journal: createDocument(git, {
      ref: `${folder}/journal`,
      title: `the journal (${folder}/journal of ${remote})`,
      unreadable: 'state-unreadable',
    }),
  };
}

const recordSchema = z.object({
  holder: z.string(),
  fence: z.int().min(0),
  renewedAt: z.string(),
  termMs: z.int().min(1),
  incident: z.string(),
  host: z.string(),
  pid: z.int(),
  started: z.string(),
  nonce: z.string(),
});

function createLockStore(git: Git, place: Place): LockStore {
  const document = createDocument(git, place);
  return {
    whereToRead: document.whereToRead,
    async read() {
      const { text, version } = await document.read();
      return { record: text === undefined ? undefined : recordIn(text, place), version };
    },
    write: (record, expected) => document.write(JSON.stringify(record), expected),
  };
}

function recordIn(text: string, { ref, title, unreadable }: Place): LockRecord {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw stateFault(unreadable, `${title} can't be read`, {
      message: 'it is not what Rollback Plan writes',
      advice: `Look at it: ${whereToRead(ref)}\nIf nobody needs it: git push ${remote} --delete ${shellQuote(ref)}`,
      cause,
    });
  }
}

function createDocument(git: Git, { ref, title, unreadable }: Place): StateDocument {
  const fault = (thrown: unknown): RollbackPlanError =>
    stateFault(unreadable, `${title} can't be read`, {
      message: toRollbackPlanError(thrown).message,
      advice: `Look at it: git ls-remote ${remote} ${shellQuote(ref)}`,
      cause: thrown,
    });
  /** Object id of what is there now; `undefined`: nothing. */
  const head = async (): Promise<string | undefined> => {
    const listed = await git
      .run(['ls-remote', remote, ref], { deadlineMs: networkMs })
      .catch((thrown: unknown) => {
        throw fault(thrown);
      });
    // A pattern for git: `refs/heads/refs/rollback-plan/…`, which anybody may push, ends like that, too.
    const lines = listed.toString('utf8').split('\n');
    return lines.find((line) => line.endsWith(`\t${ref}`))?.split('\t')[0];
  };
  // Asked before every command: what did not change is not fetched again.
  const texts = new Map<string, string>();

  return {
    whereToRead: whereToRead(ref),
    async read() {
      const version = await head();
      if (version === undefined) return { text: undefined, version };
      const known = texts.get(version);
      if (known !== undefined) return { text: known, version };
      try {
        // Without a depth: the commit has no parent, and a depth would make a shallow clone of a whole one.
        const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', remote, ref];
        await git.run(fetch, { deadlineMs: networkMs });
        const text = (await git.run(['cat-file', 'blob', `${version}:${file}`])).toString('utf8');
        texts.clear();
        texts.set(version, text);
        return { text, version };
      } catch (thrown) {
        throw fault(thrown);
      }
    },
    async write(text, expected): Promise<Swap> {
      const bytes = Buffer.byteLength(text);
      if (bytes > maxTextBytes) {
        throw stateFault('state-not-writable', title, {
          message: `it would have ${bytes} bytes, and at most ${maxTextBytes} are written`,
          advice:
            'Outputs of steps take most of it: let the largest one be smaller, a path instead of a content.',
        });
      }
      const commit = await commitOf(git, text);
      const pushed = await git
        .ask(['push', '--quiet', `--force-with-lease=${ref}:${expected ?? ''}`, remote, `${commit}:${ref}`], {
          deadlineMs: networkMs,
        })
        .catch((thrown: unknown) => toRollbackPlanError(thrown));
      const ok = !(pushed instanceof RollbackPlanError) && pushed.ended === 'exited' && pushed.exitCode === 0;
      // A push whose answer was lost may have landed all the same: the remote is asked what is there.
      const now = ok ? commit : await head();
      if (now === commit) {
        texts.clear();
        texts.set(commit, text);
        return { type: 'written', version: commit };
      }
      if (now !== expected) return { type: 'conflict' };
      const said = pushed instanceof RollbackPlanError ? pushed.message : pushed.stderr.trim();
      throw stateFault('state-not-writable', `${title} could not be written`, {
        message: said,
        advice:
          'The account has to be allowed to push refs: `permissions: { contents: write }` in the job, and the credentials that actions/checkout leaves.',
      });
    },
  };
}

/** Without a parent: nobody needs the earlier ones, and the remote may drop them. */
async function commitOf(git: Git, text: string): Promise<string> {
  const id = async (args: readonly string[], stdin: string, env = {}): Promise<string> =>
    (await git.run(args, { stdin, env })).toString('utf8').trim();
  const blob = await id(['hash-object', '-w', '--stdin'], text);
  const tree = await id(['mktree'], `100644 blob ${blob}\t${file}\n`);
  return await id(['commit-tree', '--no-gpg-sign', tree], 'State of a rollback\n', author);
}

function whereToRead(ref: string): string {
  return `git fetch ${remote} ${shellQuote(ref)} && git show FETCH_HEAD:${file}`;
}
