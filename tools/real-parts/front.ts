// A service as its users and its Prometheus meet it: an HTTP server on loopback that answers by the ready pods of a
// Deployment, counts what it answered, and can be kept busy. A rollback of the Deployment changes its numbers.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Cluster } from './cluster-handle.ts';

/** How the pods of a template behave, by its label `behaviour`; any other value, or none, is well. */
export const behaviours = {
  /** Three of four requests are answered with 500. */
  errors: { failing: 0.75, delayMs: 0 },
  /** Every answer takes this long. */
  slow: { failing: 0, delayMs: 300 },
  /** So long that no busy machine is as slow by itself. */
  'very-slow': { failing: 0, delayMs: 1_500 },
} as const;

export interface LivePod {
  readonly version: string;
  readonly behaviour: string;
}

export interface Front {
  /** `http://127.0.0.1:PORT`; `/` for users, `/version`, and `/metrics` for Prometheus. */
  readonly url: string;
  /** `127.0.0.1:PORT`, as a scrape target is written. */
  readonly address: string;
  /** Sends so many requests a second to `/` until it is ended. */
  load(requestsPerSecond: number): { end(): Promise<void> };
  stop(): Promise<void>;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        labels: z.record(z.string(), z.string()).default({}),
        deletionTimestamp: z.string().optional(),
      }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

/** The front of one Deployment whose pods carry `app: <deployment>`, and `version` and `behaviour` if they like. */
export async function startFront(
  cluster: Cluster,
  place: { readonly namespace: string; readonly deployment: string },
): Promise<Front> {
  const query = `labelSelector=${encodeURIComponent(`app=${place.deployment}`)}`;
  return await startFrontOf(async () => {
    const { status, body } = await cluster.call('GET', `/api/v1/namespaces/${place.namespace}/pods?${query}`);
    if (status !== 200) throw new Error(`the cluster answered ${status}`);
    return livePods(body);
  });
}

/** Pods that take requests. */
function livePods(body: unknown): readonly LivePod[] {
  return podList.parse(body).items.flatMap(({ metadata, status }) => {
    const ready = status.conditions.some((each) => each.type === 'Ready' && each.status === 'True');
    if (!ready || metadata.deletionTimestamp !== undefined) return [];
    return [{ version: metadata.labels['version'] ?? '', behaviour: metadata.labels['behaviour'] ?? '' }];
  });
}

const bucketsMs = [5, 25, 100, 250, 500, 1_000, 2_500] as const;

/** The front over anything that tells which pods are live. */
export async function startFrontOf(read: () => Promise<readonly LivePod[]>): Promise<Front> {
  const metrics = createMetrics();
  let count = 0;
  const serve = async (response: ServerResponse): Promise<void> => {
    const began = performance.now();
    const code = await answerAsLive(await live(), count++);
    metrics.note(code, performance.now() - began);
    response.writeHead(code, { 'content-type': 'text/plain' }).end(code === 200 ? 'ok\n' : 'sorry\n');
  };
  // Asked at most ten times a second, however busy the front is.
  let seen: { readonly at: number; readonly pods: Promise<readonly LivePod[]> } | undefined;
  const live = (): Promise<readonly LivePod[]> => {
    if (seen === undefined || performance.now() - seen.at > 100)
      seen = { at: performance.now(), pods: read().catch(() => []) };
    return seen.pods;
  };
  const server = createServer((request, response) => {
    switch (request.url?.split('?', 1)[0]) {
      case '/metrics':
        return void response.writeHead(200, { 'content-type': 'text/plain' }).end(metrics.text());
      case '/version':
        return void live().then((pods) => {
          const versions = [...new Set(pods.map(({ version }) => version))].sort();
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ version: versions.join(', ') || null }));
        });
      default:
        return void serve(response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${portOf(server.address())}`;
  const url = `http://${address}`;
  return {
    url,
    address,
    load: (requestsPerSecond) => keepBusy(url, requestsPerSecond),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Which pod gets the `count`th request, and what it makes of it. */
async function answerAsLive(pods: readonly LivePod[], count: number): Promise<number> {
  const pod = pods[count % pods.length];
  if (pod === undefined) return 503;
  const found = Object.entries(behaviours).find(([name]) => name === pod.behaviour)?.[1];
  if (found === undefined) return 200;
  await sleep(found.delayMs);
  const turn = Math.floor(count / pods.length);
  return Math.floor((turn + 1) * found.failing) > Math.floor(turn * found.failing) ? 500 : 200;
}

function createMetrics(): { note(code: number, milliseconds: number): void; text(): string } {
  // Both codes from the beginning: what appears with its first count has no rate.
  const codes = new Map<number, number>([
    [200, 0],
    [500, 0],
    [503, 0],
  ]);
  const buckets = bucketsMs.map(() => 0);
  let [all, sum] = [0, 0];
  return {
    note(code, milliseconds) {
      codes.set(code, (codes.get(code) ?? 0) + 1);
      for (const [index, limit] of bucketsMs.entries())
        if (milliseconds <= limit) buckets[index] = (buckets[index] ?? 0) + 1;
      all += 1;
      sum += milliseconds / 1_000;
    },
    text: () =>
      [
        '# TYPE http_requests_total counter',
        ...[...codes].map(([code, value]) => `http_requests_total{code="${code}"} ${value}`),
        '# TYPE http_request_duration_seconds histogram',
        ...bucketsMs.map(
          (limit, index) =>
            `http_request_duration_seconds_bucket{le="${limit / 1_000}"} ${buckets[index] ?? 0}`,
        ),
        `http_request_duration_seconds_bucket{le="+Inf"} ${all}`,
        `http_request_duration_seconds_sum ${sum}`,
        `http_request_duration_seconds_count ${all}`,
        '',
      ].join('\n'),
  };
}

function keepBusy(url: string, requestsPerSecond: number): { end(): Promise<void> } {
  const under = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const request = fetch(url)
      .then((response) => response.text())
      .catch(() => undefined)
      .finally(() => under.delete(request));
    under.add(request);
  }, 1_000 / requestsPerSecond);
  return {
    async end() {
      clearInterval(timer);
      await Promise.all(under);
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the front listens on no port');
  return address.port;
}
