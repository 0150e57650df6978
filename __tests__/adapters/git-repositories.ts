// Real git repositories for tests: made in a temporary folder, with dates of their own, and gone afterwards.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type TestRepository = {
  readonly directory: string;
  git(...args: readonly string[]): string;
  write(path: string, content: string | Buffer): void;
  remove(path: string): void;
  /** Commits everything, with a date one day after the last. */
  commit(message: string): string;
  /** Commits and tags. */
  release(tag: string, options?: { readonly annotated?: boolean }): string;
};

export type TestRepositories = {
  create(options?: { readonly bare?: boolean }): TestRepository;
  clone(from: string, ...options: readonly string[]): TestRepository;
  folder(): string;
  removeAll(): void;
};

export function testRepositories(): TestRepositories {
  const root = mkdtempSync(join(tmpdir(), 'rollback-plan-git-'));
  let count = 0;
  const folder = (): string => {
    count += 1;
    const path = join(root, String(count));
    mkdirSync(path);
    return path;
  };
  return {
    folder,
    create(options = {}) {
      const repository = open(folder());
      repository.git(
        'init',
        '--quiet',
        '--initial-branch=main',
        ...(options.bare === true ? ['--bare'] : []),
      );
      return repository;
    },
    clone(from, ...options) {
      const directory = folder();
      // file:// because a plain path would ignore --depth.
      run(root, {}, ['clone', '--quiet', ...options, `file://${from}`, directory]);
      return open(directory);
    },
    removeAll: () => rmSync(root, { recursive: true, force: true }),
  };
}

function open(directory: string): TestRepository {
  let day = 0;
  const dated = (): Record<string, string> => {
    const date = new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
    return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  };
  const git = (...args: readonly string[]): string => run(directory, dated(), args);
  const commit = (message: string): string => {
    day += 1;
    git('add', '--all', '--force');
    git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  return {
    directory,
    git,
    commit,
    write(path, content) {
      const full = join(directory, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
    },
    remove: (path) => rmSync(join(directory, path), { recursive: true, force: true }),
    release(tag, options = {}) {
      const made = commit(tag);
      git('tag', ...(options.annotated === true ? ['--annotate', '--message', tag] : []), '--', tag);
      return made;
    },
  };
}

function run(cwd: string, env: Readonly<Record<string, string>>, args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_AUTHOR_NAME: 'Test',
      GIT_AUTHOR_EMAIL: 'test@example.invalid',
      GIT_COMMITTER_NAME: 'Test',
      GIT_COMMITTER_EMAIL: 'test@example.invalid',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
    .toString('utf8')
    .trim();
}
