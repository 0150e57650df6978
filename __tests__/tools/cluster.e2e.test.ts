// The test cluster behaves like a cluster where it matters for a rollback: rollouts, Helm 3 and 4, RBAC, pods that
// crash, Jobs that hang, and no process left behind however its owner ends.

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../tools/real-parts/cluster.ts';
import { packageRoot } from '../../tools/real-parts/package-root.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { eventually, isRunning } from './processes.ts';

const tools = ['kubectl', 'helm3', 'helm4'] as const;
const parts = await partsForTests([...clusterTools, ...tools]);
const suite = parts.ready ? describe : describe.skip;
const execute = promisify(execFile);

/** A chart with one Deployment and, when `hook` is set, a Job that runs before every change. */
const chart = {
  'Chart.yaml': 'apiVersion: v2\nname: tiny\nversion: 1.0.0\n',
  'values.yaml': 'image: shop:1\nbehaviour: good\nhook: ""\n',
  'templates/deployment.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: 2
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }}, behaviour: {{ .Values.behaviour }} } }
    spec: { containers: [{ name: app, image: {{ .Values.image }} }] }
`,
  'templates/hook.yaml': `
{{- if .Values.hook }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: { helm.sh/hook: "pre-upgrade,pre-install", helm.sh/hook-delete-policy: before-hook-creation }
spec:
  backoffLimit: 0
  template:
    metadata: { labels: { behaviour: {{ .Values.hook }} } }
    spec: { restartPolicy: Never, containers: [{ name: hook, image: hook }] }
{{- end }}
`,
} as const;

suite('a cluster', () => {
  let cluster: Cluster;
  let chartFolder: string;
  let paths: Awaited<ReturnType<typeof provide<(typeof tools)[number]>>>;

  const call = async (
    command: string,
    args: readonly string[],
    kubeconfig = cluster.kubeconfig,
  ): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: cluster.dir };
    const { stdout } = await execute(command, args, { env, timeout: 60_000 });
    return stdout;
  };
  const kubectl = (...args: string[]): Promise<string> => call(paths.kubectl, args);
  const runPod = async (name: string, labels: string): Promise<void> => {
    await kubectl('run', name, '--image=shop:1', `--labels=${labels}`);
  };
  const podStatus = (name: string, path: string): Promise<string> =>
    kubectl('get', 'pod', name, `--output=jsonpath={.status.${path}}`);

  beforeAll(async () => {
    paths = await provide(tools);
    cluster = await startCluster({
      containers: {
        logs: ['listening'],
        previousLogs: ['out of memory'],
        exec: { env: { GREETING: 'hello' } },
      },
    });
    chartFolder = await mkdtemp(join(tmpdir(), 'chart-'));
    await mkdir(join(chartFolder, 'templates'));
    for (const [name, text] of Object.entries(chart)) await writeFile(join(chartFolder, name), text);
  }, 90_000);

  afterAll(async () => {
    await cluster.stop();
    await rm(chartFolder, { recursive: true, force: true });
  });

  test('rolls a Deployment out and back', async () => {
    await kubectl('create', 'deployment', 'web', '--image=shop:1', '--replicas=3');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s');
    await kubectl('set', 'image', 'deployment/web', '*=shop:2');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s');
    await kubectl('rollout', 'undo', 'deployment/web', '--to-revision=1');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s');
    const images = await kubectl(
      'get',
      'deployment',
      'web',
      '--output=jsonpath={.spec.template.spec.containers[*].image}',
    );
    expect(images).toBe('shop:1');
  }, 60_000);

  test.each([
    ['Helm 3', 'helm3', ['--wait']],
    ['Helm 4', 'helm4', ['--wait=watcher']],
  ] as const)(
    '%s installs, upgrades to a version that never gets ready, and rolls back',
    async (_, name, wait) => {
      const helm = (...args: string[]): Promise<string> => call(paths[name], args);
      await helm('install', name, chartFolder, ...wait, '--timeout=20s');
      const bad = helm(
        'upgrade',
        name,
        chartFolder,
        '--set=behaviour=crash,image=shop:2',
        ...wait,
        '--timeout=2s',
      );
      await expect(bad).rejects.toThrow();
      await helm('rollback', name, '1', ...wait, '--timeout=20s');
      const history: unknown = JSON.parse(await helm('history', name, '--output=json'));
      expect(history).toMatchObject([
        { revision: 1, status: 'superseded' },
        { revision: 2, status: expect.stringMatching(/failed|superseded/) },
        { revision: 3, status: 'deployed' },
      ]);
    },
    90_000,
  );

  test.each([
    ['completes', 'good', 'deployed'],
    ['fails', 'fail', 'failed'],
    ['hangs', 'hang', 'failed'],
  ])(
    'a Helm hook that %s',
    async (_, behaviour, status) => {
      const release = `hook-${behaviour}`;
      const set = `--set=hook=${behaviour}`;
      const installed = await call(paths.helm4, ['install', release, chartFolder, set, '--timeout=3s']).then(
        () => true,
        () => false,
      );
      expect(installed).toBe(status === 'deployed');
      expect(await call(paths.helm4, ['status', release, '--output=json'])).toContain(`"status":"${status}"`);
    },
    60_000,
  );

  test('a pod labelled crash never gets ready', async () => {
    await runPod('crash', 'behaviour=crash');
    await eventually(
      async () =>
        (await podStatus('crash', 'containerStatuses[0].state.waiting.reason')) === 'CrashLoopBackOff',
    );
    await expect(kubectl('wait', 'pod/crash', '--for=condition=Ready', '--timeout=2s')).rejects.toThrow(
      'timed out',
    );
  }, 60_000);

  test('a pod labelled crash-later is ready first', async () => {
    await runPod('crash-later', 'behaviour=crash-later,rollback-plan.test/crash-after=2s');
    await kubectl('wait', 'pod/crash-later', '--for=condition=Ready', '--timeout=10s');
    await kubectl('wait', 'pod/crash-later', '--for=condition=Ready=False', '--timeout=10s');
  }, 60_000);

  test('a pod takes as long to get ready as it says', async () => {
    const began = Date.now();
    await runPod('slow', 'rollback-plan.test/ready-after=2s');
    await kubectl('wait', 'pod/slow', '--for=condition=Ready', '--timeout=20s');
    expect(Date.now() - began).toBeGreaterThan(1_900);
  }, 60_000);

  test('a user without rights is refused until a role is bound', async () => {
    const limited = await cluster.kubeconfigFor('limited');
    const list = (): Promise<string> => call(paths.kubectl, ['get', 'pods'], limited);
    await expect(list()).rejects.toThrow('User "limited" cannot list resource "pods"');
    await kubectl('create', 'rolebinding', 'look', '--clusterrole=view', '--user=limited');
    await eventually(() =>
      list().then(
        () => true,
        () => false,
      ),
    );
  }, 60_000);

  test('logs, previous logs and exec are answered by what stands in for the containers', async () => {
    await runPod('talker', 'app=talker');
    await kubectl('wait', 'pod/talker', '--for=condition=Ready', '--timeout=10s');
    expect(await kubectl('logs', 'talker')).toBe('listening\n');
    expect(await kubectl('logs', 'talker', '--previous')).toBe('out of memory\n');
    expect(await kubectl('exec', 'talker', '--', 'sh', '-c', 'echo $GREETING')).toBe('hello\n');
    await expect(kubectl('exec', 'talker', '--', 'false')).rejects.toMatchObject({ code: 1 });
  }, 60_000);

  test('an unknown user is named together with those there are', async () => {
    await expect(cluster.kubeconfigFor('nobody')).rejects.toThrow(
      'no user nobody; there are: admin, limited',
    );
  });

  test('its API can be asked directly', async () => {
    expect(await cluster.call('GET', '/version')).toMatchObject({
      status: 200,
      body: { major: '1', minor: '36' },
    });
  });
});

suite('a component that does not start', () => {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assets-'));
  });
  afterEach(async () => {
    if (assets === undefined) delete process.env['KUBEBUILDER_ASSETS'];
    else process.env['KUBEBUILDER_ASSETS'] = assets;
    await rm(folder, { recursive: true, force: true });
  });

  const replaceEtcd = async (script: string): Promise<void> => {
    await writeFile(join(folder, 'etcd'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env['KUBEBUILDER_ASSETS'] = folder;
  };

  test('is named, with its last lines', async () => {
    await replaceEtcd('echo the disk is full >&2; exit 7');
    await expect(startCluster()).rejects.toThrow(
      'cluster: etcd exited with code 7. Its last lines:\nthe disk is full',
    );
  }, 30_000);

  test('because its port was taken meanwhile is started again with another', async () => {
    const { etcd } = await provide(['etcd']);
    const once = join(folder, 'once');
    await replaceEtcd(
      `[ -e ${once} ] && exec ${etcd} "$@"; touch ${once}; echo bind: address already in use; exit 1`,
    );
    const lines: string[] = [];
    const cluster = await startCluster({ progress: (line) => lines.push(line) });
    await cluster.stop();
    expect(lines[0]).toBe('cluster: another process took one of its ports, starting again');
  }, 60_000);
});

suite('the delay until pods are ready', () => {
  test('can be set for the whole cluster', async () => {
    const cluster = await startCluster({ readyDelayMs: 2_000, users: [] });
    try {
      const pod = { metadata: { name: 'slow' }, spec: { containers: [{ name: 'app', image: 'shop:1' }] } };
      const path = '/api/v1/namespaces/default/pods';
      const began = Date.now();
      await cluster.call('POST', path, { apiVersion: 'v1', kind: 'Pod', ...pod });
      await eventually(async () =>
        JSON.stringify(await cluster.call('GET', `${path}/slow`)).includes('"phase":"Running"'),
      );
      expect(Date.now() - began).toBeGreaterThan(1_900);
    } finally {
      await cluster.stop();
    }
  }, 90_000);
});

suite('kill -9 of the process that holds a cluster', () => {
  test('leaves no process and no folder', async () => {
    // Compiled inside the package, so that the code finds its package.json and its dependencies.
    const root = packageRoot();
    await mkdir(join(root, 'lib'), { recursive: true });
    const compiled = await mkdtemp(join(root, 'lib', 'kill-test-'));
    try {
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      // Type errors elsewhere are for the type check to report; here only the output counts.
      await execute(process.execPath, [tsc, '-p', root, '--outDir', compiled]).catch(() => {});
      const holder = join(compiled, 'holder.js');
      await writeFile(
        holder,
        `import { startCluster } from './tools/real-parts/cluster.js';
         const { pids, dir } = await startCluster();
         console.log(JSON.stringify({ pids, dir }));
         setInterval(() => {}, 1000);`,
      );
      const owner = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const line = await new Promise<string>((resolve) =>
        createInterface({ input: owner.stdout }).once('line', resolve),
      );
      const { pids, dir }: { pids: number[]; dir: string } = JSON.parse(line);
      expect(pids.map(isRunning)).toEqual([true, true, true, true, true]);
      owner.kill('SIGKILL');
      await eventually(() => !pids.some(isRunning) && !existsSync(dir));
    } finally {
      await rm(compiled, { recursive: true, force: true });
    }
  }, 90_000);
});
