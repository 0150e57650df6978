// What a request prepares, refuses, repeats and hands on; the exchange itself is in the end-to-end tests.

import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { http, retryClass } from '../../src/steps/http.ts';
import type { Json } from '../../src/values/json.ts';
import type { OperationResult } from '../../src/values/operation.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

const url = 'https://api.example/hook';
let world: TestWorld;
let state: { readonly status: number; readonly body: string } = { status: 200, body: '' };
const server = createServer((_, response) => {
  response.writeHead(state.status);
  response.end(state.body);
});
let origin = '';
beforeAll(async () => {
  world = await createTestWorld({ directory: '/tmp', home: '/tmp', secrets: { API_TOKEN: 'secret-value' } });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  origin = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});
afterAll(() => {
  server.close();
});

const answered = (status: number | undefined, stdout = ''): OperationResult => ({
  exitCode: undefined,
  status,
  stdout,
  stderr: '',
  durationMs: 1,
});

describe('settings', () => {
  const cases: readonly { name: string; settings: Record<string, Json>; path: string | undefined }[] = [
    { name: 'a URL is enough', settings: { url }, path: undefined },
    {
      name: 'credentials in the URL are refused',
      settings: { url: 'https://me:pw@x.example/' },
      path: 'url',
    },
    ...[
      '../../admin/all?x=1',
      'a/../b',
      './a',
      '..',
      '%2e%2E/a',
      '.%2e/a',
      '..%2fadmin',
      'a%5c..%5cb',
      'a\\..\\b',
      'x\n1',
      'x\ty',
      'x y',
      'x\u0000',
    ].map((id) => ({
      name: `what an expression put in leads nowhere else: ${JSON.stringify(id)}`,
      settings: { url: `https://api.example/jobs/${id}` },
      path: 'url',
    })),
    ...['a..b', '...', 'group%2Fproject', 'x?path=../y', 'x#../y', '.well-known/z'].map((id) => ({
      name: `what only looks like it is sent: ${id}`,
      settings: { url: `https://api.example/jobs/${id}` },
      path: undefined,
    })),
    {
      name: 'the question is held to the same',
      settings: { url, 'done-if': { url: `${url}/../x` } },
      path: 'done-if.url',
    },
    { name: 'only HTTP is spoken', settings: { url: 'file:///etc/passwd' }, path: 'url' },
    { name: 'a header is one line', settings: { url, headers: { A: 'b\r\nC: d' } }, path: 'headers.A' },
    { name: 'body and json exclude each other', settings: { url, body: 'x', json: {} }, path: 'json' },
    { name: 'GET has no body', settings: { url, method: 'GET', body: 'x' }, path: 'body' },
    {
      name: 'a token is named, not written',
      settings: { url, 'bearer-token-env': 'ghp_abc.def' },
      path: 'bearer-token-env',
    },
    {
      name: 'a header comes from one place',
      settings: { url, headers: { authorization: 'x' }, 'bearer-token-env': 'API_TOKEN' },
      path: 'headers',
    },
    { name: 'a status is one', settings: { url, 'expect-status': 2000 }, path: 'expect-status' },
  ];
  test.each(cases)('$name', ({ settings, path }) => {
    expect(http.schema.safeParse(settings).error?.issues[0]?.path.join('.')).toBe(path);
  });
});

test.each([
  ['POST', undefined, 'once'],
  ['PATCH', undefined, 'once'],
  ['PUT', undefined, 'idempotent'],
  ['DELETE', undefined, 'idempotent'],
  ['GET', undefined, 'read'],
  ['HEAD', undefined, 'read'],
  ['POST', true, 'idempotent'],
  ['PUT', false, 'once'],
  ['GET', false, 'once'],
] as const)('%s with idempotent %s is of class %s', (method, idempotent, expected) => {
  expect(retryClass({ method, idempotent })).toBe(expected);
});

describe('what is prepared', () => {
  test('holds the name of the secret and not its value, anywhere', async () => {
    const settings = http.schema.parse({ url, 'bearer-token-env': 'API_TOKEN', json: { a: 1 } });
    const prepared = await http.prepare(world.context(), settings);
    expect(JSON.stringify(prepared)).not.toContain('secret-value');
    expect(prepared.operations[0]?.act).toMatchObject({
      request: {
        method: 'POST',
        body: '{"a":1}',
        headers: { 'Content-Type': 'application/json' },
        secretHeaders: { Authorization: { secret: 'API_TOKEN', prefix: 'Bearer ' } },
      },
      followRedirects: false,
    });
    expect(prepared.preview).toContain('{"a":1}');
  });

  test.each(['headers-from-env', 'done-if'] as const)(
    'is refused for a secret in %s that the plan does not declare',
    async (where) => {
      const headers = { 'headers-from-env': { 'X-Key': 'GITHUB_TOKEN' } };
      const settings = http.schema.parse(
        where === 'done-if' ? { url, 'done-if': { url, ...headers } } : { url, ...headers },
      );
      await expect(http.prepare(world.context(), settings)).rejects.toMatchObject({
        code: 'secret-missing',
        hint: 'Add to the plan: secrets: [API_TOKEN, GITHUB_TOKEN]',
      });
    },
  );

  test('warns of a secret on a wire without TLS, but not on loopback', async () => {
    const notes = async (to: string): Promise<string> => {
      const settings = http.schema.parse({ url: to, 'bearer-token-env': 'API_TOKEN' });
      return (await http.prepare(world.context(), settings)).notes.join();
    };
    expect(await notes('http://api.example/')).toContain('WITHOUT TLS');
    expect(`${await notes('https://api.example/')}${await notes('http://127.0.0.1:1/')}`).not.toContain(
      'TLS',
    );
  });
});

