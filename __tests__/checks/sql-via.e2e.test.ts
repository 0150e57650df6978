// The check `sql` where only the cluster reaches the database: psql here through kubectl port-forward, and psql or sqlite3
// inside a pod, all of them real.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Measurement } from '../../src/checks/check-kind.ts';
import { sql } from '../../src/checks/sql.ts';
import type { JsonObject } from '../../src/values/json.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { databasesForTests, type Postgres, startPostgres } from '../../tools/real-parts/postgres.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';
import { type OwnStage, setStage } from '../support/scene.ts';
import { uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl']);
const suite = parts.ready && databasesForTests().ready ? describe : describe.skip;

suite('a database that only the cluster reaches', () => {
  const namespace = uniqueName('database');
  let stage: OwnStage<'kubectl'>;
  let postgres: Postgres;
  let world: TestWorld;
  let who: JsonObject = {};
  const home = 'deployment/db';

  const said = async (settings: JsonObject): Promise<string> => {
    const measured: Measurement = await sql.measure(world.context(), sql.schema.parse(settings));
    expect(JSON.stringify(measured)).not.toContain(postgres.password);
    return `${measured.state}: ${measured.evidence}`;
  };

  beforeAll(async () => {
    [stage, postgres] = await Promise.all([setStage(), startPostgres()]);
    const { host, port, user, database, password } = postgres;
    await postgres.sql('CREATE TABLE users (id int); INSERT INTO users SELECT generate_series(1, 40)');
    world = await createTestWorld({
      directory: stage.folder,
      home: stage.folder,
      cluster: { kubeconfig: stage.cluster.kubeconfig, kubectl: stage.kubectl, namespace },
      // Its host is nowhere, and its port is another one: both have to be led elsewhere.
      secrets: {
        DB_PASSWORD: password,
        DATABASE_URL: `postgres://${user}:${password}@db.invalid:1/${database}?sslmode=disable`,
      },
      programs: [postgres.bin],
    });
    who = { user, database };
    await world.kubectl(['create', 'namespace', namespace]);
    await world.kubectl(['create', 'deployment', 'db', '--image=db:1']);
    await world.kubectl(['rollout', 'status', home, '--timeout=20s']);
    const PATH = `${postgres.bin}:${process.env['PATH'] ?? ''}`;
    // As the container of a client has it: it knows the password by itself.
    const env = { PATH, PGHOST: host, PGPORT: String(port), PGPASSWORD: password };
    await stage.cluster.answerFor(namespace, { exec: { env }, forwards: { 5432: port, 5433: 1 } });
  });
  afterAll(async () => {
    await world?.close();
    await postgres?.stop();
    await stage?.stop();
  });

  test('psql asks through a forwarded port, with a password or a whole address from a secret', async () => {
    const forward = { 'port-forward': home };
    const counted = { query: 'SELECT count(*) FROM users', expect: 40 };
    const place = { ...who, 'password-env': 'DB_PASSWORD' };
    expect(await said({ postgres: place, via: forward, ...counted })).toBe(
      'pass: postgres through deployment/db: 40',
    );
    const named = { ...place, host: 'db.invalid', port: 5432 };
    expect(await said({ postgres: named, via: forward, ...counted, expect: 41 })).toMatch(
      /^fail: postgres db\.invalid\/postgres through deployment\/db: expected 41, found 40/,
    );
    const secret = { 'url-env': 'DATABASE_URL' };
    expect(await said({ postgres: secret, via: { ...forward, port: 5432 }, ...counted })).toMatch(/^pass/);
  });

  test('a database that is down fails a ping through a port; no pod at all is an error', async () => {
    const place = { ...who, 'password-env': 'DB_PASSWORD' };
    const down = { 'port-forward': home, port: 5433 };
    expect(await said({ postgres: place, via: down, ping: true })).toMatch(/^fail: .*server closed/);
    const none = { 'port-forward': 'deployment/none' };
    expect(await said({ postgres: place, via: none, ping: true })).toMatch(
      /^error: .*not asked: kubectl port-forward to deployment\/none .*not found/,
    );
  });

  test('psql asks from inside a pod, with what the container knows', async () => {
    const ask = (settings: JsonObject): Promise<string> =>
      said({ postgres: who, via: { exec: home }, ...settings });
    expect(await ask({ query: `SELECT E'it''s "$HOME"\\n,b'`, expect: 'it\'s "$HOME"\n,b' })).toMatch(
      /^pass: postgres inside deployment\/db: /,
    );
    expect(await ask({ rows: { query: 'SELECT 1 FROM users WHERE id > 38' } })).toMatch(/^fail: .*found 2/);
    expect(await ask({ query: 'DELETE FROM users RETURNING 1', expect: 1 })).toMatch(/^error: .*read-only/);
    expect(await ask({ postgres: { ...who, host: 'localhost', port: 1 }, ping: true })).toMatch(
      /^fail: .*refused/,
    );
    expect(await ask({ ping: true, via: { exec: 'pod/none' } })).toMatch(
      /^error: .*not asked inside pod\/none: .*not found/,
    );
  });

  test('sqlite3 asks a file of a pod; a container without it is an error', async () => {
    const file = join(stage.folder, "it's.db");
    execFileSync('sqlite3', [
      '-init',
      '/dev/null',
      file,
      'CREATE TABLE t (at text DEFAULT current_timestamp)',
    ]);
    const ask = (settings: JsonObject): Promise<string> =>
      said({ sqlite: file, via: { exec: home }, ...settings });
    expect(await ask({ integrity: 'full' })).toMatch(/^pass: .* inside deployment\/db: ok$/);
    expect(await ask({ 'write-probe': 't' })).toMatch(/^pass/);
    expect(await ask({ counts: ['t'], expect: '>= 1' })).toMatch(/^fail: .*found 0/);
    const bare = uniqueName('bare');
    await world.kubectl(['create', 'namespace', bare]);
    await world.kubectl([`--namespace=${bare}`, 'run', 'bare', '--image=db:1']);
    await world.kubectl([`--namespace=${bare}`, 'wait', 'pod/bare', '--for=condition=Ready']);
    await stage.cluster.answerFor(bare, { exec: { env: { PATH: '/nowhere' } } });
    await new Promise((done) => setTimeout(done, 200));
    expect(await ask({ ping: true, via: { exec: 'pod/bare', namespace: bare } })).toMatch(
      /^error: .*the container has no sqlite3; name another/,
    );
  });
});
