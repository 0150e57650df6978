// The question a `sql` check asks, and what the answer means. Pure: an empty answer is no data, and so are NULL and NaN.

import { compareWith } from '../../values/comparison.ts';
import { describeExpectation, type Expectation, limitOf, meets } from '../../values/expectations.ts';
import { isJsonObject, type Json } from '../../values/json.ts';
import type { Before, Measurement } from '../check-kind.ts';
import type { Question, SqlAnswer } from './ask.ts';
import type { SqlSettings } from './settings.ts';

type Rows = Extract<SqlAnswer, { ok: true }>['rows'];
export type SqlJudgement = Pick<Measurement, 'state' | 'value' | 'evidence' | 'plot'>;

export function questionOf(settings: SqlSettings): Question {
  const { query, rows, counts, integrity } = settings;
  const version = settings['schema-version'];
  const probe = settings['write-probe'];
  const read = (sql: string): Question => ({ sql, mode: 'read' });
  if (query !== undefined) return read(query);
  // On a line of its own, so that a comment at the query's end does not swallow the bracket.
  if (rows !== undefined) return read(`SELECT count(*) FROM (\n${rows.query}\n) AS rollback_plan_rows`);
  if (counts !== undefined) {
    const each = tablesOf(counts).map((name) => `SELECT '${name}', count(*) FROM ${quoted(name)}`);
    return read(each.join(' UNION ALL '));
  }
  if (integrity !== undefined)
    return read(integrity === 'full' ? 'PRAGMA integrity_check' : 'PRAGMA quick_check');
  if (version !== undefined) {
    const { table, column, dirty } = version;
    const columns = [column, ...(dirty === undefined ? [] : [dirty])].map(quoted).join(', ');
    return read(
      `SELECT ${columns} FROM ${quoted(table)} ORDER BY ${quoted(version['order-by'] ?? column)} DESC LIMIT 1`,
    );
  }
  if (probe !== undefined) return { sql: `INSERT INTO ${quoted(probe)} DEFAULT VALUES`, mode: 'write' };
  return read(settings.sqlite === undefined ? 'SELECT 1' : 'SELECT count(*) FROM sqlite_master');
}

/** For people, without what is secret: `orders: at least what it was`. */
export function describeSql(settings: SqlSettings): string {
  const { rows, integrity, expect } = settings;
  if (rows !== undefined) return `rows ${describeExpectation(rows.expect)}`;
  if (integrity !== undefined) return 'ok';
  if (settings['write-probe'] !== undefined) return 'a write is taken';
  if (settings.ping !== undefined) return 'an answer';
  return expect === undefined ? 'compared with the baseline' : describeExpectation(expect);
}

/** What the database did not answer. Who can't reach it has what users have only where that is the question. */
export function judgeFault(
  { fault, detail }: Extract<SqlAnswer, { ok: false }>,
  settings: SqlSettings,
): SqlJudgement {
  const isProbe = settings.ping !== undefined || settings['write-probe'] !== undefined;
  const felt = fault === 'corrupt' || (isProbe && fault !== 'ours');
  return {
    state: felt ? 'fail' : 'error',
    value: { fault },
    evidence: felt ? detail : `could not measure: ${detail}`,
  };
}

