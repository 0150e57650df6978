// An API server that fails in the middle of a press: errors, throttling, connections that break before or after a request
// took effect, and no answer at all. Whatever fails once, the way back is gone to its end and nothing is done twice.
// One press meets one kind of fault at all places, each once. With `API_FAULTS=all` each place has a press of its own;
// `API_FAULTS='helm record'` takes that place only.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import type { Fault } from '../../tools/real-parts/fault-proxy.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type FaultScene, type Point, points, setFaultScene, takenBack } from '../support/fault-scene.ts';
import { verdictOf } from '../support/runner.ts';
import { sharedCluster } from '../support/shared/parts.ts';

const wanted = process.env['API_FAULTS'] ?? '';
const all = wanted !== '';
const minute = 60_000;
jest.setTimeout(all ? 90 * minute : 10 * minute);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

/** The first, or the one that comes after so many of its like. */
type Place = { readonly point: Point; readonly skip?: number };
type Cell = { readonly fault: Fault; readonly places: readonly Place[] };
type Row = {
  readonly cell: string;
  readonly hits: readonly string[];
  readonly end: string;
  readonly seconds: number;
  readonly state: string;
  readonly writes: number;
};

const quick: readonly Fault[] = [
  { type: 'status', status: 503 },
  { type: 'status', status: 429, headers: { 'retry-after': '1' } },
  { type: 'reset-before' },
  { type: 'reset-after' },
];
const silent: readonly Fault[] = [{ type: 'silence-before' }, { type: 'silence-after' }];

/** What we ask and write ourselves, and what kubectl writes for us. */
const places: readonly Place[] = [
  { point: 'lease read' },
  { point: 'lease create' },
  { point: 'lease update' },
  { point: 'page read' },
  { point: 'page create' },
  { point: 'ledger create' },
  { point: 'page append' },
  { point: 'page append', skip: 9 },
  { point: 'last page append' },
  { point: 'read of web' },
  { point: 'read of settings' },
  { point: 'list of releases' },
  { point: 'dry run' },
  { point: 'settings write' },
  { point: 'access review' },
  { point: 'quota list' },
  { point: 'log of a pod' },
  { point: 'ledger read' },
  { point: 'kubectl undo' },
];
/** Waiting is all that these cost: a few at a time. */
const silences: readonly (readonly Place[])[] = [
  [{ point: 'lease read' }, { point: 'read of web' }, { point: 'page append', skip: 4 }],
  [{ point: 'access review' }, { point: 'ledger create' }, { point: 'settings write' }],
];

/** Helm's own request: what Helm makes of a fault is Helm's. By name only. */
const ofHelm: Place = { point: 'helm record' };

const cells: readonly Cell[] = all
  ? [...quick, ...silent]
      .flatMap((fault) => [...places, ofHelm].map((place) => ({ fault, places: [place] })))
      .filter(({ places: [place] }) => place?.point === wanted || (wanted === 'all' && place !== ofHelm))
  : [
      ...quick.map((fault) => ({ fault, places })),
      ...silent.flatMap((fault) => silences.map((several) => ({ fault, places: several }))),
    ];

const nameOf = (fault: Fault): string => (fault.type === 'status' ? String(fault.status) : fault.type);
const nameOfPlace = ({ point, skip = 0 }: Place): string => (skip === 0 ? point : `${point} ${skip + 1}`);

describeReal('an API server that fails', () => {
  let cluster: Cluster;
  let folder = '';
  let tools: { readonly kubectl: string; readonly helm4: string };

  beforeAll(async () => {
    tools = await provide(['kubectl', 'helm4']);
    cluster = await sharedCluster();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-faults-'));
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  async function inScene<T>(use: (scene: FaultScene) => Promise<T>): Promise<T> {
    const scene = await setFaultScene({ cluster, folder, helm: tools.helm4, kubectl: tools.kubectl });
    try {
      return await use(scene);
    } finally {
      await scene.proxy.close();
    }
  }

  const pressWith = ({ fault, places: at }: Cell): Promise<Row> =>
    inScene(async ({ proxy, press, state }) => {
      const injected = at.map((place) => ({
        place,
        rule: proxy.inject((request) => points[place.point](request, proxy.requests), fault, {
          skip: place.skip ?? 0,
        }),
      }));
      const run = await press();
      const unheard = fault.type === 'status' || fault.type.endsWith('-before');
      const written = count(proxy, 'settings write');
      const lost = injected.filter(({ place, rule }) => place.point === 'settings write' && rule.hits > 0);
      return {
        cell: `${nameOf(fault)} at ${at.length > 3 ? `${at.length} places` : at.map(nameOfPlace).join(', ')}`,
        hits: injected.filter(({ rule }) => rule.hits === 0).map(({ place }) => nameOfPlace(place)),
        end: verdictOf(run),
        seconds: Math.round(run.milliseconds / 100) / 10,
        state: await state(),
        writes: written - (unheard ? lost.length : 0),
      };
    });

  test('is reached over one connection per run: reads, lock and journal start no command', async () => {
    await inScene(async ({ proxy, press, state }) => {
      const bin = await mkdtemp(join(folder, 'bin-'));
      const log = join(bin, 'calls');
      // Says who called before it is kubectl: the action is no shell and no helm.
      const wrapper = `#!/bin/sh\nprintf '%s\\n' "$*" >> ${log}\nexec ${tools.kubectl} "$@"\n`;
      await writeFile(join(bin, 'kubectl'), wrapper);
      await chmod(join(bin, 'kubectl'), 0o755);
      const run = await press([bin]);
      expect([verdictOf(run), await state()]).toEqual(['rolled-back - exit 0', takenBack]);
      const calls = (await readFile(log, 'utf8')).trim().split('\n');
      expect(calls.filter((call) => call.startsWith('proxy '))).toHaveLength(1);
      // What reads no cluster, and what the plan is there to do.
      const others = calls.filter((call) => !/^(?:proxy|config view|version) /.test(call));
      expect(others.map((call) => call.split(' ', 2).join(' '))).toEqual([
        'replace --filename=-',
        'rollout undo',
      ]);
      for (const point of [
        'lease read',
        'lease create',
        'lease update',
        'page read',
        'page append',
        'read of web',
      ] as const)
        expect([point, count(proxy, point)]).not.toEqual([point, 0]);
    });
  });

  test('is asked again, and nothing is done twice', async () => {
    const rows: Row[] = [];
    const waiting = [...cells];
    const lane = async (): Promise<void> => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift())
        rows.push(await pressWith(cell));
    };
    await Promise.all([lane(), lane(), lane()]);
    process.stdout.write(`${table(rows)}\n`);
    expect(rows.filter(({ hits }) => hits.length > 0)).toEqual([]);
    expect(rows.filter(({ end }) => end !== 'rolled-back - exit 0')).toEqual([]);
    expect(rows.filter(({ state }) => state !== takenBack)).toEqual([]);
    expect(rows.filter(({ writes }) => writes !== 1)).toEqual([]);
    // At most three requests of a press are never answered, and each of them is given up for itself.
    expect(rows.filter(({ seconds }) => seconds > 120)).toEqual([]);
  });
});

function count({ requests }: FaultScene['proxy'], point: Point): number {
  return requests.filter((request) => points[point](request, requests)).length;
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ cell }) => cell.length));
  return rows
    .map(
      ({ cell, hits, end, seconds, state, writes }) =>
        `${cell.padEnd(width)}  ${hits.length === 0 ? 'all hit' : `not hit: ${hits.join(', ')}`}  →  ${end}, ${seconds} s  |  ${state}, written ${writes}`,
    )
    .join('\n');
}
