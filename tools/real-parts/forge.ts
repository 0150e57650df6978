// A real forge on loopback: Gitea, whose API answers the calls that are made to GitHub (pull requests, issues,
// contents, protected branches) and which takes real pushes. With GITHUB_API_URL pointed at it, publishing is real.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { administratorToken, basicOf, type Forge, firstOwner, GiteaForge } from './forge-handle.ts';
import { forgeSettings } from './forge-settings.ts';
import { freePorts, saysPortTaken } from './free-ports.ts';
import { type Progress, silent } from './progress.ts';
import { provide } from './provide.ts';
import { run } from './run-command.ts';
import { type SupervisedProcess, type Supervisor, startSupervisor } from './supervisor.ts';
import { waiter } from './waiting.ts';

export interface ForgeOptions {
  /** Kept after the end. Default: a temporary folder, removed at the end. */
  readonly dir?: string;
  /** Socket of the process whose end ends the forge. Default: this one's end does. */
  readonly keeper?: string;
  readonly progress?: Progress;
}

export { type Forge, type Repository, readOnlyScopes, type TokenRequest } from './forge-handle.ts';

/**
 * Starts a forge and resolves when its API answers.
 * @throws PartsUnavailable if Gitea can be neither found nor compiled; an Error with the end of its log if it dies
 */
export async function startForge(options: ForgeOptions = {}): Promise<Forge> {
  const { progress = silent } = options;
  const { gitea } = await provide(['gitea'], { progress });
  for (let attempt = 1; ; attempt++) {
    const supervisor = await startSupervisor('forge', { keep: options.dir, keeper: options.keeper });
    const processes: SupervisedProcess[] = [];
    try {
      return await start({ supervisor, processes, gitea, progress });
    } catch (error) {
      const lostPort = processes.some((process) => saysPortTaken(process.logTail()));
      await supervisor.stop();
      if (attempt === 3 || !lostPort) throw error;
      progress('forge: another process took its port, starting again');
    }
  }
}

async function start(request: {
  readonly supervisor: Supervisor;
  readonly processes: SupervisedProcess[];
  readonly gitea: string;
  readonly progress: Progress;
}): Promise<Forge> {
  const { supervisor, processes, gitea, progress } = request;
  const began = Date.now();
  const folder = supervisor.folder;
  const [port = 0] = await freePorts(1);
  const settings = join(folder, 'app.ini');
  const staticFolder = join(dirname(gitea), 'static');
  await writeFile(settings, forgeSettings({ folder, staticFolder, port }), { mode: 0o600 });
  // git must not read this machine's settings, and nothing of an outer git (a hook running the tests) may leak in.
  // Every push starts it again three times or more, as git's hooks: such a process needs no garbage collection, and the
  // server itself collects when it has grown to the limit.
  const collector = { GOGC: 'off', GOMEMLIMIT: '400MiB' };
  const env = { ...collector, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GITEA_WORK_DIR: folder };
  await run(supervisor, gitea, ['migrate', '--config', settings], { env });
  const password = randomBytes(12).toString('base64url');
  await createAdministrator({ supervisor, gitea, settings, env, password });
  processes.push(
    await supervisor.start({ name: 'gitea', command: gitea, args: ['web', '--config', settings], env }),
  );

  const url = `http://127.0.0.1:${port}`;
  const basic = basicOf(firstOwner, password);
  const until = waiter('forge', processes);
  const adminToken = await until('its API to answer', () => administratorToken(url, firstOwner, basic));
  progress(`forge: ready at ${url} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return new GiteaForge({
    owner: firstOwner,
    url,
    adminToken,
    basic,
    dir: folder,
    pids: () => supervisor.pids,
    end: () => supervisor.stop(),
  });
}

async function createAdministrator(request: {
  readonly supervisor: Supervisor;
  readonly gitea: string;
  readonly settings: string;
  readonly env: Readonly<Record<string, string>>;
  readonly password: string;
}): Promise<void> {
  const { supervisor, gitea, settings, env, password } = request;
  const account = ['--username', firstOwner, '--password', password, '--email', `${firstOwner}@example.com`];
  const flags = ['--admin', '--must-change-password=false', '--config', settings];
  await run(supervisor, gitea, ['admin', 'user', 'create', ...account, ...flags], { env });
}
