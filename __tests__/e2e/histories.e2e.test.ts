// Histories that lead to a wrong version, made with the real Helm and kubectl on a real cluster: what the naive way would
// pick, and what the bundle picks or refuses. Prints the table; one wrong pick fails it.

import { execFile, spawn } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import type { Forge } from '../../tools/real-parts/forge.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { runCommandLine } from '../support/command-line.ts';
import { writeContentChart } from '../support/content-chart.ts';
import { type ImageRegistry, imageRegistry } from '../support/image-registry.ts';
import type { Release } from '../support/release.ts';
import { type OwnStage, onePlan, type Scene, setScene, setStage } from '../support/scene.ts';
import { sharedForge } from '../support/shared/parts.ts';
import { workloadManifest } from '../support/workload-manifest.ts';

jest.setTimeout(600_000);

const run = promisify(execFile);
const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

/** Deploys without waiting for what may never be ready. */
const now = ['--wait=false'];
const crash = { behaviour: 'crash' };

type World = {
  readonly on: Scene;
  /** Folder of the chart. */
  readonly chart: string;
  /** The same chart under another name. */
  readonly renamed: string;
  /** A chart whose image is a value, and the registry for such images. */
  readonly contents: string;
  readonly images: ImageRegistry & { readonly owner: string };
  readonly api: Release;
  readonly web: Release;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly apply: (manifest: string) => Promise<void>;
  readonly helm: (...args: readonly string[]) => Promise<string>;
  /** Helm, killed without a word after a moment. */
  readonly killedHelm: (...args: readonly string[]) => Promise<void>;
  readonly ledger: (...args: readonly string[]) => Promise<void>;
  /** Presses for real. */
  readonly press: (to?: string) => Promise<void>;
};

type Row = {
  readonly name: string;
  readonly make: (world: World) => Promise<unknown>;
  /** What is right: `→ 1` (the version gone to), `stays`, or the code of a refusal. */
  readonly right: string;
  readonly to?: string;
  readonly plan?: 'helm' | 'two' | 'deployment' | 'statefulset';
};

/** A tag that says nothing, and the digest that does. */
const imageByDigest = (digit: string): string => `stable@sha256:${digit.repeat(64)}`;

