// A namespace with plain workloads on a real cluster, deployed as people do with `kubectl apply`, good or broken.

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Json } from '../../src/values/json.ts';
import { type Scene, type Stage, setScene } from '../support/scene.ts';

export type Deployed = {
  readonly version: string;
  /** Label `behaviour` of the pods: `crash` never becomes ready. */
  readonly behaviour?: string;
  readonly replicas?: number;
  /** More of the workload's spec. */
  readonly spec?: { readonly [key: string]: Json };
  readonly metadata?: { readonly [key: string]: Json };
  readonly templateLabels?: Readonly<Record<string, string>>;
  /** Where its images are: `registry.example`, which answers nobody, or a real registry with a path. */
  readonly registry?: string;
};

export type WorkloadScene = Scene & {
  /** Runs kubectl in the namespace; throws when it fails. */
  kubectl(args: readonly string[], stdin?: string): string;
  /** Applies `deployment/worker` at a version and waits until its pods are what they will be. */
  deploy(name: string, deployed: Deployed): Promise<void>;
  /** The image tag in the live template. */
  liveTag(name: string): string;
  /** `worker:2.4.0 ready` for every pod of the workload, sorted. */
  pods(name: string): readonly string[];
  revisions(name: string): readonly number[];
};

/** Somebody’s secret that stands in a template, where it should not. */
export const literal = 'correct-horse-battery';

const kinds: Readonly<Record<string, string>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
};

const podList = z.object({
  items: z.array(
    z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
      }),
    }),
  ),
});

export async function setWorkloadScene(
  stage: Stage,
  helm: string,
  plan: (namespace: string) => string,
): Promise<WorkloadScene> {
  const scene = await setScene(stage, helm, plan);
  const { namespace } = scene;
  const flags = [`--kubeconfig=${stage.cluster.kubeconfig}`, `--namespace=${namespace}`];
  const kubectl = (args: readonly string[], stdin?: string): string =>
    execFileSync(stage.kubectl, [...flags, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 30_000,
      ...(stdin === undefined ? {} : { input: stdin }),
    }).trim();
  kubectl(['create', 'namespace', namespace]);
  const told = (list: z.infer<typeof podList>): readonly string[] =>
    list.items
      .map(({ spec, status }) => {
        const ready = status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
        return `${spec.containers[0]?.image.split('/').at(-1)} ${ready === true ? 'ready' : 'not ready'}`;
      })
      .sort();
  const deployedBefore = new Set<string>();

  const world: WorkloadScene = {
    ...scene,
    kubectl,
    async deploy(name, deployed) {
      // Objects of one second can't be told apart by their age, and no pipeline deploys twice a second.
      if (deployedBefore.has(name)) await sleep(1_050);
      deployedBefore.add(name);
      kubectl(['apply', '--filename=-'], JSON.stringify(manifest(name, deployed)));
      const broken = deployed.behaviour === 'crash';
      const query = `labelSelector=app%3D${name.split('/')[1]}`;
      // Asked without kubectl, which takes longer to start than a pod here to become ready.
      for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(50)) {
        const { body } = await stage.cluster.call('GET', `/api/v1/namespaces/${namespace}/pods?${query}`);
        const pods = told(podList.parse(body)).filter((pod) => pod.includes(`:${deployed.version} `));
        const expected = broken ? 1 : (deployed.replicas ?? (name.startsWith('daemonset') ? 1 : 2));
        if (pods.length >= expected && pods.every((pod) => pod.endsWith('not ready') === broken)) return;
      }
      throw new Error(`${name} ${deployed.version} did not come about: ${world.pods(name).join(', ')}`);
    },
    liveTag: (name) =>
      kubectl(['get', name, '--output=jsonpath={.spec.template.spec.containers[0].image}'])
        .split(':')
        .at(-1) ?? '',
    pods(name) {
      const app = name.split('/')[1];
      return told(
        podList.parse(JSON.parse(kubectl(['get', 'pods', `--selector=app=${app}`, '--output=json']))),
      );
    },
    revisions: (name) =>
      [...kubectl(['rollout', 'history', name]).matchAll(/^(\d+)\s/gm)].map(([, number]) => Number(number)),
  };
  return world;
}

function manifest(written: string, deployed: Deployed): Json {
  const [word = '', name = ''] = written.split('/');
  const { version, behaviour } = deployed;
  return {
    apiVersion: 'apps/v1',
    kind: kinds[word] ?? word,
    metadata: { name, ...deployed.metadata },
    spec: {
      ...(word === 'daemonset' ? {} : { replicas: deployed.replicas ?? 2 }),
      ...(word === 'deployment' ? { progressDeadlineSeconds: 3 } : {}),
      ...(word === 'statefulset' ? { serviceName: name } : {}),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: {
          labels: {
            app: name,
            ...(behaviour === undefined ? {} : { behaviour }),
            ...deployed.templateLabels,
          },
        },
        spec: {
          containers: [
            {
              name: 'main',
              image: `${deployed.registry ?? 'registry.example'}/${name}:${version}`,
              env: [{ name: 'TOKEN', value: literal }],
            },
          ],
        },
      },
      ...deployed.spec,
    },
  };
}

/** One component of one workload, and a check of it. */
export const workloadPlan =
  (name: string) =>
  (namespace: string): string =>
    `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  worker: { uses: workload, with: { name: ${name} } }
phases:
  - name: application
    steps: [{ rollback: worker, timeout: 20s }]
verify:
  - { uses: rollout, with: { workload: ${name} }, within: 20s }
`;