export function judgeRows(rows: Rows, settings: SqlSettings, before: Before | undefined): SqlJudgement {
  const { counts, integrity, expect } = settings;
  if (settings.ping !== undefined)
    return rows.length === 1
      ? say('pass', 'it answers', true)
      : say('inconclusive', 'it answered nothing', null);
  if (settings['write-probe'] !== undefined)
    return say('pass', 'it took a write, which was taken back', true);
  if (integrity !== undefined) return judgeIntegrity(rows);
  if (counts !== undefined) return judgeCounts(rows, settings, counts, before);
  const [row, ...others] = rows;
  if (row === undefined) return say('inconclusive', 'the answer is empty, so nothing was learned', null);
  const version = settings['schema-version'];
  const columns = version?.dirty === undefined ? 1 : 2;
  if (others.length > 0 || row.length !== columns) {
    const shape = `${rows.length} rows of ${row.length} columns`;
    return say('error', `the answer has ${shape}, and one value is needed; \`rows\` counts rows`, null);
  }
  const [text = null, dirty] = row;
  if (dirty !== undefined && ['t', 'true', '1'].includes(dirty?.toLowerCase() ?? ''))
    return say('fail', `version ${text ?? '?'} is dirty: a migration has failed half-way`, {
      version: text,
      dirty: true,
    });
  const value = version === undefined ? readValue(text) : text;
  if (value === null)
    return say('inconclusive', `the answer is ${text ?? 'NULL'}, so nothing was learned`, null);
  if (settings.compare !== undefined) {
    if (typeof value !== 'number' && settings.compare.equal === undefined)
      return say('error', 'the answer is no number, so it can only be compared with `equal: true`', value);
    const compared = compareWith(settings.compare, value, before?.value, before?.missing);
    const limit = compared.state === 'inconclusive' ? undefined : compared.limit;
    const plot = typeof value === 'number' ? plotOf(value, limit) : {};
    return { ...say(compared.state, compared.why, value), ...plot };
  }
  const wanted = settings.rows?.expect ?? expect ?? null;
  const verdict = meets(wanted, value);
  const found = settings.rows === undefined ? `${value}` : `${value} ${value === 1 ? 'row' : 'rows'}`;
  return {
    ...say(verdict.ok ? 'pass' : 'fail', verdict.ok ? found : verdict.why, value),
    ...(typeof value === 'number' ? plotOf(value, limitOf(wanted)) : {}),
  };
}

/** Its words, not the exit code of sqlite3, which is 0 also for a file that is broken. */
function judgeIntegrity(rows: Rows): SqlJudgement {
  const lines = rows.map(([line]) => line ?? '');
  if (lines.length === 0) return say('inconclusive', 'the check said nothing', null);
  if (lines.length === 1 && lines[0] === 'ok') return say('pass', 'ok', 'ok');
  const more = lines.length > 3 ? `, and ${lines.length - 3} more` : '';
  return say('fail', `${lines.slice(0, 3).join('; ')}${more}`, { problems: lines.length });
}

function judgeCounts(
  rows: Rows,
  { expect, compare }: SqlSettings,
  counts: NonNullable<SqlSettings['counts']>,
  before: Before | undefined,
): SqlJudgement {
  const found = new Map(rows.map(([name, count]) => [name ?? '', Number(count ?? Number.NaN)]));
  const earlier = isJsonObject(before?.value) ? before.value : undefined;
  const judged = tablesOf(counts).map((name) => {
    const count = found.get(name);
    if (count === undefined || !Number.isFinite(count))
      return { state: 'inconclusive' as const, why: `${name}: no count` };
    const own = Array.isArray(counts) ? compare : counts[name];
    if (own === undefined) return { ...judgeCount(name, count, expect ?? null) };
    // Without a baseline there is nothing to look into; with one that lacks the table it holds no number for it.
    const { state, why } = compareWith(
      own,
      count,
      before?.value === undefined ? undefined : (earlier?.[name] ?? null),
      before?.missing,
    );
    return { state, why: `${name}: ${why}` };
  });
  const state =
    (['fail', 'inconclusive'] as const).find((each) => judged.some((one) => one.state === each)) ?? 'pass';
  const value = Object.fromEntries([...found].filter(([, count]) => Number.isFinite(count)));
  return say(
    state,
    judged
      .filter((one) => one.state === state)
      .map(({ why }) => why)
      .join('; '),
    value,
  );
}

function judgeCount(
  name: string,
  count: number,
  expected: Expectation,
): { state: 'pass' | 'fail'; why: string } {
  const verdict = meets(expected, count);
  return {
    state: verdict.ok ? 'pass' : 'fail',
    why: verdict.ok ? `${name} ${count}` : `${name}: ${verdict.why}`,
  };
}

function tablesOf(counts: NonNullable<SqlSettings['counts']>): readonly string[] {
  return Array.isArray(counts) ? counts : Object.keys(counts);
}

/** `"audit"."events"`: a name as the database has it. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}

/** A number where it is written as one that a number can hold; `null` for what says nothing. */
function readValue(text: string | null): Json {
  if (text === null || text.trim() === '' || /^-?(?:nan|inf|infinity)$/i.test(text.trim())) return null;
  const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number) || !Number.isFinite(number)) return text;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
}

function plotOf(value: number, limit: number | undefined): Pick<Measurement, 'plot'> {
  return { plot: { value, unit: 'count', ...(limit === undefined ? {} : { limit }) } };
}

function say(state: Measurement['state'], evidence: string, value: Json): SqlJudgement {
  return { state, evidence, value };
}
