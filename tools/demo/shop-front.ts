// The shop as its users meet it: a small HTTP server that answers by what is live. The demo, the end-to-end tests and
// the benchmark put it in front of a cluster, so that a health check follows the real rollout.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pod, ServiceState, Settings, ShopSource, ShopState } from './shop-state.ts';

export interface ShopFront {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** More errors than this are not healthy. */
const tolerableErrorRate = 0.05;
const order = { total: 20, shipping: 4.9 };

/**
 * `GET /` the window, `/checkout` an order, `/health` all that is wrong, `/version` what is live.
 * A service with an error rate fails exactly that share of requests, evenly spread, so that counts can be relied on.
 */
export async function startShopFront(source: ShopSource, port = 0): Promise<ShopFront> {
  const counters = new Map<string, number>();
  const nextOf = (path: string): number => {
    const count = counters.get(path) ?? 0;
    counters.set(path, count + 1);
    return count;
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    source
      .read()
      .then((state) => answerTo(path, state, nextOf(path)))
      .catch((error: unknown): Answer => ({ status: 502, body: { because: String(error) } }))
      .then((answer) => send(response, answer));
  });
  server.keepAliveTimeout = 1_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        source.close();
      }),
  };
}

/** Pure: what the shop answers to the `count`th request (from 0) for a path. */
export function answerTo(path: string, state: ShopState, count: number): Answer {
  switch (path) {
    case '/':
      return windowOf(state, count);
    case '/checkout':
      return checkoutOf(state, count);
    case '/health':
      return healthOf(state);
    case '/version':
      return { status: 200, body: versionsOf(state) };
    default:
      return { status: 404, body: { because: `there is no ${path}` } };
  }
}

function windowOf({ web, settings }: ShopState, count: number): Answer {
  const problem = attempt('web', web, count);
  if (problem !== undefined) return problem;
  if (typeof settings === 'string') return failure(503, settings);
  const { banner, currency, freeShippingFrom } = settings;
  return {
    status: 200,
    body: { shop: 'open', banner, 'free-shipping-from': `${freeShippingFrom} ${currency}` },
  };
}

function checkoutOf({ api, settings }: ShopState, count: number): Answer {
  const problem = attempt('api', api, count);
  if (problem !== undefined) return problem;
  if (typeof settings === 'string') return failure(503, settings);
  const shipping = order.total >= settings.freeShippingFrom ? 0 : order.shipping;
  return { status: 200, body: { order: 'taken', total: order.total, shipping, currency: settings.currency } };
}

/** What becomes of one request that a service has to answer; `undefined`: nothing bad. */
function attempt(name: string, service: ServiceState | undefined, count: number): Answer | undefined {
  if (service === undefined) return undefined;
  const { ready, trouble } = service;
  const pod = ready[count % ready.length];
  if (pod === undefined) return failure(503, `${name}: ${trouble ?? 'no pod is ready'}`);
  const turn = Math.floor(count / ready.length);
  const fails = Math.floor((turn + 1) * pod.errorRate) > Math.floor(turn * pod.errorRate);
  return fails ? failure(500, `${name} ${pod.version}: internal error`) : undefined;
}

function healthOf(state: ShopState): Answer {
  const problems = [
    ...problemsOf('api', state.api),
    ...problemsOf('web', state.web),
    ...problemsOfSettings(state.settings),
  ];
  const status = problems.length === 0 ? 200 : 503;
  return { status, body: { status: problems.length === 0 ? 'ok' : 'bad', problems, ...versionsOf(state) } };
}

function problemsOf(name: string, service: ServiceState | undefined): readonly string[] {
  if (service === undefined) return [];
  const { ready, trouble } = service;
  if (ready.length === 0) return [`${name}: ${trouble ?? 'no pod is ready'}`];
  const worst = Math.max(...ready.map(({ errorRate }) => errorRate));
  return worst > tolerableErrorRate ? [`${name}: ${Math.round(worst * 100)} % of requests fail`] : [];
}

function problemsOfSettings(settings: Settings | string): readonly string[] {
  if (typeof settings === 'string') return [`config: ${settings}`];
  return settings.freeShippingFrom > 0 ? [] : ['config: every order ships for free'];
}

function versionsOf({ api, web, settings }: ShopState): Readonly<Record<string, string | null>> {
  return {
    ...(api === undefined ? {} : { api: versionOf(api.ready) }),
    ...(web === undefined ? {} : { web: versionOf(web.ready) }),
    config: typeof settings === 'string' ? null : settings.release,
  };
}

/** `null`: nothing takes requests; `1.1.0, 1.2.0` during a rollout. */
function versionOf(ready: readonly Pod[]): string | null {
  return [...new Set(ready.map(({ version }) => version))].sort().join(', ') || null;
}

function failure(status: number, because: string): Answer {
  return { status, body: { because } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the front listens on no port');
  return address.port;
}
