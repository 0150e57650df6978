// Port-forwards on a real cluster: one for each place, started again when it died, refused in words, none left behind.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';
import { type OwnStage, processesLeftOf, processesOf, setStage } from '../support/scene.ts';
import { uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl']);
const suite = parts.ready ? describe : describe.skip;

suite('a place inside the cluster', () => {
  const namespace = uniqueName('forward');
  const never = new AbortController().signal;
  const shop = { resource: 'service/shop', port: 80 };
  let stage: OwnStage<'kubectl'>;
  let world: TestWorld;
  let server: Server;

  const forwardsNow = (): readonly string[] =>
    processesOf(namespace).filter((line) => line.includes(' port-forward '));
  const served = async ({ host, port }: { host: string; port: number }): Promise<string> =>
    (await fetch(`http://${host}:${port}/`)).text();

  beforeAll(async () => {
    stage = await setStage();
    const { kubeconfig } = stage.cluster;
    world = await createTestWorld({
      directory: stage.folder,
      home: stage.folder,
      cluster: { kubeconfig, kubectl: stage.kubectl, namespace },
    });
    server = createServer((_request, response) => void response.end('served'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await world.kubectl(['create', 'namespace', namespace]);
    await world.kubectl(['create', 'deployment', 'shop', '--image=shop:1']);
    await world.kubectl(['expose', 'deployment', 'shop', '--port=80', '--target-port=8080']);
    await world.kubectl(['rollout', 'status', 'deployment/shop', '--timeout=20s']);
    await stage.cluster.answerFor(namespace, {
      forwards: { 8080: (server.address() as AddressInfo).port },
    });
  });
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await stage?.stop();
  });

  test('is reached through one kubectl, however often it is asked for', async () => {
    const context = world.context();
    const [one, two] = await Promise.all([context.forward(shop, never), context.forward(shop, never)]);
    expect(await served(one)).toBe('served');
    expect(two).toEqual(one);
    expect(await context.forward({ ...shop, namespace }, never)).toEqual(one);
    expect(forwardsNow()).toHaveLength(1);
  });

  test('is reached again when that kubectl died', async () => {
    const context = world.context();
    await context.forward(shop, never);
    for (const line of forwardsNow()) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    for (let look = 0; look < 100 && forwardsNow().length > 0; look++)
      await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => setTimeout(done, 200));
    expect(await served(await context.forward(shop, never))).toBe('served');
  });

  test('that is not there is told in kubectl’s words, with a command to try', async () => {
    await expect(
      world.context().forward({ resource: 'service/none', port: 80 }, never),
    ).rejects.toMatchObject({
      code: 'cluster-unreachable',
      message: expect.stringMatching(/port-forward to service\/none port 80 .*"none" not found/),
      hint: expect.stringContaining(`--namespace=${namespace} service/none :80`),
    });
  });

  test('that the account may not reach names the permission', async () => {
    const limited = await createTestWorld({
      directory: stage.folder,
      home: stage.folder,
      cluster: {
        kubeconfig: await stage.cluster.kubeconfigFor('limited'),
        kubectl: stage.kubectl,
        namespace,
      },
    });
    await expect(limited.context().forward(shop, never)).rejects.toMatchObject({
      code: 'permission-missing',
      hint: expect.stringContaining('pods/portforward'),
    });
    await limited.close();
  });

  test('is left alone by whoever gave up waiting', async () => {
    const gone = AbortSignal.abort();
    await expect(world.context().forward({ ...shop, port: 8081 }, gone)).rejects.toThrow('cancelled');
  });

  test('is let go of at the end', async () => {
    await world.context().forward(shop, never);
    await world.close();
    expect(await processesLeftOf(namespace)).toEqual([]);
  });
});
