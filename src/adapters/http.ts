// The `Http` port over node's own client: one exchange on a connection of its own (a kept-alive one that the server
// closed meanwhile would look like an outage), one deadline for all of it, a bounded body, and faults as values.

import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate, TLSSocket } from 'node:tls';
import { messageOf } from '../errors.ts';
import type { Http, HttpResponse } from '../ports.ts';
import type { HttpRequest } from '../values/operation.ts';

type Answer = Awaited<ReturnType<Http['request']>>;
type Fault = Extract<Answer, { ok: false }>['fault'];
type Limits = Parameters<Http['request']>[1];

const defaultMaxBytes = 1024 * 1024;
const maxRedirects = 5;

/** Names that belong to one origin and must not travel to another one with a redirect. */
const bound = new Set(['authorization', 'cookie', 'proxy-authorization']);

export type HttpOptions = {
  /** Value of a secret that the plan declares, by name. */
  readonly secret?: (name: string) => string | undefined;
  /** Sent as `user-agent` when the request has none; some servers refuse a request without. */
  readonly userAgent?: string;
  /** Further certificate authorities (PEM). Verification itself can't be switched off. */
  readonly authorities?: readonly string[];
};

export function createHttp(options: HttpOptions = {}): Http {
  return {
    async request(first, limits) {
      const started = performance.now();
      const filled = withSecrets(first, options);
      if ('missing' in filled)
        return fault('other', `not sent: the plan declares no secret ${filled.missing}`);
      let request = filled.request;
      const authorities =
        limits.authorityFile === undefined ? undefined : await readAuthorities(limits.authorityFile);
      if (authorities !== undefined && 'unreadable' in authorities)
        return fault('other', `not sent: the file of authorities can't be read: ${authorities.unreadable}`);
      const trusting = { ...options, ...authorities };
      for (let hop = 0; ; hop++) {
        const left = limits.deadlineMs - (performance.now() - started);
        const { connectTo, ...rest } = limits;
        const led = connectTo !== undefined && sameOrigin(request.url, first.url) ? { connectTo } : {};
        const answer = await exchange(request, { ...rest, ...led, deadlineMs: left }, trusting);
        const next =
          answer.ok && limits.followRedirects === true
            ? redirected(request, answer.response, filled.secretNames)
            : undefined;
        if (!answer.ok || next === undefined) return timed(answer, started, hop === 0 ? undefined : request);
        if (hop === maxRedirects)
          return fault('other', `more than ${maxRedirects} redirects, last to ${next.url}`);
        request = next;
      }
    },
  };
}

function exchange(request: HttpRequest, limits: Limits, options: HttpOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const url = httpUrl(request.url);
    if (url === undefined) return resolve(fault('other', 'not an http:// or https:// URL'));
    if (limits.signal?.aborted === true) return resolve(fault('cancelled', 'cancelled before it was sent'));
    if (limits.deadlineMs <= 0) return resolve(fault('timeout', 'no time was left to send it'));

    let phase = 'connecting';
    const settle = (answer: Answer): void => {
      clearTimeout(deadline);
      limits.signal?.removeEventListener('abort', cancel);
      resolve(answer);
      outgoing?.destroy();
    };
    const cancel = (): void => settle(fault('cancelled', `cancelled while ${phase}`));
    const deadline = setTimeout(
      () =>
        settle(
          fault('timeout', `no complete answer within ${Math.round(limits.deadlineMs)} ms, while ${phase}`),
        ),
      limits.deadlineMs,
    );
    if (limits.signal !== undefined) setMaxListeners(0, limits.signal);
    limits.signal?.addEventListener('abort', cancel, { once: true });

    let outgoing: ReturnType<typeof plainRequest> | undefined;
    try {
      const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
      outgoing = send(url, {
        method: request.method,
        agent: false,
        headers: {
          ...(limits.connectTo === undefined ? {} : { host: url.host }),
          ...headersFor(request, options),
        },
        ...(options.authorities === undefined ? {} : { ca: [...options.authorities] }),
        ...(limits.connectTo === undefined ? {} : elsewhere(url, limits.connectTo)),
      });
    } catch (error) {
      return settle(faultOf(error));
    }
    outgoing.on('error', (error) => settle(faultOf(error)));
    outgoing.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        phase = 'waiting for the answer';
      });
    });
    outgoing.on('response', (incoming) => {
      phase = 'reading the body';
      const limit = limits.maxBytes ?? defaultMaxBytes;
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > limit) return settle(fault('too-large', `the body has more than ${limit} bytes`));
        chunks.push(chunk);
      });
      incoming.on('error', (error) => settle(faultOf(error)));
      incoming.on('aborted', () => settle(fault('reset', 'the connection closed inside the body')));
      incoming.on('end', () => {
        const headers: Record<string, string> = {};
        const expires = incoming.socket instanceof TLSSocket ? expiryOf(incoming.socket) : {};
        for (const [name, value] of Object.entries(incoming.headers)) {
          if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
        }
        const body = Buffer.concat(chunks).toString('utf8');
        const status = incoming.statusCode ?? 0;
        settle({ ok: true, response: { status, headers, body, durationMs: 0, ...expires } });
      });
    });
    outgoing.end(request.body);
  });
}

