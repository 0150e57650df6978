// Asks a database with its own command line: psql or sqlite3. Settings of the person who runs it are left out, nothing is
// prompted for, and no secret stands on a command line.

import { messageOf, RollbackPlanError } from '../../errors.ts';
import type { CommandOutcome, KindContext } from '../../ports.ts';
import { parseCsv } from '../../values/csv.ts';
import type { SecretVariable } from '../../values/operation.ts';
import { forwardVia, type Via } from '../via.ts';
import { askInPod } from './ask-in-pod.ts';
import type { PostgresPlace, SqlSettings } from './settings.ts';

/** `write`: in a transaction that is taken back. */
export type Question = { readonly sql: string; readonly mode: 'read' | 'write' };

export type SqlAnswer =
  | { readonly ok: true; readonly rows: readonly (readonly (string | null)[])[] }
  | {
      readonly ok: false;
      /**
       * `unreachable`, `slow` and `refuses` (no write now, no more connections) are what users feel, too; `corrupt` is
       * what the database says of its own data. `ours`: wrong settings, a wrong query, no tool.
       */
      readonly fault: 'unreachable' | 'slow' | 'refuses' | 'corrupt' | 'ours';
      readonly detail: string;
    };

/** A command and what it finds in its environment. */
export type Asked = { readonly argv: readonly [string, ...string[]] } & Pick<
  NonNullable<Parameters<KindContext['read']>[1]>,
  'env' | 'secretEnv'
>;

/** Comes back as the last row: without it the answer was cut, or nobody answered. */
const endMarker = 'rollback-plan: end of the answer';
const nullMarker = '\\N';
const keepBytes = 1_048_576;
const connectMs = 10_000;
const defaultPort = 5432;

const tools = { postgres: 'psql', sqlite: 'sqlite3' } as const;
type Tool = (typeof tools)[keyof typeof tools];

/** Throws nothing. */
export async function askDatabase(
  context: KindContext,
  settings: SqlSettings,
  question: Question,
): Promise<SqlAnswer> {
  const { postgres, sqlite = '', timeout, via } = settings;
  const names = [postgres?.['password-env'], postgres?.['url-env']].filter((name) => name !== undefined);
  const unknown = names.find((name) => !context.secretNames.includes(name));
  if (unknown !== undefined) {
    const detail = `${unknown} is not among the secrets of the plan; add it under \`secrets:\``;
    return { ok: false, fault: 'ours', detail };
  }
  const tool = tools[postgres === undefined ? 'sqlite' : 'postgres'];
  const asked =
    postgres === undefined
      ? askSqlite(pathOf(context.workspace, sqlite), question, timeout)
      : askPostgres(postgres, question, timeout);
  const deadlineMs = timeout + connectMs;
  if (via?.exec !== undefined) {
    const outcome = await askInPod(context, { ...via, exec: via.exec }, asked, deadlineMs);
    return 'notAsked' in outcome
      ? { ok: false, fault: 'ours', detail: outcome.notAsked }
      : readAnswer(outcome, tool);
  }
  const askHere = async ({ argv, ...variables }: Asked): Promise<SqlAnswer> =>
    readAnswer(await context.read(argv, { deadlineMs, keepBytes, ...variables }), tool);
  if (via === undefined || postgres === undefined) return await askHere(asked);
  return await askThrough(context, via, postgres, (place) => askHere(leadTo(asked, place)));
}

type Place = { readonly host: string; readonly port: number };

/** How long kubectl gets to notice that its pod has gone. */
const noticeMs = 300;

/** A forward leads to one pod, and that may have gone with a rollout: then it is asked again through a new one. */
async function askThrough(
  context: KindContext,
  via: Via,
  postgres: PostgresPlace,
  ask: (place: Place) => Promise<SqlAnswer>,
): Promise<SqlAnswer> {
  try {
    const place = await forwardVia(context, via, postgres.port ?? defaultPort);
    const answer = await ask(place);
    if (answer.ok || answer.fault !== 'unreachable') return answer;
    await context.clock.sleep(noticeMs, context.signal);
    const again = await forwardVia(context, via, postgres.port ?? defaultPort);
    return again.port === place.port ? answer : await ask(again);
  } catch (thrown) {
    const hint = thrown instanceof RollbackPlanError ? `. ${thrown.hint}` : '';
    return { ok: false, fault: 'ours', detail: `not asked: ${messageOf(thrown)}${hint}` };
  }
}

/** Only the connection goes elsewhere: the name is still the one that a certificate is for. Secrets would win over `env`. */
function leadTo(asked: Asked, { host, port }: Place): Asked {
  const { PGPORT: _, ...secretEnv } = asked.secretEnv ?? {};
  return { ...asked, env: { ...asked.env, PGHOSTADDR: host, PGPORT: String(port) }, secretEnv };
}

