// After a rollback on a real cluster: looks that are due are done once, missed ones together, and told where people
// look. Nothing is ever rolled back by it.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, type Scene, setScene, setStage } from '../support/scene.ts';
import { sharedForge, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('heartbeat', () => {
  let stage: OwnStage<'helm4'>;
  let forge: Forge;
  let front: Server;
  let answer = 200;
  let on: Scene;
  let repository: Repository;
  let plan = '';
  const content = z.object({ content: z.string() });

  const beat = (inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    on.press({ mode: 'heartbeat', ...inputs });
  /** With the forge, from which the plan is then read, too. */
  const published = (inputs: Readonly<Record<string, string>>): Promise<ActionRun> =>
    on.press({ mode: 'heartbeat', publish: 'commit', token: forge.adminToken, ...inputs }, undefined, {
      env: {
        GITHUB_API_URL: forge.apiUrl,
        GITHUB_SERVER_URL: forge.url,
        GITHUB_REPOSITORY: repository.fullName,
      },
    });
  const rechecks = async (): Promise<readonly (string | undefined)[][]> => {
    const { body } = await stage.cluster.call(
      'GET',
      `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-ledger`,
    );
    const { data } = JSON.parse(JSON.stringify(body));
    const page = JSON.parse(data.shop);
    return page.rechecks.map(({ due }: { due: { done?: { state: string } }[] }) =>
      due.map(({ done }) => done?.state),
    );
  };

  beforeAll(async () => {
    [stage, forge] = await Promise.all([setStage('helm4'), sharedForge()]);
    front = createServer((_, response) => response.writeHead(answer).end());
    await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
    // @ts-expect-error a listening TCP server has a port
    const { port }: AddressInfo = front.address();
    on = await setScene(stage, stage.tools.helm4, (namespace) => {
      plan = `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
verify:
  - { uses: http, with: { url: "http://127.0.0.1:${port}/", expect: { status: 200 } }, within: 1s }
recovery: { rechecks: [1s, 2s, 20s] }
drill:
  every: 90d
  break: [{ run: "true" }]
`;
      return plan;
    });
    repository = await forge.createRepository(uniqueName('beaten'), {
      private: true,
      files: { 'rollback.yml': plan },
    });
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
  });
  afterAll(async () => {
    front?.close();
    await forge?.stop();
    await stage?.stop();
  });

  test('says that nothing is due, and that a drill is overdue; done looks are noted, a bad one is red and recorded', async () => {
    const idle = await beat();
    expect([verdictOf(idle), await on.release('api').liveVersion()]).toEqual(['verified - exit 0', '2']);
    expect(idle.summary).toContain('no look is due');
    expect(idle.summary).toContain('A drill of shop is overdue');

    const back = await on.press({ incident: 'INC-beat', to: 'previous' });
    expect(verdictOf(back)).toBe('rolled-back - exit 0');
    expect(back.summary).toContain('It is looked at again 3 times');
    expect(await rechecks()).toEqual([[undefined, undefined, undefined]]);

    await sleep(2_000);
    const dry = await beat({ 'dry-run': 'true' });
    expect([verdictOf(dry), await rechecks()]).toEqual([
      'verified - exit 0',
      [[undefined, undefined, undefined]],
    ]);
    const well = await published({});
    expect([verdictOf(well), await rechecks()]).toEqual(['verified - exit 0', [['pass', 'pass', undefined]]]);
    expect(well.summary).toContain('still well after the rollback of INC-beat');
    expect(well.journal.filter((event) => event['type'] === 'check-finished')).toHaveLength(1);
    expect(verdictOf(await beat())).toBe('verified - exit 0');

    // A later deploy, and users suffer: red, said to be about that deploy, and left alone.
    await on.release('api').deploy({ version: '3' });
    answer = 503;
    await sleep(Math.max(0, 21_000 - (Date.now() - Date.parse(String(back.journal.at(-1)?.['at'])))));
    const bad = await published({});
    expect([verdictOf(bad), await rechecks(), await on.release('api').liveVersion()]).toEqual([
      'failed check-failed exit 1',
      [['pass', 'pass', 'fail']],
      '3',
    ]);
    expect(bad.summary).toContain('**changed:** api is revision 4');
    const { body } = await forge.call(
      'GET',
      `/repos/${repository.fullName}/contents/incidents/INC-beat-rechecks.md`,
    );
    const record = Buffer.from(content.parse(body).content, 'base64').toString('utf8');
    expect(record).toContain('# Looked at again after the rollback of INC-beat');
    expect(record.match(/^\| (✅|❌) \|/gm)).toEqual(['| ✅ |', '| ✅ |', '| ❌ |']);
  });
});
