// Good deploys are verified; bad ones are noticed, taken back, and users are served again: with a real Prometheus that
// scrapes a front which answers by what is live on a real cluster. Prints how soon each was noticed.

import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { formatDuration } from '../../src/values/durations.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, setStage } from '../support/scene.ts';
import {
  errorShare,
  inTurns,
  listen,
  rangeSeconds,
  type Service,
  type Services,
  scrapeSeconds,
  startServices,
  told,
} from '../support/watched-scene.ts';

jest.setTimeout(300_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24', 'prometheus']);
const describeReal = parts.ready ? describe : describe.skip;

/** As each condition here is watched. */
const everySeconds = 1;
const failures = 3;
/** Of every hundred users so many have to be served. A busy machine alone lets some of them wait. */
const served = 60;

type Fault = {
  /** What is broken, for the table. */
  readonly what: string;
  /** What the trigger looks at, as a plan has it; `URL` is Prometheus, `FRONT` what users ask. */
  readonly looks: string;
  /** Measured before the bad deploy, for what is compared with it. */
  readonly baseline?: true;
  /** Seconds until a number from Prometheus is there and tells; 0 where the check looks for itself. */
  readonly lag: number;
  /** PromQL of the check, with the number that is too much. */
  readonly query?: { readonly text: string; readonly limit: number };
  /** Values of the bad deploy. */
  readonly bad: Readonly<Record<string, string>>;
  /** Does harm once the bad version is live and watched; none: the version is the harm. */
  readonly harm?: (service: Service) => Promise<unknown>;
  /** Whether users meet the fault at this moment. */
  readonly hurts: (service: Service) => Promise<boolean>;
  /** Whether one user is served. */
  readonly serves: (service: Service) => Promise<boolean>;
  /** Steps beside the release's own. */
  readonly phases?: string;
};

const median = (job: string): string =>
  `histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{job="${job}"}[${rangeSeconds}s])))`;
const ask = async (
  { front }: Service,
  path: string,
): Promise<{ status: number; text: string; ms: number }> => {
  const began = performance.now();
  const response = await fetch(`${front.url}${path}`);
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - began };
};
const versionAt = async (service: Service): Promise<string> => (await ask(service, '/version')).text;
const isLive = (version: string) => async (service: Service) =>
  (await versionAt(service)) === `{"version":"${version}"}`;
const answered = async (service: Service): Promise<boolean> => (await ask(service, '/')).status === 200;
const command = promisify(execFile);
const inDatabase = async ({ workspace }: Service, statement: string): Promise<string> => {
  // Others read it at the same time: the check, and whoever waits for the fault.
  const flags = ['-batch', '-init', '/dev/null', '-cmd', '.timeout 10000'];
  return (await command('sqlite3', [...flags, join(workspace, 'shop.db'), statement])).stdout.trim();
};
const orphans = 'SELECT o.id FROM orders o LEFT JOIN users u ON u.id = o.buyer WHERE u.id IS NULL';

