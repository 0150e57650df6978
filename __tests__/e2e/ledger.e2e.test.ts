// The ledger on a real cluster: what a rollback leaves stays away until a person lifts it, versions that never ran together
// are refused, people vouch, the machine brakes, and writers that meet lose nothing.

import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { startFaultProxy } from '../../tools/real-parts/fault-proxy.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type CommandLineRun, runCommandLine } from '../support/command-line.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, pins, type Scene, setScene, setStage } from '../support/scene.ts';

jest.setTimeout(180_000);

/** Whoever runs the tests is who types on the command line. */
const person = userInfo().username;

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const entry = z.looseObject({ component: z.string(), version: z.string(), digest: z.string() });
const page = z.looseObject({
  snapshots: z.array(
    z.looseObject({
      id: z.string(),
      vouchedBy: z.string().optional(),
      components: z.record(z.string(), z.looseObject({ version: z.string() })),
    }),
  ),
  quarantine: z.array(entry),
  automatic: z.array(z.looseObject({ at: z.string(), incident: z.string() })),
  log: z.array(z.looseObject({ by: z.string(), did: z.string(), reason: z.string() })),
});

describeReal('the ledger', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
  });
  afterAll(() => stage?.stop());

  /** A check that is quick to judge. */
  const quick = (namespace: string, more = ''): string =>
    onePlan(namespace, more).replace(
      'with: { workload: deployment/api } }',
      'with: { workload: deployment/api }, within: 2s, every: 300ms, failures: 2 }',
    );
  /** Two components, and a scenario for each alone. */
  const two = (namespace: string): string =>
    quick(
      namespace,
      `phases:
  - { name: api, steps: [{ rollback: api }] }
  - { name: web, steps: [{ rollback: web }] }
scenarios: { both: { default: true, phases: all }, front: { phases: [web] } }
`,
    ).replace('verify:', '  web: { uses: helm-release, with: { release: web } }\nverify:');

  const scene = (plan: (namespace: string) => string = quick): Promise<Scene> => setScene(stage, helm, plan);
  const verify = (
    on: Scene,
    inputs: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun> =>
    on.press({ mode: 'verify', window: '1s', to: 'last-good', ...inputs }, undefined, { env });
  const commandLine = (on: Scene, ...args: readonly string[]): Promise<CommandLineRun> =>
    runCommandLine([...args, '--plan', 'rollback.yml'], {
      folder: on.workspace,
      kubeconfig: stage.cluster.kubeconfig,
      path: [dirname(helm), dirname(stage.kubectl)],
    });
  /** As anybody reads it with kubectl. */
  const read = async (on: Scene): Promise<z.infer<typeof page>> => {
    const path = `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-ledger`;
    const { body } = await stage.cluster.call('GET', path);
    return page.parse(
      JSON.parse(z.looseObject({ data: z.object({ shop: z.string() }) }).parse(body).data.shop),
    );
  };
  const inQuarantine = async (on: Scene): Promise<readonly string[]> =>
    (await read(on)).quarantine.map(({ component, version }) => `${component} ${version}`);
  const faultOf = (run: ActionRun): { readonly message: string; readonly hint: string } =>
    z
      .looseObject({ fault: z.looseObject({ message: z.string(), hint: z.string() }) })
      .parse(run.journal.findLast((event) => event['type'] === 'run-finished')).fault;
  /** Deploys without waiting for what will never be ready. */
  const bad = ['--wait=false'];

  test('what a rollback left is refused when it comes again, until a person lifts it', async () => {
    const on = await scene();
    const api = on.release('api');
    await api.deploy({ version: '1' });
    expect(verdictOf(await verify(on))).toBe('verified - exit 0');
    await api.deploy({ version: '2' });
    expect([
      verdictOf(await on.press({ to: 'last-good', incident: 'INC-1' })),
      await api.liveVersion(),
    ]).toEqual(['rolled-back - exit 0', '1']);
    expect(await inQuarantine(on)).toEqual(['api 2']);

    await api.deploy({ version: '2' });
    const before = await api.history();
    const again = await verify(on);
    expect([verdictOf(again), await api.history(), await api.liveVersion()]).toEqual([
      'refused version-quarantined exit 1',
      before,
      '2',
    ]);
    expect(faultOf(again).message).toContain('INC-1');
    expect(again.journal.some((event) => event['type'] === 'watch-started')).toBe(false);
    const line = /rollback-plan (ledger lift .*) --reason WHY/.exec(faultOf(again).hint)?.[1];
    expect(line).toBe('ledger lift --plan rollback.yml --target local --component api --version 2');

    const vouched = await commandLine(on, 'ledger', 'seed', '--reason', 'looks fine');
    expect([vouched.code, vouched.stderr]).toEqual([1, expect.stringContaining('[version-quarantined]')]);
    const lifted = await commandLine(
      on,
      'ledger',
      'lift',
      '--component',
      'api',
      '--version',
      '2',
      '--reason',
      'it was the database',
    );
    expect([lifted.code, lifted.stdout]).toEqual([0, expect.stringContaining('lifted api revision 2')]);
    expect([await inQuarantine(on), (await read(on)).log]).toEqual([
      [],
      [expect.objectContaining({ by: person, reason: 'it was the database' })],
    ]);
    const twice = await commandLine(
      on,
      'ledger',
      'lift',
      '--component',
      'api',
      '--version',
      '2',
      '--reason',
      'x',
    );
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining('nothing of api in quarantine is 2'),
    ]);
    expect(verdictOf(await verify(on))).toBe('verified - exit 0');

    const shown = await commandLine(on, 'ledger');
    expect(shown.stdout).toMatch(
      /Snapshots[\s\S]*api revision 4[\s\S]*Quarantine[\s\S]*none[\s\S]*it was the database/,
    );
    const json = await commandLine(on, 'ledger', 'show', '--json');
    expect(page.parse(JSON.parse(json.stdout)).snapshots.length).toBe(2);
  });

  test('nobody goes to what is in quarantine, by any word but a name with the override', async () => {
    const on = await scene();
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await verify(on);
    await api.deploy({ version: '2' });
    await verify(on);
    // Away from 2, and further: 3 was never left by a rollback that Helm's own history knows.
    expect(pins(await on.press({ to: 'previous' }))).toEqual(['api 2 → 1']);
    await api.helm(['uninstall', 'api', '--namespace', on.namespace, '--wait']);
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    await api.deploy({ version: '3' });
    const goes = async (to: string, override = ''): Promise<readonly unknown[]> => {
      const run = await on.press({ to, override, 'dry-run': 'true' });
      return [verdictOf(run), pins(run)];
    };
    expect(await goes('last-good')).toEqual(['planned - exit 0', ['api 3 → 1']]);
    expect(await goes('previous')).toEqual(['planned - exit 0', ['api 3 → 1']]);
    expect(await goes('api=2')).toEqual(['refused version-quarantined exit 1', []]);
    expect(await goes('api=2', 'unverified-target')).toEqual(['planned - exit 0', ['api 3 → 2']]);
    const [newest, oldest] = (await read(on)).snapshots;
    expect(await goes(newest?.id ?? '')).toEqual(['refused version-quarantined exit 1', []]);
    expect(await goes(oldest?.id ?? '')).toEqual(['planned - exit 0', ['api 3 → 1']]);
    expect(await goes('S-20000101-000000-0000')).toEqual(['refused to-unknown-version exit 1', []]);
    const loud = await on.press({ to: 'api=2', override: 'unverified-target' });
    expect([verdictOf(loud), await api.liveVersion()]).toEqual(['rolled-back - exit 0', '2']);
    expect(loud.incident).toContain('going there because of override unverified-target');
  });

  test('versions that never ran together are refused, the scenario that leaves one alone included', async () => {
    const on = await scene(two);
    const [api, web] = [on.release('api'), on.release('web')];
    await api.deploy({ version: '1' });
    await web.deploy({ version: '1' });
    await verify(on);
    await api.deploy({ version: '2' });
    await web.deploy({ version: '2' });
    await verify(on);
    await web.deploy({ version: '3' });
    await api.deploy({ version: '3' });
    await api.deploy({ version: '4' });
    // api 3 was never verified with web 2.
    const mixed = await on.press({ to: 'previous' });
    expect([verdictOf(mixed), await api.liveVersion()]).toEqual(['refused never-together exit 1', '4']);
    const [newest] = (await read(on)).snapshots;
    expect(faultOf(mixed).hint).toContain(`to: ${newest?.id}  api revision 2`);
    // The scenario of one leaves api at 4, which ran with no web on record.
    const front = await on.press({ to: 'web=2', scenario: 'front', 'dry-run': 'true' });
    expect([verdictOf(front), faultOf(front).message]).toEqual([
      'refused never-together exit 1',
      expect.stringContaining('api at revision 4'),
    ]);
    const good = await on.press({ to: 'last-good', scenario: 'front', 'dry-run': 'true' });
    expect([verdictOf(good), faultOf(good).message]).toEqual([
      'refused last-good-unknown exit 1',
      expect.stringContaining('api would stay at revision 4'),
    ]);
    const best = await on.press({ to: 'last-good', 'dry-run': 'true' });
    expect(pins(best)).toEqual(['api 4 → 2', 'web 3 → 2']);
    const named = await on.press({ to: newest?.id ?? '', 'dry-run': 'true' });
    expect(pins(named)).toEqual(['api 4 → 2', 'web 3 → 2']);
    const loud = await on.press({ to: 'previous', override: 'unverified-target' });
    expect([verdictOf(loud), pins(loud)]).toEqual(['rolled-back - exit 0', ['api 4 → 3', 'web 3 → 2']]);
    expect(loud.incident).toContain('never verified together: api at revision 3');
    expect(await inQuarantine(on)).toEqual(['api 4', 'web 3']);
  });

  test('what a person vouched for is where the button goes', async () => {
    const on = await scene();
    const api = on.release('api');
    await api.deploy({ version: '1', behaviour: 'crash' }, bad);
    const sick = await commandLine(on, 'ledger', 'seed', '--reason', 'let us hope');
    expect([sick.code, sick.stderr]).toEqual([1, expect.stringContaining('[not-ready]')]);
    await api.deploy({ version: '2' });
    const seeded = await commandLine(on, 'ledger', 'seed', '--reason', 'served for months');
    expect([seeded.code, seeded.stdout]).toEqual([0, expect.stringContaining(`vouched for by ${person}`)]);
    expect((await read(on)).snapshots).toEqual([
      expect.objectContaining({ vouchedBy: person, reason: 'served for months', checks: [] }),
    ]);
    await api.deploy({ version: '3', behaviour: 'crash' }, bad);
    const pressed = await on.press({ to: 'last-good' });
    expect([verdictOf(pressed), pins(pressed), await api.liveVersion()]).toEqual([
      'rolled-back - exit 0',
      ['api 3 → 2'],
      '2',
    ]);
  });

  test('the machine brakes: too often, too soon, or told to stop; a person never is', async () => {
    const on = await scene((namespace) =>
      quick(namespace, 'brake: { rollbacks: 2, within: 1h, cooldown: 10m }\n'),
    );
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await verify(on);
    const badDeploy = (version: string): Promise<number> => api.deploy({ version, behaviour: 'crash' }, bad);
    const watch = async (incident: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
      const run = await verify(on, { window: '20s', incident }, env);
      return `${verdictOf(run)}, live ${await api.liveVersion()}`;
    };
    await badDeploy('2');
    expect(await watch('D-2', { ROLLBACK_PLAN_STOP: 'true' })).toBe('refused brake-on exit 1, live 2');
    expect(await watch('D-2b', { ROLLBACK_PLAN_STOP: '' })).toBe(
      'rolled-back deploy-rolled-back exit 1, live 1',
    );
    await badDeploy('3');
    const soon = await verify(on, { window: '20s', incident: 'D-3' });
    expect([verdictOf(soon), await api.liveVersion()]).toEqual(['refused brake-on exit 1', '3']);
    expect(faultOf(soon).message).toMatch(/the deploy is bad .*brake.cooldown is 10 m/);
    expect(faultOf(soon).hint).toContain(
      'rollback-plan rollback --plan rollback.yml --target local --scenario all --to last-good',
    );
    // A person presses, which is neither held nor counted.
    expect(verdictOf(await on.press({ to: 'last-good' }))).toBe('rolled-back - exit 0');
    expect((await read(on)).automatic.map(({ incident }) => incident)).toEqual(['D-2b']);
    const path = join(on.workspace, 'rollback.yml');
    await writeFile(path, (await readFile(path, 'utf8')).replace('cooldown: 10m', 'cooldown: 1ms'));
    await badDeploy('4');
    expect(await watch('D-4')).toBe('rolled-back deploy-rolled-back exit 1, live 1');
    await badDeploy('5');
    const often = await verify(on, { window: '20s', incident: 'D-5' });
    expect([verdictOf(often), faultOf(often).message]).toEqual([
      'refused brake-on exit 1',
      expect.stringContaining('2 times within 1 h'),
    ]);
    expect(await inQuarantine(on)).toEqual(['api 6', 'api 4', 'api 2']);
  });

  test('the way forward puts nothing into quarantine, so that the way back stays open', async () => {
    const on = await scene();
    const api = on.release('api');
    for (const version of ['1', '2']) await api.deploy({ version });
    expect(pins(await on.press({ to: 'previous' }))).toEqual(['api 2 → 1']);
    const forward = await on.press({ to: 'api=2', override: 'unverified-target' });
    expect([verdictOf(forward), await api.liveVersion()]).toEqual(['rolled-back - exit 0', '2']);
    expect(forward.incident).toContain('is not put into quarantine');
    expect(await inQuarantine(on)).toEqual(['api 2']);
    expect(pins(await on.press({ to: 'previous', 'dry-run': 'true' }))).toEqual(['api 4 → 3']);
  });

  test('a snapshot by its id is where it goes, whatever the open incident was about', async () => {
    const on = await scene((namespace) =>
      quick(
        namespace,
        '  - { name: dead, uses: http, with: { url: "http://127.0.0.1:9/", expect: { status: 200 } }, within: 1s, every: 300ms, failures: 2 }\n',
      ),
    );
    const api = on.release('api');
    for (const version of ['1', '2']) {
      await api.deploy({ version });
      expect((await commandLine(on, 'ledger', 'seed', '--reason', 'good')).stderr).toBe('');
    }
    await api.deploy({ version: '3' });
    // Users still suffer at 2, so the incident stays open.
    const first = await on.press({ to: 'last-good' });
    expect([first.outputs['outcome'], pins(first)]).toEqual(['failed', ['api 3 → 2']]);
    const [newest, oldest] = (await read(on)).snapshots;
    const same = await on.press({ to: newest?.id ?? '', 'dry-run': 'true' });
    expect(pins(same)).toEqual(['api 3 → 2']);
    const further = await on.press({ to: oldest?.id ?? '' });
    expect([pins(further), await api.liveVersion()]).toEqual([['api 4 → 1'], '1']);
    expect(await inQuarantine(on)).toEqual(['api 4', 'api 3']);
  });

  test('a brake that can be neither asked nor fed leaves it to a person, with lines that work', async () => {
    const on = await scene();
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2', behaviour: 'crash' }, bad);
    const proxy = await startFaultProxy(stage.cluster);
    try {
      const forbidden = proxy.inject(
        ({ method, path }) =>
          method !== 'GET' &&
          (path.includes(`/configmaps/rollback-plan-ledger`) || /\/configmaps(\?|$)/.test(path)),
        { type: 'status', status: 403 },
        { times: 1_000, skip: 0 },
      );
      const uncounted = await verify(on, { window: '20s', to: 'previous' }, { KUBECONFIG: proxy.kubeconfig });
      // Refused before its incident was opened: the next press must not continue what the machine may not do.
      const journal = `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-journal-shop`;
      expect((await stage.cluster.call('GET', journal)).status).toBe(404);
      expect([verdictOf(uncounted), await api.liveVersion()]).toEqual(['refused brake-on exit 1', '2']);
      expect(forbidden.hits).toBeGreaterThan(0);
    } finally {
      await proxy.close();
    }
    const path = `/api/v1/namespaces/${on.namespace}/configmaps`;
    const metadata = { name: 'rollback-plan-ledger' };
    const mine = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { shop: '{"snapshots":"mine"}' } };
    expect((await stage.cluster.call('POST', path, mine)).status).toBe(201);
    const unread = await verify(on, { window: '20s' });
    expect([verdictOf(unread), await api.liveVersion()]).toEqual(['refused brake-on exit 1', '2']);
    const line = /without the ledger: rollback-plan (.*) --reason '(.*)'/.exec(faultOf(unread).hint);
    const words = line?.[1]
      ?.split(' ')
      .filter((word, at, all) => word !== '--plan' && all[at - 1] !== '--plan');
    const pasted = await commandLine(on, ...(words ?? []), '--reason', line?.[2] ?? '');
    expect([pasted.code, await api.liveVersion()]).toEqual([0, '1']);
  });

  test('a component that no snapshot knows: what the refusals say to type works', async () => {
    const on = await scene();
    const [api, web] = [on.release('api'), on.release('web')];
    await api.deploy({ version: '1' });
    expect((await commandLine(on, 'ledger', 'seed', '--reason', 'good')).stderr).toBe('');
    const path = join(on.workspace, 'rollback.yml');
    const one = await readFile(path, 'utf8');
    await writeFile(
      path,
      one.replace('verify:', '  web: { uses: helm-release, with: { release: web } }\nverify:'),
    );
    await Promise.all([web.deploy({ version: '1' }, bad), api.deploy({ version: '2' }, bad)]);
    const id = (await read(on)).snapshots[0]?.id ?? '';
    const dry = (to: string): Promise<ActionRun> => on.press({ to, 'dry-run': 'true' });
    const [lastGood, named, previous] = [await dry('last-good'), await dry(id), await dry('previous')];
    expect([lastGood, named, previous].map(verdictOf)).toEqual([
      'refused last-good-unknown exit 1',
      'refused to-unknown-version exit 1',
      'refused to-no-candidate exit 1',
    ]);
    const part = `To take back what snapshot ${id} knows, and nothing else: to: api=1`;
    expect(faultOf(lastGood).hint).toContain(part);
    expect(faultOf(named).hint).toContain(part);
    // Neither the snapshot that was refused just now nor a word that leads back here is offered again.
    expect(faultOf(named).hint).not.toMatch(/to: S-|to: last-good/);
    expect(faultOf(previous).hint).toContain('To take back the others alone: to: api=1');
    const pasted = await dry('api=1');
    expect([verdictOf(pasted), pins(pasted)]).toEqual(['planned - exit 0', ['api 2 → 1']]);
  });

  test('writers that meet lose nothing', async () => {
    const services = ['shop', 'cart', 'mail', 'pay'];
    const on = await scene();
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    await on.press({ to: 'previous' });
    const plan = await readFile(join(on.workspace, 'rollback.yml'), 'utf8');
    for (const service of services)
      await writeFile(
        join(on.workspace, `${service}.yml`),
        plan.replace('service: shop', `service: ${service}`),
      );
    await Promise.all([
      ...services.map((service) =>
        runCommandLine(['ledger', 'seed', '--reason', service, '--plan', `${service}.yml`], {
          folder: on.workspace,
          kubeconfig: stage.cluster.kubeconfig,
          path: [dirname(helm), dirname(stage.kubectl)],
        }).then(({ code, stderr }) => expect([code, stderr]).toEqual([0, ''])),
      ),
    ]);
    const { body } = await stage.cluster.call(
      'GET',
      `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-ledger`,
    );
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(body);
    const pages = Object.entries(data).map(([service, text]) => {
      const { snapshots, quarantine } = page.parse(JSON.parse(text));
      return [service, snapshots.length, quarantine.length];
    });
    expect(pages).toEqual(services.sort().map((service) => [service, 1, service === 'shop' ? 1 : 0]));
  });
});
