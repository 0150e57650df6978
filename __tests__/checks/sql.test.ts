// Settings, statements and verdicts of the check `sql`, without a database.

import { describe, expect, test } from '@jest/globals';
import { readAnswer } from '../../src/checks/sql/ask.ts';
import { judgeFault, judgeRows, questionOf } from '../../src/checks/sql/judge-sql.ts';
import { sqlSettings } from '../../src/checks/sql/settings.ts';
import { sql } from '../../src/checks/sql.ts';
import { parseCsv } from '../../src/values/csv.ts';
import type { JsonObject } from '../../src/values/json.ts';
import { secretVariables } from '../../src/values/secret-variables.ts';

const sqlite = { sqlite: 'shop.db' };
const server = { postgres: { host: 'db' } };

test.each<[string, JsonObject, boolean]>([
  ['a query', { ...server, query: 'SELECT 1;', expect: 1 }, true],
  ['an address in a secret', { postgres: { 'url-env': 'DATABASE_URL' }, ping: true }, true],
  [
    'tables with a direction each',
    { ...sqlite, counts: { users: { with: 'baseline', 'at-least': 1 } } },
    true,
  ],
  ['no database', { ping: true }, false],
  ['two databases', { ...sqlite, ...server, ping: true }, false],
  ['an address and parts of one', { postgres: { 'url-env': 'U', host: 'db' }, ping: true }, false],
  ['no host', { postgres: { database: 'shop' }, ping: true }, false],
  ['no question', { ...sqlite }, false],
  ['two questions', { ...sqlite, ping: true, integrity: 'full' }, false],
  ['a query without an expectation', { ...sqlite, query: 'SELECT 1' }, false],
  [
    'one with two',
    { ...sqlite, query: 'SELECT 1', expect: 1, compare: { with: 'baseline', factor: 1 } },
    false,
  ],
  [
    'a version that has to stay',
    { ...sqlite, 'schema-version': { table: 'migrations' }, compare: { with: 'baseline', equal: true } },
    true,
  ],
  [
    'a version that is counted',
    { ...sqlite, 'schema-version': { table: 'migrations' }, compare: { with: 'baseline', plus: 1 } },
    false,
  ],
  ['an expectation that nothing uses', { ...sqlite, ping: true, expect: 1 }, false],
  ['two statements', { ...sqlite, query: 'SELECT 1; DELETE FROM users', expect: 1 }, false],
  ['a command of psql', { ...server, query: '\\! touch x', expect: 1 }, false],
  ['a command of sqlite3', { ...sqlite, query: '.shell touch x', expect: 1 }, false],
  ['a table that is more than a name', { ...sqlite, counts: ['users; DROP TABLE users'], expect: 1 }, false],
  ['integrity of Postgres', { ...server, integrity: 'full' }, false],
  ['a forwarded port', { ...server, ping: true, via: { 'port-forward': 'service/db' } }, true],
  ['one whose name nobody needs', { postgres: {}, ping: true, via: { 'port-forward': 'service/db' } }, true],
  [
    'one behind an address in a secret',
    { postgres: { 'url-env': 'U' }, ping: true, via: { 'port-forward': 'service/db', port: 5432 } },
    true,
  ],
  [
    'one whose port is in a secret',
    { postgres: { 'url-env': 'U' }, ping: true, via: { 'port-forward': 'service/db' } },
    false,
  ],
  [
    'a certificate for no name',
    { postgres: { sslmode: 'verify-full' }, ping: true, via: { 'port-forward': 'service/db' } },
    false,
  ],
  ['a file through a port', { sqlite: '/a.db', ping: true, via: { 'port-forward': 'service/db' } }, false],
  ['a file in a pod', { sqlite: '/a.db', ping: true, via: { exec: 'pod/db-0' } }, true],
  ['one that is in the repository', { ...sqlite, ping: true, via: { exec: 'pod/db-0' } }, false],
  ['a database beside its pod', { postgres: {}, ping: true, via: { exec: 'pod/db-0' } }, true],
  [
    'a password that would go into a pod',
    { postgres: { host: 'db', 'password-env': 'P' }, ping: true, via: { exec: 'pod/db-0' } },
    false,
  ],
  [
    'an address that would go into a pod',
    { postgres: { 'url-env': 'U' }, ping: true, via: { exec: 'pod/db-0' } },
    false,
  ],
  ['a password in the plan', { postgres: { host: 'db', password: 'x' }, ping: true }, false],
])('settings: %s', (_name, given, valid) => {
  expect(sqlSettings.safeParse(given).success).toBe(valid);
});