describe('outputs', () => {
  const outputs = { id: 'job.id', first: 'items.0' };
  const body = '{"job":{"id":7},"items":["a","b"],"list":{}}';
  const read = (settings: Record<string, Json>, result: OperationResult) =>
    http.outputs?.([result], http.schema.parse({ url, ...settings }));

  test('are the status and what the plan names in the body', () => {
    expect(read({ outputs }, answered(202, body))).toEqual({ status: 202, id: 7, first: 'a' });
    expect(read({}, answered(204))).toEqual({ status: 204 });
  });

  test.each([
    ['a path that is not there', 'job.name', body],
    ['a map', 'list', body],
    ['what every object inherits', 'constructor.name', body],
    ['a body that is no JSON', 'job.id', '<html>'],
    ['an integer that would be rounded', 'id', '{"id":9007199254740993}'],
    ['a negative one', 'id', '{"id":-12345678901234567890}'],
  ])('fail the step for %s', async (_, path, text) => {
    const settings = http.schema.parse({ url, outputs: { id: path } });
    const result = answered(200, text);
    expect(http.outputs?.([result], settings)).toEqual({});
    expect(await http.verify(world.context(), settings, [result])).toMatchObject({ state: 'failed' });
  });
});

test('outputs keep the largest integer that is not rounded, and any number of digits in a string', () => {
  const settings = http.schema.parse({ url, outputs: { a: 'a', b: 'b' } });
  const body = '{"a":9007199254740991,"b":"9007199254740993"}';
  expect(http.outputs?.([answered(200, body)], settings)).toMatchObject({
    a: Number.MAX_SAFE_INTEGER,
    b: '9007199254740993',
  });
});

describe('a redirect that was followed', () => {
  const by = (method: string): OperationResult => ({
    ...answered(200),
    answeredBy: { method, url: 'https://other.example/login' },
  });
  test.each([
    ['POST', 'GET', 'failed'],
    ['PUT', 'GET', 'failed'],
    ['POST', 'POST', 'verified'],
    ['GET', 'GET', 'verified'],
  ] as const)('from %s to %s is %s, and the last request is named', async (method, last, expected) => {
    const settings = http.schema.parse({ url, method, 'follow-redirects': true });
    const seen = await http.verify(world.context(), settings, [by(last)]);
    expect(seen.state).toBe(expected);
    expect(seen.evidence).toContain(
      `${method} ${url} was redirected, and ${last} https://other.example/login answered 200`,
    );
  });

  test('with done-if is what the world says', async () => {
    state = { status: 200, body: '' };
    const settings = http.schema.parse({ url, 'follow-redirects': true, 'done-if': { url: `${origin}/` } });
    expect(await http.verify(world.context(), settings, [by('GET')])).toMatchObject({ state: 'verified' });
  });
});

describe('after a failure', () => {
  test('nobody knows, and without done-if success is what the answer said', async () => {
    const settings = http.schema.parse({ url });
    expect(await http.probe(world.context(), settings)).toMatchObject({ state: 'unknown' });
    expect(await http.verify(world.context(), settings, [answered(202)])).toEqual({
      state: 'verified',
      evidence: `POST ${url} answered 202; what it did with that can not be seen from here`,
    });
  });

  test.each([
    [200, '{"phase":"done"}', 'done', 'verified'],
    [200, '{"phase":"running"}', 'not-done', 'progressing'],
    [404, '', 'not-done', 'progressing'],
    [200, 'not json', 'unknown', 'unknown'],
    [503, '', 'unknown', 'unknown'],
    [401, '', 'unknown', 'unknown'],
  ] as const)('done-if that gets %s %s says %s', async (status, body, probed, verified) => {
    state = { status, body };
    const settings = http.schema.parse({ url, 'done-if': { url: `${origin}/`, json: { phase: 'done' } } });
    expect(await http.probe(world.context(), settings)).toMatchObject({ state: probed });
    expect(await http.verify(world.context(), settings, [answered(202)])).toMatchObject({ state: verified });
  });
});
