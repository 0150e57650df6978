// Makes the commit that takes paths back to a revision, from plumbing alone: an index of its own in a temporary
// folder, objects that nothing refers to yet, and no ref, index or work tree of the user's touched.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RollbackPlanError } from '../errors.ts';
import type { Repository } from '../ports.ts';
import type { Git } from './git-command.ts';
import type { Objects } from './git-objects.ts';

/** Not an account on any forge. */
const author = { name: 'Rollback Plan', email: 'rollback-plan@users.noreply.github.com' };

export async function commitWithPaths(
  git: Git,
  objects: Objects,
  request: Parameters<Repository['commitWithPaths']>[0],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-index-'));
  const env = { GIT_INDEX_FILE: join(folder, 'index') };
  try {
    const rows = await objects.locate([request.base, request.source], request.paths);
    const [before = [], after = []] = await Promise.all(
      rows.map((row) => objects.leaves(row.filter((entry) => entry !== undefined))),
    );
    const foul = [...before, ...after].find((entry) => entry.path.includes('\ufffd'));
    if (foul !== undefined) {
      throw new RollbackPlanError('content-not-representable', `${foul.path} has a name that is not UTF-8`, {
        hint: 'Rename the file and tag again.',
      });
    }
    // Removals first: a file may have become a folder, or the other way round.
    const nothing = '0'.repeat(before[0]?.id.length ?? 40);
    const changes = [
      ...before.map((entry) => `0 ${nothing}\t${entry.path}\0`),
      ...after.map((entry) => `${entry.mode} ${entry.id}\t${entry.path}\0`),
    ];
    await git.run(['read-tree', '--end-of-options', request.base], { env });
    await git.run(['update-index', '-z', '--index-info'], { env, stdin: changes.join('') });
    const tree = (await git.run(['write-tree'], { env })).toString('utf8').trim();
    // The date is the base's, so that the same question has the same commit for an answer: what was approved in a
    // dry run is what is pushed, and a second attempt pushes nothing new.
    const date = (
      await git.run(['log', '-1', '--no-show-signature', '--format=%ct', '--end-of-options', request.base])
    )
      .toString('utf8')
      .trim();
    const commit = await git.run(['commit-tree', '--no-gpg-sign', '-p', request.base, tree], {
      stdin: request.message,
      env: {
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_AUTHOR_DATE: `${date} +0000`,
        GIT_COMMITTER_NAME: author.name,
        GIT_COMMITTER_EMAIL: author.email,
        GIT_COMMITTER_DATE: `${date} +0000`,
      },
    });
    return commit.toString('utf8').trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
