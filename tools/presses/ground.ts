// Where presses are measured and raced: one cluster, a chart whose pods become ready when they are told to, and Helm.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Cluster } from '../real-parts/cluster.ts';
import type { ToolPaths } from '../real-parts/provide.ts';

export const groundTools = ['helm4', 'kubectl', 'node24'] as const;

export type Ground = {
  readonly cluster: Cluster;
  readonly tools: ToolPaths<(typeof groundTools)[number]>;
  /** For whatever is to be gone afterwards. */
  readonly folder: string;
  readonly chart: string;
  /** Removes the folder; the cluster is its owner's. */
  leave(): Promise<void>;
};

export async function takeGround(cluster: Cluster, tools: Ground['tools']): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-presses-'));
  const chart = join(folder, 'chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: app\nversion: 1.0.0\n');
  await writeFile(join(chart, 'templates', 'deployment.yaml'), deployment);
  return { cluster, tools, folder, chart, leave: () => rm(folder, { recursive: true, force: true }) };
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: "{{ .Release.Name }}" }
spec:
  replicas: {{ .Values.replicas | default 3 }}
  strategy: { rollingUpdate: { maxSurge: 100%, maxUnavailable: 0 } }
  selector: { matchLabels: { app: "{{ .Release.Name }}" } }
  template:
    metadata:
      labels: { app: "{{ .Release.Name }}", version: "{{ .Values.version }}" }
      annotations: { rollback-plan.test/ready-after: "{{ .Values.readyAfter | default "0s" }}" }
    spec: { containers: [{ name: app, image: "registry.example/app:{{ .Values.version }}" }] }
`;

/** Environment of a child on this ground. `kubeconfig`: another way to the same cluster. */
export function environmentOn(ground: Ground, kubeconfig = ground.cluster.kubeconfig): NodeJS.ProcessEnv {
  const { tools, folder } = ground;
  const path = [dirname(tools.helm4), dirname(tools.kubectl), process.env['PATH'] ?? ''].join(delimiter);
  return { PATH: path, HOME: folder, KUBECONFIG: kubeconfig };
}

/** Runs Helm; resolves to what it printed, throws with it when it fails. */
export async function helm(ground: Ground, args: readonly string[], kubeconfig?: string): Promise<string> {
  const child = spawn(ground.tools.helm4, args, {
    cwd: ground.folder,
    env: environmentOn(ground, kubeconfig),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  const failed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => failed.push(chunk));
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  if (code === 0) return Buffer.concat(said).toString('utf8');
  throw new Error(`helm ${args.join(' ')} failed with exit code ${code}\n${Buffer.concat(failed)}`);
}

/** Deploys one version, whose pods become ready after `readyAfter` (a Go duration), and waits for them. */
export async function deploy(
  ground: Ground,
  release: { readonly name: string; readonly namespace: string },
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const sets = Object.entries(values).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]);
  const place = ['--namespace', release.namespace, '--create-namespace', '--wait'];
  await helm(ground, ['upgrade', '--install', release.name, ground.chart, ...place, ...sets]);
}

const revisions = z.array(
  z.looseObject({ revision: z.number(), status: z.string(), description: z.string() }),
);
export type Revision = z.infer<typeof revisions>[number];

/** Oldest first. */
export async function revisionsOf(
  ground: Ground,
  release: { readonly name: string; readonly namespace: string },
): Promise<readonly Revision[]> {
  const flags = ['--namespace', release.namespace, '--max', '1000', '--output', 'json'];
  return revisions.parse(JSON.parse(await helm(ground, ['history', release.name, ...flags])));
}

/** A workspace with a plan for one release; `settings` go into the component, `more` is appended. */
export async function writeWorkspace(
  ground: Ground,
  release: { readonly name: string; readonly namespace: string },
  settings = '',
  more = '',
): Promise<string> {
  const { name, namespace } = release;
  const workspace = await mkdtemp(join(ground.folder, `${namespace}-`));
  const context = /"current-context":\s*"([^"]+)"/.exec(
    await readFile(ground.cluster.kubeconfig, 'utf8'),
  )?.[1];
  await writeFile(
    join(workspace, 'rollback.yml'),
    `version: 1
service: ${name}
targets: { local: { context: ${context}, namespace: ${namespace} } }
components:
  ${name}: { uses: helm-release, with: { release: ${name}${settings} } }
${more}`,
  );
  return workspace;
}