function askPostgres(place: PostgresPlace, { sql, mode }: Question, timeoutMs: number): Asked {
  const commands = [
    mode === 'read' ? 'BEGIN READ ONLY' : 'BEGIN',
    `SET LOCAL statement_timeout = ${timeoutMs}`,
    `SET LOCAL lock_timeout = ${timeoutMs}`,
    sql,
    'ROLLBACK',
    `SELECT '${endMarker}'`,
  ];
  const plain: Readonly<Record<string, string | undefined>> = {
    PGHOST: place.host,
    PGPORT: place.port?.toString(),
    PGDATABASE: place.database,
    PGUSER: place.user,
    PGSSLMODE: place.sslmode,
  };
  return {
    // Each `-c` is sent as it is: psql looks for variables and commands of its own only in what it reads as a script.
    argv: [
      ...(['psql', '-X', '-q', '-A', '-t', '--csv', '--no-password'] as const),
      ...['-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', '-P', `null=${nullMarker}`],
      ...commands.flatMap((command) => ['-c', command]),
    ],
    env: {
      PGCONNECT_TIMEOUT: String(Math.ceil(connectMs / 2_000)),
      PGAPPNAME: 'rollback-plan',
      PGCLIENTENCODING: 'UTF8',
      // Messages are read below.
      LC_ALL: 'C',
      ...Object.fromEntries(
        Object.entries(plain).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    },
    secretEnv: secretsOf(place),
  };
}

function secretsOf(place: PostgresPlace): Readonly<Record<string, SecretVariable>> {
  const url = place['url-env'];
  const password = place['password-env'];
  if (url === undefined) return password === undefined ? {} : { PGPASSWORD: { secret: password } };
  const part = (name: NonNullable<SecretVariable['part']>): SecretVariable => ({ secret: url, part: name });
  return {
    PGHOST: part('host'),
    PGPORT: part('port'),
    PGUSER: part('user'),
    PGPASSWORD: part('password'),
    PGDATABASE: part('database'),
    PGSSLMODE: part('sslmode'),
  };
}

function askSqlite(path: string, { sql, mode }: Question, timeoutMs: number): Asked {
  return {
    argv: [
      // `-safe` keeps a query from reading and writing other files.
      ...(['sqlite3', '-batch', '-bail', '-safe', '-csv', '-nullvalue', nullMarker] as const),
      ...['-init', '/dev/null', '-cmd', `.timeout ${Math.min(timeoutMs, 5_000)}`],
      ...(mode === 'read' ? ['-readonly', path, sql] : [writable(path), 'BEGIN IMMEDIATE', sql, 'ROLLBACK']),
      `SELECT '${endMarker}'`,
    ],
  };
}

/** Never an option, and never a URI, which sqlite3 would take apart. */
function pathOf(workspace: string, path: string): string {
  return path.startsWith('/') ? path : `${workspace}/${path}`;
}

/** By its plain path sqlite3 would make a file that is not there. */
function writable(path: string): string {
  return `file:${path.split('/').map(encodeURIComponent).join('/')}?mode=rw`;
}

/** What came of the command. Pure. */
export function readAnswer(
  outcome: Pick<CommandOutcome, 'ended' | 'exitCode' | 'raw' | 'stderr'>,
  tool: Tool,
): SqlAnswer {
  const said = firstLine(outcome.stderr);
  const no = (fault: Extract<SqlAnswer, { ok: false }>['fault'], detail: string): SqlAnswer => ({
    ok: false,
    fault,
    detail,
  });
  switch (outcome.ended) {
    case 'not-started':
      return no('ours', `${tool} was not started: ${said}`);
    case 'timed-out':
      return no('slow', 'no answer in time');
    case 'output-too-large':
      return no('ours', 'the answer is larger than 1 MiB; let the database count');
    case 'cancelled':
      return no('ours', 'the run was cancelled');
    case 'killed-by-signal':
      return no('ours', `${tool} was killed`);
    case 'exited':
      break;
  }
  if (outcome.exitCode !== 0) {
    const fault = tool === 'psql' ? postgresFault(outcome.exitCode, said) : sqliteFault(said);
    return no(fault, said === '' ? `${tool} ended with ${outcome.exitCode}` : said);
  }
  const rows = parseCsv(outcome.raw.toString('utf8'));
  const end = rows?.at(-1);
  if (rows === undefined || end?.length !== 1 || end[0] !== endMarker)
    return no('ours', `the answer of ${tool} is not whole`);
  const values = rows.slice(0, -1).map((row) => row.map((field) => (field === nullMarker ? null : field)));
  return { ok: true, rows: values };
}

/** psql ends with 2 when it has no connection, or lost it. */
function postgresFault(
  exitCode: number | undefined,
  said: string,
): Extract<SqlAnswer, { ok: false }>['fault'] {
  const state = /^(?:ERROR|FATAL|PANIC): {1,2}([0-9A-Z]{5}):/.exec(said)?.[1];
  if (state === undefined) {
    if (exitCode !== 2) return 'ours';
    const settings =
      /could not translate host name|authentication failed|no password supplied|no pg_hba\.conf entry|role ".*" does not exist|certificate|invalid (?:port|integer|sslmode)|does not support SSL/;
    return settings.test(said) ? 'ours' : 'unreachable';
  }
  if (state.startsWith('XX')) return 'corrupt';
  if (state === '57014' || state === '55P03') return 'slow';
  // Read-only, resources, an operator's or the system's intervention, a broken connection, no room.
  return /^(?:25006|53|57|58|08)/.test(state) ? 'refuses' : 'ours';
}

function sqliteFault(said: string): Extract<SqlAnswer, { ok: false }>['fault'] {
  if (/malformed|not a database/.test(said)) return 'corrupt';
  if (/database is locked|table is locked/.test(said)) return 'slow';
  return /readonly database|disk is full|disk I\/O error/.test(said) ? 'refuses' : 'ours';
}

function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  const plain = line.trim().replace(/^psql: error: /, '');
  return plain.length > 300 ? `${plain.slice(0, 299)}…` : plain;
}
