// Killed with -9 before and after every word to the journal in the target, before and after everything that Helm writes,
// and at random instants: whatever was lost, pressing again ends where the first press was going, and does nothing twice.
// `KILL_MATRIX=all` takes both sides of every word and 20 instants; without it every third word from one side, and 3 instants.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from '../../tools/real-parts/fault-proxy.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type Release, releaseOn, writeChart } from '../support/release.ts';
import { type ActionRun, parseJournal, runAction, verdictOf } from '../support/runner.ts';
import { processesOf } from '../support/scene.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';

const all = process.env['KILL_MATRIX'] === 'all';
const minute = 60_000;
jest.setTimeout(all ? 90 * minute : 20 * minute);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const plan = (namespace: string): string => `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
  web: { uses: workload, with: { name: deployment/web } }
  config: { uses: config-tag, with: { paths: [config], tags: "v*", configmap: settings } }
phases:
  - name: back
    steps:
      - { rollback: config }
      - { name: once, run: "sleep 0.3; echo x >> once" }
      - { rollback: api }
      - { rollback: web }
verify:
  - { uses: rollout, with: { workload: deployment/api } }
`;

const workload = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
    }),
  }),
});
const configMap = z.looseObject({ data: z.object({ 'app.txt': z.string() }) });
const revisionOf = ({ metadata }: z.infer<typeof workload>): string =>
  metadata.annotations['deployment.kubernetes.io/revision'] ?? '';
const imageOf = ({ spec }: z.infer<typeof workload>): string =>
  spec.template.spec.containers[0]?.image.split(':')[1] ?? '';

type Row = { readonly cell: string; readonly dead: string; readonly then: string; readonly state: string };

