// What stands under `with:` of a `sql` check: which database, one question, and what is expected.

import { z } from 'zod';
import { comparison } from '../../values/comparison.ts';
import { duration } from '../../values/durations.ts';
import { expectation } from '../../values/expectations.ts';
import { variableName } from '../../values/names.ts';
import { via } from '../via.ts';

const word = z.string().regex(/^[^\p{Cc}\s=]{1,255}$/u, 'one word');

const postgres = z
  .strictObject({
    host: word
      .optional()
      .describe('Host name or address. Needed unless `url-env` has it, or `via` leads there.'),
    port: z.int().min(1).max(65_535).optional().describe('Port; default 5432.'),
    database: word.optional().describe('Name of the database; default is the name of the user.'),
    user: word.optional().describe('Name of the user. One that may only read is best.'),
    'password-env': variableName.optional().describe('Name of the secret that is the password.'),
    sslmode: z
      .enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'])
      .optional()
      .describe('How TLS is used, in the words of libpq; default `prefer`.'),
    'url-env': variableName
      .optional()
      .describe('Name of the secret that is the address: `postgres://user:password@host:5432/shop`.'),
  })
  .superRefine((settings, context) => {
    const others = Object.keys(settings).filter((key) => key !== 'url-env' && key in settings);
    if (settings['url-env'] !== undefined && others.length > 0) {
      const message = `\`url-env\` says all of it; remove ${others.map((key) => `\`${key}\``).join(', ')}`;
      context.addIssue({ code: 'custom', path: ['url-env'], message });
    }
  });

/** A statement of its own: nothing that psql or sqlite3 would take for a command of theirs, and no second one. */
const statement = z
  .string()
  .trim()
  .min(1)
  .max(16_384)
  .refine((text) => !/^[\\.]/.test(text), 'SQL, not a command of psql or sqlite3')
  .refine((text) => !text.includes('\0'), 'no NUL character')
  .refine((text) => !/;(?!\s*$)/.test(text), 'one statement; a `;` stands at its end only')
  .transform((text) => text.replace(/;\s*$/, ''));

const table = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$/,
    'a table is written `users` or `audit.events`',
  );
const column = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/, 'the name of a column');

/** The questions, of which a check asks one. */
export const questionKeys = [
  'query',
  'rows',
  'counts',
  'integrity',
  'schema-version',
  'write-probe',
  'ping',
] as const;

export const sqlSettings = z
  .strictObject({
    postgres: postgres.optional().describe('A Postgres database, asked with `psql`. This or `sqlite`.'),
    sqlite: z
      .string()
      .regex(/^[^\p{Cc}]{1,1024}$/u, 'the path of a file')
      .optional()
      .describe('File of an SQLite database, asked with `sqlite3`; relative to the repository, or absolute.'),
    query: statement
      .optional()
      .describe('A query that answers with one row and one column, judged by `expect` or `compare`.'),
    rows: z
      .strictObject({
        query: statement.describe('A `SELECT` that finds what should not be there, or should.'),
        expect: expectation.default(0).describe('How many rows it may find; default 0.'),
      })
      .optional()
      .describe('A query whose rows are counted, such as one that finds orphans.'),
    counts: z
      .union([z.array(table).min(1).max(50), z.record(table, comparison)])
      .optional()
      .describe(
        'Tables whose rows are counted: a list with `expect` or `compare` for each, or a map of a table to its own `compare`.',
      ),
    integrity: z
      .enum(['full', 'quick'])
      .optional()
      .describe('SQLite’s own check of the whole file; `quick` leaves out the indexes.'),
    'schema-version': z
      .strictObject({
        table: table.describe('Table of the migration tool: `schema_migrations`.'),
        column: column.default('version').describe('Column with the version; default `version`.'),
        'order-by': column
          .optional()
          .describe('Column by which the newest row is found; default is the column of the version.'),
        dirty: column
          .optional()
          .describe('Column that is true while a migration has failed half-way, such as `dirty`.'),
      })
      .optional()
      .describe('The newest version in the table of the migration tool, judged by `expect`.'),
    'write-probe': table
      .optional()
      .describe('Table with defaults for all columns, into which a row is written and taken back.'),
    ping: z.literal(true).optional().describe('Does the database answer at all?'),
    expect: expectation.optional().describe('What the answer has to be.'),
    compare: comparison.optional().describe('How the answer may differ from the one before the deploy.'),
    timeout: duration
      .refine((milliseconds) => milliseconds <= 120_000, 'at most `2m`')
      .default(10_000)
      .describe('Longest time for the statement, the connection not included; default `10s`, at most `2m`.'),
    via: via.optional().describe('How to get there, where the runner can not connect itself.'),
  })
  .superRefine((settings, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    for (const message of refusedWays(settings)) issue('via', message);
    if ((settings.postgres === undefined) === (settings.sqlite === undefined))
      issue('postgres', 'say which database: `postgres: { … }`, or `sqlite: FILE`, and not both');
    const { postgres: place } = settings;
    const led = settings.via !== undefined;
    if (place !== undefined && place.host === undefined && place['url-env'] === undefined && !led)
      issue('postgres', 'say where it is: `host`, or `url-env`');
    const asked = questionKeys.filter((key) => settings[key] !== undefined);
    if (asked.length !== 1) {
      issue(
        asked[1] ?? 'query',
        `ask one thing: one of ${questionKeys.map((key) => `\`${key}\``).join(', ')}`,
      );
      return;
    }
    if (settings.integrity !== undefined && settings.sqlite === undefined)
      issue('integrity', 'only SQLite has such a check; for Postgres, ask `rows` for what must not be');
    const judgedBy = ['expect', 'compare'].filter((key) => key in settings).length;
    const needs =
      settings.query ?? settings['schema-version'] ?? (Array.isArray(settings.counts) ? '' : undefined);
    if (needs !== undefined && judgedBy !== 1)
      issue('expect', 'say what is expected: `expect`, or `compare`, and not both');
    if (needs === undefined && judgedBy > 0)
      issue(settings.expect === undefined ? 'compare' : 'expect', `has no meaning with \`${asked[0]}\``);
    const { compare, 'schema-version': version } = settings;
    if (version !== undefined && compare !== undefined && compare.equal === undefined)
      issue('compare', 'a version is no number; use `expect`, or `equal: true`');
  });

