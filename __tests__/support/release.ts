// A tiny chart and the real Helm on a real cluster: deploy versions, good or bad, and read what is live.

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Cluster } from '../../tools/real-parts/cluster.ts';

const run = promisify(execFile);

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  progressDeadlineSeconds: 3
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}
        version: {{ .Values.version | quote }}
        {{- with .Values.behaviour }}
        behaviour: {{ . }}
        {{- end }}
      {{- with .Values.readyAfter }}
      annotations: { rollback-plan.test/ready-after: {{ . }} }
      {{- end }}
    spec:
      containers:
        - name: app
          image: "registry.example/{{ .Release.Name }}:{{ .Values.version }}"
`;

const hook = `{{- if .Values.hangingHook }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-pre-rollback
  annotations:
    helm.sh/hook: pre-rollback
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 0
  template:
    metadata: { labels: { behaviour: hang } }
    spec:
      restartPolicy: Never
      containers: [{ name: hook, image: "registry.example/hook:1" }]
{{- end }}
`;

export async function writeChart(folder: string): Promise<string> {
  const files = {
    'Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.0.0\nappVersion: "1"\n',
    'values.yaml': 'version: "1"\nreplicas: 2\nbehaviour: ""\nreadyAfter: ""\nhangingHook: false\n',
    'templates/deployment.yaml': deployment,
    'templates/hook.yaml': hook,
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, 'chart', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return join(folder, 'chart');
}

const revisions = z.array(
  z.looseObject({ revision: z.number(), status: z.string(), description: z.string() }),
);

export type Release = {
  /** `helm upgrade --install`, and waits until its pods are ready, unless flags say otherwise; resolves to Helm's exit code. */
  deploy(values: Readonly<Record<string, string>>, flags?: readonly string[]): Promise<number>;
  /** `1 superseded, 2 deployed` */
  history(): Promise<string>;
  /** Resolves once Helm has begun a rollback and written that down, before its hooks run. */
  untilRollingBack(): Promise<void>;
  /** Value of the pod template's label `version` on the live Deployment. */
  liveVersion(): Promise<string>;
  helm(args: readonly string[]): Promise<number>;
};

const labelled = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({ metadata: z.looseObject({ labels: z.looseObject({ version: z.string() }) }) }),
  }),
});

const items = z.looseObject({ items: z.array(z.unknown()) });

/** Every pod is of the newest template and ready, and no other one is left. */
const rolledOut = z
  .looseObject({
    metadata: z.looseObject({ generation: z.number() }),
    spec: z.looseObject({ replicas: z.number() }),
    status: z.looseObject({
      observedGeneration: z.number(),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
    }),
  })
  .refine(
    ({ metadata, spec, status }) =>
      status.observedGeneration >= metadata.generation &&
      [status.replicas, status.updatedReplicas, status.availableReplicas].every(
        (count) => count === spec.replicas,
      ),
  );

export function releaseOn(
  cluster: Cluster,
  helm: string,
  name: string,
  namespace: string,
  chart: string,
): Release {
  // It lives for less than a second and needs no garbage collection.
  const env = { ...process.env, GOGC: 'off', KUBECONFIG: cluster.kubeconfig };
  const call = async (args: readonly string[]): Promise<number> => {
    try {
      await run(helm, [...args], { env });
      return 0;
    } catch (error) {
      return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
        ? error.code
        : 1;
    }
  };
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const ready = async (): Promise<void> => {
    let last: unknown;
    for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(25)) {
      const { body } = await cluster.call('GET', path);
      const seen = rolledOut.safeParse(body);
      if (seen.success) return;
      last = body;
    }
    throw new Error(`deployment/${name} is not ready after 30 s: ${JSON.stringify(last)}`);
  };
  return {
    helm: call,
    async deploy(values, flags = []) {
      const code = await call([
        ...['upgrade', '--install', name, chart, '--namespace', namespace, '--create-namespace'],
        ...Object.entries(values).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]),
        ...(flags.length === 0 ? [] : ['--wait', '--timeout', '30s', ...flags]),
      ]);
      // Helm 3 itself looks only every other second.
      if (code === 0 && flags.length === 0) await ready();
      return code;
    },
    async history() {
      const { stdout } = await run(helm, ['history', name, '--namespace', namespace, '--output', 'json'], {
        env,
      });
      return revisions
        .parse(JSON.parse(stdout))
        .map(({ revision, status }) => `${revision} ${status}`)
        .join(', ');
    },
    async untilRollingBack() {
      const query = `labelSelector=owner%3Dhelm,name%3D${name},status%3Dpending-rollback`;
      for (const deadline = performance.now() + 40_000; performance.now() < deadline; await sleep(25)) {
        const { body } = await cluster.call('GET', `/api/v1/namespaces/${namespace}/secrets?${query}`);
        if (items.parse(body).items.length > 0) return;
      }
      throw new Error(`no rollback of ${name} began within 40 s`);
    },
    async liveVersion() {
      const { body } = await cluster.call('GET', path);
      return labelled.parse(body).spec.template.metadata.labels.version;
    },
  };
}
