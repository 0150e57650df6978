// The proxy that makes a real API server fail on purpose: what passes is untouched, what is hit fails as it says.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/real-parts/fault-proxy.ts';
import { sharedCluster } from '../support/shared/parts.ts';

const run = promisify(execFile);
let cluster: Cluster;
let proxy: FaultProxy;

beforeAll(async () => {
  cluster = await sharedCluster();
  proxy = await startFaultProxy(cluster);
}, 120_000);
afterAll(async () => {
  await proxy?.close();
  await cluster?.stop();
});

const kubectl = (...args: string[]): Promise<{ stdout: string }> =>
  run('kubectl', args, { env: { ...process.env, KUBECONFIG: proxy.kubeconfig } });
const creates = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path.includes('/configmaps');

test('what no fault fits passes to the real server', async () => {
  await kubectl('create', 'configmap', 'plain');
  expect((await cluster.call('GET', '/api/v1/namespaces/default/configmaps/plain')).status).toBe(200);
});

test('an answer in the server’s place changes nothing, and only as often as asked', async () => {
  const injected = proxy.inject(creates, { type: 'status', status: 503 }, { times: 1 });
  await expect(kubectl('create', 'configmap', 'refused')).rejects.toThrow();
  expect(injected.hits).toBe(1);
  expect((await cluster.call('GET', '/api/v1/namespaces/default/configmaps/refused')).status).toBe(404);
  await kubectl('create', 'configmap', 'refused');
});

test('before means that the server never heard of it, after that it did', async () => {
  for (const [type, status] of [
    ['reset-before', 404],
    ['reset-after', 201],
  ] as const) {
    const injected = proxy.inject(creates, { type });
    await expect(kubectl('create', 'configmap', type)).rejects.toThrow();
    await injected.hit;
    const there = await cluster.call('GET', `/api/v1/namespaces/default/configmaps/${type}`);
    expect([type, there.status]).toEqual([type, status === 404 ? 404 : 200]);
  }
});
