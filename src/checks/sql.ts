// Check kind `sql`: asks a Postgres or SQLite database one thing. Everything but a write probe is asked read-only, and
// the probe's row is taken back.

import type { Requirement } from '../values/operation.ts';
import type { CheckKind, Measurement } from './check-kind.ts';
import { askDatabase } from './sql/ask.ts';
import { describeSql, judgeFault, judgeRows, questionOf } from './sql/judge-sql.ts';
import { type SqlSettings, sqlSettings } from './sql/settings.ts';
import { viaRequirements } from './via.ts';

const psql: Requirement = {
  type: 'tool',
  name: 'psql',
  versionArgs: ['--version'],
  range: '>=12',
  install: 'https://www.postgresql.org/download/ (Debian: apt-get install postgresql-client)',
};
const sqlite3: Requirement = {
  type: 'tool',
  name: 'sqlite3',
  versionArgs: ['--version'],
  // `-safe` came with it.
  range: '>=3.37',
  install: 'https://sqlite.org/download.html (Debian: apt-get install sqlite3)',
};

export const sql: CheckKind<SqlSettings> = {
  name: 'sql',
  summary: 'What a query answers, or whether a database takes writes, in Postgres and SQLite.',
  schema: sqlSettings,
  timeoutMs: 300_000,
  requires({ postgres, via }) {
    const tool = postgres === undefined ? sqlite3 : psql;
    // What a container has is seen when it is asked.
    return via?.exec === undefined ? [tool, ...viaRequirements(via)] : viaRequirements(via);
  },

  async measure(context, settings, before): Promise<Measurement> {
    const answer = await askDatabase(context, settings, questionOf(settings));
    const judged = answer.ok ? judgeRows(answer.rows, settings, before) : judgeFault(answer, settings);
    return {
      ...judged,
      expected: describeSql(settings),
      evidence: `${nameOf(settings)}: ${judged.evidence}`,
    };
  },
};

/** No address: in a secret it is one. */
function nameOf({ postgres, sqlite = '', via }: SqlSettings): string {
  const way = via?.exec ?? via?.['port-forward'];
  const where = way === undefined ? '' : ` ${via?.exec === undefined ? 'through' : 'inside'} ${way}`;
  if (postgres === undefined) return `${sqlite}${where}`;
  const { host, database } = postgres;
  const name = [host, database].filter((part) => part !== undefined).join('/');
  return host === undefined ? `postgres${where}` : `postgres ${name}${where}`;
}
