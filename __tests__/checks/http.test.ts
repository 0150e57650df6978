// The `http` check against a real server: what passes, what fails, and what is neither.

import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { http } from '../../src/checks/http.ts';
import type { Json } from '../../src/values/json.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

let world: TestWorld;
let server: Server;
let base = '';

beforeAll(async () => {
  world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
  server = createServer((request, response) => {
    const answer = (status: number, body: string): void => void response.writeHead(status).end(body);
    switch (request.url?.split('?')[0]) {
      case '/health':
        return answer(200, '{"status":"healthy","checks":{"db":{"pool":5}},"version":"1.2.0"}\n');
      case '/sick':
        return answer(500, '{"status":"healthy"}');
      case '/empty':
        return answer(200, ' \n');
      case '/page':
        return answer(200, '<h1>ready</h1>\n');
      case '/moved':
        return void response.writeHead(302, { location: '/health' }).end();
      case '/slow':
        return void setTimeout(() => answer(200, '{}'), 150);
      case '/echo':
        return answer(200, `${request.method} ${request.headers['x-key']}`);
      default:
        return answer(404, '');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function measure(
  path: string,
  more: Record<string, Json> = {},
): Promise<{ state: string; evidence: string; value: Json; expected: string }> {
  const url = path.startsWith('/') ? `${base}${path}` : path;
  return http.measure(world.context(), http.schema.parse({ url, ...more }));
}

describe('a check passes or fails by what users get:', () => {
  const cases: readonly {
    name: string;
    path: string;
    with?: Record<string, Json>;
    state: string;
    evidence: RegExp;
  }[] = [
    {
      name: 'status 200 is expected without saying so',
      path: '/health',
      state: 'pass',
      evidence: /answered 200 after \d+ ms$/,
    },
    {
      name: 'a 500 fails, however healthy its body looks',
      path: '/sick',
      with: { expect: { json: { status: 'healthy' } } },
      state: 'fail',
      evidence: /answered 500 after .*: status: expected 200, found 500$/,
    },
    {
      name: 'a status may be one of several',
      path: '/none',
      with: { expect: { status: [200, 404] } },
      state: 'pass',
      evidence: /answered 404/,
    },
    { name: 'a redirect is not 200', path: '/moved', state: 'fail', evidence: /answered 302/ },
    {
      name: 'a redirect is followed when the plan says so',
      path: '/moved',
      with: { 'follow-redirects': true },
      state: 'pass',
      evidence: /answered 200/,
    },
    {
      name: 'JSON is looked into',
      path: '/health',
      with: { expect: { json: { checks: { db: { pool: '>= 5' } } } } },
      state: 'pass',
      evidence: /200/,
    },
    {
      name: 'a key that JSON lacks fails',
      path: '/health',
      with: { expect: { json: { ready: true } } },
      state: 'fail',
      evidence: /json: ready: expected true, found nothing$/,
    },
    {
      name: 'a body that is no JSON fails where JSON is expected',
      path: '/page',
      with: { expect: { json: { status: 'ok' } } },
      state: 'fail',
      evidence: /json: the body is no JSON$/,
    },
    {
      name: 'the body is searched',
      path: '/page',
      with: { expect: { body: '~ ready' } },
      state: 'pass',
      evidence: /200/,
    },
    {
      name: 'the body is compared without the white space at its ends',
      path: '/page',
      with: { expect: { body: '== <h1>ready</h1>' } },
      state: 'pass',
      evidence: /200/,
    },
    {
      name: 'an empty body is no data and no pass',
      path: '/empty',
      with: { expect: { body: '!~ error' } },
      state: 'inconclusive',
      evidence: /the body is empty/,
    },
    {
      name: 'an empty body is fine where only the status counts',
      path: '/empty',
      state: 'pass',
      evidence: /200/,
    },
    {
      name: 'a slow answer fails an expected latency',
      path: '/slow',
      with: { expect: { latency: '< 100ms' } },
      state: 'fail',
      evidence: /latency: expected < 100ms, found \d{3,}/,
    },
    {
      name: 'an answer that comes too late fails',
      path: '/slow',
      with: { timeout: '50ms' },
      state: 'fail',
      evidence: /timeout, no complete answer within 50 ms/,
    },
    {
      name: 'a name that this machine can not resolve is an error, not a failure',
      path: 'http://nowhere.invalid/',
      state: 'error',
      evidence: /dns/,
    },
    {
      name: 'method and headers are sent',
      path: '/echo',
      with: { method: 'POST', headers: { 'X-Key': 'k' }, expect: { body: 'POST k' } },
      state: 'pass',
      evidence: /^POST /,
    },
  ];
  test.each(cases)('$name', async (each) => {
    const { state, evidence } = await measure(each.path, each.with);
    expect({ state, evidence }).toEqual({
      state: each.state,
      evidence: expect.stringMatching(each.evidence),
    });
  });

  test('nobody listening fails, for users can not connect either', async () => {
    const unused = createTcpServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise((resolve) => unused.close(resolve));
    expect(await measure(`http://127.0.0.1:${port}/`)).toMatchObject({
      state: 'fail',
      value: { fault: 'refused' },
    });
  });

  test('what was expected and found is told in words and as data, and never with the credentials of the URL', async () => {
    const url = base.replace('http://', 'http://user:password@');
    const expected = { status: 200, json: { version: '~ ^1\\.' } };
    const measured = await measure(`${url}/health`, { expect: expected });
    expect(measured).toMatchObject({
      state: 'pass',
      expected: 'status = 200, json.version ~ ^1\\.',
      value: { status: 200, 'latency-ms': expect.any(Number), json: { version: '1.2.0' } },
    });
    expect(JSON.stringify(measured)).not.toContain('password');
  });
});

describe('settings', () => {
  const cases: readonly { name: string; with: Record<string, Json>; path: string }[] = [
    { name: 'take http and https URLs only', with: { url: 'file:///etc/passwd' }, path: 'url' },
    {
      name: 'let nobody expect a body of HEAD',
      with: { url: 'http://x/', method: 'HEAD', expect: { json: { a: 1 } } },
      path: 'expect.json',
    },
    { name: 'let nobody wait for minutes', with: { url: 'http://x/', timeout: '2m' }, path: 'timeout' },
    {
      name: 'know no header with a line break in its name',
      with: { url: 'http://x/', headers: { 'a\nb': 'c' } },
      path: 'headers.a\nb',
    },
    { name: 'know no other expectation', with: { url: 'http://x/', expect: { code: 200 } }, path: 'expect' },
  ];
  test.each(cases)('$name', (each) => {
    expect(http.schema.safeParse(each.with).error?.issues.map((issue) => issue.path.join('.'))).toEqual([
      each.path,
    ]);
  });
});

describe('an API that tells numbers about the service and is not the service', () => {
  const numbers = { 'no-answer': 'inconclusive' } as const;
  const pool = (wanted: Json): Json => ({ json: { checks: { db: { pool: wanted } } } });
  test.each<[string, string, Record<string, Json>, string, string]>([
    ['as expected', '/health', { expect: pool('<= 5') }, 'pass', 'pass'],
    ['a number that is not', '/health', { expect: pool('<= 4') }, 'fail', 'fail'],
    ['no such number', '/health', { expect: { json: { checks: { cache: 1 } } } }, 'fail', 'inconclusive'],
    ['a text where a map is', '/health', { expect: { json: { status: { of: 1 } } } }, 'fail', 'inconclusive'],
    ['another status', '/sick', { expect: { json: { status: 'healthy' } } }, 'fail', 'inconclusive'],
    ['no JSON', '/page', { expect: { json: { value: 1 } } }, 'fail', 'inconclusive'],
    ['nobody listens', 'http://127.0.0.1:1/', {}, 'fail', 'inconclusive'],
    ['no such name', 'http://no-such-name.invalid/', {}, 'error', 'error'],
  ])('%s', async (_name, path, more, usually, here) => {
    expect([(await measure(path, more)).state, (await measure(path, { ...more, ...numbers })).state]).toEqual(
      [usually, here],
    );
  });
});