describeReal('the kill matrix', () => {
  let cluster: Cluster;
  let proxy: FaultProxy;
  let folder = '';
  let helm = '';
  let kubectl = '';

  beforeAll(async () => {
    ({ kubectl, helm4: helm } = await provide(['kubectl', 'helm4']));
    cluster = await sharedCluster();
    proxy = await startFaultProxy(cluster);
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-kill-'));
  });
  afterAll(async () => {
    await proxy?.close();
    await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  type Scene = {
    readonly namespace: string;
    readonly api: Release;
    readonly press: (
      kubeconfig: string,
      options?: Partial<Parameters<typeof runAction>[0]>,
    ) => Promise<ActionRun>;
    /** `api 1 (3), web 1 (3), config v1, once 1`; in brackets how often the pod template has been another one. */
    readonly state: () => Promise<string>;
  };

  async function scene(): Promise<Scene> {
    const namespace = uniqueName('kill');
    const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const clone = join(folder, namespace);
    await mkdir(join(clone, 'config'), { recursive: true });
    const git = (...args: readonly string[]): string =>
      execFileSync(
        'git',
        ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
    const kube = (...args: readonly string[]): string =>
      execFileSync(kubectl, [`--kubeconfig=${cluster.kubeconfig}`, `--namespace=${namespace}`, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    git('init', '--quiet', '--initial-branch=main');
    for (const tag of ['v1', 'v2']) {
      await writeFile(join(clone, 'config', 'app.txt'), `${tag}\n`);
      git('add', '-A');
      git('commit', '--quiet', '--message', tag);
      git('tag', tag);
    }
    await writeFile(join(clone, 'rollback.yml'), plan(namespace));
    kube('create', 'namespace', namespace);
    kube('create', 'configmap', 'settings', `--from-file=app.txt=${join(clone, 'config', 'app.txt')}`);
    kube('create', 'deployment', 'web', '--image=registry.example/web:1');
    kube('rollout', 'status', 'deployment/web', '--timeout=60s');
    kube('set', 'image', 'deployment/web', '*=registry.example/web:2');
    const api = releaseOn(cluster, helm, 'api', namespace, await writeChart(clone));
    for (const version of ['1', '2']) await api.deploy({ version });
    kube('rollout', 'status', 'deployment/web', '--timeout=60s');
    return {
      namespace,
      api,
      press: (kubeconfig, options = {}) =>
        runAction({
          inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous', ...options.inputs },
          workspace: clone,
          kubeconfig,
          path: [dirname(helm), dirname(kubectl)],
          ...(options.started === undefined ? {} : { started: options.started }),
        }),
      async state() {
        const web = workload.parse((await cluster.call('GET', `${deployments}/web`)).body);
        const settings = `/api/v1/namespaces/${namespace}/configmaps/settings`;
        const content = configMap.parse((await cluster.call('GET', settings)).body).data['app.txt'].trim();
        const lines = (await readFile(join(clone, 'once'), 'utf8').catch(() => '')).split('\n').length - 1;
        // Helm has no way to go on with a rollback that was cut off: the next one has a number of its own and finds done
        // what the first one did. So it counts what happened to the pods, and Helm's own revisions only where complete.
        const completed = (await api.history()).split(', ').filter((each) => !each.includes('pending-'));
        const templates = revisionOf(workload.parse((await cluster.call('GET', `${deployments}/api`)).body));
        const revisions =
          templates === String(completed.length)
            ? templates
            : `${templates} by ${completed.length} revisions`;
        return `api ${await api.liveVersion()} (${revisions}), web ${imageOf(web)} (${revisionOf(web)}), config ${content}, once ${lines}`;
      },
    };
  }

  const reached = 'api 1 (3), web 1 (3), config v1, once 1';

  /** Presses until it is green, answering what a person is asked by what really happened. */
  async function finish({ press, state }: Scene): Promise<string> {
    const told: string[] = [];
    let override = '';
    for (let again = 0; again < 3; again++) {
      const run = await press(cluster.kubeconfig, { inputs: { override } });
      told.push(verdictOf(run));
      if (run.code === 0) break;
      // Only the script leaves no trace that could be asked for.
      if (run.outputs['reason-code'] !== 'step-undecided') break;
      expect(run.summary).toContain('skip-step:back/once');
      override = (await state()).endsWith('once 1') ? 'skip-step:back/once' : 'repeat-step:back/once';
    }
    return told.join(', then ');
  }

  async function journalOf(temp: string): Promise<string> {
    const runs = join(temp, 'rollback-plan');
    const [incident] = await readdir(runs).catch(() => []);
    return incident === undefined
      ? ''
      : await readFile(join(runs, incident, 'journal.jsonl'), 'utf8').catch(() => '');
  }

  /** Whole lines are events; only the last one may be torn. */
  function proveParses(journal: string): number {
    return parseJournal(journal.slice(0, journal.lastIndexOf('\n') + 1)).length;
  }

  async function cell(name: string, kill: (set: Scene) => Promise<string>): Promise<Row> {
    const set = await scene();
    const dead = await kill(set);
    const then = await finish(set);
    const row = { cell: name, dead, then, state: await set.state() };
    // As they come: a matrix that is cut off has told what it found.
    process.stdout.write(`${name}: ${dead} → ${then} | ${row.state} (${set.namespace})\n`);
    return row;
  }

  const isAppend = (namespace: string) => (request: ProxiedRequest) =>
    (request.method === 'PUT' || request.method === 'POST') &&
    request.path.startsWith(`/api/v1/namespaces/${namespace}/configmaps`) &&
    (request.method === 'POST' || request.path.includes('rollback-plan-journal-'));

  /** Its records are Secrets; what it applies is the Deployment of the chart, which nobody else writes here. */
  const isOfHelm = (namespace: string) => (request: ProxiedRequest) =>
    request.method !== 'GET' &&
    !request.path.includes('dryRun=') &&
    [`/api/v1/namespaces/${namespace}/secrets`, `/apis/apps/v1/namespaces/${namespace}/deployments/api`].some(
      (path) => request.path.startsWith(path),
    );

  function judge(rows: readonly Row[]): void {
    expect(rows.filter(({ state }) => state !== reached)).toEqual([]);
    expect(rows.filter(({ then }) => !/(?:rolled-back|already-there) - exit 0$/.test(then))).toEqual([]);
  }

  /** Kills at the requests that fit, the first one, the second one, …: there is one more as long as a kill happens. */
  async function killAtEach(
    what: string,
    fits: (namespace: string) => (request: ProxiedRequest) => boolean,
    taken: (place: number, side: number) => boolean,
  ): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (let place = 0, more = true; more; place++) {
      const sides = (['silence-before', 'silence-after'] as const).filter((_, side) => taken(place, side));
      for (const type of sides) {
        const row = await cell(
          `${what} ${place} ${type.slice('silence-'.length)}`,
          async ({ namespace, press }) => {
            const fault = proxy.inject(fits(namespace), { type }, { skip: place });
            let told = 'was not killed';
            await press(proxy.kubeconfig, {
              started: async (child, temp) => {
                const ended = new Promise<undefined>((done) => child.once('exit', () => done(undefined)));
                if ((await Promise.race([fault.hit, ended])) === undefined) return;
                child.kill('SIGKILL');
                await ended;
                told = `killed after ${proveParses(await journalOf(temp))} events`;
              },
            });
            fault.remove();
            return told;
          },
        );
        rows.push(row);
        more = row.dead !== 'was not killed';
      }
    }
    judge(rows);
    return rows.filter(({ dead }) => dead !== 'was not killed');
  }

  test('before and after every word to the journal', async () => {
    const rows = await killAtEach('word', isAppend, (word, side) =>
      all ? true : word % 3 === 0 && side === (word / 3) % 2,
    );
    expect(rows.length).toBeGreaterThan(all ? 40 : 6);
  });

  test('before and after everything that Helm writes, with Helm killed too', async () => {
    const rows = await killAtEach('write of Helm', isOfHelm, (write, side) => all || side === write % 2);
    expect(rows.length).toBeGreaterThan(all ? 5 : 2);
  });

  test('at random instants, with what it had started killed with it or surviving', async () => {
    const rows: Row[] = [];
    for (let instant = 0; instant < (all ? 20 : 3); instant++) {
      const waitMs = Math.round(Math.random() * 2_500);
      const orphaned = instant % 2 === 1;
      const name = `${waitMs} ms after the first step, ${orphaned ? 'child survives' : 'child killed'}`;
      rows.push(
        await cell(name, async ({ namespace, press }) => {
          let told = '';
          const proxies: number[] = [];
          await press(cluster.kubeconfig, {
            started: async (child, temp) => {
              while (!(await journalOf(temp)).includes('"type":"step-started"') && child.exitCode === null)
                await sleep(10);
              await sleep(waitMs);
              const guards = orphaned ? childrenOf(child.pid ?? 0, '/bin/sh -c') : [];
              if (orphaned) proxies.push(...childrenOf(child.pid ?? 0, 'kubectl proxy'));
              // A guard ends the children of whoever dies; without it they live on.
              for (const pid of guards) process.kill(pid, 'SIGKILL');
              const ended = new Promise<void>((done) => child.once('exit', () => done()));
              if (child.exitCode === null) {
                child.kill('SIGKILL');
                await ended;
              }
              told = `killed after ${proveParses(await journalOf(temp))} events`;
            },
          });
          // On one machine the lock is free at once; a survivor of this test is waited for as its deadline would be.
          for (let look = 0; look < 300 && processesOf(namespace).length > 0; look++) await sleep(100);
          await sleep(500);
          // It serves nobody any more, and nobody is left to end it.
          for (const pid of proxies) process.kill(pid, 'SIGKILL');
          return told;
        }),
      );
    }
    judge(rows);
  });
});

/** Children of a process by how their command line begins; the process guard is a `/bin/sh -c`. */
function childrenOf(parent: number, begin: string): readonly number[] {
  // All of them, because `ps` fails where it finds none: the run may be over already.
  const listing = execFileSync('ps', ['-eo', 'ppid=,pid=,args='], { encoding: 'utf8' });
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([ppid, , ...args]) => Number(ppid) === parent && args.join(' ').startsWith(begin))
    .map(([, pid]) => Number(pid));
}