async function readAuthorities(
  file: string,
): Promise<{ readonly authorities: readonly string[] } | { readonly unreadable: string }> {
  try {
    return { authorities: [await readFile(file, 'utf8')] };
  } catch (thrown) {
    return { unreadable: messageOf(thrown) };
  }
}

/** Dials another place; what the server and its certificate are asked for stays the URL's. */
function elsewhere(url: URL, { host, port }: NonNullable<Limits['connectTo']>): object {
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port,
    hostname: host,
    setHost: false,
    // An address has no place in TLS's server name.
    servername: isIP(bare) === 0 ? bare : '',
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(bare, certificate),
  };
}

function expiryOf(socket: TLSSocket): Pick<HttpResponse, 'certificateExpires'> {
  const text = socket.getPeerCertificate().valid_to;
  const at = Date.parse(text);
  return Number.isNaN(at) ? {} : { certificateExpires: new Date(at).toISOString() };
}

function sameOrigin(one: string, other: string): boolean {
  return httpUrl(one)?.origin === httpUrl(other)?.origin;
}

function headersFor(request: HttpRequest, options: HttpOptions): Record<string, string> {
  const given: Record<string, string> = { ...request.headers };
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  if (!names.has('user-agent')) given['user-agent'] = options.userAgent ?? 'rollback-plan';
  if (!names.has('accept')) given['accept'] = '*/*';
  if (request.body !== undefined && !names.has('content-length')) {
    given['content-length'] = String(Buffer.byteLength(request.body));
  }
  return given;
}

type Filled =
  | { readonly request: HttpRequest; readonly secretNames: ReadonlySet<string> }
  | { readonly missing: string };

/** The one place where a secret joins a request. A line break at its end belongs to how it was stored, not to it. */
function withSecrets(
  { secretHeaders = {}, secretTexts = {}, ...request }: HttpRequest,
  options: HttpOptions,
): Filled {
  const headers: Record<string, string> = { ...request.headers };
  const secretOf = (secret: string): string => options.secret?.(secret)?.replace(/[\r\n]+$/, '') ?? '';
  for (const [name, { secret, prefix = '', basicUser }] of Object.entries(secretHeaders)) {
    const value = secretOf(secret);
    if (value === '') return { missing: secret };
    headers[name] = `${prefix}${value}`;
    if (basicUser === undefined) continue;
    const user = 'name' in basicUser ? basicUser.name : secretOf(basicUser.secret);
    if (user === '') return { missing: 'secret' in basicUser ? basicUser.secret : secret };
    headers[name] = `Basic ${Buffer.from(`${user}:${value}`).toString('base64')}`;
  }
  let { body } = request;
  for (const [text, { secret, inJson }] of Object.entries(secretTexts)) {
    const value = secretOf(secret);
    if (value === '') return { missing: secret };
    body = body?.replaceAll(text, () => (inJson ? JSON.stringify(value).slice(1, -1) : value));
  }
  const secretNames = new Set(Object.keys(secretHeaders).map((name) => name.toLowerCase()));
  return { request: { ...request, headers, ...(body === undefined ? {} : { body }) }, secretNames };
}

/** The request a redirect asks for; `undefined` when the answer is none, or leads away from HTTP. */
function redirected(
  request: HttpRequest,
  response: HttpResponse,
  secretNames: ReadonlySet<string>,
): HttpRequest | undefined {
  const location = response.headers['location'];
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return undefined;
  const from = httpUrl(request.url);
  const to = httpUrl(location, request.url);
  if (from === undefined || to === undefined) return undefined;
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(
      ([name]) =>
        from.origin === to.origin || !(bound.has(name.toLowerCase()) || secretNames.has(name.toLowerCase())),
    ),
  );
  // Browsers and curl turn a POST into a GET here, and 303 says so; 307 and 308 repeat the request as it was.
  const asGet = response.status === 303 || (response.status < 303 && request.method.toUpperCase() === 'POST');
  if (!asGet) return { ...request, url: to.href, headers };
  const kept = Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith('content-'));
  const method = request.method.toUpperCase() === 'HEAD' ? 'HEAD' : 'GET';
  return { method, url: to.href, headers: Object.fromEntries(kept) };
}

function httpUrl(text: string, base?: string): URL | undefined {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

/** `last`: the request that redirects led to, if any did. */
function timed(answer: Answer, started: number, last: HttpRequest | undefined): Answer {
  if (!answer.ok) return answer;
  const by = last === undefined ? {} : { answeredBy: { method: last.method, url: last.url } };
  return { ok: true, response: { ...answer.response, ...by, durationMs: performance.now() - started } };
}

function fault(kind: Fault, detail: string): Answer {
  return { ok: false, fault: kind, detail };
}

/** Certificate faults have dozens of codes; these prefixes cover OpenSSL's and node's names for them. */
const tlsCodes = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|CRL_|EPROTO)/;

const faultsByCode: Readonly<Record<string, Fault>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
};

function faultOf(error: unknown): Answer {
  const { code, message } = describeError(error);
  return fault(
    faultsByCode[code] ?? (tlsCodes.test(code) ? 'tls' : 'other'),
    message === '' ? code : message,
  );
}

/**
 * A host with several addresses fails with one error for each, in an `AggregateError` without a message that carries
 * the first one's code. Looked at by shape, for node's own errors may come from another realm.
 */
function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) };
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : '',
    message: 'message' in error && typeof error.message === 'string' ? error.message : '',
  };
}
