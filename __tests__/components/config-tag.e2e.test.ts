// Config tags on a real API server with a real kubectl and a real git: what a rollback leaves in the cluster, and
// what the deployments after it make of that.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { configTag } from '../../src/components/config-tag.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';
import type { PinnedChange, Version } from '../../src/values/version.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type TestRepository, testRepositories } from '../adapters/git-repositories.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';
import { createTestWorld, type TestWorld } from './config-tag-world.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4']);
const repositories = testRepositories();

type Place = { readonly world: TestWorld; readonly repository: TestRepository; readonly namespace: string };

let cluster: Cluster;
const places: Place[] = [];

/** Three releases: v2 adds a key, v3 adds a binary one; each in a namespace of its own. */
async function place(): Promise<Place> {
  const { kubectl } = await provide(['kubectl']);
  const namespace = uniqueName('config');
  const repository = repositories.create();
  repository.write('config/app.yaml', 'level: info\nretries: 3\n');
  repository.write('config/limits.json', '{"max": 10}\n');
  repository.release('v1');
  repository.write('config/app.yaml', 'level: debug\nretries: 3\n');
  repository.write('config/added-in-v2.yaml', 'new: true\n');
  repository.release('v2');
  repository.write('config/logo.bin', Buffer.from([0, 1, 254, 255]));
  repository.release('v3');
  const world = await createTestWorld({
    directory: repository.directory,
    home: repositories.folder(),
    cluster: { kubeconfig: cluster.kubeconfig, kubectl, namespace },
  });
  await world.kubectl(['create', 'namespace', namespace]);
  const made = { world, repository, namespace };
  places.push(made);
  return made;
}

/** Deploys a tag as a pipeline would: check the files out elsewhere, make the manifest of them, apply it. */
async function deploy({ world, repository }: Place, tag: string, ...how: string[]): Promise<void> {
  const folder = repositories.folder();
  repository.git('--work-tree', folder, 'checkout', '--quiet', '--force', tag, '--', 'config');
  const made = await world.kubectl([
    'create',
    'configmap',
    'app-config',
    `--from-file=${join(folder, 'config')}`,
    '--dry-run=client',
    '--output=json',
  ]);
  const manifest: JsonObject = JSON.parse(made);
  const metadata = { name: 'app-config', labels: { 'app.kubernetes.io/part-of': 'shop' } };
  await world.kubectl(['apply', '--filename=-', ...how], JSON.stringify({ ...manifest, metadata }));
}

async function change({ world }: Place, to: string, settings = plain): Promise<PinnedChange> {
  const { version: from } = await configTag.read(world.context(), settings);
  const found = (await configTag.history(world.context(), settings)).find((candidate) => candidate.id === to);
  if (found === undefined) throw new Error(`no candidate ${to}`);
  return { component: 'config', from, to: versionOf(found) };
}

function versionOf({ id, label, digest }: Version): Version {
  return { id, label, digest };
}

async function live({ world }: Place): Promise<{
  data: Record<string, string>;
  binaryData?: Record<string, string>;
  metadata: { annotations: Record<string, string>; labels: Record<string, string> };
}> {
  return JSON.parse(await world.kubectl(['get', 'configmap', 'app-config', '--output=json']));
}

const settingsOf = (more: Record<string, Json> = {}) =>
  configTag.schema.parse({ paths: ['config/'], tags: 'v*', configmap: 'app-config', ...more });
const plain = settingsOf();

const deployment = (name: string, replicas = 2): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'app', image: 'shop:1', envFrom: [{ configMapRef: { name: 'app-config' } }] }],
        },
      },
    },
  });

