// What answers `kubectl logs`, `exec` and `port-forward` on the shared cluster: said for one namespace while the cluster
// runs, and for no other.

import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type OwnStage, setStage } from '../support/scene.ts';
import { uniqueName } from '../support/shared/parts.ts';
import { eventually } from './processes.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl']);
const suite = parts.ready ? describe : describe.skip;
const execute = promisify(execFile);

suite('a namespace whose containers were given a voice', () => {
  const namespace = uniqueName('voice');
  const silent = uniqueName('silent');
  let stage: OwnStage<'kubectl'>;

  const flags = (place: string): readonly string[] => [
    `--kubeconfig=${stage.cluster.kubeconfig}`,
    `--namespace=${place}`,
  ];
  const kubectl = async (place: string, ...args: string[]): Promise<string> =>
    (await execute(stage.kubectl, [...flags(place), ...args], { timeout: 20_000 })).stdout;
  const said = (place: string, ...args: string[]): Promise<string> =>
    kubectl(place, ...args).catch((error: { stderr: string }) => `failed: ${error.stderr}`);

  beforeAll(async () => {
    stage = await setStage();
    for (const place of [namespace, silent]) {
      await kubectl(place, 'create', 'namespace', place);
      for (const pod of ['one', 'two']) await kubectl(place, 'run', pod, '--image=shop:1');
      await kubectl(place, 'wait', 'pod', '--all', '--for=condition=Ready', '--timeout=20s');
    }
  });
  afterAll(() => stage?.stop());

  test('logs differ from pod to pod, and can change', async () => {
    const { cluster } = stage;
    await cluster.answerFor(namespace, {
      logs: { one: { logs: ['hello'], previousLogs: ['out of memory'] } },
    });
    await eventually(async () => (await said(namespace, 'logs', 'one')) === 'hello\n');
    expect(await kubectl(namespace, 'logs', 'one', '--previous')).toBe('out of memory\n');
    expect(await kubectl(namespace, 'logs', 'two')).toBe('');
    expect(await kubectl(silent, 'logs', 'one')).toBe('');
    await cluster.answerFor(namespace, { logs: { one: { logs: ['bye'] } } });
    expect(await kubectl(namespace, 'logs', 'one')).toBe('bye\n');
  });

  test('exec runs on this machine, with what it is sent', async () => {
    expect(await said(namespace, 'exec', 'one', '--', 'true')).toMatch(/^failed: .*no exec found/s);
    await stage.cluster.answerFor(namespace, { exec: { env: { GREETING: 'hello' } } });
    const greeting = ['exec', 'two', '--', 'sh', '-c', 'echo $GREETING'];
    await eventually(async () => (await said(namespace, ...greeting)) === 'hello\n');
    const shell = execute(stage.kubectl, [...flags(namespace), 'exec', '-i', 'one', '--', 'sh']);
    shell.child.stdin?.end('echo from stdin; exit 0\n');
    expect((await shell).stdout).toBe('from stdin\n');
    expect(await said(silent, 'exec', 'one', '--', 'true')).toMatch(/^failed: .*no exec found/s);
  });

  test('port-forward leads to a port of this machine', async () => {
    const server = createServer((_request, response) => void response.end('served'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await stage.cluster.answerFor(namespace, { forwards: { 80: (server.address() as AddressInfo).port } });
    const forward = spawn(stage.kubectl, [...flags(namespace), 'port-forward', 'pod/one', ':80']);
    try {
      const line = await new Promise<string>((resolve) =>
        createInterface({ input: forward.stdout }).once('line', resolve),
      );
      const [, port = ''] = /^Forwarding from 127\.0\.0\.1:(\d+) -> 80$/.exec(line) ?? [];
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('served');
    } finally {
      forward.kill();
      server.closeAllConnections();
      server.close();
    }
  });
});
