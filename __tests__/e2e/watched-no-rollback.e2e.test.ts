// What looks like a bad deploy and is none, or what nobody can see: nothing is rolled back, and nobody calls it good who
// can't see. With a real Prometheus that scrapes real fronts.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { type Prometheus, startPrometheus } from '../../tools/real-parts/prometheus.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, setStage } from '../support/scene.ts';
import {
  errorShare,
  inTurns,
  listen,
  type Service,
  type Services,
  scraped,
  startServices,
  told,
} from '../support/watched-scene.ts';

jest.setTimeout(300_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24', 'prometheus']);
const describeReal = parts.ready ? describe : describe.skip;

type Scene = {
  readonly what: string;
  /** Of the trigger `numbers`, a list for `all`. `URL` is Prometheus, `OWN` the one that may be stopped, `FRONT` users' way in. */
  readonly check: string;
  /** Beside `check`. */
  readonly patience?: string;
  /** How the pods of the deploy that is watched behave. */
  readonly behaviour?: string;
  /** Requests a second from users. */
  readonly users?: number;
  readonly window?: string;
  /** Before the deploy. */
  readonly before?: (service: Service, rooms: Rooms) => Promise<unknown>;
  /** Once the condition has passed in the watch. */
  readonly meanwhile?: (service: Service, rooms: Rooms) => Promise<unknown>;
  readonly ends: 'verified - exit 0' | 'inconclusive check-inconclusive exit 1';
  /** Why nobody can tell, as the watch says it; of a verified deploy: what the log says. */
  readonly says: RegExp;
  /** Whether the run says that it is blind. */
  readonly blind: boolean;
};

type Rooms = {
  readonly cluster: Cluster;
  /** Scrapes one front, and is stopped by its scene. */
  readonly own: Prometheus;
};

const blind = { ends: 'inconclusive check-inconclusive exit 1', blind: true } as const;
const numbers = (settings: string): string =>
  `{ uses: prometheus, with: { ${settings}, expect: "<= 0.05", unit: ratio } }`;
const shareOf = (job: string, more = ''): string => numbers(`url: URL, query: '${errorShare(job)}${more}'`);
const leak = (more = ''): string =>
  `{ uses: alerts, with: { url: URL, from: prometheus, match: { alertname: Leak }${more} } }`;
const lookBefore = (service: Service): Promise<ActionRun> =>
  service.press({ mode: 'preflight', to: 'previous' });

const podList = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** Makes pods that run behave in another way, with no deploy. */
async function turn({ namespace }: Service, cluster: Cluster, behaviour: string | null): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = podList.parse((await cluster.call('GET', path)).body);
  const patch = { metadata: { labels: { behaviour } } };
  await Promise.all(items.map(({ metadata }) => cluster.call('PATCH', `${path}/${metadata.name}`, patch)));
}

/** Asks until so many users got an error. */
async function suffer({ front }: Service, wanted: number): Promise<void> {
  let errors = 0;
  for (const until = Date.now() + 20_000; errors < wanted; ) {
    if (Date.now() > until) throw new Error('no user got an error in 20 s');
    const response = await fetch(front.url);
    await response.text();
    if (response.status === 500) errors++;
  }
}

/** Until Prometheus has an answer. */
async function seen(service: Service, query: string): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(200)) {
    const answer = await fetch(`${service.prometheus}/api/v1/query?${new URLSearchParams({ query })}`);
    if (/"value":/.test(await answer.text())) return;
  }
  throw new Error(`Prometheus never had ${query}`);
}

const scenes = {
  spike: {
    what: 'a single spike',
    // In the numbers for four seconds and its own length; four looks in a row take six.
    check: shareOf('spike'),
    patience: 'every: 2s, failures: 4',
    window: '12s',
    async meanwhile(service, { cluster }) {
      await turn(service, cluster, 'errors');
      await suffer(service, 6);
      await turn(service, cluster, null);
    },
    ends: 'verified - exit 0',
    says: /trigger numbers: fail \(1 of 4\)/,
    blind: false,
  },
  absent: {
    what: 'no data: there is no such metric',
    check: numbers(`url: URL, query: 'sum(rate(http_requests_failed_total{job="absent"}[4s]))'`),
    behaviour: 'errors',
    says: /gives no series; look for the metric's name and labels/,
    ...blind,
  },
  idle: {
    what: 'NaN: nobody asks, and nothing is divided by nothing',
    check: shareOf('idle'),
    behaviour: 'errors',
    users: 0,
    says: /gives NaN, as nothing divided by nothing is: no traffic/,
    ...blind,
  },
  midway: {
    what: 'Prometheus goes down in the middle of the watch',
    check: numbers(`url: OWN, query: '${errorShare('midway')}'`),
    meanwhile: (_, { own }) => own.stop(),
    window: '12s',
    says: /can't be asked: refused/,
    ...blind,
  },
  down: {
    what: 'Prometheus is down from the start',
    check: numbers(`url: "http://127.0.0.1:1", query: '${errorShare('down')}'`),
    behaviour: 'errors',
    says: /can't be asked: refused/,
    ...blind,
  },
  alarm: {
    what: 'an alarm that was firing before the deploy',
    check: leak(),
    before: lookBefore,
    ends: blind.ends,
    says: /trigger numbers: failed before the deploy already, so it says nothing about it: .*Leak/,
    blind: false,
  },
  'only-new': {
    what: 'an alarm that was firing before the deploy, where only new ones count',
    check: leak(', only-new: true'),
    before: lookBefore,
    ends: 'verified - exit 0',
    says: /trigger numbers: pass/,
    blind: false,
  },
  errors: {
    what: 'errors that were there before the deploy',
    check: shareOf('errors'),
    async before(service, { cluster }) {
      await turn(service, cluster, 'errors');
      await seen(service, `${errorShare('errors')} > 0.05`);
      await lookBefore(service);
    },
    behaviour: 'errors',
    ends: blind.ends,
    says: /trigger numbers: failed before the deploy already, so it says nothing about it: .*expected <= 0\.05/,
    blind: false,
  },
  traffic: {
    what: 'too little traffic',
    // Three of four requests fail, and two a second are no sample of fifty.
    check: numbers(
      `url: URL, query: '${errorShare('traffic')}', samples: { query: 'sum(increase(http_requests_total{job="traffic"}[4s]))', at-least: 50 }`,
    ),
    behaviour: 'errors',
    users: 2,
    says: /too little traffic: [\d.]+ samples, at least 50 are needed/,
    ...blind,
  },
  stale: {
    what: 'stale data: the target is gone',
    // The query takes nothing for the worst; only the age of the data says that nothing is known. Three looks, because
    // both are asked at once, and the target may go between them.
    check: numbers(
      `url: URL, query: 'min(http_requests_total{job="stale"}) * 0 or vector(1)', newest: 'http_requests_total{job="stale"}', stale-after: 2500ms`,
    ),
    patience: 'every: 500ms, failures: 3',
    meanwhile: ({ front }) => front.stop(),
    window: '12s',
    says: /stale: .*see whether its target is still scraped/,
    ...blind,
  },
  scrape: {
    what: 'Prometheus does not reach the service, and users do',
    check: `[${numbers('url: URL, query: \'count(up{job="scrape", instance="nowhere"}) or vector(0)\'').replace('"<= 0.05"', '">= 1"')}, { uses: http, with: { url: FRONT } }]`,
    ends: 'verified - exit 0',
    says: /trigger numbers: pass — 1 of 2 fail: http: pass, GET .*; prometheus: fail, .*expected >= 1/,
    blind: false,
  },
} satisfies Record<string, Scene>;
type Name = keyof typeof scenes;
const names: readonly Name[] = [
  ...(['spike', 'midway', 'stale', 'errors', 'alarm', 'only-new'] as const),
  ...(['absent', 'idle', 'down', 'traffic', 'scrape'] as const),
];

