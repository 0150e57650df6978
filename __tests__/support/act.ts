// Runs a workflow of a user's repository with act, on this machine and without containers: callers, reusable workflows,
// composites and the bundle are the real ones in a rendered copy, and third-party actions are stand-ins beside this file.
// act has no environments and no concurrency groups, and enforces no permissions: those are the linters' and the
// contract test's.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../src/errors.ts';
import { provide } from '../../tools/real-parts/provide.ts';
import { callerPath, ownWorkflows, renderRepository, type TextFile } from './workflow-files.ts';

export type WorkflowRun = {
  readonly code: number | null;
  readonly log: string;
  /** `Plan success`, `Act failure`, in the order in which they ended. */
  readonly jobs: readonly string[];
  /** Outputs that steps set, by the step's id; of the last one where several jobs have the id. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names of the artifacts of this run. */
  readonly artifacts: readonly string[];
  /** Folder of one of them. */
  readonly artifact: (name: string) => string;
};

export type UserRepository = {
  readonly folder: string;
  /** Paths of the journals of the jobs that run now. */
  readonly journals: () => Promise<readonly string[]>;
  /** Git in the repository, as its user. */
  readonly git: (...args: readonly string[]) => string;
  readonly write: (path: string, text: string) => Promise<void>;
  readonly run: (options: RunOptions) => Promise<WorkflowRun>;
};

export type RunOptions = {
  /** A file of `workflows/`. */
  readonly caller: string;
  readonly event?: 'deployment_status' | 'workflow_dispatch' | 'push' | 'schedule' | 'repository_dispatch';
  /** What was sent with a `repository_dispatch`. */
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Called once act runs, to look for processes and send them signals. */
  readonly started?: (child: ChildProcess) => void | Promise<void>;
};

const event = { repository: { default_branch: 'main', full_name: 'acme/shop' } };

/**
 * A repository with all of this project's workflows and the caller's files (path to text), committed on `main`.
 * `remote` is where checkouts come from: the folder itself, unless a forge has it.
 */
