// Stands between clients and a real API server and lets chosen requests fail the way networks and servers fail: an
// error instead of an answer, a connection that breaks before or after the request took effect, no answer at all.
// Everything else passes untouched, so what is tested is still the real server.

import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { kubeconfigText } from './cluster-credentials.ts';

export type ProxiedRequest = { readonly method: string; readonly path: string };

export type Fault =
  /** The server's part is played: it answers this and does nothing. */
  | { readonly type: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks and the server never heard of it. */
  | { readonly type: 'reset-before' }
  /** The server did it, and the connection breaks before it can say so. */
  | { readonly type: 'reset-after' }
  /** Nothing comes back, ever; the server never heard of it, or did it. */
  | { readonly type: 'silence-before' }
  | { readonly type: 'silence-after' }
  /** The server did it, and nothing comes back but the head of its answer, or its body a byte every second. */
  | { readonly type: 'head-only' }
  | { readonly type: 'trickle' };

export type Injected = {
  /** How many requests it has hit so far. */
  readonly hits: number;
  /** Resolves with the first hit, for `-after` faults once the server has done it. */
  readonly hit: Promise<ProxiedRequest>;
  remove(): void;
};

export interface FaultProxy {
  /** File for `admin` by way of the proxy. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly ProxiedRequest[];
  /** Hits the next `times` (default 1) requests that fit, after letting `skip` (default 0) of them pass. */
  inject(
    fits: (request: ProxiedRequest) => boolean,
    fault: Fault,
    options?: { readonly times?: number; readonly skip?: number },
  ): Injected;
  close(): Promise<void>;
}

type Rule = {
  readonly fits: (request: ProxiedRequest) => boolean;
  readonly fault: Fault;
  skip: number;
  left: number;
  hits: number;
  readonly told: (request: ProxiedRequest) => void;
};

export async function startFaultProxy(cluster: Cluster): Promise<FaultProxy> {
  const rules = new Set<Rule>();
  const requests: ProxiedRequest[] = [];
  const target = new URL(cluster.server);
  // Loopback and a server of our own, whose certificate is made anew with every start.
  const agent = new SecureAgent({ keepAlive: true, rejectUnauthorized: false });
  const token = cluster.tokens['admin'] ?? '';

  const forward = (
    from: IncomingMessage,
    answer: (response: IncomingMessage) => void,
    broke: () => void,
  ): void => {
    const headers = { ...from.headers, host: target.host, authorization: `Bearer ${token}` };
    const { hostname, port } = target;
    const onward = secureRequest(
      { agent, hostname, port, method: from.method, path: from.url, headers },
      answer,
    );
    onward.on('error', broke);
    from.pipe(onward);
  };

  const serve = (from: IncomingMessage, to: ServerResponse): void => {
    const request = { method: from.method ?? '', path: from.url ?? '' };
    requests.push(request);
    const rule = [...rules].find((each) => each.fits(request) && each.left > 0 && each.skip-- <= 0);
    const breakOff = (): void => {
      to.socket?.resetAndDestroy();
    };
    if (rule === undefined) {
      forward(
        from,
        (response) => {
          to.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(to);
          to.on('close', () => response.destroy());
        },
        breakOff,
      );
      return;
    }
    rule.left -= 1;
    const struck = (): void => {
      rule.hits += 1;
      rule.told(request);
    };
    strike(rule.fault, { from, to, forward, breakOff, struck });
  };

  const server = createServer({ keepAlive: true }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const kubeconfig = join(cluster.dir, `kubeconfig-by-proxy-${port}.json`);
  const text = kubeconfigText({ server: url, certificateAuthority: '', user: 'admin', token });
  await writeFile(kubeconfig, withoutAuthority(text), { mode: 0o600 });

  return {
    kubeconfig,
    url,
    requests,
    inject(fits, fault, { times = 1, skip = 0 } = {}) {
      let told: (request: ProxiedRequest) => void = () => undefined;
      const hit = new Promise<ProxiedRequest>((resolve) => {
        told = resolve;
      });
      const rule: Rule = { fits, fault, skip, left: times, hits: 0, told };
      rules.add(rule);
      return {
        hit,
        get hits() {
          return rule.hits;
        },
        remove: () => {
          rules.delete(rule);
        },
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      agent.destroy();
    },
  };
}

/** To the proxy one talks in plain text, on loopback. */
function withoutAuthority(text: string): string {
  return text.replace(/,\s*"certificate-authority-data": "[^"]*"/, '');
}

function strike(
  fault: Fault,
  on: {
    readonly from: IncomingMessage;
    readonly to: ServerResponse;
    readonly forward: (
      from: IncomingMessage,
      answer: (response: IncomingMessage) => void,
      broke: () => void,
    ) => void;
    readonly breakOff: () => void;
    readonly struck: () => void;
  },
): void {
  const { from, to, forward, breakOff, struck } = on;
  if (fault.type === 'reset-after' || fault.type === 'silence-after') {
    const done = (response: IncomingMessage): void => {
      response.resume();
      response.on('end', () => {
        struck();
        if (fault.type === 'reset-after') breakOff();
      });
    };
    forward(from, done, breakOff);
    return;
  }
  if (fault.type === 'head-only' || fault.type === 'trickle') {
    const begin = (response: IncomingMessage): void => {
      to.writeHead(response.statusCode ?? 502, response.headers);
      to.flushHeaders();
      struck();
      const read: Buffer[] = [];
      response.on('data', (chunk: Buffer) => read.push(chunk));
      if (fault.type === 'trickle') response.on('end', () => trickle(Buffer.concat(read), to));
    };
    forward(from, begin, breakOff);
    return;
  }
  if (fault.type === 'reset-before') breakOff();
  else from.resume();
  if (fault.type === 'status') {
    const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: fault.status });
    to.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(body);
  }
  struck();
}

function trickle(body: Buffer, to: ServerResponse): void {
  let at = 0;
  const drop = setInterval(() => {
    to.write(body.subarray(at, at + 1));
    at += 1;
    if (at < body.length) return;
    clearInterval(drop);
    to.end();
  }, 1_000);
  to.on('close', () => clearInterval(drop));
}
