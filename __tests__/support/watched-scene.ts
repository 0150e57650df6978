// Services whose deploys are watched: each a namespace with a release, a front that answers users by what is live there,
// and one Prometheus that scrapes all the fronts.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Front, startFront } from '../../tools/real-parts/front.ts';
import {
  type Prometheus,
  type PrometheusOptions,
  startPrometheus,
} from '../../tools/real-parts/prometheus.ts';
import type { ActionRun } from './runner.ts';
import { type OwnStage, type Scene, setScene } from './scene.ts';

/** How often the Prometheus of these tests scrapes, seconds. */
export const scrapeSeconds = 1;
/** How far back the queries of these tests look, seconds. At least four samples: a lost scrape is no lost rate. */
export const rangeSeconds = 4;

/** A namespace with a release `api` to be, its front, and where its Prometheus is. */
export type Service = Scene & {
  readonly front: Front;
  /** `url:` of the checks. */
  readonly prometheus: string;
  /** Writes the plan; `more` comes after the component `api`. */
  plan(more: string): Promise<void>;
};

export type Services<N extends string> = {
  readonly prometheus: Prometheus;
  service(name: N): Service;
  /** Also ends what load is left. */
  stop(): Promise<void>;
};

/** The label `job` of a front's numbers is the service's name. */
export async function startServices<const N extends string>(
  stage: OwnStage<'helm4'>,
  names: readonly N[],
  more: Pick<PrometheusOptions, 'rules'> = {},
): Promise<Services<N>> {
  const placed = await Promise.all(
    names.map(async (name) => {
      const on = await setScene(stage, stage.tools.helm4, () => '');
      const front = await startFront(stage.cluster, { namespace: on.namespace, deployment: 'api' });
      return { name, on, front };
    }),
  );
  const prometheus = await startPrometheus({
    targets: placed.map(({ name, front }) => ({ job: name, address: front.address })),
    scrapeInterval: `${scrapeSeconds}s`,
    ...more,
  });
  await scraped(prometheus, names);
  const services = new Map<N, Service>();
  for (const { name, on, front } of placed) {
    services.set(name, {
      ...on,
      front,
      prometheus: prometheus.url,
      plan: (rest) =>
        writeFile(
          join(on.workspace, 'rollback.yml'),
          `version: 1
service: ${name}
targets: { local: { namespace: ${on.namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
${rest}`,
        ),
    });
  }
  return {
    prometheus,
    service(name) {
      const service = services.get(name);
      if (service === undefined) throw new Error(`there is no service ${name}`);
      return service;
    },
    async stop() {
      await prometheus.stop();
      await Promise.all(placed.map(({ front }) => front.stop()));
    },
  };
}

/**
 * Until every job was scraped twice, so that there are rates. A Prometheus that is ready finds its targets only some five
 * seconds later, and on a quick machine a deploy is verified by then.
 */
export async function scraped(prometheus: Pick<Prometheus, 'url'>, jobs: readonly string[]): Promise<void> {
  const query = 'count(count_over_time(up[1m]) >= 2)';
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query })}`);
    if ((await answer.text()).includes(`,"${jobs.length}"]`)) return;
  }
  throw new Error(`Prometheus did not scrape ${jobs.join(', ')} in a minute`);
}

/** Share of requests that got a 5xx, over the range of these tests. */
export const errorShare = (job: string, seconds = rangeSeconds): string =>
  `sum(rate(http_requests_total{job="${job}",code=~"5.."}[${seconds}s])) / sum(rate(http_requests_total{job="${job}"}[${seconds}s]))`;

/** What the run said, and when it was heard, ms of the system's clock. */
export type Heard = { readonly atMs: number; readonly line: string };

/** Listens to a run from `started` of `press`; `heard` grows while the run goes on. */
export function listen(): {
  readonly heard: readonly Heard[];
  readonly to: (child: { readonly stdout: NodeJS.ReadableStream | null }) => void;
  /** Resolves when a line holds the words; rejects when none did for so long. */
  until(words: string, timeoutMs?: number): Promise<void>;
} {
  const heard: Heard[] = [];
  let rest = '';
  return {
    heard,
    to: ({ stdout }) =>
      stdout?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        heard.push(...lines.map((line) => ({ atMs: Date.now(), line })));
      }),
    async until(words, timeoutMs = 60_000) {
      for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(25))
        if (heard.some(({ line }) => line.includes(words))) return;
      throw new Error(`the run did not say ${words}: ${heard.map(({ line }) => line).join('\n')}`);
    },
  };
}

/** The events of a type, as the journal has them. */
export function told(run: ActionRun, type: string): readonly Readonly<Record<string, unknown>>[] {
  return run.journal.filter((event) => event['type'] === type);
}

/** Runs all, some of them at a time: scenes wait more than they work. Each result is there on its own. */
export function inTurns<N extends string, T>(
  names: readonly N[],
  width: number,
  run: (name: N) => Promise<T>,
): ReadonlyMap<N, Promise<T>> {
  const waiting: (() => Promise<void>)[] = [];
  const found = new Map<N, Promise<T>>();
  for (const name of names) {
    const result = new Promise<T>((resolve, reject) => {
      waiting.push(() => run(name).then(resolve, reject));
    });
    // Whoever awaits it hears of the failure, and may come to it only later.
    result.catch(() => undefined);
    found.set(name, result);
  }
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  for (let count = 0; count < width; count++) void worker();
  return found;
}
