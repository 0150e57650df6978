// The shop's own repository, made for the demo: charts, configuration and the plan, one commit and one tag a release,
// pushed to a remote from which the action and the record are seen as anybody would see them.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../real-parts/package-root.ts';
import { command } from './commands.ts';

export const releases = ['1.0.0', '1.1.0', '1.2.0'] as const;
export type Release = (typeof releases)[number];

export interface ScratchRepository {
  /** The clone in which releases are made and the action runs. */
  readonly folder: string;
  git(...args: string[]): Promise<string>;
  /** Commits a release's files, tags it, pushes both. */
  release(release: Release): Promise<void>;
}

const shop = join(packageRoot(), 'examples', 'shop');

/** Settings of this machine's user must not change what the demo does. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Shop team',
  GIT_AUTHOR_EMAIL: 'shop-team@example.com',
  GIT_COMMITTER_NAME: 'Shop team',
  GIT_COMMITTER_EMAIL: 'shop-team@example.com',
};

/**
 * @param remote URL or path to clone from; a clone of an empty one is fine
 * @param plan which of the plans in `examples/shop` becomes the repository's `.github/rollback.yml`
 */
export async function createScratchRepository(request: {
  readonly remote: string;
  readonly folder: string;
  readonly plan: 'rollback.yml' | 'rollback-without-cluster.yml';
}): Promise<ScratchRepository> {
  const { remote, folder, plan } = request;
  await command(['git', 'clone', '--quiet', remote, folder], { env: gitEnvironment });
  const git = (...args: string[]): Promise<string> =>
    command(['git', ...args], { cwd: folder, env: gitEnvironment });
  await git('checkout', '--quiet', '-B', 'main');
  // What the action pushes is committed by whoever the clone says.
  await git('config', 'user.name', gitEnvironment['GIT_AUTHOR_NAME'] ?? '');
  await git('config', 'user.email', gitEnvironment['GIT_AUTHOR_EMAIL'] ?? '');
  await mkdir(join(folder, '.github'), { recursive: true });
  await cp(join(shop, plan), join(folder, '.github', 'rollback.yml'));
  if (plan === 'rollback.yml') await cp(join(shop, 'charts'), join(folder, 'charts'), { recursive: true });
  return {
    folder,
    git,
    async release(release) {
      for (const part of ['config', 'values']) {
        await rm(join(folder, part), { recursive: true, force: true });
        await cp(join(shop, 'releases', release, part), join(folder, part), { recursive: true });
      }
      if (plan === 'rollback.yml') await setChartVersions(folder, release);
      await git('add', '--all');
      await git('commit', '--quiet', '--message', `Release ${release}`);
      await git('tag', `v${release}`);
      await git('push', '--quiet', 'origin', 'main', `v${release}`);
    },
  };
}

/** What a release script does: the charts carry the version that they deploy. */
async function setChartVersions(folder: string, release: Release): Promise<void> {
  for (const chart of ['shop-api', 'shop-web']) {
    const file = join(folder, 'charts', chart, 'Chart.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${release}`));
  }
}

/** A clone as a stranger makes it afterwards, in which the record is read. */
export async function cloneAfresh(
  remote: string,
  folder: string,
): Promise<(...args: string[]) => Promise<string>> {
  await command(['git', 'clone', '--quiet', remote, folder], { env: gitEnvironment });
  return (...args) => command(['git', '--no-pager', ...args], { cwd: folder, env: gitEnvironment });
}
