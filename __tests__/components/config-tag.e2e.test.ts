// Config tags on a real API server with a real kubectl and a real git: what a rollback leaves in the cluster, and
// what the deployments after it make of that.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { configTag } from '../../src/components/config-tag.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import {
  change,
  close,
  deploy,
  live,
  open,
  place,
  plain,
  repositories,
  settingsOf,
} from './config-tag-scene.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4']);

(parts.ready ? describe : describe.skip)('a config tag on a real cluster', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await open();
  }, 120_000);
  afterAll(close);

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