test('what a check needs is what runs here: psql through a port, and kubectl alone into a pod', () => {
  const tools = (via: JsonObject): readonly string[] =>
    sql.requires(sqlSettings.parse({ ...server, ping: true, via })).flatMap((each) => {
      if (each.type === 'tool') return [each.name];
      return each.type === 'permission' ? [`${each.verb} ${each.resource}`] : [];
    });
  expect(tools({ 'port-forward': 'pod/db-0' })).toEqual([
    ...['psql', 'kubectl', 'get pods', 'create pods/portforward'],
  ]);
  expect(tools({ exec: 'pod/db-0' })).toEqual(['kubectl', 'get pods', 'create pods/exec']);
});

test.each<[JsonObject, string]>([
  [
    { ...sqlite, rows: { query: 'SELECT 1 -- x;' } },
    'SELECT count(*) FROM (\nSELECT 1 -- x\n) AS rollback_plan_rows',
  ],
  [
    { ...sqlite, counts: ['users', 'audit.events'], expect: 1 },
    `SELECT 'users', count(*) FROM "users" UNION ALL SELECT 'audit.events', count(*) FROM "audit"."events"`,
  ],
  [
    { ...sqlite, 'schema-version': { table: 'm', 'order-by': 'id', dirty: 'd' }, expect: 1 },
    'SELECT "version", "d" FROM "m" ORDER BY "id" DESC LIMIT 1',
  ],
  [{ ...sqlite, integrity: 'quick' }, 'PRAGMA quick_check'],
  [{ ...server, ping: true }, 'SELECT 1'],
])('the statement of %j', (given, statement) => {
  expect(questionOf(sqlSettings.parse(given)).sql).toBe(statement);
});

describe('what the tool left behind', () => {
  const end = '"rollback-plan: end of the answer"\n';
  const outcome = { ended: 'exited', exitCode: 0, stderr: '', raw: Buffer.from('') } as const;
  const answered = (raw: string): ReturnType<typeof readAnswer> =>
    readAnswer({ ...outcome, raw: Buffer.from(raw) }, 'psql');

  test('rows, and NULL apart from an empty text', () => {
    expect(answered(`a,\\N\n"",b\n${end}`)).toEqual({
      ok: true,
      rows: [
        ['a', null],
        ['', 'b'],
      ],
    });
  });

  test.each([
    ['nothing at all', ''],
    ['an answer that was cut', '40\n'],
    ['one that was cut in a text', '40\n"rollback-plan: end'],
  ])('%s is not an answer, although it ended with 0', (_name, raw) => {
    expect(answered(raw)).toMatchObject({ ok: false, fault: 'ours' });
  });

  test.each<[string, 'psql' | 'sqlite3', number, string, string]>([
    [
      'refused',
      'psql',
      2,
      'psql: error: connection to server at "db", port 5432 failed: Connection refused',
      'unreachable',
    ],
    [
      'too many connections',
      'psql',
      2,
      'psql: error: connection to server failed: FATAL:  sorry, too many clients already',
      'unreachable',
    ],
    [
      'a wrong password',
      'psql',
      2,
      'psql: error: connection failed: FATAL:  password authentication failed for user "x"',
      'ours',
    ],
    ['an unknown host', 'psql', 2, 'psql: error: could not translate host name "db" to address', 'ours'],
    ['a disk that is full', 'psql', 1, 'ERROR:  53100: could not extend file', 'refuses'],
    ['a standby', 'psql', 1, 'ERROR:  25006: cannot execute INSERT in a read-only transaction', 'refuses'],
    [
      'a damaged page',
      'psql',
      1,
      'ERROR:  XX001: invalid page in block 0 of relation base/5/16384',
      'corrupt',
    ],
    [
      'a statement that took too long',
      'psql',
      1,
      'ERROR:  57014: canceling statement due to statement timeout',
      'slow',
    ],
    ['a missing table', 'psql', 1, 'ERROR:  42P01: relation "x" does not exist', 'ours'],
    ['a file that is no database', 'sqlite3', 1, 'Error: in prepare, file is not a database (26)', 'corrupt'],
    ['a locked one', 'sqlite3', 1, 'Error: stepping, database is locked (5)', 'slow'],
    ['a full disk', 'sqlite3', 1, 'Error: stepping, database or disk is full (13)', 'refuses'],
    ['no table', 'sqlite3', 1, 'Error: in prepare, no such table: x (1)', 'ours'],
  ])('%s', (_name, tool, exitCode, stderr, fault) => {
    expect(readAnswer({ ...outcome, exitCode, stderr: `${stderr}\n` }, tool)).toMatchObject({ fault });
  });
});

