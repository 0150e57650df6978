// The HTTP adapter against real servers on the loopback: each way in which an exchange can go wrong, by its name.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createHttp } from '../../src/adapters/http.ts';
import type { Http } from '../../src/ports.ts';

const servers: (Server | TcpServer)[] = [];
const folder = mkdtempSync(join(tmpdir(), 'rollback-plan-http-'));
afterAll(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function listen(server: Server | TcpServer, scheme = 'http'): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener));

const http = createHttp();
const get = (
  url: string,
  limits: Partial<Parameters<Http['request']>[1]> = {},
): ReturnType<Http['request']> => http.request({ method: 'GET', url }, { deadlineMs: 10_000, ...limits });

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

describe('an exchange', () => {
  test('gives status, headers by small names, body and how long it took', async () => {
    const url = await serve((_request, response) => {
      setTimeout(() => response.writeHead(418, { 'X-Many': ['a', 'b'] }).end('tëa'), 60);
    });
    const answer = await get(url);
    expect(answer).toMatchObject({
      ok: true,
      response: { status: 418, headers: { 'x-many': 'a, b' }, body: 'tëa' },
    });
    expect(answer.ok && answer.response.durationMs).toBeGreaterThanOrEqual(50);
  });

  test('sends method, headers and body as they are', async () => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      seen.push(
        request.method,
        request.headers['x-a'],
        request.headers['content-length'],
        await bodyOf(request),
      );
      response.end();
    });
    await http.request({ method: 'PUT', url, headers: { 'X-A': '1' }, body: 'ü' }, { deadlineMs: 10_000 });
    expect(seen).toEqual(['PUT', '1', '2', 'ü']);
  });

  test('opens a connection of its own each time, so that a closed idle one is never taken for an outage', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    await get(url);
    await get(url);
    expect(ports.size).toBe(2);
  });
});

describe('a fault is told by its name:', () => {
  const hang: RequestListener = () => undefined;
  const cases: readonly {
    name: string;
    fault: string;
    detail: RegExp;
    url: () => Promise<string>;
    limits?: object;
  }[] = [
    { name: 'nobody listens', fault: 'refused', detail: /ECONNREFUSED/, url: unusedUrl },
    {
      name: 'no answer comes in time',
      fault: 'timeout',
      detail: /within 500 ms, while waiting/,
      url: () => serve(hang),
      limits: { deadlineMs: 500 },
    },
    {
      name: 'the body never ends',
      fault: 'timeout',
      detail: /while reading the body/,
      url: () => serve((_request, response) => void response.writeHead(200).write('{')),
      limits: { deadlineMs: 500 },
    },
    {
      name: 'the server hangs up',
      fault: 'reset',
      detail: /hang up|ECONNRESET/,
      url: () => listen(createTcpServer((socket) => socket.once('data', () => socket.destroy()))),
    },
    {
      name: 'the server hangs up inside the body',
      fault: 'reset',
      detail: /./,
      url: () =>
        listen(
          createTcpServer((socket) =>
            socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')),
          ),
        ),
    },
    {
      name: 'the body is too large',
      fault: 'too-large',
      detail: /more than 100 bytes/,
      url: () => serve((_request, response) => void response.end('x'.repeat(101))),
      limits: { maxBytes: 100 },
    },
    {
      name: 'the name does not resolve',
      fault: 'dns',
      detail: /nowhere\.invalid/,
      url: async () => 'http://nowhere.invalid/',
    },
    {
      name: 'what answers is not HTTP',
      fault: 'other',
      detail: /./,
      url: () => listen(createTcpServer((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')))),
    },
    { name: 'the URL is none', fault: 'other', detail: /URL/, url: async () => 'file:///etc/passwd' },
    {
      name: 'TLS is spoken to a server that has none',
      fault: 'tls',
      detail: /./,
      url: async () => (await serve(hang)).replace('http:', 'https:'),
    },
  ];
  test.each(cases)('$name → $fault', async ({ fault, detail, url, limits }) => {
    expect(await get(await url(), limits)).toEqual({
      ok: false,
      fault,
      detail: expect.stringMatching(detail),
    });
  });

  test('cancelled, before and while it runs', async () => {
    const controller = new AbortController();
    const pending = get(await serve(hang), { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await pending).toMatchObject({ ok: false, fault: 'cancelled' });
    expect(await get('http://127.0.0.1/', { signal: controller.signal })).toMatchObject({
      fault: 'cancelled',
    });
  });

  test('a certificate nobody signed → tls, and trusted once its authority is given', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=example.invalid', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    );
    const pem = { key: readFileSync(key), cert: readFileSync(cert) };
    const url = await listen(
      createTlsServer(pem, (_request, response) => void response.end('ok')),
      'https',
    );
    expect(await get(url)).toMatchObject({ ok: false, fault: 'tls' });
    const trusting = createHttp({ authorities: [pem.cert.toString('utf8')] });
    expect(await trusting.request({ method: 'GET', url }, { deadlineMs: 10_000 })).toMatchObject({
      ok: true,
      response: { body: 'ok' },
    });
    const elsewhere = url.replace('127.0.0.1', 'localhost');
    expect(await trusting.request({ method: 'GET', url: elsewhere }, { deadlineMs: 10_000 })).toMatchObject({
      fault: 'tls',
    });
  });
});

describe('a redirect', () => {
  const redirecting = (status: number, to: (request: IncomingMessage) => string) =>
    serve(
      (request: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(status, { location: to(request) }).end(),
    );

  test('is the answer, unless it is to be followed', async () => {
    const url = await redirecting(302, () => '/next');
    expect(await get(url)).toMatchObject({ ok: true, response: { status: 302 } });
  });

  test('keeps method and body with 307 and makes a GET of a POST with 303', async () => {
    const seen: string[] = [];
    const url = await serve(async (request, response) => {
      const [, status] = request.url?.split('/') ?? [];
      if (status !== 'end') return void response.writeHead(Number(status), { location: '/end' }).end();
      seen.push(`${request.method} ${await bodyOf(request)} ${request.headers['content-type'] ?? '-'}`);
      response.end();
    });
    for (const status of [307, 303]) {
      const request = {
        method: 'POST',
        url: `${url}/${status}`,
        headers: { 'content-type': 'text/plain' },
        body: 'b',
      };
      await http.request(request, { deadlineMs: 10_000, followRedirects: true });
    }
    expect(seen).toEqual(['POST b text/plain', 'GET  -']);
  });

  test('to another origin does not carry the credentials of the first', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers.cookie, String(request.headers['x-kept']));
      response.end();
    });
    const url = await redirecting(302, () => other);
    const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Kept': 'yes' };
    await http.request({ method: 'GET', url, headers }, { deadlineMs: 10_000, followRedirects: true });
    expect(seen).toEqual([undefined, undefined, 'yes']);
  });

  test('without an end is a fault, and the deadline holds for all of them together', async () => {
    const loop = await redirecting(302, () => '/again');
    expect(await get(loop, { followRedirects: true })).toMatchObject({
      fault: 'other',
      detail: expect.stringContaining('5 redirects'),
    });
    const slow = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 100);
    });
    expect(await get(slow, { followRedirects: true, deadlineMs: 250 })).toMatchObject({ fault: 'timeout' });
  });
});

async function unusedUrl(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}
