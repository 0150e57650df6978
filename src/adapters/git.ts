// The `Repository` port over the real git: reads of the clone the plan lies in, and commits made from plumbing alone.
// No ref, no index and no work tree is ever touched; what pushes is an operation and goes through the engine.

import picomatch from 'picomatch';
import { RollbackPlanError } from '../errors.ts';
import type { FilesAt, Processes, Repository, Tag, TreeFile } from '../ports.ts';
import { orderTags } from '../values/tag-order.ts';
import { createGit, type Git } from './git-command.ts';
import { commitWithPaths } from './git-commit.ts';
import { createObjects, type Entry, type Objects } from './git-objects.ts';

export type RepositoryOptions = {
  readonly processes: Processes;
  /** Absolute path of the clone's top folder. */
  readonly directory: string;
  readonly signal?: AbortSignal;
};

const remoteMs = 60_000;
/** For `files`, whose callers have no limit of their own. */
const maxFilesBytes = 64 * 1024 * 1024;
const maxDiffBytes = 1024 * 1024;

export function createRepository(options: RepositoryOptions): Repository {
  const git = createGit(options.processes, options.directory, options.signal);
  const objects = createObjects(git);

  const filesAt = async (
    revisions: readonly string[],
    paths: readonly string[],
    maxBytes: number,
  ): Promise<readonly FilesAt[]> => {
    const located = await objects.locate(revisions, paths);
    await objects.preload(located.flat().filter((entry) => entry !== undefined));
    const listings = await Promise.all(
      located.map((row) => objects.leaves(row.filter((entry) => entry !== undefined))),
    );
    const ids = new Set(
      listings
        .flat()
        .filter(isRegular)
        .map((entry) => entry.id),
    );
    const sizes = await objects.sizes([...ids]);
    const judged = listings.map((entries) => ({ entries, refused: refusals(entries, sizes, maxBytes) }));
    const wanted = judged.flatMap(({ entries, refused }) => (refused.length > 0 ? [] : entries));
    const contents = await objects.blobs([...new Set(wanted.map((entry) => entry.id))], sizes);
    return judged.map(({ entries, refused }) =>
      refused.length > 0
        ? { ok: false, refused }
        : { ok: true, files: entries.map((entry) => fileOf(entry, contents)) },
    );
  };

  return {
    directory: options.directory,
    tags: (pattern) => readTags(git, objects, pattern),
    filesAt: ({ revisions, paths, maxBytes }) => filesAt(revisions, paths, maxBytes),
    async files(revision, paths) {
      const [answer] = await filesAt([revision], paths, maxFilesBytes);
      if (answer?.ok === true) return answer.files;
      throw new RollbackPlanError(
        'content-not-representable',
        `${revision}: ${(answer?.refused ?? []).join('; ')}`,
        { hint: 'Replace it by a regular file, tag that, and go to the new tag.' },
      );
    },
    async objectId(revision, path) {
      return (await objects.locate([revision], [path]))[0]?.[0]?.id;
    },
    async objectIds(revisions, paths) {
      const rows = await objects.locate(revisions, paths);
      return rows.map((row) => row.map((entry) => entry && `${entry.mode} ${entry.id}`));
    },
    remoteHead: (branch, remote = 'origin') => readRemoteHead(git, objects, branch, remote),
    commitWithPaths: (request) => commitWithPaths(git, objects, request),
    async whyNotPushable({ remote, branch, commit, expected }) {
      const ref = `refs/heads/${branch}`;
      const outcome = await git.ask(
        [
          ...['push', '--dry-run', '--no-verify', '--no-follow-tags', '--recurse-submodules=no'],
          ...[`--force-with-lease=${ref}:${expected}`, '--end-of-options', remote, `${commit}:${ref}`],
        ],
        { deadlineMs: remoteMs },
      );
      return outcome.exitCode === 0 ? undefined : outcome.stderr.trim();
    },
    async lastChange(revision, paths) {
      const format = ['-1', '--no-show-signature', '--format=%H%x00%P%x00%B'];
      const out = (await git.run(['log', ...format, '--end-of-options', revision, '--', ...paths])).toString(
        'utf8',
      );
      const [commit, parents, message] = out.split('\0');
      if (commit === undefined || parents === undefined || message === undefined) return undefined;
      // Where a shallow clone is cut off, a commit seems to have no parents and to have made everything.
      return { commit, message: message.trim(), boundary: parents === '' && (await isShallow(git)) };
    },
    async diff(from, to, paths) {
      const args = (form: string): string[] => [
        ...['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', form],
        ...['--end-of-options', from, to, '--', ...paths],
      ];
      const whole = await git.ask(args('--patch'), { keepBytes: maxDiffBytes }).catch((error: unknown) => {
        if (error instanceof RollbackPlanError && error.code === 'prepare-failed') return undefined;
        throw error;
      });
      if (whole?.exitCode === 0) return whole.raw.toString('utf8');
      // Too large to read in full, or no diff at all: the second command gives the size, or git's own words.
      return (await git.run(args('--stat'), { keepBytes: maxDiffBytes })).toString('utf8');
    },
  };
}

function isRegular(entry: Entry): boolean {
  return entry.mode === '100644' || entry.mode === '100755' || entry.mode === '100664';
}

