// The ways into a cluster, on a real one: through kubectl port-forward, and with curl from inside a pod.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { alerts } from '../../src/checks/alerts.ts';
import { command } from '../../src/checks/command.ts';
import { http } from '../../src/checks/http.ts';
import { prometheus } from '../../src/checks/prometheus.ts';
import { version } from '../../src/checks/version.ts';
import type { Json } from '../../src/values/json.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';
import { type OwnStage, setStage } from '../support/scene.ts';
import { uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl']);
const suite = parts.ready ? describe : describe.skip;

suite('a check of what only the cluster can reach', () => {
  const namespace = uniqueName('via');
  let stage: OwnStage<'kubectl'>;
  let world: TestWorld;
  let server: Server;
  let port = 0;
  /** Below the ports that this machine gives to whoever asks for any, so that nobody comes to listen. */
  const nobody = 1;
  const seen: { readonly host: string | undefined; readonly body: string; readonly key: string }[] = [];

  beforeAll(async () => {
    stage = await setStage();
    server = createServer(async (request: IncomingMessage, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push({ host: request.headers.host, body, key: String(request.headers['x-key']) });
      if (request.url === '/moved') return void response.writeHead(302, { location: '/health' }).end('gone');
      if (request.url === '/empty') return void response.writeHead(204).end();
      if (request.url === '/slow') return void setTimeout(() => response.end(), 3_000);
      if (request.url === '/api/v1/query')
        return void response.end('{"status":"success","data":{"resultType":"scalar","result":[1,"0.25"]}}');
      if (request.url?.startsWith('/api/v2/alerts') === true) return void response.end('[]');
      const sick = request.url === '/sick';
      response.writeHead(sick ? 500 : 200, { 'X-Token': 'tok-1' });
      // The end looks like what curl writes about an answer.
      response.end(`{"status":"healthy","method":"${request.method}"}${sick ? '\n0 200 1' : ''}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    world = await createTestWorld({
      directory: stage.folder,
      home: stage.folder,
      cluster: { kubeconfig: stage.cluster.kubeconfig, kubectl: stage.kubectl, namespace },
    });
    await world.kubectl(['create', 'namespace', namespace]);
    await world.kubectl(['create', 'deployment', 'shop', '--image=shop:1']);
    await world.kubectl(['create', 'deployment', 'empty', '--image=shop:1', '--replicas=0']);
    await world.kubectl(['expose', 'deployment', 'shop', '--port=80', '--target-port=8080']);
    await world.kubectl(['rollout', 'status', 'deployment/shop', '--timeout=20s']);
    await stage.cluster.answerFor(namespace, { exec: {}, forwards: { 8080: port, 8081: nobody } });
  });
  afterAll(async () => {
    await world?.close();
    server?.closeAllConnections();
    server?.close();
    await stage?.stop();
  });

  const measure = (settings: Json): ReturnType<typeof http.measure> =>
    http.measure(world.context(), http.schema.parse(settings));
  const forward = { 'port-forward': 'service/shop' };
  const exec = { exec: 'deployment/shop' };

  test('port-forward asks for the host of the URL, on the port of the service', async () => {
    seen.length = 0;
    const expected = { json: { status: 'healthy' } };
    const measured = await measure({ url: 'http://shop.example/health', via: forward, expect: expected });
    expect(measured).toMatchObject({ state: 'pass', value: { status: 200 } });
    expect(seen[0]?.host).toBe('shop.example');
    expect(await measure({ url: 'http://shop.example/sick', via: forward })).toMatchObject({
      state: 'fail',
    });
    expect(
      await measure({ url: 'http://x:9/health', via: { 'port-forward': 'deployment/shop', port: 8080 } }),
    ).toMatchObject({ state: 'pass' });
  });

  test('a pod behind which nobody listens fails, and no pod at all is an error', async () => {
    const place = { 'port-forward': 'deployment/shop', port: 8081 };
    expect(await measure({ url: 'http://x/', via: place })).toMatchObject({
      state: 'fail',
      value: { fault: 'reset' },
    });
    expect(await measure({ url: 'http://x/', via: { 'port-forward': 'service/none' } })).toMatchObject({
      state: 'error',
      evidence: expect.stringMatching(/not sent: kubectl port-forward to service\/none .*not found/),
    });
  });

  test('Prometheus and Alertmanager are asked through a port and from inside a pod', async () => {
    const ways = [
      ['http://prometheus.monitoring', forward],
      [`http://127.0.0.1:${port}`, exec],
    ] as const;
    for (const [url, via] of ways) {
      const share = { url, via, query: 'sum(rate(x[1m]))', expect: '<= 0.2' };
      expect(await prometheus.measure(world.context(), prometheus.schema.parse(share))).toMatchObject({
        state: 'fail',
        value: 0.25,
      });
      expect(seen.at(-1)?.body).toBe('query=sum%28rate%28x%5B1m%5D%29%29');
      expect(
        await alerts.measure(world.context(), alerts.schema.parse({ url, via, match: { a: 'b' } })),
      ).toMatchObject({ state: 'pass', value: { count: 0 } });
    }
    const nowhere = { url: 'http://x', via: { 'port-forward': 'service/none' } };
    expect(await alerts.measure(world.context(), alerts.schema.parse(nowhere))).toMatchObject({
      state: 'error',
      evidence: expect.stringMatching(/not sent: kubectl port-forward to service\/none .*not found/),
    });
    const secret = { url: `http://127.0.0.1:${port}`, via: exec, 'bearer-token-env': 'TOKEN' };
    expect(await alerts.measure(world.context(), alerts.schema.parse(secret))).toMatchObject({
      state: 'error',
      evidence: expect.stringContaining('secrets of the plan are not taken into a pod'),
    });
  });

  test('curl in a pod answers as a request from here does', async () => {
    seen.length = 0;
    const url = `http://127.0.0.1:${port}`;
    const body = 'it\'s "quoted" \\ $HOME `id`\nüber\t@{x}';
    const requests = [
      { url: `${url}/a`, method: 'POST', body: body.replace('@{x}', ''), keep: { t: 'header.x-token' } },
      { url: `${url}/b`, headers: { 'X-Key': 'k-@{t}' }, expect: { json: { method: 'GET' } } },
      { url: `${url}/empty`, method: 'HEAD', expect: { status: 204 } },
    ];
    expect(await measure({ requests, via: exec })).toMatchObject({
      state: 'pass',
      evidence: expect.stringMatching(/: 200 after \d+ ms; .*: 200 after \d+ ms; .*: 204 after/),
    });
    expect(seen.map(({ key }) => key)).toEqual(['undefined', 'k-tok-1', 'undefined']);
    expect(seen[0]?.body).toBe(body.replace('@{x}', ''));
    expect(await measure({ url: `${url}/sick`, via: exec })).toMatchObject({
      state: 'fail',
      value: { status: 500 },
    });
    expect(await measure({ url: `${url}/moved`, via: exec })).toMatchObject({ value: { status: 302 } });
    expect(
      await measure({
        url: `${url}/moved`,
        via: exec,
        'follow-redirects': true,
        expect: { body: '~ ^\\{.*healthy' },
      }),
    ).toMatchObject({ state: 'pass' });
  });

  test.each([
    ['nobody listens', () => `http://127.0.0.1:${nobody}/`, 'fail', 'refused'],
    ['the answer comes too late', () => `http://127.0.0.1:${port}/slow`, 'fail', 'timeout'],
    ['the name does not resolve', () => 'http://nowhere.invalid/', 'error', 'dns'],
  ])('curl in a pod tells faults apart: %s', async (_name, url, state, fault) => {
    const measured = await measure({ url: url(), via: exec, timeout: '1s' });
    expect(`${measured.state}: ${measured.evidence}`).toMatch(
      new RegExp(`^${state}: GET \\S+: ${fault}, from inside deployment/shop: `),
    );
  });

  test('no pod and no curl are an error, never a failure of the service', async () => {
    const url = `http://127.0.0.1:${port}/`;
    expect(await measure({ url, via: { exec: 'pod/none' } })).toMatchObject({
      state: 'error',
      evidence: expect.stringMatching(/not sent from inside pod\/none: .*not found/),
    });
    const place = uniqueName('bare');
    await world.kubectl(['create', 'namespace', place]);
    await world.kubectl([`--namespace=${place}`, 'run', 'bare', '--image=shop:1']);
    await world.kubectl([`--namespace=${place}`, 'wait', 'pod/bare', '--for=condition=Ready']);
    expect(await measure({ url, via: { exec: 'pod/bare', namespace: place } })).toMatchObject({
      state: 'error',
      evidence: expect.stringMatching(/not sent from inside pod\/bare: .*no exec found/),
    });
    await stage.cluster.answerFor(place, { exec: { env: { PATH: '/nowhere' } } });
    await new Promise((done) => setTimeout(done, 200));
    expect(await measure({ url, via: { exec: 'pod/bare', namespace: place } })).toMatchObject({
      state: 'error',
      evidence: expect.stringContaining('the container has no curl'),
    });
  });

  test('a verifier in a pod tells its exit code, gets its values, and is an error where it can not run', async () => {
    const run = (settings: Record<string, Json>): ReturnType<typeof command.measure> =>
      command.measure(world.context(), command.schema.parse({ via: exec, ...settings }));
    const script = 'cat; echo "checked"; printf \'{"who":"%s"}\' "$WHO"; test "$FAIL" = no || exit 3';
    const env = { WHO: "it's $(id)", FAIL: 'no' };
    expect(await run({ run: script, env, expect: { json: { who: "it's $(id)" } } })).toMatchObject({
      state: 'pass',
    });
    expect(await run({ run: script, env: { ...env, FAIL: 'yes' } })).toMatchObject({
      state: 'fail',
      value: { 'exit-code': 3 },
    });
    expect(await run({ run: script, env: { ...env, FAIL: 'yes' }, 'no-data-exit-code': 3 })).toMatchObject({
      state: 'inconclusive',
    });
    expect(await run({ command: ['printf', '%s', "a 'b'"], expect: { stdout: "a 'b'" } })).toMatchObject({
      state: 'pass',
    });
    expect(await run({ command: ['rollback-plan-none'] })).toMatchObject({ state: 'error' });
    expect(await run({ command: ['true'], via: { exec: 'deployment/none' } })).toMatchObject({
      state: 'error',
      evidence: expect.stringMatching(/inside deployment\/none could not be run: .*not found/),
    });
  });

  test('an account that may not exec is told the right that it lacks, and the question to the server', async () => {
    const reader = ['role', 'reader', '--verb=get,list', '--resource=pods,deployments.apps'];
    await world.kubectl(['create', ...reader]);
    await world.kubectl(['create', 'rolebinding', 'reader', '--role=reader', '--user=limited']);
    const kubeconfig = await stage.cluster.kubeconfigFor('limited');
    const limited = await createTestWorld({
      directory: stage.folder,
      home: stage.folder,
      cluster: { kubeconfig, kubectl: stage.kubectl, namespace },
    });
    try {
      const settings = command.schema.parse({ command: ['true'], via: exec });
      expect(await command.measure(limited.context(), settings)).toMatchObject({
        state: 'error',
        evidence: expect.stringMatching(
          /^`true` inside deployment\/shop could not be run: .*forbidden.*Give the account `create` on pods\/exec.* kubectl auth can-i create pods\/exec .*--namespace=/,
        ),
      });
    } finally {
      await limited.close();
    }
  });

  test('the version is what pods run, and two at once are a rollout under way', async () => {
    const measured = async (settings: Record<string, Json>): Promise<string> => {
      const wanted = version.schema.parse({ workload: 'deployment/shop', expect: '== 1', ...settings });
      const { state, evidence } = await version.measure(world.context(), wanted);
      return `${state}: ${evidence}`;
    };
    expect(await measured({})).toBe('pass: pods of deployment/shop: version 1');
    expect(await measured({ expect: '== 2' })).toMatch(/^fail: .* expected == 2, found "1"$/);
    expect(await measured({ workload: 'deployment/empty' })).toMatch(/^inconclusive: .* has no pods/);
    expect(await measured({ workload: 'deployment/none' })).toMatch(/^fail: .* does not exist/);
    const labels = { labels: { behaviour: 'crash' } };
    const spec = { containers: [{ name: 'shop', image: 'shop:2' }] };
    const patch = JSON.stringify({ spec: { template: { metadata: labels, spec } } });
    await world.kubectl(['patch', 'deployment/shop', '-p', patch]);
    for (let look = 0; look < 50 && !(await measured({})).includes('several'); look++)
      await new Promise((done) => setTimeout(done, 100));
    expect(await measured({})).toMatch(/^fail: .*several versions at once: .*1 \(1 of 2\)/);
  });
});