type Found = {
  readonly run: ActionRun;
  readonly before: string;
  readonly after: string;
  readonly live: string;
};

describeReal('a deploy that is not rolled back', () => {
  let stage: OwnStage<'helm4'>;
  let all: Services<Name>;
  let own: Prometheus;
  let found: ReadonlyMap<Name, Promise<Found>>;

  beforeAll(async () => {
    stage = await setStage('helm4');
    const rules = [{ alert: 'Leak', expr: 'vector(1)', labels: { service: 'shop' } }];
    all = await startServices(stage, names, { rules: { groups: [{ name: 'shop', rules }] } });
    const { address } = all.service('midway').front;
    own = await startPrometheus({ targets: [{ job: 'midway', address }] });
    await scraped(own, ['midway']);
    found = inTurns(names, 4, play);
  });
  afterAll(async () => {
    await Promise.allSettled([...(found?.values() ?? [])]);
    await own?.stop();
    await all?.stop();
    await stage?.stop();
  });

  async function play(name: Name): Promise<Found> {
    const service = all.service(name);
    const {
      check,
      patience,
      behaviour = '',
      users = 10,
      window = '5s',
      before,
      meanwhile,
    }: Scene = scenes[name];
    const rooms: Rooms = { cluster: stage.cluster, own };
    await service.plan(`triggers:
  numbers:
    ${check.startsWith('[') ? 'all' : 'check'}: ${placed(check, service)}
    inconclusive-limit: 3
    error-limit: 3
    ${(patience ?? 'every: 500ms, failures: 2').replace(', ', '\n    ')}
`);
    const api = service.release('api');
    await api.deploy({ version: '1' });
    const load = users === 0 ? undefined : service.front.load(users);
    try {
      await before?.(service, rooms);
      await api.deploy({ version: '2', behaviour });
      const history = await api.history();
      const log = listen();
      const run = await service.press({ mode: 'verify', window, to: 'previous' }, async (child) => {
        log.to(child);
        if (meanwhile === undefined) return;
        await log.until('trigger numbers: pass');
        await meanwhile(service, rooms);
      });
      return { run, before: history, after: await api.history(), live: await api.liveVersion() };
    } finally {
      await load?.end();
    }
  }

  function placed(check: string, { prometheus, front }: Service): string {
    return check
      .replace('URL', prometheus)
      .replace('OWN', own.url)
      .replace('FRONT', `http://${front.address}`);
  }

  test.each(names.map((name) => [scenes[name].what, name] as const))('%s', async (_, name) => {
    const scene: Scene = scenes[name];
    const result = await found.get(name);
    if (result === undefined) throw new Error(`no scene ${name}`);
    const { run, before, after, live } = result;
    expect([verdictOf(run), live, after]).toEqual([scene.ends, '2', before]);
    expect(before).toBe('1 superseded, 2 deployed');
    const green = scene.ends.startsWith('verified');
    const [end, ...others] = told(run, 'watch-finished');
    expect([end?.['state'], others]).toEqual([green ? 'quiet' : 'blind', []]);
    expect(green ? run.log : String(end?.['because'])).toMatch(scene.says);
    expect(run.log.includes('and it is blind')).toBe(scene.blind);
    expect(run.summary.includes('Nobody can tell whether the deploy of')).toBe(!green);
    // Nobody decided anything, nothing was begun, and what nobody could see is not on record as good.
    expect(['decided', 'pinned', 'intent'].flatMap((type) => told(run, type))).toEqual([]);
    expect(told(run, 'snapshot-noted')).toHaveLength(green ? 1 : 0);
  });
});