test.each<[string, JsonObject, Parameters<typeof judgeFault>[0]['fault'], string]>([
  ['a ping that gets nowhere', { ping: true }, 'unreachable', 'fail'],
  ['a probe that is refused', { 'write-probe': 'p' }, 'refuses', 'fail'],
  ['a probe with wrong settings', { 'write-probe': 'p' }, 'ours', 'error'],
  ['a query that gets nowhere', { query: 'SELECT 1', expect: 1 }, 'unreachable', 'error'],
  ['a query that is slow', { query: 'SELECT 1', expect: 1 }, 'slow', 'error'],
  ['damage, whatever was asked', { query: 'SELECT 1', expect: 1 }, 'corrupt', 'fail'],
])('%s', (_name, question, fault, state) => {
  const settings = sqlSettings.parse({ ...sqlite, ...question });
  expect(judgeFault({ ok: false, fault, detail: 'x' }, settings).state).toBe(state);
});

test.each<[string, JsonObject, readonly (readonly (string | null)[])[], string]>([
  ['integrity in one word', { integrity: 'full' }, [['ok']], 'pass'],
  ['in any other', { integrity: 'full' }, [['row 1 missing from index a']], 'fail'],
  ['that and another', { integrity: 'full' }, [['ok'], ['row 1 missing']], 'fail'],
  ['in none', { integrity: 'full' }, [], 'inconclusive'],
  ['a ping without an answer', { ping: true }, [], 'inconclusive'],
  ['a table that was not counted', { counts: ['a'], expect: '>= 0' }, [], 'inconclusive'],
  ['an empty text', { query: 'SELECT 1', expect: '!= 1' }, [['']], 'inconclusive'],
  [
    'a number that no number can hold',
    { query: 'SELECT 1', expect: '9007199254740993' },
    [['9007199254740993']],
    'pass',
  ],
  [
    'a version that looks like a number',
    { 'schema-version': { table: 'm' }, expect: '0042' },
    [['0042']],
    'pass',
  ],
])('%s', (_name, question, rows, state) => {
  expect(judgeRows(rows, sqlSettings.parse({ ...sqlite, ...question }), undefined).state).toBe(state);
});

test('CSV: quotes, commas, lines and empty fields', () => {
  expect(parseCsv('a,"b ""c"", d\ne",\n,\r\n"x"')).toEqual([['a', 'b "c", d\ne', ''], ['', ''], ['x']]);
  expect(parseCsv('')).toEqual([]);
  expect(parseCsv('\n')).toEqual([['']]);
  expect(parseCsv('"open')).toBeUndefined();
  expect(parseCsv('"a"b\n')).toBeUndefined();
});

describe('variables from secrets', () => {
  const url = 'postgres://probe:p%40ss@db.internal:6432/shop?sslmode=require';
  const secret = (name: string): string | undefined => ({ URL: url, PASSWORD: 'x', NONE: 'shop' })[name];

  test('as a whole, and by parts of an address', () => {
    const parts = { H: 'host', P: 'port', U: 'user', W: 'password', D: 'database', S: 'sslmode' } as const;
    const wanted = Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, { secret: 'URL', part }]),
    );
    expect(secretVariables({ ...wanted, X: { secret: 'PASSWORD' } }, secret)).toEqual({
      ...{ H: 'db.internal', P: '6432', U: 'probe', W: 'p@ss', D: 'shop', S: 'require', X: 'x' },
    });
  });

  test.each([
    ['one that is not there', 'MISSING', 'the secret MISSING is not there'],
    ['one that is no address', 'NONE', 'the secret NONE is no URL with a host'],
  ])('%s is refused, and its value is not told', (_name, name, message) => {
    expect(() => secretVariables({ H: { secret: name, part: 'host' } }, secret)).toThrow(message);
  });
});

test.each<[string, JsonObject, string, JsonObject[string] | undefined, string]>([
  ['a checksum that is what it was', { equal: true }, 'a1b2', 'a1b2', 'pass'],
  ['a checksum that is another', { equal: true }, 'a1b2', 'c3d4', 'fail'],
  ['a checksum without a baseline', { equal: true }, 'a1b2', undefined, 'inconclusive'],
  ['a text that would have to grow', { plus: 1 }, 'a1b2', 1, 'error'],
])('%s', (_name, bounds, answer, before, state) => {
  const settings = sqlSettings.parse({
    ...sqlite,
    query: 'SELECT 1',
    compare: { with: 'baseline', ...bounds },
  });
  const known =
    before === undefined ? undefined : { at: '2026-11-21T10:00:00Z', state: 'pass' as const, value: before };
  expect(judgeRows([[answer]], settings, known)).toMatchObject({ state, value: 'a1b2' });
});
