// What the machine makes of a deploy, on a real cluster: who decides by severity, what failed before the deploy, no data,
// a deploy that did not arrive, weights, and a rollback that has to prove itself.

import { execFileSync } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, type Scene, setScene, setStage, untilJournalled } from '../support/scene.ts';

jest.setTimeout(180_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

/** Status by path, 200 also with a body; `hang-up` breaks the connection off. */
type Answer = number | 'hang-up' | 'ok';
type Answers = Readonly<Record<string, (look: number) => Answer | Promise<Answer>>>;

describeReal('deciding about a deploy', () => {
  let stage: OwnStage<'helm4'>;
  let front: Server;
  let url = '';
  let answers: Answers = {};
  const looks = new Map<string, number>();

  beforeAll(async () => {
    stage = await setStage('helm4');
    front = createServer(async (request, response) => {
      const path = (request.url ?? '/').slice(1);
      const look = (looks.get(path) ?? 0) + 1;
      looks.set(path, look);
      const answer = (await answers[path]?.(look)) ?? 200;
      if (answer === 'hang-up') request.socket.destroy();
      else if (answer === 'ok') response.end('ok');
      else response.writeHead(answer).end();
    });
    await new Promise<void>((ready) => front.listen(0, '127.0.0.1', ready));
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await stage?.stop();
    await new Promise((closed) => front.close(closed));
  });
  beforeEach(() => looks.clear());

  const plan =
    (more: string) =>
    (namespace: string): string =>
      `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
${more.replaceAll('URL', url)}`;
  const oneTrigger = (rest: string): string =>
    `triggers:\n  errors: { check: { uses: http, with: { url: URL/errors } }, every: 200ms, failures: 2, ${rest} }\n`;
  // Long enough for two failing looks; what was rolled back to is well.
  const bad: Answers = { errors: (look) => (look === 3 || look === 4 ? 503 : 200) };

  async function deployed(more: string, versions = 2): Promise<Scene> {
    const on = await setScene(stage, stage.tools.helm4, plan(more));
    const api = on.release('api');
    for (let version = 1; version <= versions; version++) await api.deploy({ version: String(version) });
    return on;
  }
  const verify = (on: Scene, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    on.press({ mode: 'verify', window: '3s', to: 'previous', ...inputs });
  const live = (on: Scene): Promise<string> => on.release('api').liveVersion();
  const told = (run: ActionRun, type: string): readonly Readonly<Record<string, unknown>>[] =>
    run.journal.filter((event) => event['type'] === type);

  test('the worst severity decides, and its scenario is run', async () => {
    let rolledBack: () => Promise<boolean> = async () => false;
    const untilThen = async (look: number): Promise<number> => (look < 3 || (await rolledBack()) ? 200 : 503);
    answers = { errors: untilThen, slow: untilThen };
    const on = await deployed(`severities: { P0: {}, P1: { action: prepare } }
triggers:
  slow: { check: { uses: http, with: { url: URL/slow } }, every: 200ms, failures: 2, severity: P1 }
  errors: { check: { uses: http, with: { url: URL/errors } }, every: 200ms, failures: 2, severity: P0, scenario: full }
scenarios: { full: { phases: all }, none: { default: true, phases: [nothing] } }
phases:
  - { name: nothing, steps: [{ run: "true" }] }
  - { name: application, steps: [{ rollback: api }] }
`);
    rolledBack = async () => (await live(on)) === '1';
    const run = await verify(on, { window: '20s' });
    expect([verdictOf(run), await live(on)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    expect(told(run, 'decided')).toEqual([
      expect.objectContaining({
        decision: 'roll-back',
        trigger: 'errors',
        severity: 'P0',
        scenario: 'full',
      }),
    ]);
    expect(run.incident).toContain('decided to roll back (scenario full, called by trigger errors');
  });

  test.each([
    ['prepare', '{ action: prepare, decide-within: 500ms }', 'helm rollback api 1'],
    ['wants an approval', '{ approvals: 1 }', 'helm rollback api 1'],
    ['monitor', '{ action: monitor }', 'rollback-plan rollback'],
  ])(
    'a severity that is left to people (%s) changes nothing, says what to press, and is watched on',
    async (_, severity, shown) => {
      answers = { errors: (look) => (look >= 3 && look < 8 ? 503 : 200) };
      const on = await deployed(`severities: { P2: ${severity} }\n${oneTrigger('severity: P2')}`);
      const before = await on.release('api').history();
      const run = await verify(on, { window: '4s' });
      expect([verdictOf(run), await on.release('api').history()]).toEqual([
        'failed person-decides exit 1',
        before,
      ]);
      expect(run.summary).toContain(shown);
      expect(run.summary).toContain(
        'rollback-plan rollback --plan rollback.yml --target local --scenario all --to previous',
      );
      expect(run.log.includes('overdue: it was to be decided within 500 ms')).toBe(
        severity.includes('decide-within'),
      );
      // The front had recovered by then.
      expect(JSON.stringify(told(run, 'note'))).toMatch(
        /watched for another [\d.]+ m?s: at its end all is well/,
      );
    },
  );

  test('people may mend it first: mended is left alone, and else it is rolled back', async () => {
    // What only warns is no reason to roll back, also not once the time is over.
    const docs = 'verify: [{ uses: http, with: { url: URL/docs }, within: 300ms, weight: 0 }]';
    const mending = `severities: { P1: { fix-within: 2s } }\n${docs}\n${oneTrigger('severity: P1')}`;
    answers = { ...bad, docs: () => 503 };
    const mended = await deployed(mending);
    const well = await verify(mended, { window: '20s' });
    expect([verdictOf(well), await live(mended)]).toEqual(['inconclusive check-inconclusive exit 1', '2']);
    expect(well.summary).toContain('well again after the 2 s that people had');

    let rolledBack: () => Promise<boolean> = async () => false;
    looks.clear();
    answers = { errors: async (look) => (look < 3 || (await rolledBack()) ? 200 : 503) };
    const left = await deployed(mending);
    rolledBack = async () => (await live(left)) === '1';
    const run = await verify(left, { window: '20s' });
    expect([verdictOf(run), await live(left)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    expect(told(run, 'decided')).toEqual([
      expect.objectContaining({ decision: 'wait', until: expect.stringMatching(/Z$/) }),
    ]);
    expect(JSON.stringify(told(run, 'note'))).toContain('2 s later it is still bad');

    const late = await verify(left, { window: '3s', timeout: '5s' });
    expect([verdictOf(late), late.summary]).toEqual([
      'refused input-invalid exit 1',
      expect.stringContaining('nothing would be rolled back any more'),
    ]);
  });

  test('what the window leaves no time to look at is refused before anything is watched', async () => {
    answers = {};
    const run = await verify(await deployed(oneTrigger('delay: 1m'), 1));
    expect([verdictOf(run), run.summary]).toEqual([
      'refused input-invalid exit 1',
      expect.stringMatching(
        /trigger errors \(rollback\.yml:7:\d+\) has a delay of 1 m, and the window is 3 s[\s\S]*Give a window longer than 1 m/,
      ),
    ]);
    expect(told(run, 'watch-started')).toEqual([]);
  });

  test('who presses again has to find the trigger quiet that called first', async () => {
    let status = 503;
    answers = { errors: (look) => (look < 3 ? 200 : status) };
    const on = await deployed(`recovery: { within: 1s }\n${oneTrigger('')}`);
    expect(verdictOf(await verify(on, { window: '20s' }))).toBe('failed check-failed exit 1');
    expect([verdictOf(await on.press()), await live(on)]).toEqual(['failed check-failed exit 1', '1']);
    status = 200;
    expect(verdictOf(await on.press())).toBe('rolled-back - exit 0');
  });

  test('what failed before the deploy does not blame it, and nobody calls the deploy good', async () => {
    answers = { errors: () => 503 };
    const on = await deployed(oneTrigger(''), 1);
    await on.press({ mode: 'preflight', to: 'previous' });
    await on.release('api').deploy({ version: '2' });
    const run = await verify(on);
    expect([verdictOf(run), await live(on)]).toEqual(['inconclusive check-inconclusive exit 1', '2']);
    expect(run.summary).toContain('failed before the deploy already');
    // Taken with the versions that are verified, a baseline excuses nothing.
    await on.press({ mode: 'preflight', to: 'previous' });
    looks.clear();
    answers = bad;
    const blamed = await verify(on, { window: '20s' });
    expect([verdictOf(blamed), await live(on)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
  });

  test('no baseline is taken while somebody is at work', async () => {
    answers = {};
    const on = await deployed(oneTrigger(''));
    const at = new Date().toISOString().replace('Z', '000Z');
    const { status } = await stage.cluster.call(
      'POST',
      `/apis/coordination.k8s.io/v1/namespaces/${on.namespace}/leases`,
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'rollback-plan-shop' },
        spec: { holderIdentity: 'somebody', leaseDurationSeconds: 30, leaseTransitions: 1, renewTime: at },
      },
    );
    expect(status).toBe(201);
    const run = await on.press({ mode: 'preflight', to: 'previous' });
    const notes = JSON.stringify(told(run, 'note'));
    expect([notes.includes('somebody is at work'), notes.includes('kept for the next verify')]).toEqual([
      true,
      false,
    ]);
  });

  test('no data is no reason to roll back, unless the plan says so', async () => {
    // A body that is not there can't be judged.
    const check = (rest: string): string =>
      `triggers:\n  empty: { check: { uses: http, with: { url: URL/empty, expect: { status: 200, body: "~ ok" } } }, every: 200ms, inconclusive-limit: 3${rest} }\n`;
    answers = {};
    const blind = await deployed(check(''));
    const dark = await verify(blind, { window: '2s' });
    expect([verdictOf(dark), await live(blind)]).toEqual(['inconclusive check-inconclusive exit 1', '2']);
    expect(dark.log).toContain('and it is blind');
    looks.clear();
    answers = { empty: (look) => (look <= 3 ? 200 : 'ok') };
    const strict = await deployed(check(', on-no-data: rollback'));
    const run = await verify(strict, { window: '20s' });
    expect([verdictOf(run), await live(strict)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    expect(run.summary).toContain('3 looks in a row had no data, which the plan takes for bad');
  });

  test('a deploy that did not arrive is waited for and never rolled back from; one that arrives is verified', async () => {
    answers = {};
    const on = await deployed(oneTrigger(''));
    const before = await on.release('api').history();
    const lost = await verify(on, { deployed: 'api=3', window: '3s' });
    expect([verdictOf(lost), await on.release('api').history()]).toEqual([
      'refused deploy-not-there exit 1',
      before,
    ]);
    expect(lost.summary).toContain('api was to be 3, and revision 2');
    const run = await on.press({ mode: 'verify', window: '20s', deployed: 'api=3' }, async () => {
      await on.release('api').deploy({ version: '3' });
    });
    expect(verdictOf(run)).toBe('verified - exit 0');
    const taken = await verify(on, { to: 'api=3' });
    expect([verdictOf(taken), taken.summary]).toEqual([
      'refused to-invalid exit 1',
      expect.stringContaining('write deployed: api=3'),
    ]);
    const typo = await verify(on, { deployed: 'app=3' });
    expect(verdictOf(typo)).toBe('refused input-invalid exit 1');
  });

  test('what was deployed is known to triggers, beside where to go back to; unknown, it blames nobody', async () => {
    answers = {};
    // The image's tag is the version, and so is the number of the revision.
    const more = (rest: string): string => `verify:
  - { uses: version, with: { workload: deployment/api, expect: "\${{ components.api.to.version }}" }, within: 5s, every: 200ms }
triggers:
  other: { check: { uses: version, with: { workload: deployment/api, expect: "\${{ deploy.versions.api }}" } }, every: 200ms, failures: 2 }
${rest}`;
    const on = await deployed(more(''));
    expect(verdictOf(await verify(on, { deployed: 'api=2' }))).toBe('verified - exit 0');
    const unsaid = await verify(on);
    expect([verdictOf(unsaid), await live(on)]).toEqual(['inconclusive check-inconclusive exit 1', '2']);
    expect(unsaid.summary).toContain('says no version');

    answers = bad;
    // It expects what was deployed, so it is not asked once that is gone: `== 00` would never hold.
    const errors = 'http, with: { url: URL/errors, expect: { status: "== ${{ deploy.versions.api }}00" } }';
    const ill = await deployed(more(`  errors: { check: { uses: ${errors} }, every: 200ms, failures: 2 }\n`));
    const run = await verify(ill, { deployed: 'api=2', to: 'previous', window: '20s' });
    // The check of `verify` holds for what it went back to.
    expect([verdictOf(run), await live(ill)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    expect(told(run, 'check-finished').at(-1)).toMatchObject({
      name: 'version',
      state: 'pass',
      evidence: expect.stringContaining('version 1'),
    });
  });

  test('the commit that was deployed is the event’s, not the runner’s', async () => {
    answers = {};
    const on = await deployed(
      'triggers:\n  at: { check: { uses: http, with: { url: "URL/at-${{ deploy.commit }}" } }, every: 200ms, failures: 1 }\n',
    );
    const path = join(on.workspace, 'event.json');
    await writeFile(path, JSON.stringify({ deployment: { sha: 'c'.repeat(40) } }));
    const env = {
      GITHUB_EVENT_NAME: 'deployment_status',
      GITHUB_EVENT_PATH: path,
      GITHUB_SHA: 'd'.repeat(40),
    };
    const inputs = { mode: 'verify', window: '1s', to: 'previous' };
    expect(verdictOf(await on.press(inputs, undefined, { env }))).toBe('verified - exit 0');
    expect([...looks.keys()]).toEqual([`at-${'c'.repeat(40)}`]);
  });

  test('a check with weight 0 warns, the score bears another, and a key check decides', async () => {
    answers = { docs: () => 503, search: () => 503 };
    const checks = (key: string): string => `score: { pass: 70 }
verify:
  - { name: shop, uses: http, with: { url: URL/shop }, weight: 3 }
  - { name: search, uses: http, with: { url: URL/search }, weight: 1, within: 1s, every: 200ms${key} }
  - { name: docs, uses: http, with: { url: URL/docs }, weight: 0, within: 1s, every: 200ms }
`;
    const on = await deployed(checks(''));
    const run = await verify(on);
    expect(verdictOf(run)).toBe('verified - exit 0');
    const notes = JSON.stringify(told(run, 'note'));
    expect([notes.includes('search: '), notes.includes('docs: ')]).toEqual([true, true]);
    expect(told(run, 'watch-finished')).toEqual([expect.objectContaining({ state: 'quiet', score: 75 })]);

    const strict = await deployed(checks(', key: true'));
    const key = await verify(strict, { window: '20s' });
    // The rollback brings no better search, so users are not served after it either.
    expect([verdictOf(key), await live(strict)]).toEqual(['failed check-failed exit 1', '1']);
    // It was changed, so nobody watches on as if it had been left to a person.
    expect(JSON.stringify(told(key, 'note'))).not.toContain('watched for another');

    const onlyDocs = checks('').replaceAll(/^ .*(shop|search).*\n/gm, '');
    const silent = await deployed(onlyDocs);
    expect(verdictOf(await verify(silent))).toBe('refused plan-invalid exit 1');
  });

  test('a deploy is not blamed for the one that was watched, and a person can press while it is watched on', async () => {
    let ill = false;
    answers = { errors: () => (ill ? 503 : 200) };
    const on = await deployed(oneTrigger(''));
    let press: ActionRun | undefined;
    const run = await on.press({ mode: 'verify', window: '20s', to: 'previous' }, async (_, temp) => {
      await untilJournalled(temp, 'watch-started');
      await on.release('api').deploy({ version: '3' });
      ill = true;
      await untilJournalled(temp, '"decided"');
      // Until it has asked, under the lock, what is live.
      await sleep(5_000);
      press = await on.press({ to: 'api=1' });
    });
    // Version 2 is what was bad: `previous` of the new one.
    expect(verdictOf(run)).toBe('refused live-changed exit 1');
    expect(run.summary).toContain('api was revision 2 (app-1.0.0, app 1) and is revision 3');
    expect(press === undefined ? '' : verdictOf(press)).toBe('rolled-back - exit 0');
    expect(await live(on)).toBe('1');
  });

  test('what called for the rollback has to be over after it', async () => {
    answers = { errors: (look) => (look < 3 ? 200 : 503) };
    const on = await deployed(`recovery: { within: 1s }\n${oneTrigger('')}`);
    const run = await verify(on, { window: '20s', 'fail-on-rollback': 'false' });
    expect([verdictOf(run), await live(on)]).toEqual(['failed check-failed exit 1', '1']);
    expect(run.summary).toContain('trigger errors: ');
    expect(told(run, 'check-finished').at(-1)).toMatchObject({ name: 'trigger errors', state: 'fail' });
  });

  test('a rollback may have to be better than what a deploy is borne with', async () => {
    answers = { strict: () => 503 };
    const on = await deployed(
      'verify: [{ name: strict, uses: http, with: { url: URL/strict }, within: 1s, every: 200ms, after: rollback }, { name: easy, uses: http, with: { url: URL/easy }, after: deploy }]\n',
    );
    expect(verdictOf(await verify(on, { 'dry-run': 'true' }))).toBe('verified - exit 0');
    answers = { easy: () => 503 };
    const back = await on.press({ to: 'previous' });
    expect([verdictOf(back), told(back, 'check-finished').map(({ name }) => name)]).toEqual([
      'rolled-back - exit 0',
      ['strict'],
    ]);
    answers = { strict: () => 503 };
    await on.release('api').deploy({ version: '3' });
    expect(verdictOf(await on.press({ to: 'previous' }))).toBe('failed check-failed exit 1');
  });

  test('after a rollback numbers are compared with what was measured before the deploy, too', async () => {
    answers = {};
    const on = await deployed(
      `verify: [{ name: orders, uses: sql, with: { sqlite: shop.db, counts: { orders: { with: baseline, at-least: 1 } } }, within: 1s, every: 200ms, failures: 2 }]
phases:
  - { name: data, steps: [{ run: "cp before.db shop.db" }] }
  - { name: application, steps: [{ rollback: api }] }
`,
      1,
    );
    const inDatabase = (statement: string): void => {
      execFileSync('sqlite3', ['-batch', '-init', '/dev/null', join(on.workspace, 'shop.db'), statement]);
    };
    inDatabase('CREATE TABLE orders (id); INSERT INTO orders VALUES (1), (2)');
    await copyFile(join(on.workspace, 'shop.db'), join(on.workspace, 'before.db'));
    await on.press({ mode: 'preflight', to: 'previous' });
    await on.release('api').deploy({ version: '2' });
    inDatabase('DELETE FROM orders WHERE id = 2');
    const run = await verify(on, { window: '20s' });
    expect([verdictOf(run), await live(on)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    const looked = told(run, 'check-finished').filter(({ name }) => name === 'orders');
    expect(looked.map(({ state }) => state)).toEqual(['fail', 'pass']);

    // Without the restore the rows are missing afterwards, and that is no success.
    await on.press({ mode: 'preflight', to: 'previous' });
    await on.release('api').deploy({ version: '3' });
    inDatabase('DELETE FROM orders WHERE id = 2');
    await copyFile(join(on.workspace, 'shop.db'), join(on.workspace, 'before.db'));
    expect(verdictOf(await on.press({ to: 'previous' }))).toBe('failed check-failed exit 1');
  });

  test('a rollback that does not last is no success: passes in a row, then the soak', async () => {
    const check = `recovery: { passes: 3, soak: 3s }
verify: [{ uses: http, with: { url: URL/shop }, every: 200ms, within: 5s }]
`;
    // Good, bad, then good: the row of three begins anew.
    answers = { shop: (look) => (look === 2 ? 503 : 200) };
    const on = await deployed(check);
    const run = await on.press({ to: 'previous' });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect(told(run, 'check-finished')[0]).toMatchObject({ state: 'pass', attempts: 5 });
    answers = { shop: (look) => (look > 5 ? 503 : 200) };
    looks.clear();
    const relapsing = await deployed(check);
    const relapse = await relapsing.press({ to: 'previous' });
    expect([verdictOf(relapse), await live(relapsing)]).toEqual(['failed check-failed exit 1', '1']);
  });

  test('a snapshot names the images that ran, by digest', async () => {
    answers = {};
    const on = await deployed(oneTrigger(''), 1);
    const digest = `sha256:${'a'.repeat(64)}`;
    const imageID = `docker-pullable://registry.example/api@${digest}`;
    const status = { name: 'app', image: 'registry.example/api:1', imageID, ready: true, restartCount: 0 };
    const kubectl = (...args: readonly string[]): string =>
      execFileSync(
        stage.kubectl,
        [`--kubeconfig=${stage.cluster.kubeconfig}`, `--namespace=${on.namespace}`, ...args],
        { encoding: 'utf8' },
      );
    for (const pod of kubectl('get', 'pods', '--output=name').trim().split('\n')) {
      const patch = JSON.stringify({ status: { containerStatuses: [status] } });
      kubectl('patch', pod, '--subresource=status', `--patch=${patch}`);
    }
    expect(verdictOf(await verify(on, { window: '1s' }))).toBe('verified - exit 0');
    const ledger = await stage.cluster.call(
      'GET',
      `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-ledger`,
    );
    expect(JSON.stringify(ledger.body)).toContain(`registry.example/api@${digest}`);
  });
});