export type SqlSettings = z.output<typeof sqlSettings>;
export type PostgresPlace = z.output<typeof postgres>;

/** What `via` can not do, each with what to write instead. */
function refusedWays(settings: {
  readonly via?: z.output<typeof via> | undefined;
  readonly postgres?: PostgresPlace | undefined;
  readonly sqlite?: string | undefined;
}): readonly string[] {
  const { via: way, postgres: place, sqlite } = settings;
  if (way === undefined) return [];
  const { exec } = way;
  if (exec !== undefined) {
    const secret = (['password-env', 'url-env'] as const).find((key) => place?.[key] !== undefined);
    return [
      ...(secret === undefined
        ? []
        : [`secrets of the plan are not taken into a pod; remove \`${secret}\`, or use \`port-forward\``]),
      ...(sqlite === undefined || sqlite.startsWith('/')
        ? []
        : ['the file is in the container; write its absolute path in `sqlite`']),
    ];
  }
  if (sqlite !== undefined) return ['a file has no port; use `exec`'];
  return [
    ...(place?.['url-env'] !== undefined && way.port === undefined
      ? ['say its port, which is in a secret: `port: 5432`']
      : []),
    // libpq would say so itself, and as if nobody had answered.
    ...(place?.sslmode === 'verify-full' && place.host === undefined
      ? ['`sslmode: verify-full` compares a name: add `host`']
      : []),
  ];
}
