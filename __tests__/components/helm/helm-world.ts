// A world for helm-release tests: a chart on disk, a real Helm of one major version on a real cluster, and the
// operations that the kind prepares really performed.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createRepository } from '../../../src/adapters/git.ts';
import { createHttp } from '../../../src/adapters/http.ts';
import { connectCluster } from '../../../src/adapters/kubernetes.ts';
import { createProcesses } from '../../../src/adapters/processes.ts';
import { type HelmReleaseSettings, helmRelease } from '../../../src/components/helm-release.ts';
import type { CommandOutcome, KindContext } from '../../../src/ports.ts';
import type { Prepared, Verification } from '../../../src/values/operation.ts';
import type { PinnedChange } from '../../../src/values/version.ts';
import { silentLog } from '../../support/course.ts';

const template = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  progressDeadlineSeconds: 3
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}
        {{- with .Values.behaviour }}
        behaviour: {{ . }}
        {{- end }}
    spec:
      containers:
        - name: main
          image: shop:{{ .Values.tag }}
          resources: { requests: { cpu: 0.5, memory: 1024Mi } }
          env:
            - { name: MODE, value: "" }
            {{- with .Values.feature }}
            - { name: FEATURE, value: {{ . | quote }} }
            {{- end }}
---
apiVersion: v1
kind: Secret
metadata: { name: {{ .Release.Name }}-access }
stringData: { password: {{ .Values.password | quote }} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-config }
data: { tag: {{ .Values.tag | quote }} }
{{- if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-extra }
data: { a: b }
{{- end }}
{{- with .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $.Release.Name }}-hook
  annotations:
    helm.sh/hook: {{ . }}
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 0
  template:
    metadata: { labels: { behaviour: {{ $.Values.hookBehaviour | quote }} } }
    spec: { restartPolicy: Never, containers: [{ name: job, image: "shop:job" }] }
{{- end }}
`;

export const password = 'correct-horse-battery';

export async function writeChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-chart-'));
  await mkdir(join(folder, 'templates'));
  await writeFile(
    join(folder, 'Chart.yaml'),
    'apiVersion: v2\nname: shop-api\nversion: 1.3.0\nappVersion: "2.1.0"\n',
  );
  await writeFile(
    join(folder, 'values.yaml'),
    `tag: one\nreplicas: 2\nbehaviour: ""\npassword: ${password}\nfeature: ""\nextra: false\nhook: ""\nhookBehaviour: ""\n`,
  );
  await writeFile(join(folder, 'templates', 'all.yaml'), template);
  return folder;
}

export type HelmWorld = {
  readonly context: KindContext;
  readonly namespace: string;
  /** Runs helm in the namespace; throws when it fails. */
  helm(...args: readonly string[]): Promise<string>;
  /** The same, for a command that is meant to fail. */
  failingHelm(...args: readonly string[]): Promise<CommandOutcome>;
  /** Starts helm and kills it, without warning, once its pending revision is there. */
  kill(...args: readonly string[]): Promise<void>;
  kubectl(...args: readonly string[]): Promise<string>;
  /** `helm upgrade --install` with a good or a bad outcome. */
  deploy(release: string, values: string, ...flags: readonly string[]): Promise<void>;
  deployBad(release: string, values: string, ...flags: readonly string[]): Promise<void>;
  perform(prepared: Prepared): Promise<readonly CommandOutcome[]>;
  change(settings: HelmReleaseSettings, to: string): Promise<PinnedChange>;
  /** Looks until the answer is firm, as the engine does. */
  settle(settings: HelmReleaseSettings, change: PinnedChange): Promise<Verification>;
  close(): Promise<void>;
};

export function settingsFor(release: string, more: Record<string, unknown> = {}): HelmReleaseSettings {
  return helmRelease.schema.parse({ release, timeout: '20s', ...more });
}

export async function createHelmWorld(options: {
  readonly kubeconfig: string;
  readonly helm: string;
  readonly kubectl: string;
  readonly namespace: string;
  readonly chart: string;
}): Promise<HelmWorld> {
  const { namespace, chart } = options;
  const home = await mkdtemp(join(tmpdir(), 'rollback-plan-home-'));
  const environment = {
    PATH: `${dirname(options.helm)}:${dirname(options.kubectl)}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    KUBECONFIG: options.kubeconfig,
  };
  const processes = createProcesses({ environment, workspace: home, redact: (text) => text });
  const limits = { deadlineMs: 60_000, keepBytes: 16_777_216 };
  const cluster = await connectCluster({ processes, clock: systemClock, context: undefined, namespace });
  const context: KindContext = {
    target: { name: 'test', vars: {} },
    incident: 'incident-1',
    cluster,
    repository: createRepository({ processes, directory: home }),
    http: createHttp(),
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    workspace: home,
    secretNames: [],
    pathType: async () => 'missing',
    read: (argv) => processes.run({ argv }, limits),
    forward: () => Promise.reject(new Error('this world has no port-forward')),
  };
  const run = async (argv: readonly [string, ...string[]]): Promise<string> => {
    const outcome = await processes.run({ argv }, limits);
    if (outcome.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${outcome.stderr}`);
    return outcome.raw.toString('utf8').trim();
  };
  const upgrade = (release: string, values: string, flags: readonly string[]): readonly string[] => [
    'upgrade',
    '--install',
    release,
    chart,
    ...(values === '' ? [] : ['--set', values]),
    ...flags,
  ];

  const world: HelmWorld = {
    context,
    namespace,
    helm: (...args) => run(['helm', '--namespace', namespace, ...args]),
    failingHelm: async (...args) => {
      const outcome = await processes.run({ argv: ['helm', '--namespace', namespace, ...args] }, limits);
      if (outcome.exitCode === 0) throw new Error(`helm ${args.join(' ')} was meant to fail`);
      return outcome;
    },
    async kill(...args) {
      // Not through our adapter: that one would interrupt first, and an interrupted Helm still tidies up its record.
      const child = spawn('helm', ['--namespace', namespace, ...args], { env: environment, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      for (let look = 0; look < 100; look++) {
        const query = [
          '-l',
          `owner=helm,name=${args[1]}`,
          '-o',
          'jsonpath={.items[*].metadata.labels.status}',
        ];
        if ((await world.kubectl('get', 'secrets', ...query)).includes('pending')) break;
        await systemClock.sleep(50);
      }
      await systemClock.sleep(300);
      child.kill('SIGKILL');
      await ended;
    },
    kubectl: (...args) => run(['kubectl', '--namespace', namespace, ...args]),
    async deploy(release, values, ...flags) {
      // Without `--wait`, for which Helm 3 looks only every other second; whoever needs ready pods looks for them.
      await world.helm(...upgrade(release, values, flags));
    },
    async deployBad(release, values, ...flags) {
      await world.failingHelm(...upgrade(release, values, ['--wait', '--timeout', '3s', ...flags]));
    },
    async perform(prepared) {
      const outcomes: CommandOutcome[] = [];
      for (const operation of prepared.operations) {
        if (operation.act.type !== 'command') throw new Error(`${operation.id} is no command`);
        outcomes.push(
          await processes.run(operation.act.command, { ...limits, deadlineMs: operation.deadlineMs }),
        );
      }
      return outcomes;
    },
    async change(settings, to) {
      const [reading, history] = await Promise.all([
        helmRelease.read(context, settings),
        helmRelease.history(context, settings),
      ]);
      const target = history.find(({ id }) => id === to);
      if (target === undefined) throw new Error(`no revision ${to}`);
      return { component: 'api', from: reading.version, to: target };
    },
    async settle(settings, change) {
      for (let look = 0; ; look++) {
        const seen = await helmRelease.verify(context, settings, change);
        if (seen.state === 'verified' || seen.state === 'failed' || look === 40) return seen;
        await systemClock.sleep(250);
      }
    },
    close: () => cluster.close(),
  };
  await run(['kubectl', 'create', 'namespace', namespace]);
  return world;
}
