// The check `sql` against a real Postgres and real SQLite files: read-only, never green on an empty answer, and no
// password anywhere.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import type { Before, Measurement } from '../../src/checks/check-kind.ts';
import { sql } from '../../src/checks/sql.ts';
import type { KindContext } from '../../src/ports.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';
import { databasesForTests, type Postgres, startPostgres } from '../../tools/real-parts/postgres.ts';
import { contextWith } from './check-context.ts';

jest.setTimeout(60_000);

const suite = databasesForTests().ready ? describe : describe.skip;

suite('a real database', () => {
  let folder = '';
  let postgres: Postgres | undefined;
  let secrets: Record<string, string> = {};
  const context = (): KindContext => {
    const processes = createProcesses({
      environment: { PATH: `${postgres?.bin ?? ''}:${process.env['PATH'] ?? ''}`, HOME: folder, ...secrets },
      workspace: folder,
      redact: (text) => text,
      pass: Object.keys(secrets),
    });
    return contextWith({
      clock: systemClock,
      workspace: folder,
      secretNames: Object.keys(secrets),
      read: (argv, { deadlineMs = 20_000, keepBytes = 1_048_576, ...more } = {}) =>
        processes.run({ argv, ...more }, { deadlineMs, keepBytes, whole: true }),
    });
  };
  const measure = (settings: JsonObject, before?: Before): Promise<Measurement> =>
    sql.measure(context(), sql.schema.parse(settings), before);
  const said = async (settings: JsonObject, before?: Before): Promise<string> => {
    const { state, evidence } = await measure(settings, before);
    return `${state}: ${evidence}`;
  };
  const baseline = (value: Json): Before => ({ at: '2026-03-01T12:00:00Z', state: 'inconclusive', value });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-sql-'));
  });
  afterAll(async () => {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe('Postgres', () => {
    let place: JsonObject = {};

    beforeAll(async () => {
      postgres = await startPostgres();
      const { host, port, user, database, password } = postgres;
      secrets = {
        DB_PASSWORD: password,
        DATABASE_URL: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
      };
      place = { host, port, user, database, 'password-env': 'DB_PASSWORD' };
      await postgres.sql(`
        CREATE TABLE users (id serial, email text);
        INSERT INTO users (email) SELECT 'user' || n FROM generate_series(1, 40) AS n;
        CREATE TABLE sessions (id int);
        CREATE TABLE schema_migrations (version bigint, dirty boolean);
        INSERT INTO schema_migrations VALUES (10, false), (9, false);
        CREATE TABLE probe (at timestamptz DEFAULT now());
        CREATE TABLE strict (name text NOT NULL);
      `);
    });

    const asked = (settings: JsonObject): JsonObject => ({ postgres: place, ...settings });

    test.each<[string, JsonObject, RegExp]>([
      [
        'a value as expected passes',
        { query: 'SELECT count(*) FROM users;', expect: '>= 40' },
        /^pass: postgres 127.0.0.1\/postgres: 40$/,
      ],
      [
        'one too few fails',
        { query: 'SELECT count(*) FROM users', expect: '>= 41' },
        /^fail: .*expected >= 41, found 40/,
      ],
      [
        'an empty answer is no data',
        { query: 'SELECT email FROM users WHERE false', expect: '!= x' },
        /^inconclusive: .*the answer is empty/,
      ],
      ['NULL is none', { query: 'SELECT max(id) FROM sessions', expect: '!= 0' }, /^inconclusive: .*NULL/],
      ['NaN is none', { query: "SELECT 'NaN'::float", expect: '!= 0' }, /^inconclusive/],
      [
        'many rows are no value',
        { query: 'SELECT id FROM users', expect: '>= 1' },
        /^error: .*40 rows of 1 columns/,
      ],
      ['many columns neither', { query: 'SELECT 1, 2', expect: 1 }, /^error/],
      [
        'text with commas, quotes and lines is one value',
        { query: `SELECT E'a,"b"\\nc'`, expect: 'a,"b"\nc' },
        /^pass/,
      ],
      [
        'rows that should not be there: none',
        { rows: { query: 'SELECT * FROM users WHERE email IS NULL -- none' } },
        /^pass: .*: 0 rows$/,
      ],
      ['some', { rows: { query: 'SELECT * FROM users WHERE id <= 2' } }, /^fail: .*expected 0, found 2/],
      ['a missing table is an error', { query: 'SELECT * FROM never', expect: 1 }, /^error: .*42P01.*never/],
      [
        'a write is refused',
        { query: 'DELETE FROM users RETURNING 1', expect: 40 },
        /^error: .*read-only transaction/,
      ],
      [
        'a command of psql is none',
        { query: 'SELECT 1 \\! touch hacked', expect: 1 },
        /^error: .*syntax error/,
      ],
      [
        'a slow query is an error',
        { query: 'SELECT pg_sleep(5)', expect: 1, timeout: '300ms' },
        /^error: .*57014/,
      ],
      [
        'the newest version',
        { 'schema-version': { table: 'schema_migrations', dirty: 'dirty' }, expect: 10 },
        /^pass: .*: 10$/,
      ],
      ['another one', { 'schema-version': { table: 'public.schema_migrations' }, expect: 11 }, /^fail/],
      [
        'key tables that hold something',
        { counts: ['users', 'sessions'], expect: '>= 1' },
        /^fail: .*sessions: expected >= 1, found 0$/,
      ],
      ['a write is taken', { 'write-probe': 'probe' }, /^pass: .*it took a write/],
      ['a probe that can not work is our own error', { 'write-probe': 'strict' }, /^error: .*23502/],
      ['it answers', { ping: true }, /^pass/],
    ])('%s', async (_name, settings, expected) => {
      expect(await said(asked(settings))).toMatch(expected);
    });

    test('what was probed and deleted is as it was', async () => {
      expect(
        await postgres?.sql('SELECT count(*) FROM users, (SELECT count(*) AS c FROM probe) p WHERE c = 0'),
      ).toBe('40\n');
    });

    test('a migration that failed half-way is dirty, whatever version is expected', async () => {
      await postgres?.sql('INSERT INTO schema_migrations VALUES (11, true)');
      const version = { table: 'schema_migrations', dirty: 'dirty' };
      expect(await said(asked({ 'schema-version': version, expect: 11 }))).toMatch(
        /^fail: .*version 11 is dirty/,
      );
    });

    test('counts are compared with those before the deploy, each in its own direction', async () => {
      const counts = {
        users: { with: 'baseline', 'at-least': 1 },
        sessions: { with: 'baseline', factor: 2 },
      };
      const first = await measure(asked({ counts }));
      expect(first).toMatchObject({ state: 'inconclusive', value: { users: 40, sessions: 0 } });
      expect(first.evidence).toContain('mode: preflight');
      expect(await said(asked({ counts }), baseline(first.value))).toMatch(/^pass/);
      expect(await said(asked({ counts }), baseline({ users: 41, sessions: 0 }))).toMatch(
        /^fail: .*users: 40, before the deploy 41/,
      );
      expect(await said(asked({ counts }), baseline({ users: 40 }))).toMatch(
        /^inconclusive: .*sessions: the baseline holds no number/,
      );
      const query = 'SELECT count(*) FROM users';
      const compare = { with: 'baseline', 'at-least': 1 };
      expect(await said(asked({ query, compare }), baseline(40))).toMatch(/^pass/);
      expect(await said(asked({ query, compare }), baseline(41))).toMatch(/^fail/);
    });

    test('a checksum over ordered rows is what it was, and one changed cell makes another', async () => {
      const checksum = (name: string): string =>
        `SELECT md5(string_agg(md5(id::text || ${name}), '' ORDER BY id)) FROM users`;
      const compare = { with: 'baseline', equal: true };
      const before = await measure(asked({ query: checksum("'x'"), compare }));
      expect(before).toMatchObject({ state: 'inconclusive', value: expect.stringMatching(/^[0-9a-f]{32}$/) });
      const known = baseline(before.value);
      expect(await said(asked({ query: checksum("'x'"), compare }), known)).toMatch(/^pass: .*as before/);
      const changed = checksum("CASE id WHEN 1 THEN 'y' ELSE 'x' END");
      expect(await said(asked({ query: changed, compare }), known)).toMatch(/^fail: .*before the deploy/);
    });

    test('the address may be a secret, and neither it nor the password is told', async () => {
      const ways = [{ postgres: { 'url-env': 'DATABASE_URL' } }, { postgres: place }];
      for (const way of ways) {
        for (const query of ["SELECT 'x'", 'SELECT never']) {
          const measured = JSON.stringify(await measure({ ...way, query, expect: 'x' }));
          expect(measured).toContain(query.includes('never') ? 'error' : 'pass');
          expect(measured).not.toContain(secrets['DB_PASSWORD']);
        }
      }
      expect(await said({ postgres: { 'url-env': 'DATABASE_URL' }, ping: true })).toMatch(
        /^pass: postgres: it answers/,
      );
    });

    test('a wrong password and an undeclared secret are our own errors, also for a ping', async () => {
      const right = secrets['DB_PASSWORD'] ?? '';
      secrets['DB_PASSWORD'] = 'wrong';
      expect(await said(asked({ ping: true }))).toMatch(/^error: .*password authentication failed/);
      secrets['DB_PASSWORD'] = right;
      const undeclared = { ...place, 'password-env': 'OTHER' };
      expect(await said({ postgres: undeclared, ping: true })).toMatch(
        /^error: .*OTHER is not among the secrets/,
      );
      secrets['NO_URL'] = 'shop';
      expect(await said({ postgres: { 'url-env': 'NO_URL' }, ping: true })).toMatch(
        /^error: .*NO_URL is no URL with a host/,
      );
    });

    test('a database that takes no writes fails the probe, and answers a query', async () => {
      await postgres?.sql('ALTER DATABASE postgres SET default_transaction_read_only = on');
      expect(await said(asked({ 'write-probe': 'probe' }))).toMatch(/^fail: .*25006.*read-only/);
      expect(await said(asked({ query: 'SELECT 1', expect: 1 }))).toMatch(/^pass/);
    });

    test('one that is down fails a ping and a probe; what it holds can not be measured', async () => {
      await postgres?.halt();
      expect(await said(asked({ ping: true }))).toMatch(/^fail: .*Connection refused/);
      expect(await said(asked({ 'write-probe': 'probe' }))).toMatch(/^fail/);
      expect(await said(asked({ query: 'SELECT 1', expect: 1 }))).toMatch(/^error: .*could not measure/);
    });
  });

  describe('SQLite', () => {
    const file = (): string => join(folder, 'shop.db');
    const shell = (...statements: readonly string[]): string =>
      execFileSync('sqlite3', ['-batch', '-init', '/dev/null', file(), ...statements], { encoding: 'utf8' });

    beforeAll(() => {
      shell(
        'PRAGMA journal_mode = WAL',
        'CREATE TABLE users (id integer primary key, email text)',
        'CREATE TABLE probe (at text default current_timestamp)',
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
         INSERT INTO users SELECT i, printf('user%0200d', i) FROM n`,
        'CREATE INDEX emails ON users (email)',
      );
    });

    test.each<[string, JsonObject, RegExp]>([
      ['a value', { query: 'SELECT count(*) FROM users', expect: 400 }, /^pass: shop.db: 400$/],
      ['an empty answer is no data', { query: 'SELECT 1 WHERE 0', expect: '!= 2' }, /^inconclusive/],
      ['NULL is none', { query: 'SELECT NULL', expect: '!= 2' }, /^inconclusive/],
      ['rows', { rows: { query: 'SELECT * FROM users WHERE id > 398' } }, /^fail: .*found 2/],
      ['counts', { counts: ['users', 'probe'], expect: '>= 1' }, /^fail: .*probe: expected >= 1, found 0/],
      ['a write is refused', { query: 'DELETE FROM users RETURNING 1', expect: 1 }, /^error: .*readonly/],
      [
        'other files can not be read',
        { query: "SELECT readfile('/etc/hostname')", expect: '!= x' },
        /^error/,
      ],
      ['a probe', { 'write-probe': 'probe' }, /^pass/],
      ['it answers', { ping: true }, /^pass/],
      ['a file that is whole', { integrity: 'full' }, /^pass: .*ok$/],
    ])('%s', async (_name, settings, expected) => {
      expect(await said({ sqlite: 'shop.db', ...settings })).toMatch(expected);
    });

    test('the probe left nothing, and a file that is not there is not made', async () => {
      expect(shell('SELECT count(*) FROM probe')).toBe('0\n');
      expect(await said({ sqlite: 'never.db', ping: true })).toMatch(/^error: never.db: .*unable to open/);
      expect(await said({ sqlite: 'never.db', 'write-probe': 'probe' })).toMatch(
        /^error: never.db: .*unable to open/,
      );
      expect(() => execFileSync('test', ['-e', join(folder, 'never.db')])).toThrow();
    });

    test('a writer that holds it for long fails the probe', async () => {
      const holder = holdWrites(file());
      try {
        await holder.ready;
        expect(await said({ sqlite: 'shop.db', 'write-probe': 'probe', timeout: '200ms' })).toMatch(
          /^fail: .*locked/,
        );
        expect(await said({ sqlite: 'shop.db', query: 'SELECT 1', expect: 1 })).toMatch(/^pass/);
      } finally {
        await holder.end();
      }
    });

    test('a page that was overwritten is found, although sqlite3 ends with 0', async () => {
      shell('PRAGMA wal_checkpoint(TRUNCATE)');
      const handle = await open(file(), 'r+');
      // The heads of a few pages of the table and its index.
      for (const page of [10, 20, 30]) await handle.write(Buffer.alloc(64, 7), 0, 64, page * 4096);
      await handle.close();
      expect(await said({ sqlite: 'shop.db', integrity: 'full' })).toMatch(/^fail: shop.db: /);
      expect(await said({ sqlite: 'shop.db', ping: true })).toMatch(/^pass/);
    });
  });
});

/** Somebody else's transaction that has begun to write. */
function holdWrites(path: string): { readonly ready: Promise<void>; end(): Promise<void> } {
  const child = spawn('sqlite3', ['-batch', '-init', '/dev/null', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin.write("BEGIN IMMEDIATE;\nSELECT 'ready';\n");
  return {
    ready: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    async end() {
      child.stdin.end('ROLLBACK;\n');
      await ended;
    },
  };
}
