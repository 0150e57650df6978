// The shop's front answers by what is live and by nothing else: pods and ConfigMap in, HTTP answers out.

import { describe, expect, test } from '@jest/globals';
import { answerTo, startShopFront } from '../../tools/demo/shop-front.ts';
import { type ShopState, shopStateOf } from '../../tools/demo/shop-state.ts';

type PodFacts = {
  readonly name: string;
  readonly version: string;
  readonly ready?: boolean;
  readonly errorRate?: number;
  readonly waiting?: string;
  readonly deleted?: boolean;
};

function pod({ name, version, ready = true, errorRate = 0, waiting, deleted = false }: PodFacts): object {
  return {
    metadata: {
      labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/version': version },
      ...(errorRate === 0 ? {} : { annotations: { 'shop.example/error-rate': String(errorRate) } }),
      ...(deleted ? { deletionTimestamp: '2026-11-21T10:00:00Z' } : {}),
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ state: waiting === undefined ? {} : { waiting: { reason: waiting } } }],
    },
  };
}

const goodFiles = {
  'shop.json': '{"release":"v1.1.0","currency":"EUR","free-shipping-from":50}',
  'banner.txt': 'Coats\n',
};

function shop(pods: readonly PodFacts[], files: Readonly<Record<string, string>> = goodFiles): ShopState {
  return shopStateOf({ items: pods.map(pod) }, { data: files });
}

const api = { name: 'shop-api', version: '1.1.0' };
const web = { name: 'shop-web', version: '1.1.0' };
const good = shop([api, api, web, web]);

describe('GET /health', () => {
  test.each<readonly [string, ShopState, number, readonly string[]]>([
    ['is well when pods are ready and the configuration makes sense', good, 200, []],
    [
      'names the crash when no pod of a service is ready',
      shop([api, { ...web, ready: false, waiting: 'CrashLoopBackOff' }]),
      503,
      ['web: 1 pod in CrashLoopBackOff'],
    ],
    ['names a service without pods', shop([api]), 503, ['web: no pods']],
    [
      'notices errors of ready pods',
      shop([{ ...api, errorRate: 0.4 }, web]),
      503,
      ['api: 40 % of requests fail'],
    ],
    ['tolerates a few errors', shop([{ ...api, errorRate: 0.05 }, web]), 200, []],
    [
      'notices a wrong setting',
      shop([api, web], { ...goodFiles, 'shop.json': goodFiles['shop.json'].replace('50', '0') }),
      503,
      ['config: every order ships for free'],
    ],
    ['notices a missing file', shop([api, web], {}), 503, ['config: there is no shop.json']],
    [
      'notices a broken file',
      shop([api, web], { 'shop.json': '{' }),
      503,
      ['config: shop.json makes no sense'],
    ],
    [
      'does not count a pod that is going away',
      shop([api, { ...web, deleted: true }]),
      503,
      ['web: no pods'],
    ],
  ])('%s', (_sentence, state, status, problems) => {
    const answer = answerTo('/health', state, 0);
    expect([answer.status, answer.body['problems']]).toEqual([status, problems]);
  });
});

describe('GET /version', () => {
  test.each<readonly [string, ShopState, object]>([
    ['tells what is live', good, { api: '1.1.0', web: '1.1.0', config: 'v1.1.0' }],
    [
      'tells of both versions in a rollout',
      shop([api, { ...api, version: '1.2.0' }, web]),
      { api: '1.1.0, 1.2.0', web: '1.1.0', config: 'v1.1.0' },
    ],
    [
      'tells that nothing takes requests',
      shop([{ ...api, ready: false }, web]),
      { api: null, web: '1.1.0', config: 'v1.1.0' },
    ],
    [
      'leaves out services that are not there at all',
      { ...good, api: undefined, web: undefined },
      { config: 'v1.1.0' },
    ],
  ])('%s', (_sentence, state, body) => {
    expect(answerTo('/version', state, 0)).toEqual({ status: 200, body });
  });
});

test('a service with an error rate fails exactly that share of requests', () => {
  const state = shop([{ ...api, errorRate: 0.4 }, { ...api, errorRate: 0.4 }, web]);
  const statuses = Array.from({ length: 20 }, (_, count) => answerTo('/checkout', state, count).status);
  expect(statuses.filter((status) => status === 500)).toHaveLength(8);
  expect(statuses.filter((status) => status === 200)).toHaveLength(12);
});

test('an order ships for free only from the configured total on', () => {
  const cheap = { ...goodFiles, 'shop.json': goodFiles['shop.json'].replace('50', '20') };
  expect(answerTo('/checkout', good, 0).body['shipping']).toBe(4.9);
  expect(answerTo('/checkout', shop([api, web], cheap), 0).body['shipping']).toBe(0);
});

test('the server answers over HTTP, says 502 when the cluster can not be asked, and is gone when closed', async () => {
  let broken = false;
  const source = {
    read: async (): Promise<ShopState> => {
      if (broken) throw new Error('no cluster');
      return good;
    },
    close: () => undefined,
  };
  const front = await startShopFront(source);
  expect((await fetch(`${front.url}/health`)).status).toBe(200);
  expect((await fetch(`${front.url}/nowhere`)).status).toBe(404);
  broken = true;
  expect((await fetch(`${front.url}/`)).status).toBe(502);
  await front.close();
  await expect(fetch(front.url)).rejects.toThrow();
});
