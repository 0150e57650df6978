// The example with plain workloads, run as its README says: drilled, deployed badly, watched, taken back, announced.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import { sharedCluster } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;
const token = 'status-page-token-4711';

describeReal('the example with a status page', () => {
  let cluster: Cluster;
  let folder = '';
  let kubectl = '';
  let page: Server;
  const told: string[] = [];

  const apply = async (file: string): Promise<void> => {
    const args = ['--namespace', 'orders', 'apply', '-f', join(folder, 'manifests', file)];
    await promisify(execFile)(kubectl, args, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } });
  };
  const run = (inputs: Readonly<Record<string, string>>): Promise<ActionRun> => {
    const { port } = page.address() as AddressInfo;
    return runAction({
      inputs: { plan: 'rollback.yml', inputs: `status-page: http://127.0.0.1:${port}`, ...inputs },
      workspace: folder,
      kubeconfig: cluster.kubeconfig,
      path: [dirname(kubectl)],
      env: { STATUS_TOKEN: token },
    });
  };

  beforeAll(async () => {
    kubectl = (await provide(['kubectl'])).kubectl;
    cluster = await sharedCluster();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-status-page-'));
    await cp('examples/status-page', folder, { recursive: true });
    page = createServer((request, response) => {
      const authorized = request.headers.authorization === `Bearer ${token}`;
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        told.push(`${request.method} ${authorized ? '' : 'without its token '}${JSON.parse(body).state}`);
        response.writeHead(authorized ? 204 : 401).end();
      });
    });
    await new Promise<void>((ready) => page.listen(0, '127.0.0.1', ready));
    const metadata = { name: 'orders', labels: { 'rollback-plan.dev/drill': 'allowed' } };
    await cluster.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
    await apply('good.yaml');
  });
  afterAll(async () => {
    page?.close();
    await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  test('the drill passes, and leaves the good version', async () => {
    const drill = await run({ mode: 'drill' });
    expect(verdictOf(drill)).toBe('verified - exit 0');
    expect(told.splice(0)).toEqual(['PUT investigating', 'PUT monitoring']);
    expect(drill.incident).toContain('DRILL');
  });

  test('a good deploy is noted; a bad one is taken back to it, and the token is in no file', async () => {
    expect(verdictOf(await run({ mode: 'verify', window: '3s' }))).toBe('verified - exit 0');
    await apply('bad.yaml');
    const bad = await run({ mode: 'verify', window: '40s', to: 'last-good', reason: 'deploy of 1.1.0' });
    expect(verdictOf(bad)).toBe('rolled-back deploy-rolled-back exit 1');
    expect(told.splice(0)).toEqual(['PUT investigating', 'PUT monitoring']);
    expect(bad.incident).toContain('worker:1.0.0');
    const written = [
      bad.incident,
      bad.summary,
      JSON.stringify(bad.journal),
      bad.log.replaceAll(/^::add-mask::.*$/gm, ''),
    ];
    expect(written.filter((text) => text.includes(token))).toEqual([]);
  });

  test('the button goes on while the status page is down', async () => {
    await apply('bad.yaml');
    const { port } = page.address() as AddressInfo;
    const pressed = await run({
      mode: 'rollback',
      to: 'last-good',
      inputs: `status-page: http://127.0.0.1:${port === 1 ? 2 : 1}`,
    });
    expect(verdictOf(pressed)).toBe('rolled-back - exit 0');
    expect(told).toEqual([]);
  });
});