function refusals(
  entries: readonly Entry[],
  sizes: ReadonlyMap<string, number>,
  maxBytes: number,
): readonly string[] {
  const reasons = entries.flatMap((entry) => {
    if (entry.mode === '120000') return [`${entry.path} is a symbolic link`];
    if (entry.mode === '160000') return [`${entry.path} is a submodule`];
    if (entry.path.includes('\ufffd')) return [`${entry.path} has a name that is not UTF-8`];
    return [];
  });
  const total = entries.reduce((sum, entry) => sum + (sizes.get(entry.id) ?? 0), 0);
  return total > maxBytes ? [...reasons, `the files have ${total} bytes, more than ${maxBytes}`] : reasons;
}

function fileOf(entry: Entry, contents: ReadonlyMap<string, Buffer>): TreeFile {
  const content = contents.get(entry.id);
  if (content === undefined) throw new Error(`blob ${entry.id} was not read`);
  return { path: entry.path, content, executable: entry.mode === '100755' };
}

async function readTags(git: Git, objects: Objects, pattern: string): Promise<readonly Tag[]> {
  const out = await git.run([
    'for-each-ref',
    '--format=%(refname:strip=2)%00%(creatordate:unix)',
    'refs/tags',
  ]);
  const matches = picomatch(pattern, { dot: true });
  const named = out
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [name, seconds] = line.split('\0');
      return name === undefined || seconds === undefined || !matches(name) ? [] : [{ name, seconds }];
    });
  await refuseIfIncomplete(
    git,
    pattern,
    named.map(({ name }) => name),
    matches,
  );
  const commits = await objects.resolve(named.map(({ name }) => `refs/tags/${name}^{commit}`));
  const tags = named.flatMap(({ name, seconds }, index): Tag[] => {
    // A tag of a blob or a tree has no commit and is nothing to go back to.
    const commit = commits[index];
    return commit === undefined ? [] : [{ name, commit, at: new Date(Number(seconds) * 1000).toISOString() }];
  });
  return orderTags(tags, pattern);
}

async function isShallow(git: Git): Promise<boolean> {
  return (await git.run(['rev-parse', '--is-shallow-repository'])).toString('utf8').trim() === 'true';
}

/** A clone made for speed has no tags, or some: "the newest tag" would then be a guess. */
async function refuseIfIncomplete(
  git: Git,
  pattern: string,
  names: readonly string[],
  matches: (name: string) => boolean,
): Promise<void> {
  const shallow =
    (await git.run(['rev-parse', '--is-shallow-repository'])).toString('utf8').trim() === 'true';
  const fix = 'actions/checkout with: { fetch-depth: 0, fetch-tags: true }, or by hand: git fetch --tags';
  if (names.length === 0) {
    const why = shallow
      ? 'it is a shallow clone without its tags'
      : 'there is none, or they were not fetched';
    throw new RollbackPlanError(
      'repository-incomplete',
      `no tag matches "${pattern}" in this clone: ${why}`,
      {
        hint: `Check the pattern; if it is right, fetch the tags: ${fix}`,
      },
    );
  }
  if (!shallow) return;
  const listed = await git.ask(['ls-remote', '--tags', '--refs', '--end-of-options', 'origin'], {
    deadlineMs: remoteMs,
  });
  const lacking = listed.raw
    .toString('utf8')
    .split('\n')
    .map((line) => line.split('\trefs/tags/')[1] ?? '')
    .filter((name) => name !== '' && matches(name) && !names.includes(name));
  if (listed.exitCode === 0 && lacking.length === 0) return;
  const what =
    listed.exitCode === 0
      ? `it lacks ${lacking.slice(0, 5).join(', ')}${lacking.length > 5 ? ` and ${lacking.length - 5} more` : ''}`
      : 'and its remote can’t be asked which tags there are';
  throw new RollbackPlanError('repository-incomplete', `this is a shallow clone, ${what}`, {
    hint: `Fetch the tags: ${fix}`,
  });
}

async function readRemoteHead(git: Git, objects: Objects, branch: string, remote: string): Promise<string> {
  const ref = `refs/heads/${branch}`;
  for (let attempt = 1; attempt <= 2; attempt++) {
    const out = await git.run(['ls-remote', '--end-of-options', remote, ref], { deadlineMs: remoteMs });
    const line = out
      .toString('utf8')
      .split('\n')
      .find((each) => each.endsWith(`\t${ref}`));
    const commit = line?.split('\t')[0];
    if (commit === undefined) {
      throw new RollbackPlanError('prepare-failed', `${remote} has no branch ${branch}`, {
        hint: `Correct "branch" in the plan; the branches are: git ls-remote --heads ${remote}`,
      });
    }
    if ((await objects.resolve([`${commit}^{commit}`]))[0] !== undefined) return commit;
    // Objects only: `--refmap=` keeps remote-tracking branches, `--no-write-fetch-head` keeps FETCH_HEAD as they are.
    const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--refmap='];
    await git.run(['fetch', ...quiet, '--end-of-options', remote, ref], { deadlineMs: remoteMs });
  }
  throw new RollbackPlanError('prepare-failed', `${remote}/${branch} moves faster than it can be read`, {
    hint: 'Wait for the pushes to end, or stop them, and run again.',
  });
}