const faults = {
  errors: {
    what: 'three of four requests are answered with 500',
    looks: `check: { uses: prometheus, with: { url: URL, query: '${errorShare('errors')}', expect: "<= 0.05", unit: ratio } }`,
    lag: scrapeSeconds + rangeSeconds,
    query: { text: errorShare('errors'), limit: 0.05 },
    bad: { version: '2', behaviour: 'errors' },
    hurts: isLive('2'),
    serves: answered,
  },
  latency: {
    what: 'every answer takes 1.5 s more',
    looks: `check: { uses: prometheus, with: { url: URL, query: '${median('latency')}', expect: "< 1s", unit: s } }`,
    lag: scrapeSeconds + rangeSeconds,
    query: { text: median('latency'), limit: 1 },
    bad: { version: '2', behaviour: 'very-slow' },
    hurts: isLive('2'),
    serves: async (service) => (await ask(service, '/')).ms < 1_250,
  },
  compared: {
    what: 'it is much slower than before the deploy',
    looks: `all: [
      { uses: prometheus, with: { url: URL, query: '${median('compared')}', compare: { with: baseline, factor: 3, floor: 0.5 }, unit: s } },
      { uses: http, with: { url: FRONT/, expect: { latency: "< 1s" } } } ]`,
    baseline: true,
    lag: scrapeSeconds + rangeSeconds,
    bad: { version: '2', behaviour: 'very-slow' },
    hurts: isLive('2'),
    serves: async (service) => (await ask(service, '/')).ms < 1_250,
  },
  crash: {
    what: 'pods are ready, and crash a moment later',
    looks: 'check: { uses: pods, with: { workload: deployment/api } }',
    lag: 0,
    bad: { version: '2', behaviour: 'crash-later' },
    // No pod is ready, so nobody answers.
    hurts: async (service) => (await versionAt(service)) === '{"version":null}',
    serves: answered,
  },
  version: {
    what: 'another version is served than the deploy says',
    looks: `check: { uses: version, with: { url: FRONT/version, json: .version, expect: "== \${{ components.api.to.version }}" } }`,
    lag: 0,
    bad: { version: '0' },
    hurts: isLive('0'),
    // Of the two that were ever meant to be served.
    serves: async (service) => /"[12]"/.test(await versionAt(service)),
  },
  data: {
    what: 'rows lose what they belong to',
    looks: `check: { uses: sql, with: { sqlite: shop.db, rows: { query: ${orphans} } } }`,
    lag: 0,
    bad: { version: '2' },
    harm: (service) => inDatabase(service, 'DELETE FROM users WHERE id = 1'),
    hurts: async (service) => (await inDatabase(service, orphans)) !== '',
    // A user is served whose order is found with its buyer.
    serves: async (service) => (await inDatabase(service, orphans)) === '',
    phases: `phases:
  - { name: data, steps: [{ run: cp before.db shop.db }] }
  - { name: application, steps: [{ rollback: api }] }
`,
  },
} satisfies Record<string, Fault>;
type Name = keyof typeof faults;
const names: readonly Name[] = ['errors', 'latency', 'compared', 'crash', 'version', 'data'];

type Seen = {
  /** What `validate` says of the plan. */
  readonly valid: string;
  readonly good: ActionRun;
  readonly ledger: string;
  readonly run: ActionRun;
  readonly live: string;
  readonly history: string;
  /** Users of a hundred: before, in the middle of it, after. */
  readonly users: readonly [before: number, during: number, after: number];
  /** Since users met the fault. */
  readonly timed: Timed;
};

type Timed = {
  /** From the first user who met the fault to the decision, s. */
  readonly noticed: number;
  /** Of these: until the watch had begun. */
  readonly unwatched: number;
  /** Of these: by how much looks were later than `every`. */
  readonly late: number;
  readonly looks: number;
  /** The counts of failing looks in a row that the run told, in order. */
  readonly counted: readonly number[];
  /** Passing looks after the first sample in Prometheus that was over the limit. */
  readonly passedAfterSample: number | undefined;
};

const at = z.iso.datetime().transform((text) => Date.parse(text));
const begun = z.looseObject({ at });
const finished = z.looseObject({ at, durationMs: z.number(), state: z.string(), trigger: z.string() });
const looked = z.looseObject({ name: z.string(), attempts: z.number() });
const numbers = z.looseObject({ name: z.string(), points: z.array(z.tuple([z.number(), z.number()])) });
const matrix = z.object({
  data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }),
});

