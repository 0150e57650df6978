// The `http` check beyond one request: many places, many times, several in a row, and the certificate they come with.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { judgeCertificate } from '../../src/checks/http/certificate.ts';
import { percentileOf } from '../../src/checks/http/samples.ts';
import { http } from '../../src/checks/http.ts';
import type { Json } from '../../src/values/json.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

const token = 'tok-5f2c91aa07';
const password = 'pass"word-77';
const folder = mkdtempSync(join(tmpdir(), 'rollback-plan-http-many-'));
let world: TestWorld;
let server: Server;
let secure: Server;
let base = '';
let secureBase = '';
let delays: number[] = [];
let statuses: number[] = [];
const seen: { readonly url: string; readonly body: string; readonly authorization: string | undefined }[] =
  [];

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

beforeAll(async () => {
  world = await createTestWorld({ directory: folder, home: folder, secrets: { SMOKE_PASSWORD: password } });
  server = createServer(async (request, response) => {
    const { url = '', headers } = request;
    const { authorization } = headers;
    const body = await bodyOf(request);
    seen.push({ url, body, authorization });
    const answer = (status: number, text: string, more: Record<string, string> = {}): void =>
      void response.writeHead(status, more).end(text);
    switch (url.split('?')[0]) {
      case '/login':
        if (JSON.parse(body).password !== password) return answer(401, '{}');
        return answer(200, JSON.stringify({ data: { token } }), { 'x-session': 'a b/c' });
      case '/account':
        return authorization === `Bearer ${token}` ? answer(200, `{"token":"${token}"}`) : answer(403, '');
      case '/down':
        return answer(503, '');
      case '/timed':
        return void setTimeout(() => answer(statuses.shift() ?? 200, ''), delays.shift() ?? 0);
      default:
        return answer(200, '{"status":"healthy"}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const at = (name: string): string => join(folder, name);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '20', ...subject],
      ...['-keyout', at('key.pem'), '-out', at('ca.pem')],
    ],
    { stdio: 'ignore' },
  );
  secure = createTlsServer(
    { key: readFileSync(at('key.pem')), cert: readFileSync(at('ca.pem')) },
    (_request, response) => void response.end('ok'),
  );
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  secureBase = `https://localhost:${(secure.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  secure.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  seen.length = 0;
  delays = [];
  statuses = [];
});

const measure = (settings: Json): ReturnType<typeof http.measure> =>
  http.measure(world.context(), http.schema.parse(settings));

describe('several URLs', () => {
  test('are all asked, also behind one that fails', async () => {
    const measured = await measure({ url: [`${base}/down`, `${base}/health`, `${base}/down?two`] });
    expect(seen.map(({ url }) => url).toSorted()).toEqual(['/down', '/down?two', '/health']);
    expect(measured).toMatchObject({
      state: 'fail',
      evidence: expect.stringMatching(
        /^1 of 3 URLs are as expected; GET \S+\/down answered 503 .*; GET \S+\/down\?two answered 503 /,
      ),
      value: [{ state: 'fail' }, { state: 'pass', value: { status: 200 } }, { state: 'fail' }],
    });
  });

  test('fail where users are not served, though another could not be asked at all', async () => {
    expect(await measure({ url: ['http://nowhere.invalid/', `${base}/down`] })).toMatchObject({
      state: 'fail',
    });
    expect(await measure({ url: ['http://nowhere.invalid/', `${base}/health`] })).toMatchObject({
      state: 'error',
    });
    expect(await measure({ url: [`${base}/a`, `${base}/b`] })).toMatchObject({
      state: 'pass',
      evidence: '2 of 2 URLs are as expected',
    });
  });
});

describe('one request many times', () => {
  test.each([
    ['the one slow answer of twenty is what p95 leaves out', [150], 'pass'],
    ['two slow answers of twenty are not', [150, 150], 'fail'],
  ])('%s', async (_name, slow, state) => {
    delays = slow;
    const measured = await measure({
      url: `${base}/timed`,
      repeat: 20,
      expect: { 'latency-p95': '< 100ms' },
    });
    expect(measured).toMatchObject({
      state,
      value: { samples: 20, failed: 0 },
      plot: { limit: 100, unit: 'ms' },
      evidence: expect.stringMatching(/20 of 20 answers as expected, p50 \d+ ms, p95 \d+ ms, p99 \d{3,} ms/),
    });
    expect(measured.value).toHaveProperty(['latency-ms', 'length'], 20);
    expect(seen).toHaveLength(20);
  });

  test('one bad answer among many fails, and is counted', async () => {
    statuses = [200, 500, 200, 500];
    expect(await measure({ url: `${base}/timed`, repeat: 5 })).toMatchObject({
      state: 'fail',
      value: { samples: 5, failed: 2 },
      evidence: expect.stringContaining('3 of 5 answers as expected'),
    });
  });

  test.each([
    [[5], 95, 5],
    [[1, 2, 3, 4], 50, 2],
    [Array.from({ length: 20 }, (_, index) => index + 1), 95, 19],
    [Array.from({ length: 100 }, (_, index) => 100 - index), 99, 99],
    [[], 95, undefined],
  ])('the percentile of %j at %i is one of them', (values, percent, wanted) => {
    expect(percentileOf(values, percent)).toBe(wanted);
  });
});

describe('requests in a row', () => {
  const login = {
    name: 'login',
    method: 'POST',
    json: { user: 'smoke', password: '@{secrets.SMOKE_PASSWORD}' },
    keep: { token: 'json.data.token', session: 'header.X-Session' },
  };
  const account = {
    name: 'account',
    headers: { Authorization: 'Bearer @{token}' },
    expect: { json: { token: '== something else' } },
  };

  test('hand on what they kept, with a secret in the body, and show neither', async () => {
    const measured = await measure({
      requests: [
        { ...login, url: `${base}/login` },
        { ...account, url: `${base}/account?session=@{session}`, expect: {} },
      ],
    });
    expect(measured).toMatchObject({
      state: 'pass',
      evidence: expect.stringMatching(/^login: 200 after \d+ ms; account: 200 after \d+ ms$/),
    });
    expect(seen.map(({ url }) => url)).toEqual(['/login', '/account?session=a%20b%2Fc']);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ user: 'smoke', password });
    expect(JSON.stringify(measured)).not.toMatch(new RegExp(`${token}|pass.*word-77`));
  });

  test('a kept value is masked where an expectation quotes the answer', async () => {
    const measured = await measure({
      requests: [
        { ...login, url: `${base}/login` },
        { ...account, url: `${base}/account` },
      ],
    });
    expect(measured.state).toBe('fail');
    expect(measured.evidence).toContain('found "***"');
    expect(JSON.stringify(measured)).not.toContain(token);
  });

  test('end with the first that fails, and name what was not sent', async () => {
    const measured = await measure({
      requests: [
        { ...login, url: `${base}/login`, json: { password: 'wrong' } },
        { ...account, url: `${base}/account` },
      ],
    });
    expect(measured).toMatchObject({
      state: 'fail',
      evidence: expect.stringMatching(/^login: POST \S+ answered 401 .*; not sent: account$/),
    });
    expect(seen).toHaveLength(1);
  });

  test('a login without a token is none, whatever its status', async () => {
    const measured = await measure({
      requests: [{ url: `${base}/health`, keep: { token: 'json.data.token' } }],
    });
    expect(measured).toMatchObject({
      state: 'fail',
      evidence: expect.stringContaining('there is no token at json.data.token in the answer'),
    });
  });

  test('a secret that the plan does not declare is not sent', async () => {
    const json = { password: '@{secrets.OTHER_PASSWORD}' };
    expect(await measure({ requests: [{ ...login, url: `${base}/login`, json }] })).toMatchObject({
      state: 'error',
      evidence: expect.stringContaining('the plan declares no secret OTHER_PASSWORD'),
    });
    expect(seen).toEqual([]);
  });
});

describe('a certificate', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const response = (certificateExpires?: string): Parameters<typeof judgeCertificate>[1] => ({
    ...{ status: 200, headers: {}, body: '', durationMs: 1 },
    ...(certificateExpires === undefined ? {} : { certificateExpires }),
  });
  test.each([
    ['>= 14d', '2026-01-15T00:00:00Z', 'pass', 14],
    ['>= 14d', '2026-01-14T23:59:59Z', 'fail', 13],
    ['> 14d', '2026-01-15T00:00:00Z', 'fail', 14],
    ['> 14d', '2026-01-15T00:00:01Z', 'pass', 14],
  ])('%s, expiring %s: %s', (expected, expires, state, days) => {
    expect(judgeCertificate(expected, response(expires), now)).toMatchObject({ state, days });
  });
  test('that was not shown is no pass', () => {
    expect(judgeCertificate('>= 1d', response(), now).state).toBe('inconclusive');
  });

  test.each([
    ['>= 14d', 'pass'],
    ['>= 30d', 'fail'],
  ])('of a real server, %s: %s', async (certificate, state) => {
    const measured = await measure({ url: secureBase, 'ca-file': 'ca.pem', expect: { certificate } });
    expect(measured).toMatchObject({ state, value: { 'certificate-days': 19 } });
    if (state === 'fail') expect(measured.evidence).toMatch(/expires 20\d\d-.*, in 19 days$/);
  });

  test('is verified: without its authority the request fails', async () => {
    expect(await measure({ url: secureBase })).toMatchObject({ state: 'fail', value: { fault: 'tls' } });
  });

  test('file that is not there is an error', async () => {
    expect(await measure({ url: secureBase, 'ca-file': 'none.pem' })).toMatchObject({
      state: 'error',
      evidence: expect.stringContaining('`ca-file` names none.pem'),
    });
  });
});

describe('settings', () => {
  const url = 'http://x/';
  const cases: readonly { name: string; with: Record<string, Json>; path: string }[] = [
    { name: 'want url or requests', with: {}, path: '' },
    { name: 'want not both of them', with: { url, requests: [{ url }] }, path: '' },
    {
      name: 'know a certificate of https only',
      with: { url, expect: { certificate: '>= 1d' } },
      path: 'expect.certificate',
    },
    {
      name: 'take days for a certificate',
      with: { url: 'https://x/', expect: { certificate: '>= 2w' } },
      path: 'expect.certificate',
    },
    {
      name: 'want samples for p95',
      with: { url, repeat: 19, expect: { 'latency-p95': '< 1s' } },
      path: 'expect.latency-p95',
    },
    {
      name: 'know no value that nothing kept',
      with: { requests: [{ url: 'http://x/@{id}' }] },
      path: 'requests.0',
    },
    {
      name: 'know a value only behind the request that keeps it',
      with: { requests: [{ url, keep: { id: 'json.id' }, body: '@{id}' }] },
      path: 'requests.0',
    },
    {
      name: 'let no kept value be a host',
      with: { requests: [{ url, keep: { h: 'json.h' } }, { url: 'http://@{h}/' }] },
      path: 'requests.1',
    },
    { name: 'take secrets into a body, not a URL', with: { url: 'http://x/?k=@{secrets.KEY}' }, path: 'url' },
    { name: 'want one body', with: { url, method: 'POST', body: 'a', json: {} }, path: 'json' },
    { name: 'want one way to get there', with: { url, via: {} }, path: 'via' },
    {
      name: 'know no port in a pod',
      with: { url, via: { exec: 'deployment/a', port: 1 } },
      path: 'via.port',
    },
    {
      name: 'let nothing be an option of kubectl',
      with: { url, via: { 'port-forward': '--kubeconfig=x' } },
      path: 'via.port-forward',
    },
  ];
  test.each(cases)('$name', (each) => {
    const issues = http.schema.safeParse(each.with).error?.issues ?? [];
    expect([...new Set(issues.map((issue) => issue.path.join('.')))]).toEqual([each.path]);
  });
});
