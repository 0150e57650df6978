// A real Postgres on loopback, from the binaries of the system's package: a server that can be stopped and started again
// and takes a password. Tests ask it what a user's database would be asked.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { freePorts, saysPortTaken } from './free-ports.ts';
import { isExecutable } from './part-cache.ts';
import { PartsUnavailable } from './parts-unavailable.ts';
import { run } from './run-command.ts';
import { type SupervisedProcess, type Supervisor, startSupervisor } from './supervisor.ts';
import { waiter } from './waiting.ts';

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string;
  /** Folder of `psql`, for PATH. */
  readonly bin: string;
  /** Runs SQL as the superuser, and gives what psql prints. */
  sql(text: string): Promise<string>;
  /** Ends the server, and leaves its data. */
  halt(): Promise<void>;
  /** Ends the server, however it is, and removes its data. Happens by itself when this process dies. */
  stop(): Promise<void>;
}

const needed = ['initdb', 'postgres', 'psql'];
const install =
  'Install it: `apt-get install postgresql`, or `brew install postgresql`. No server has to run.';

/** The folder with Postgres' own programs: on PATH, or where Debian keeps them, the newest first. */
function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = namesIn(debian).toSorted((a, b) => Number(b) - Number(a));
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  return folders.find((folder) => needed.every((name) => isExecutable(join(folder, name))));
}

/** A program that comes with the system, such as `sqlite3`. */
export function systemProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => isExecutable(file));
}

/**
 * For a test suite: whether this machine has Postgres and sqlite3. On a laptop a missing one skips the suite with a
 * reason; in CI it is a failure.
 * @throws PartsUnavailable in CI
 */
export function databasesForTests(): { readonly ready: boolean } {
  const missing =
    findPrograms() === undefined
      ? new PartsUnavailable('postgres', 'its programs are not on this machine', install)
      : systemProgram('sqlite3') === undefined
        ? new PartsUnavailable('sqlite3', 'it is not on PATH', 'Install it: `apt-get install sqlite3`.')
        : undefined;
  if (missing === undefined) return { ready: true };
  if (process.env['CI'] === 'true') throw missing;
  process.stderr.write(`skipped: ${missing.message}\n`);
  return { ready: false };
}

/** @throws PartsUnavailable without its programs; an Error with the end of its log if it dies */
export async function startPostgres(): Promise<Postgres> {
  const bin = findPrograms();
  if (bin === undefined)
    throw new PartsUnavailable('postgres', 'its programs are not on this machine', install);
  const supervisor = await startSupervisor('postgres');
  try {
    return await start(supervisor, bin);
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

async function start(supervisor: Supervisor, bin: string): Promise<Postgres> {
  const { folder } = supervisor;
  const password = randomBytes(12).toString('base64url');
  const home = join(folder, 'home');
  const data = join(home, 'data');
  const passwordFile = join(home, 'password');
  await mkdir(home, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  // The server refuses to run as root; then it runs as nobody, who has to get as far as its home.
  const asNobody = process.getuid?.() === 0;
  if (asNobody) {
    await chmod(folder, 0o711);
    await chown(home, nobody, nobody);
    await chown(passwordFile, nobody, nobody);
  }
  const command = (name: string, args: readonly string[]): { command: string; args: readonly string[] } => {
    const program = join(bin, name);
    const flags = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--', program];
    return asNobody ? { command: 'setpriv', args: [...flags, ...args] } : { command: program, args };
  };
  const env = { HOME: home, LC_ALL: 'C' };
  const make = command('initdb', [
    ...['--pgdata', data, '--username', user, '--auth=scram-sha-256', '--pwfile', passwordFile],
    ...['--no-sync', '--encoding=UTF8', '--locale=C'],
  ]);
  await run(supervisor, make.command, make.args, { cwd: home, env });

  for (let attempt = 1; ; attempt++) {
    const [port = 0] = await freePorts(1);
    const serve = command('postgres', [
      ...['-D', data, '-p', String(port), '-h', '127.0.0.1'],
      ...['-c', 'unix_socket_directories=', '-c', 'fsync=off', '-c', 'max_connections=20'],
    ]);
    const server = await supervisor.start({ name: `postgres-${attempt}`, ...serve, cwd: home, env });
    const access = { host: '127.0.0.1', port, user, database: 'postgres', password };
    const sql = (text: string): Promise<string> => ask(supervisor, bin, access, text);
    try {
      await waiter('postgres', [server])('it to answer', () => sql('SELECT 1'));
    } catch (error) {
      if (attempt === 3 || !saysPortTaken(server.logTail())) throw error;
      continue;
    }
    return {
      ...access,
      bin,
      sql,
      halt: () => halt(server),
      async stop() {
        await halt(server);
        await supervisor.stop();
      },
    };
  }
}

const nobody = 65_534;
const user = 'shop';

/** As its own "fast" shutdown, which also gives back the memory that its processes share. */
async function halt(server: SupervisedProcess): Promise<void> {
  if (server.ended() !== undefined) return;
  process.kill(server.pid, 'SIGINT');
  const hold = setInterval(() => {}, 1000);
  await server.exit.finally(() => clearInterval(hold));
}

async function ask(
  supervisor: Supervisor,
  bin: string,
  { host, port, database, password }: Pick<Postgres, 'host' | 'port' | 'database' | 'password'>,
  text: string,
): Promise<string> {
  const args = ['-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-h', host, '-p', String(port)];
  const who = ['-U', user, '-d', database, '-c', text];
  return await run(supervisor, join(bin, 'psql'), [...args, ...who], { env: { PGPASSWORD: password } });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