const rows: readonly Row[] = [
  {
    name: 'good, then bad',
    make: async ({ api }) => [
      await api.deploy({ version: '1' }, now),
      await api.deploy({ version: '2' }, now),
    ],
    right: '→ 1',
  },
  {
    name: 'failed upgrade in between',
    make: async ({ api }) => {
      await api.deploy({ version: '1' }, now);
      await api.deploy({ version: '2', ...crash }, ['--timeout', '2s']);
      await api.deploy({ version: '3' }, now);
    },
    right: '→ 1',
  },
  {
    name: 'failed upgrade is live',
    make: async ({ api }) => {
      await api.deploy({ version: '1' }, now);
      await api.deploy({ version: '2' }, now);
      await api.deploy({ version: '3', ...crash }, ['--timeout', '2s']);
    },
    right: '→ 2',
  },
  {
    name: 'upgrade rolled back by Helm',
    make: async ({ api }) => {
      await api.deploy({ version: '1' });
      await api.deploy({ version: '2', ...crash }, ['--timeout', '3s', '--rollback-on-failure']);
    },
    right: 'stays',
  },
  {
    name: 'rolled back by Helm, then bad',
    make: async ({ api }) => {
      await api.deploy({ version: '1' });
      await api.deploy({ version: '2', ...crash }, ['--timeout', '3s', '--rollback-on-failure']);
      await api.deploy({ version: '4' }, now);
    },
    right: '→ 1',
  },
  {
    name: 'history pruned to the live one',
    make: async ({ api, kubectl }) => {
      for (const version of ['1', '2', '3']) await api.deploy({ version }, now);
      await kubectl('delete', 'secret', 'sh.helm.release.v1.api.v1', 'sh.helm.release.v1.api.v2');
    },
    right: 'to-no-candidate',
  },
  {
    name: 'same content deployed twice',
    make: async ({ api }) => {
      for (const version of ['1', '2', '2']) await api.deploy({ version }, now);
    },
    right: '→ 1',
  },
  {
    name: 'rolled back to a good one by hand',
    make: async ({ api, helm }) => {
      for (const version of ['1', '2']) await api.deploy({ version }, now);
      await helm('rollback', 'api', '1');
    },
    right: 'stays',
  },
  {
    name: 'rollback of a rollback: the bad one put back by hand',
    make: async ({ api, helm, press }) => {
      for (const version of ['1', '2']) await api.deploy({ version }, now);
      await press();
      await helm('rollback', 'api', '2');
    },
    right: '→ 1',
  },
  {
    name: 'pressed twice',
    make: async ({ api, press }) => {
      for (const version of ['1', '2', '3']) await api.deploy({ version }, now);
      await press();
    },
    right: 'stays',
  },
  {
    name: 'first install',
    make: async ({ api }) => await api.deploy({ version: '1' }, now),
    right: 'to-no-candidate',
  },
  {
    name: 'pending install',
    make: async ({ killedHelm, chart }) =>
      await killedHelm('install', 'api', chart, '--set', 'readyAfter=10m'),
    right: 'operation-pending',
  },
  {
    name: 'pending upgrade',
    make: async ({ api, killedHelm, chart }) => {
      await api.deploy({ version: '1' }, now);
      await killedHelm('upgrade', 'api', chart, '--set', 'readyAfter=10m');
    },
    right: 'operation-pending',
  },
  {
    name: 'pending rollback',
    make: async ({ api, killedHelm }) => {
      await api.deploy({ version: '1', readyAfter: '10m' }, now);
      await api.deploy({ version: '2' }, now);
      await killedHelm('rollback', 'api', '1');
    },
    right: 'operation-pending',
  },
  {
    name: 'old content deployed again',
    make: async ({ api }) => {
      for (const version of ['1', '2', '1']) await api.deploy({ version }, now);
    },
    right: 'to-no-candidate',
  },
  {
    name: 'what was rolled back from came again before the bad one',
    make: async ({ api, press }) => {
      for (const version of ['1', '2']) await api.deploy({ version }, now);
      await press();
      for (const version of ['2', '3']) await api.deploy({ version }, now);
    },
    right: '→ 1',
  },
  {
    name: 'in quarantine, by name',
    make: async ({ api, press }) => {
      for (const version of ['1', '2']) await api.deploy({ version }, now);
      await press();
      await api.deploy({ version: '3' }, now);
    },
    to: 'api=2',
    right: 'version-quarantined',
  },
  {
    name: 'an unverified one in between',
    make: async ({ api, ledger }) => {
      await api.deploy({ version: '1' });
      await ledger('seed', '--reason', 'good');
      for (const version of ['2', '3']) await api.deploy({ version }, now);
    },
    to: 'last-good',
    right: '→ 1',
  },
  {
    name: 'the verified revision is pruned',
    make: async ({ api, ledger }) => {
      await api.deploy({ version: '1' });
      await ledger('seed', '--reason', 'good');
      for (const version of ['2', '3']) await api.deploy({ version }, [...now, '--history-max', '2']);
    },
    to: 'last-good',
    right: 'last-good-unknown',
  },
  {
    name: 'two components that never ran together',
    make: async ({ api, web, ledger }) => {
      await Promise.all([api.deploy({ version: '1' }), web.deploy({ version: '1' })]);
      await ledger('seed', '--reason', 'good');
      for (const version of ['2', '3']) await api.deploy({ version }, now);
      await web.deploy({ version: '2' }, now);
    },
    plan: 'two',
    right: 'never-together',
  },
  {
    name: 'chart renamed with the bad version',
    make: async ({ api, helm, renamed }) => {
      await api.deploy({ version: '1' }, now);
      await helm('upgrade', 'api', renamed, '--set-string', 'version=2');
    },
    right: '→ 1',
  },
  {
    name: 'nothing but the chart was renamed',
    make: async ({ api, helm, renamed }) => {
      await api.deploy({ version: '1' }, now);
      await helm('upgrade', 'api', renamed, '--set-string', 'version=1');
    },
    right: 'to-no-candidate',
  },
  {
    // Both revisions have that tag, so any restart brings the new content, too: told, and no reason to refuse.
    name: 'the tag of both was put on another image since',
    make: async ({ helm, kubectl, contents, images, on }) => {
      const name = `moving-${on.namespace}`;
      const ran = await images.push(name, 'stable', 'one');
      const image = `${images.host}/${images.owner}/${name}`;
      for (const version of ['1', '2'])
        await helm(
          ...['upgrade', '--install', 'api', contents, '--wait'],
          ...['--set-string', `version=${version},image=${image}:stable`],
        );
      // What a kubelet would say of the image that it pulled.
      const status = [{ name: 'app', image: `${image}:stable`, imageID: `${image}@${ran}` }];
      const patch = JSON.stringify({ status: { containerStatuses: status } });
      for (const pod of (await kubectl('get', 'pods', '--output=name')).split('\n'))
        await kubectl('patch', pod, '--subresource=status', `--patch=${patch}`);
      await images.push(name, 'stable', 'two');
    },
    right: '→ stable',
  },
  {
    name: 'uninstalled, history kept',
    make: async ({ api, helm }) => {
      for (const version of ['1', '2']) await api.deploy({ version }, now);
      await helm('uninstall', 'api', '--keep-history');
    },
    right: 'component-missing',
  },
  {
    name: 'Deployment: good, then bad',
    make: async ({ apply }) => [
      await apply(workloadManifest('Deployment', '1')),
      await apply(workloadManifest('Deployment', '2')),
    ],
    plan: 'deployment',
    right: '→ 1',
  },
  {
    name: 'Deployment: one tag, other images by digest',
    make: async ({ apply }) => {
      for (const version of [imageByDigest('a'), imageByDigest('b'), imageByDigest('b')])
        await apply(workloadManifest('Deployment', version));
    },
    plan: 'deployment',
    right: `→ ${'a'.repeat(64)}`,
  },
  {
    name: 'Deployment undone by hand',
    make: async ({ apply, kubectl }) => {
      for (const version of ['1', '2']) await apply(workloadManifest('Deployment', version));
      await kubectl('rollout', 'undo', 'deployment/api');
    },
    plan: 'deployment',
    right: 'stays',
  },
  {
    name: 'Deployment is paused',
    make: async ({ apply, kubectl }) => {
      for (const version of ['1', '2']) await apply(workloadManifest('Deployment', version));
      await kubectl('rollout', 'pause', 'deployment/api');
    },
    plan: 'deployment',
    right: 'workload-paused',
  },
  {
    name: 'Deployment belongs to Helm',
    make: async ({ api }) => {
      for (const version of ['1', '2']) await api.deploy({ version }, now);
    },
    plan: 'deployment',
    right: 'managed-elsewhere',
  },
  {
    name: 'StatefulSet stuck in order',
    make: async ({ apply }) => {
      await apply(workloadManifest('StatefulSet', '1'));
      await apply(workloadManifest('StatefulSet', '2', { behaviour: 'crash' }));
    },
    plan: 'statefulset',
    right: '→ 1',
  },
  {
    name: 'StatefulSet that updates on delete',
    make: async ({ apply }) => {
      for (const version of ['1', '2'])
        await apply(workloadManifest('StatefulSet', version, { strategy: 'OnDelete' }));
    },
    plan: 'statefulset',
    right: '→ 1',
  },
];

