// The plan out of the clone's history, for people who name a ref on their own machine: `ref:path`, read with git.
// The checked-out files are not looked at, and nothing is fetched.

import { RollbackPlanError } from '../errors.ts';
import type { PlanSource, Processes } from '../ports.ts';
import { planPathIn, quotedPath } from '../values/plan-path.ts';
import { createGit } from './git-command.ts';
import { createObjects } from './git-objects.ts';

export type GitPlanOptions = {
  readonly processes: Processes;
  /** Absolute; the clone's top folder or one below it. Paths of plans are relative to it. */
  readonly workspace: string;
  readonly signal?: AbortSignal;
};

export function createGitPlanSource({ processes, workspace, signal }: GitPlanOptions): PlanSource {
  const git = createGit(processes, workspace, signal);
  const objects = createObjects(git);
  return {
    async read(path, maxBytes, ref = '') {
      const shown = planPathIn(workspace, path);
      const commit = await commitOf(ref);
      const prefix = (await git.run(['rev-parse', '--show-prefix'])).toString('utf8').trim();
      const entry = (await objects.locate([commit], [`${prefix}${shown}`]))[0]?.[0];
      if (entry === undefined) {
        throw new RollbackPlanError(
          'plan-missing',
          `there is no plan at ${quotedPath(path)} on ${ref} (commit ${commit.slice(0, 12)})`,
          { hint: `See what is there: git ls-tree -r --name-only ${commit.slice(0, 12)}` },
        );
      }
      const origin = { ref, commit, trusted: true };
      refuseSpecial(entry.mode, path);
      const sizes = await objects.sizes([entry.id]);
      const size = sizes.get(entry.id) ?? 0;
      if (size > maxBytes) return { bytes: new Uint8Array(), size, shown, origin };
      const bytes = (await objects.blobs([entry.id], sizes)).get(entry.id) ?? new Uint8Array();
      return { bytes, size, shown, origin };
    },
  };

  async function commitOf(ref: string): Promise<string> {
    const found = await git.ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
    const commit = found.raw.toString('utf8').trim();
    if (found.exitCode === 0 && commit !== '') return commit;
    throw new RollbackPlanError(
      'plan-missing',
      `this clone has no branch, tag or commit ${quotedPath(ref)}`,
      {
        hint: `Fetch it first: git fetch origin ${ref}, and then name it FETCH_HEAD or by its commit.`,
      },
    );
  }
}

function refuseSpecial(mode: string, path: string): void {
  if (mode.startsWith('100')) return;
  const what = mode === '120000' ? 'a symbolic link' : mode === '160000' ? 'a submodule' : 'a folder';
  throw new RollbackPlanError('plan-invalid', `the plan ${quotedPath(path)} is ${what}, not a file`, {
    hint: 'Give `--plan` the path of a YAML file.',
  });
}