(parts.ready ? describe : describe.skip)('a config tag on a real cluster', () => {
  beforeAll(async () => {
    cluster = await sharedCluster();
  }, 120_000);
  afterAll(async () => {
    for (const { world } of places) await world.close();
    await cluster?.stop();
    repositories.removeAll();
  });

  test('is read from the content, not from what an annotation claims', async () => {
    const here = await place();
    await deploy(here, 'v2');
    await here.world.kubectl(['annotate', 'configmap', 'app-config', 'rollback-plan/config-tag=v1']);
    const reading = await configTag.read(here.world.context(), plain);
    expect(reading).toMatchObject({ version: { id: 'v2' }, health: 'healthy' });
    expect(reading.rolledBackTo).toBeUndefined();
  });

  test('that was edited by hand is untagged, and the nearest tag is named with the number of keys', async () => {
    const here = await place();
    await deploy(here, 'v2');
    await here.world.kubectl([
      'patch',
      'configmap',
      'app-config',
      '--patch={"data":{"app.yaml":"level: trace\\n"}}',
    ]);
    expect(await configTag.read(here.world.context(), plain)).toMatchObject({
      version: { id: 'untagged', label: 'content differs from every tag; nearest v2 (1 key differs)' },
      health: 'unknown',
    });
  });

  test('goes back with every key of the tag and none added since, keeps labels, and says whose rollback it was', async () => {
    const here = await place();
    await deploy(here, 'v3');
    await here.world.kubectl(['label', 'configmap', 'app-config', 'team=platform']);
    await here.world.kubectl(['annotate', 'configmap', 'app-config', 'contact=ops']);
    const pinned = await change(here, 'v1');
    const prepared = await configTag.goTo(here.world.context(), plain, pinned);
    expect(prepared.preview).toContain('-level: debug\n+level: info\n');
    expect(prepared.preview).toContain('+++ /dev/null');
    expect(prepared.preview).toContain('Binary key logo.bin differs');
    expect((await live(here)).data).toHaveProperty(['added-in-v2.yaml']);

    await here.world.performAll(prepared);
    const after = await live(here);
    expect(after.data).toEqual({ 'app.yaml': 'level: info\nretries: 3\n', 'limits.json': '{"max": 10}\n' });
    expect(after.binaryData).toBeUndefined();
    expect(after.metadata.labels).toEqual({ 'app.kubernetes.io/part-of': 'shop', team: 'platform' });
    expect(after.metadata.annotations).toMatchObject({
      contact: 'ops',
      'rollback-plan/config-tag': 'v1',
      'rollback-plan/incident': 'incident-1',
    });
    expect(await configTag.verify(here.world.context(), plain, pinned)).toMatchObject({ state: 'verified' });
    expect(await configTag.probe(here.world.context(), plain, pinned)).toMatchObject({ state: 'done' });
    expect(await configTag.read(here.world.context(), plain)).toMatchObject({
      version: { id: 'v1' },
      rolledBackTo: 'v1',
    });
    expect((await configTag.goTo(here.world.context(), plain, pinned)).operations).toEqual([]);
  });

  test('goes forward again to a version with binary content, byte for byte', async () => {
    const here = await place();
    await deploy(here, 'v1');
    await here.world.performAll(await configTag.goTo(here.world.context(), plain, await change(here, 'v3')));
    expect((await live(here)).binaryData).toEqual({
      'logo.bin': Buffer.from([0, 1, 254, 255]).toString('base64'),
    });
    expect((await configTag.read(here.world.context(), plain)).version.id).toBe('v3');
  });

  describe('is deployed again after a rollback', () => {
    test('by kubectl apply, with exactly the keys of the new version and without the marks of the rollback', async () => {
      const here = await place();
      await deploy(here, 'v2');
      await here.world.performAll(
        await configTag.goTo(here.world.context(), plain, await change(here, 'v1')),
      );
      // What only v1 has must go with the next apply; left alone, kubectl's own record would not know of it.
      here.repository.remove('config/limits.json');
      here.repository.release('v4');
      await deploy(here, 'v4');
      const after = await live(here);
      expect(Object.keys(after.data).sort()).toEqual(['added-in-v2.yaml', 'app.yaml']);
      expect(Object.keys(after.metadata.annotations)).toEqual([
        'kubectl.kubernetes.io/last-applied-configuration',
      ]);
      const reading = await configTag.read(here.world.context(), plain);
      expect(reading.version.id).toBe('v4');
      expect(reading.rolledBackTo).toBeUndefined();
    });

    test('by kubectl apply --server-side, with exactly the keys of the new version and without a conflict', async () => {
      const here = await place();
      await deploy(here, 'v2', '--server-side');
      await here.world.performAll(
        await configTag.goTo(here.world.context(), plain, await change(here, 'v1')),
      );
      expect(Object.keys((await live(here)).data).sort()).toEqual(['app.yaml', 'limits.json']);
      here.repository.remove('config/limits.json');
      here.repository.release('v4');
      await deploy(here, 'v4', '--server-side');
      expect(Object.keys((await live(here)).data).sort()).toEqual(['added-in-v2.yaml', 'app.yaml']);
      expect((await configTag.read(here.world.context(), plain)).rolledBackTo).toBeUndefined();
    });
  });

  test('that Helm deploys stays deployable by Helm, whichever version of it', async () => {
    const { helm3, helm4 } = await provide(['helm3', 'helm4']);
    for (const helm of [helm3, helm4]) {
      const here = await place();
      const chart = repositories.folder();
      writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.0.0\n');
      mkdirSync(join(chart, 'templates'));
      writeFileSync(
        join(chart, 'templates/config.yaml'),
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: app-config }\ndata:\n  {{- (.Files.Glob "config/*").AsConfig | nindent 2 }}\n',
      );
      const upgrade = (tag: string): void => {
        rmSync(join(chart, 'config'), { recursive: true, force: true });
        here.repository.git('--work-tree', chart, 'checkout', '--quiet', '--force', tag, '--', 'config');
        execFileSync(helm, ['upgrade', '--install', 'shop', chart, `--namespace=${here.namespace}`], {
          env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
          stdio: 'pipe',
        });
      };
      upgrade('v2');
      const pinned = await change(here, 'v1');
      const prepared = await configTag.goTo(here.world.context(), plain, pinned);
      expect(prepared.notes.join()).toContain('Helm release shop');
      await here.world.performAll(prepared);
      expect(await configTag.verify(here.world.context(), plain, pinned)).toMatchObject({
        state: 'verified',
      });
      for (const gone of ['config/limits.json', 'config/logo.bin']) here.repository.remove(gone);
      here.repository.release('v4');
      upgrade('v4');
      expect((await configTag.read(here.world.context(), plain)).version.id).toBe('v4');
    }
  });

  test('whose fields belong to somebody else as well is replaced whole, and the price of that is said', async () => {
    const here = await place();
    await deploy(here, 'v2', '--server-side');
    await here.world.kubectl(['patch', 'configmap', 'app-config', '--patch={"data":{"by-hand":"x"}}']);
    const prepared = await configTag.goTo(here.world.context(), plain, await change(here, 'v1'));
    expect(prepared.notes.join()).toContain('--force-conflicts');
    await here.world.performAll(prepared);
    expect(Object.keys((await live(here)).data).sort()).toEqual(['app.yaml', 'limits.json']);
  });

  test('that somebody changes between the look and the act stays as it is, and the command says why', async () => {
    for (const how of [[], ['--server-side']]) {
      const here = await place();
      await deploy(here, 'v2', ...how);
      const prepared = await configTag.goTo(here.world.context(), plain, await change(here, 'v1'));
      await here.world.kubectl([
        'patch',
        'configmap',
        'app-config',
        '--patch={"data":{"app.yaml":"edited"}}',
      ]);
      const [operation] = prepared.operations;
      if (operation === undefined) throw new Error('nothing was prepared');
      const outcome = await here.world.perform(operation);
      expect([outcome.exitCode, outcome.stderr]).toEqual([
        1,
        expect.stringContaining('the object has been modified'),
      ]);
      expect((await live(here)).data['app.yaml']).toBe('edited');
    }
  });

  test('that is immutable is refused before anything is done, with what to do instead', async () => {
    const here = await place();
    await deploy(here, 'v2');
    await here.world.kubectl(['patch', 'configmap', 'app-config', '--patch={"immutable":true}']);
    await expect(configTag.goTo(here.world.context(), plain, await change(here, 'v1'))).rejects.toMatchObject(
      {
        code: 'prepare-failed',
        message: expect.stringContaining('immutable'),
        hint: expect.stringContaining('workload'),
      },
    );
  });

  test('that is not there, or in another namespace, is missing and not empty', async () => {
    const here = await place();
    await expect(configTag.read(here.world.context(), plain)).rejects.toMatchObject({
      code: 'component-missing',
    });
  });

  test('that vanished after it was read is created again', async () => {
    const here = await place();
    await deploy(here, 'v2');
    const pinned = await change(here, 'v1');
    await here.world.kubectl(['delete', 'configmap', 'app-config']);
    await here.world.performAll(await configTag.goTo(here.world.context(), plain, pinned));
    expect(await configTag.verify(here.world.context(), plain, pinned)).toMatchObject({ state: 'verified' });
  });

  test('of a tag that was moved since it was chosen is refused', async () => {
    const here = await place();
    await deploy(here, 'v2');
    const pinned = await change(here, 'v1');
    here.repository.git('tag', '--force', 'v1', 'v3');
    await expect(configTag.goTo(here.world.context(), plain, pinned)).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
  });

  describe('up to the size a ConfigMap can have', () => {
    test('goes back even where kubectl apply could no longer record it', async () => {
      const here = await place();
      here.repository.write('config/large.txt', 'x'.repeat(300_000));
      here.repository.release('v4');
      await deploy(here, 'v2');
      const prepared = await configTag.goTo(here.world.context(), plain, await change(here, 'v4'));
      expect(prepared.notes.join()).toContain('kubectl apply --server-side');
      await here.world.performAll(prepared);
      expect((await configTag.read(here.world.context(), plain)).version.id).toBe('v4');
    });

    test('is measured as the API server measures it: the last byte that fits goes, the next one is refused', async () => {
      const here = await place();
      await here.world.kubectl(['create', 'configmap', 'app-config', '--from-literal=a=b']);
      for (const name of here.repository.git('ls-files', 'config').split('\n')) here.repository.remove(name);
      here.repository.write('config/big', Buffer.alloc(1_048_576, 'x'));
      here.repository.release('v5');
      here.repository.write('config/big', Buffer.alloc(1_048_577, 'x'));
      here.repository.release('v6');
      await here.world.performAll(
        await configTag.goTo(here.world.context(), plain, await change(here, 'v5')),
      );
      expect((await configTag.read(here.world.context(), plain)).version.id).toBe('v5');
      const refused = await change(here, 'v6');
      expect((await configTag.history(here.world.context(), plain))[0]).toMatchObject({
        id: 'v6',
        standing: 'gone',
      });
      await expect(configTag.goTo(here.world.context(), plain, refused)).rejects.toMatchObject({
        code: 'content-not-representable',
        message: expect.stringContaining('1048577 bytes'),
      });
    });
  });

  describe('with workloads to restart', () => {
    const restarting = settingsOf({ restart: ['deployment/api'] });
    const revision = async ({ world }: Place): Promise<string> =>
      world.kubectl([
        'get',
        'deployment',
        'api',
        '--output=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}',
      ]);

    async function running(): Promise<Place> {
      const here = await place();
      await deploy(here, 'v2');
      await here.world.kubectl(['apply', '--filename=-'], deployment('api'));
      await here.world.kubectl(['rollout', 'status', 'deployment/api', '--timeout=60s']);
      return here;
    }

    async function settled({ world }: Place, pinned: PinnedChange): Promise<string> {
      for (let attempt = 0; attempt < 300; attempt++) {
        const { state } = await configTag.verify(world.context(), restarting, pinned);
        if (state !== 'progressing') return state;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return 'never';
    }

    test('makes one rollout, however often it is repeated', async () => {
      const here = await running();
      const pinned = await change(here, 'v1', restarting);
      const prepared = await configTag.goTo(here.world.context(), restarting, pinned);
      expect(prepared.operations.map((operation) => operation.id)).toEqual([
        'configmap',
        'restart-deployment-api',
      ]);
      await here.world.performAll(prepared);
      expect(await settled(here, pinned)).toBe('verified');
      const [, restart] = prepared.operations;
      if (restart === undefined) throw new Error('no restart');
      await here.world.perform(restart);
      expect((await configTag.goTo(here.world.context(), restarting, pinned)).operations).toEqual([]);
      expect(await revision(here)).toBe('2');
    });

    test('continues after a death between the two: the restart is still to do, and is done', async () => {
      const here = await running();
      const pinned = await change(here, 'v1', restarting);
      const [replace] = (await configTag.goTo(here.world.context(), restarting, pinned)).operations;
      if (replace === undefined) throw new Error('nothing was prepared');
      await here.world.perform(replace);
      expect(await configTag.probe(here.world.context(), restarting, pinned)).toMatchObject({
        state: 'not-done',
        evidence: 'deployment/api was not told to restart',
      });
      const rest = await configTag.goTo(here.world.context(), restarting, pinned);
      expect(rest.operations.map((operation) => operation.id)).toEqual(['restart-deployment-api']);
      await here.world.performAll(rest);
      expect(await settled(here, pinned)).toBe('verified');
      expect(await revision(here)).toBe('2');
    });

    test('restarts again in the next incident, though it leads to the same content', async () => {
      const here = await running();
      await here.world.performAll(
        await configTag.goTo(here.world.context('first'), restarting, await change(here, 'v1', restarting)),
      );
      await deploy(here, 'v2');
      const second = await configTag.goTo(
        here.world.context('second'),
        restarting,
        await change(here, 'v1', restarting),
      );
      await here.world.performAll(second);
      expect(await revision(here)).toBe('3');
    });

    test('leaves the pods alone when the content is already that of the tag', async () => {
      const here = await running();
      here.repository.write('other.txt', 'no configuration');
      here.repository.release('v4');
      await deploy(here, 'v3');
      const pinned = await change(here, 'v4', restarting);
      expect((await configTag.goTo(here.world.context(), restarting, pinned)).operations).toEqual([]);
      expect(await revision(here)).toBe('1');
    });

    test('is refused when the rollout is paused, with the command that resumes it, and nothing is done', async () => {
      const here = await running();
      await here.world.kubectl(['rollout', 'pause', 'deployment/api']);
      await expect(
        configTag.goTo(here.world.context(), restarting, await change(here, 'v1', restarting)),
      ).rejects.toMatchObject({
        hint: `kubectl rollout resume deployment/api --namespace=${here.namespace}`,
      });
    });

    test('is not verified before the new pods are ready', async () => {
      const here = await running();
      const pinned = await change(here, 'v1', restarting);
      const slowly = { template: { metadata: { annotations: { 'rollback-plan.test/ready-after': '4s' } } } };
      await here.world.kubectl(['patch', 'deployment', 'api', `--patch=${JSON.stringify({ spec: slowly })}`]);
      await here.world.performAll(await configTag.goTo(here.world.context(), restarting, pinned));
      expect(await configTag.verify(here.world.context(), restarting, pinned)).toMatchObject({
        state: 'progressing',
      });
      expect(await settled(here, pinned)).toBe('verified');
    });

    test('at no replicas is verified, and says that nothing runs the configuration yet', async () => {
      const here = await running();
      await here.world.kubectl(['scale', 'deployment', 'api', '--replicas=0']);
      const pinned = await change(here, 'v1', restarting);
      await here.world.performAll(await configTag.goTo(here.world.context(), restarting, pinned));
      expect(await settled(here, pinned)).toBe('verified');
      expect(await configTag.verify(here.world.context(), restarting, pinned)).toMatchObject({
        evidence: expect.stringContaining('deployment/api has no pods'),
      });
    });

    test('is not verified while the new pods never become ready', async () => {
      const here = await running();
      const pinned = await change(here, 'v1', restarting);
      await here.world.kubectl([
        'patch',
        'deployment',
        'api',
        '--patch={"spec":{"progressDeadlineSeconds":2,"template":{"metadata":{"labels":{"behaviour":"crash"}}}}}',
      ]);
      await here.world.performAll(await configTag.goTo(here.world.context(), restarting, pinned));
      expect(await settled(here, pinned)).toBe('failed');
    });

    test('of which one does not exist is refused by the reading already', async () => {
      const here = await running();
      const wrong = settingsOf({ restart: ['statefulset/api'] });
      await expect(configTag.read(here.world.context(), wrong)).rejects.toMatchObject({
        code: 'component-missing',
        message: expect.stringContaining('statefulset/api'),
      });
    });
  });

  test('in cluster and branch that disagree is unhealthy and at no version, until both are there', async () => {
    const here = await place();
    const origin = repositories.create({ bare: true });
    here.repository.git('remote', 'add', 'origin', `file://${origin.directory}`);
    here.repository.git('push', '--quiet', 'origin', 'main');
    await deploy(here, 'v1');
    const both = settingsOf({ branch: 'main' });
    const reading = await configTag.read(here.world.context(), both);
    expect(reading).toMatchObject({
      health: 'unhealthy',
      detail: 'ConfigMap app-config is at v1, branch main is at v3',
      partial: expect.any(String),
    });
    const pinned = await change(here, 'v1', both);
    expect(pinned.from.digest).not.toBe(pinned.to.digest);
    const prepared = await configTag.goTo(here.world.context(), both, pinned);
    expect(prepared.operations.map((operation) => operation.id)).toEqual(['branch']);
    await here.world.performAll(prepared);
    expect(await configTag.read(here.world.context(), both)).toMatchObject({
      version: { id: 'v1' },
      health: 'healthy',
    });
    expect(await configTag.verify(here.world.context(), both, pinned)).toMatchObject({ state: 'verified' });
  });
});