describeReal('histories', () => {
  let stage: OwnStage<'helm4'>;
  let forge: Forge;
  let helm = '';
  let more: Pick<World, 'renamed' | 'contents' | 'images'>;

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
    forge = await sharedForge();
    const renamed = join(stage.folder, 'renamed');
    await cp(stage.chart, renamed, { recursive: true });
    const file = join(renamed, 'Chart.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('name: app', 'name: storefront'));
    const images = { ...imageRegistry(forge, forge.owner, forge.adminToken), owner: forge.owner };
    more = { renamed, contents: await writeContentChart(stage.folder), images };
  });
  afterAll(() => Promise.all([stage?.stop(), forge?.stop()]));

  const planFor = (row: Row): ((namespace: string) => string) => {
    const workload = (reference: string) => (namespace: string) =>
      onePlan(namespace).replace(
        'helm-release, with: { release: api }',
        `workload, with: { name: ${reference} }`,
      );
    switch (row.plan ?? 'helm') {
      case 'helm':
        return (namespace) => onePlan(namespace);
      case 'two':
        return (namespace) =>
          onePlan(namespace).replace(
            'verify:',
            '  web: { uses: helm-release, with: { release: web } }\nverify:',
          );
      case 'deployment':
        return workload('deployment/api');
      case 'statefulset':
        return workload('statefulset/api');
    }
  };

  const setUp = async (row: Row): Promise<World> => {
    const on = await setScene(stage, helm, planFor(row));
    const { namespace } = on;
    const env = { ...process.env, KUBECONFIG: stage.cluster.kubeconfig };
    const kubectl = async (...args: readonly string[]): Promise<string> =>
      (await run(stage.kubectl, ['--namespace', namespace, ...args], { env })).stdout.trim();
    await run(stage.kubectl, ['create', 'namespace', namespace], { env });
    return {
      on,
      chart: stage.chart,
      ...more,
      api: on.release('api'),
      web: on.release('web'),
      kubectl,
      async apply(manifest) {
        const path = join(on.workspace, 'manifest.yml');
        await writeFile(path, manifest);
        await kubectl('apply', '-f', path);
        // Until its controller has seen it, there is no revision to go to.
        await sleep(700);
      },
      helm: async (...args) => (await run(helm, [...args, '--namespace', namespace], { env })).stdout.trim(),
      async killedHelm(...args) {
        const child = spawn(helm, [...args, '--namespace', namespace, '--wait'], { env, stdio: 'ignore' });
        const ended = new Promise((done) => child.once('exit', done));
        for (let look = 0; look < 200 && !(await pending(kubectl)); look++) await sleep(50);
        child.kill('SIGKILL');
        await ended;
      },
      async ledger(...args) {
        const told = await runCommandLine(['ledger', ...args, '--plan', 'rollback.yml'], {
          folder: on.workspace,
          kubeconfig: stage.cluster.kubeconfig,
          path: [dirname(helm), dirname(stage.kubectl)],
        });
        expect([told.code, told.stderr]).toEqual([0, '']);
      },
      async press(to = 'previous') {
        const pressed = await on.press({ to });
        expect(pressed.outputs['outcome']).toBe('rolled-back');
      },
    };
  };

  const pending = async (kubectl: World['kubectl']): Promise<boolean> =>
    (
      await kubectl(
        'get',
        'secrets',
        '--selector',
        'owner=helm',
        '--output',
        'jsonpath={.items[*].metadata.labels.status}',
      )
    ).includes('pending');

  /** `helm rollback` without a revision goes to the newest number less one; `kubectl rollout undo` says where. */
  const naive = async (row: Row, { helm: call, kubectl }: World): Promise<string> => {
    if (row.plan === 'deployment' || row.plan === 'statefulset') {
      const reference = row.plan === 'deployment' ? 'deployment/api' : 'statefulset/api';
      return await kubectl('rollout', 'undo', reference, '--dry-run=client').then(
        (text) => `→ ${/Image:\s+\S+:(\S+)/.exec(text)?.[1] ?? '?'}`,
        () => 'error',
      );
    }
    const history = z
      .array(z.looseObject({ revision: z.number() }))
      .parse(JSON.parse(await call('history', 'api', '--output', 'json')));
    const target = Math.max(...history.map(({ revision }) => revision)) - 1;
    return history.some(({ revision }) => revision === target) ? await contentOf(call, `${target}`) : 'error';
  };

  const contentOf = async (call: World['helm'], revision: string): Promise<string> => {
    const manifest = await call('get', 'manifest', 'api', '--revision', revision);
    return `→ ${/image: "\S+:(\S+?)"/.exec(manifest)?.[1] ?? '?'}`;
  };

  const pinned = z.looseObject({
    changes: z.array(
      z.looseObject({
        component: z.string(),
        alreadyThere: z.boolean(),
        to: z.looseObject({ id: z.string() }),
      }),
    ),
  });

  const ours = async (row: Row, { on, helm: call, kubectl }: World): Promise<string> => {
    const dry = await on.press({ to: row.to ?? 'previous', 'dry-run': 'true' });
    if (dry.outputs['outcome'] !== 'planned') return dry.outputs['reason-code'] ?? `exit ${dry.code}`;
    const event = dry.journal.findLast(({ type }) => type === 'pinned');
    const change = pinned.parse(event).changes.find(({ component }) => component === 'api');
    if (change === undefined || change.alreadyThere) return 'stays';
    if (row.plan !== 'deployment' && row.plan !== 'statefulset') return await contentOf(call, change.to.id);
    const reference = row.plan === 'deployment' ? 'deployment/api' : 'statefulset/api';
    const text = await kubectl('rollout', 'history', reference, `--revision=${change.to.id}`);
    return `→ ${/Image:\s+\S+:(\S+)/.exec(text)?.[1] ?? '?'}`;
  };

  test('none leads to a wrong pick', async () => {
    const told: {
      readonly name: string;
      readonly naive: string;
      readonly ours: string;
      readonly right: string;
    }[] = [];
    const waiting = [...rows];
    const worker = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        const world = await setUp(row);
        await row.make(world);
        const [other, own] = [await naive(row, world), await ours(row, world)];
        told.push({ name: row.name, naive: other, ours: own, right: row.right });
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    const refusal = (pick: string): boolean => !pick.startsWith('→');
    // What a tool that is not ours says instead of acting is never wrong.
    const mark = (pick: string, right: string, ours: boolean): string =>
      pick === right || (!ours && refusal(pick) && refusal(right)) ? pick : `${pick} WRONG`;
    const short = (text: string): string => text.replace(/([ab])\1{63}/, '$1$1$1$1$1$1$1…');
    const lines = rows.map(({ name }) => {
      const found = told.find((each) => each.name === name);
      const [left, right] = [
        mark(found?.naive ?? '', found?.right ?? '', false),
        mark(found?.ours ?? '', found?.right ?? '', true),
      ];
      return `${name.padEnd(56)} naive ${short(left).padEnd(14)} ours ${short(right)}`;
    });
    const wrong = told.filter((each) => each.ours !== each.right);
    const naiveWrong = lines.filter((line) => /naive \S+( \S+)? WRONG/.test(line)).length;
    process.stdout.write(
      `${lines.join('\n')}\n${rows.length} histories: naive wrong ${naiveWrong}, ours wrong ${wrong.length}\n`,
    );
    expect(wrong).toEqual([]);
    expect(told.length).toBe(rows.length);
  });
});