describeReal('a deploy that is bad', () => {
  let stage: OwnStage<'helm4'>;
  let all: Services<Name>;
  let scenes: ReadonlyMap<Name, Promise<Seen>>;

  beforeAll(async () => {
    stage = await setStage('helm4');
    all = await startServices(stage, names);
    scenes = inTurns(names, 3, watchedScene);
  });
  afterAll(async () => {
    await Promise.allSettled([...(scenes?.values() ?? [])]);
    await all?.stop();
    await stage?.stop();
  });

  async function watchedScene(name: Name): Promise<Seen> {
    const service = all.service(name);
    const fault: Fault = faults[name];
    const { looks, phases = '' } = fault;
    const filled = looks.replace('URL', service.prometheus).replace('FRONT', service.front.url);
    await service.plan(`triggers:
  ${name}: { ${filled}, every: ${everySeconds}s, failures: ${failures} }
verify:
  - { name: users, uses: http, with: { url: "${service.front.url}/", repeat: 5 }, within: 40s, failures: 100 }
recovery: { passes: 2, within: 40s }
${phases}`);
    await inDatabase(
      service,
      'CREATE TABLE users (id); CREATE TABLE orders (id, buyer); INSERT INTO users VALUES (1); INSERT INTO orders VALUES (1, 1)',
    );
    await copyFile(join(service.workspace, 'shop.db'), join(service.workspace, 'before.db'));
    const api = service.release('api');
    await api.deploy({ version: '1' });
    const { summary: valid } = await service.press({ mode: 'validate' });
    const load = service.front.load(10);
    try {
      const good = await service.press({ mode: 'verify', window: '4s', to: 'last-good' });
      const ledger = JSON.stringify(
        (
          await stage.cluster.call(
            'GET',
            `/api/v1/namespaces/${service.namespace}/configmaps/rollback-plan-ledger`,
          )
        ).body,
      );
      const before = await usersServed(service, fault);
      // Refused, because there is nowhere to go back to yet; what it measured is kept all the same.
      if (fault.baseline === true) await service.press({ mode: 'preflight' });

      await api.deploy(fault.bad);
      const met = firstMeeting(service, fault);
      // Heard of below, where the run has not failed first.
      met.catch(() => undefined);
      const log = listen();
      const run = await service.press({ mode: 'verify', window: '60s', to: 'last-good' }, async (child) => {
        log.to(child);
        if (fault.harm === undefined) return;
        await log.until('watching for');
        fault.harm(service);
      });
      const { atMs, served: during } = await met;
      return {
        valid,
        good,
        ledger,
        run,
        live: await api.liveVersion(),
        history: await api.history(),
        users: [before, during, await usersServed(service, fault)],
        timed: await timesOf(name, run, atMs),
      };
    } finally {
      await load.end();
    }
  }

  /** When the first user met the fault, ms of the system's clock, and how many of a hundred were served then. */
  async function firstMeeting(
    service: Service,
    fault: Fault,
  ): Promise<{ readonly atMs: number; readonly served: number }> {
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(50)) {
      const atMs = Date.now();
      if (await fault.hurts(service)) return { atMs, served: await usersServed(service, fault) };
    }
    throw new Error('no user met the fault in 60 s');
  }

  async function usersServed(service: Service, fault: Fault): Promise<number> {
    const answers: boolean[] = [];
    for (let turn = 0; turn < 4; turn++)
      answers.push(...(await Promise.all(Array.from({ length: 5 }, () => fault.serves(service)))));
    return (100 * answers.filter((good) => good).length) / answers.length;
  }

  async function timesOf(name: Name, run: ActionRun, metMs: number): Promise<Timed> {
    const fault: Fault = faults[name];
    const condition = `trigger ${name}`;
    const start = begun.parse(told(run, 'watch-started')[0]);
    const end = finished.parse(told(run, 'watch-finished')[0]);
    const own = told(run, 'check-finished').find((each) => each['name'] === condition);
    const { attempts } = looked.parse(own);
    const from = Math.max(metMs, start.at);
    // An upper bound: on a busy machine looks come later, never sooner.
    const before = Math.ceil((from - start.at) / 1_000 / everySeconds);
    const watched = (end.at - from) / 1_000;
    const looks = attempts - before;
    const row = new RegExp(`${condition}: fail \\((\\d+) of ${failures}\\)`, 'g');
    return {
      noticed: (end.at - metMs) / 1_000,
      unwatched: (from - metMs) / 1_000,
      late: Math.max(0, watched - Math.max(0, looks) * everySeconds),
      looks,
      counted: [...run.log.matchAll(row)].map(([, count]) => Number(count)),
      passedAfterSample:
        fault.query === undefined
          ? undefined
          : await passedAfter(fault.query, { metMs, run, condition, startMs: start.at, endMs: end.at }),
    };
  }

  async function passedAfter(
    query: NonNullable<Fault['query']>,
    {
      metMs,
      run,
      condition,
      startMs,
      endMs,
    }: {
      readonly metMs: number;
      readonly run: ActionRun;
      readonly condition: string;
      readonly startMs: number;
      readonly endMs: number;
    },
  ): Promise<number> {
    const form = new URLSearchParams({
      query: query.text,
      start: String(metMs / 1_000 - 1),
      end: String(endMs / 1_000),
      step: '0.1',
    });
    const answer = await fetch(`${all.prometheus.url}/api/v1/query_range?${form}`);
    const values = matrix.parse(await answer.json()).data.result.flatMap((series) => series.values);
    const first = values.find(([, value]) => Number(value) > query.limit);
    if (first === undefined) throw new Error('Prometheus has no number over the limit');
    const own = told(run, 'watched').find((each) => each['name'] === condition);
    const scale = condition.endsWith('latency') ? 1_000 : 1;
    return numbers
      .parse(own)
      .points.filter(
        ([elapsed, value]) => startMs + elapsed > first[0] * 1_000 && value <= query.limit * scale,
      ).length;
  }

  const bound = ({ lag }: Fault): number => lag + failures * everySeconds;

  test.each(names)('%s: good is verified, bad is rolled back, and users are served again', async (name) => {
    const seen = await scenes.get(name);
    if (seen === undefined) throw new Error(`no scene ${name}`);
    const { valid, good, run, live, history, timed, users } = seen;
    const promised = formatDuration(
      (bound(faults[name]) - (faults[name].lag > 0 ? scrapeSeconds : 0)) * 1_000,
    );
    expect(valid).toMatch(new RegExp(`^ +trigger ${name} +${promised}: 3 failing looks, one every 1 s`, 'm'));
    expect([
      verdictOf(good),
      told(good, 'watch-finished')[0]?.['because'],
      told(good, 'snapshot-noted'),
    ]).toEqual([
      'verified - exit 0',
      [],
      [expect.objectContaining({ fresh: true, versions: { api: expect.stringContaining('revision 1') } })],
    ]);
    expect(seen.ledger).toContain(String(told(good, 'snapshot-noted')[0]?.['id']));

    const fault: Fault = faults[name];
    if (fault.baseline === true)
      expect(run.log).toMatch(
        /trigger compared: fail .*2 of 2 fail: .*, before the deploy 0[.\d]*, so at most [.\d]+ is expected/,
      );
    expect([verdictOf(run), live, history]).toEqual([
      'rolled-back deploy-rolled-back exit 1',
      '1',
      '1 superseded, 2 superseded, 3 deployed',
    ]);
    expect(told(run, 'watch-finished')).toEqual([expect.objectContaining({ state: 'bad', trigger: name })]);
    // What called is over, by its own check and by what users get.
    const proofs = told(run, 'check-finished').slice(-2);
    expect(proofs.map((each) => `${each['name']} ${each['state']}`).sort()).toEqual(
      [`trigger ${name} pass`, 'users pass'].sort(),
    );
    const [before, during, after] = users;
    expect([before >= served, during < served, after >= served]).toEqual([true, true, true]);

    // In looks, so that a busy machine makes the times longer and nothing else: exactly as many in a row as the plan
    // wants, and no more until then than the bound and one `every` have room for.
    expect(timed.counted).toEqual([1, 2, 3]);
    expect(timed.looks).toBeLessThanOrEqual(Math.ceil(bound(faults[name]) / everySeconds) + 1);
    // A look may come while a scrape is under way.
    if (timed.passedAfterSample !== undefined) expect(timed.passedAfterSample).toBeLessThanOrEqual(2);
    expect(timed.noticed - timed.unwatched - timed.late).toBeLessThanOrEqual(
      bound(faults[name]) + everySeconds,
    );
  });

  test('how soon each was noticed', async () => {
    const rows: string[] = [];
    for (const name of names) {
      const seen = await scenes.get(name);
      if (seen === undefined) continue;
      const { timed, users } = seen;
      const [before, during, after] = users;
      const s = (seconds: number): string => `${seconds.toFixed(1)} s`.padStart(7);
      rows.push(
        [
          faults[name].what.padEnd(47),
          s(timed.noticed),
          s(timed.unwatched),
          s(timed.late),
          s(bound(faults[name])),
          String(timed.looks).padStart(5),
          `${before} → ${during} → ${after} %`,
        ].join(' | '),
      );
    }
    const head = [
      'what is broken'.padEnd(47),
      'noticed',
      'unwatch',
      '   late',
      '  bound',
      'looks',
      'users served',
    ];
    const words = `noticed: from the first user who met it to the decision; unwatch: of it before the watch had begun; late: of it
looks later than \`every\`; bound: scrape ${scrapeSeconds} s + range ${rangeSeconds} s (only from Prometheus) + ${failures} × every ${everySeconds} s.
looks: since then and in the watch; for what broke in its middle, at least so many.
Asserted: noticed - unwatch - late <= bound + one every, which is a number of looks. Load of the machine: ${loadavg()[0]?.toFixed(1)}.`;
    process.stdout.write(`${[head.join(' | '), ...rows].join('\n')}\n${words}\n`);
    expect(rows).toHaveLength(names.length);
  });
});
