// Checks of pods and of a database decide about a deploy, in the action itself; what they quote holds no secret.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { databasesForTests } from '../../tools/real-parts/postgres.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, setScene, setStage } from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const suite = parts.ready && databasesForTests().ready ? describe : describe.skip;

const secret = 'correct-horse-battery';

const plan = (namespace: string): string =>
  onePlan(
    namespace,
    `  - { uses: pods, with: { workload: deployment/api, not-ready: 0 } }
secrets: [API_KEY]
recovery: { within: 1s }
triggers:
  wrong-data:
    every: 500ms
    failures: 2
    check: { uses: sql, with: { sqlite: shop.db, query: SELECT note FROM notes, expect: fine } }
`,
  );

suite('a deploy is judged by its data', () => {
  let stage: OwnStage<'helm4'>;

  beforeAll(async () => {
    stage = await setStage('helm4');
  });
  afterAll(() => stage?.stop());

  test('good data is quiet, wrong data takes the deploy back, and no record quotes a secret', async () => {
    const on = await setScene(stage, stage.tools.helm4, plan);
    const shell = (statement: string): void => {
      execFileSync('sqlite3', ['-batch', '-init', '/dev/null', join(on.workspace, 'shop.db'), statement]);
    };
    const verify = (): ReturnType<typeof on.press> =>
      on.press({ mode: 'verify', window: '4s', to: 'last-good' }, undefined, { env: { API_KEY: secret } });
    shell("CREATE TABLE notes (note text); INSERT INTO notes VALUES ('fine')");
    const api = on.release('api');
    await api.deploy({ version: '1' });
    expect(verdictOf(await verify())).toBe('verified - exit 0');

    await api.deploy({ version: '2' });
    shell(`UPDATE notes SET note = 'key ${secret}'`);
    const bad = await verify();
    // Going back does not mend what was written.
    expect([verdictOf(bad), await api.liveVersion()]).toEqual(['failed check-failed exit 1', '1']);
    const journal = JSON.stringify(bad.journal);
    expect(journal).toContain('key ***');
    // The runner is told the secret once, so that it hides it, too.
    const log = bad.log.replaceAll(/^::add-mask::.*$/gm, '');
    for (const text of [journal, log, bad.summary, bad.incident]) expect(text).not.toContain(secret);
  });
});