export async function createUserRepository(options: {
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
  /** Folders put in front of PATH: this Helm, that kubectl. */
  readonly path: readonly string[];
  readonly remote?: string;
  readonly adapt?: (file: TextFile) => string;
}): Promise<UserRepository> {
  const folder = await mkdtemp(join(options.folder, 'user-'));
  const repository = join(folder, 'repository');
  await mkdir(repository);
  const git = (...args: readonly string[]): string =>
    execFileSync(
      'git',
      ['-C', repository, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  git('init', '--quiet', '--initial-branch=main');
  await renderRepository(repository, options.adapt);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
  };
  for (const [path, text] of Object.entries(options.files)) await write(path, text);
  git('add', '--all');
  git('commit', '--quiet', '--message', 'everything');
  if (options.remote !== undefined) git('push', '--quiet', '--force', options.remote, 'HEAD:main');

  let runs = 0;
  const run = async (asked: RunOptions): Promise<WorkflowRun> => {
    runs += 1;
    // Artifacts are a run's own.
    const artifacts = join(folder, `artifacts-${runs}`);
    const { act, node24 } = await provide(['act', 'node24']);
    const home = join(folder, 'home');
    await mkdir(join(home, '.config/act'), { recursive: true });
    // Without a file of settings act asks which image to take.
    await writeFile(join(home, '.config/act/actrc'), '');
    const eventFile = join(folder, 'event.json');
    const sent =
      asked.event === 'deployment_status'
        ? asked.payload
        : asked.payload && { action: 'rollback-alert', client_payload: asked.payload };
    await writeFile(eventFile, JSON.stringify({ ...event, inputs: asked.inputs ?? {}, ...sent }));
    const secretFile = join(folder, 'secrets.env');
    const secrets = Object.entries(asked.secrets ?? {}).map(
      ([name, value]) => `${name}=${JSON.stringify(value)}`,
    );
    await writeFile(secretFile, `${secrets.join('\n')}\n`, { mode: 0o600 });
    const env = {
      GITHUB_RUN_ID: String(runs),
      STAND_IN_REPOSITORY: options.remote ?? repository,
      STAND_IN_ARTIFACTS: artifacts,
      ...asked.env,
    };
    const child = spawn(
      act,
      [
        asked.event ?? 'workflow_dispatch',
        ...['--workflows', callerPath(asked.caller), '--platform', 'ubuntu-latest=-self-hosted'],
        ...['--eventpath', eventFile, '--secret-file', secretFile, '--json'],
        ...['--actor', 'night-shift'],
        ...['--action-cache-path', join(folder, 'cache'), '--action-offline-mode'],
        ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...(await standIns()).flatMap((pair) => ['--local-repository', pair]),
      ],
      {
        cwd: repository,
        env: {
          PATH: [dirname(node24), ...options.path, process.env['PATH']].join(':'),
          HOME: home,
          XDG_CONFIG_HOME: join(home, '.config'),
          XDG_CACHE_HOME: join(home, '.cache'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
    try {
      await asked.started?.(child);
    } catch (error) {
      child.kill();
      await ended;
      throw new Error(
        `${messageOf(error)}\n${understand(Buffer.concat(chunks).toString('utf8')).log.slice(-4_000)}`,
      );
    }
    const code = await ended;
    const names = await readdir(artifacts).catch(() => []);
    return {
      code,
      ...understand(Buffer.concat(chunks).toString('utf8')),
      artifacts: names.sort(),
      artifact: (name) => join(artifacts, name),
    };
  };
  const journals = async (): Promise<readonly string[]> => {
    const jobs = await readdir(join(folder, 'cache')).catch(() => []);
    const found = await Promise.all(
      jobs.map(async (job) => {
        const runs = join(folder, 'cache', job, 'tmp', 'rollback-plan');
        return (await readdir(runs).catch(() => [])).map((name) => join(runs, name, 'journal.jsonl'));
      }),
    );
    return found.flat();
  };
  return { folder: repository, journals, git, write, run };
}

/** `actions/checkout@<commit>=<folder>` for each third-party action in our workflows. */
async function standIns(): Promise<readonly string[]> {
  const text = ownWorkflows()
    .map((file) => file.text)
    .join('\n');
  const there = await readdir('__tests__/support/stand-ins');
  const pins = [...text.matchAll(/uses: actions\/([a-z-]+)@([0-9a-f]{40})/g)];
  const pairs = pins
    .filter(([, name = '']) => there.includes(name))
    .map(([, name, pin]) => `actions/${name}@${pin}=${resolve('__tests__/support/stand-ins', name ?? '')}`);
  return [...new Set(pairs)];
}

/** act prints a JSON object a line; what it is not is kept as it is. */
function understand(text: string): Pick<WorkflowRun, 'log' | 'jobs' | 'outputs'> {
  const log: string[] = [];
  const jobs: string[] = [];
  const outputs: Record<string, Record<string, string>> = {};
  for (const line of text.split('\n')) {
    let entry: Readonly<Record<string, unknown>>;
    try {
      entry = Object(JSON.parse(line));
    } catch {
      log.push(line);
      continue;
    }
    const word = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
    log.push(word('msg').trimEnd());
    if (word('jobResult') !== '') jobs.push(`${word('job').split('/').at(-1)?.trim()} ${word('jobResult')}`);
    if (entry['command'] === 'set-output') {
      const ids = entry['stepID'];
      const id = Array.isArray(ids) ? String(ids.at(-1)) : '';
      outputs[id] = { ...outputs[id], [word('name')]: word('arg') };
    }
  }
  return { log: log.join('\n'), jobs, outputs };
}

export async function readText(...path: readonly string[]): Promise<string> {
  return await readFile(join(...path), 'utf8');
}
