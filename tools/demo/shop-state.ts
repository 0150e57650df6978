// What is live of the shop, read from the cluster's own objects or from a git branch: the front answers by nothing else.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { clusterApi } from '../real-parts/cluster-api.ts';

/** One pod that takes requests. */
export interface Pod {
  readonly version: string;
  /** Share of requests it answers with an error although it is ready, 0 to 1. */
  readonly errorRate: number;
}

export interface ServiceState {
  /** Pods that a Service would send requests to. */
  readonly ready: readonly Pod[];
  /** Why the others are not among them, such as `2 pods in CrashLoopBackOff`. */
  readonly trouble: string | undefined;
}

export interface Settings {
  readonly release: string;
  readonly currency: string;
  readonly freeShippingFrom: number;
  readonly banner: string;
}

export interface ShopState {
  /** `undefined`: no such service here, because only the configuration is under the rollback plan. */
  readonly api: ServiceState | undefined;
  readonly web: ServiceState | undefined;
  /** A text says why there are none. */
  readonly settings: Settings | string;
}

/** Where the state comes from. `read` throws when it can't be told. */
export interface ShopSource {
  read(): Promise<ShopState>;
  close(): void;
}

const texts = z.record(z.string(), z.string()).default({});
const PodList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: texts, annotations: texts, deletionTimestamp: z.string().optional() }),
      status: z.object({
        phase: z.string().optional(),
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
        containerStatuses: z
          .array(
            z.object({
              state: z.object({ waiting: z.object({ reason: z.string() }).optional() }).default({}),
            }),
          )
          .default([]),
      }),
    }),
  ),
});
type PodObject = z.infer<typeof PodList>['items'][number];
const ConfigMap = z.object({ data: texts });
const ShopFile = z.object({ release: z.string(), currency: z.string(), 'free-shipping-from': z.number() });

/** Pure: the shop as pods and ConfigMap (`undefined`: there is none) describe it. */
export function shopStateOf(pods: unknown, configMap: unknown): ShopState {
  const { items } = PodList.parse(pods);
  const files = configMap === undefined ? {} : ConfigMap.parse(configMap).data;
  return {
    api: serviceOf('shop-api', items),
    web: serviceOf('shop-web', items),
    settings: settingsOf(files),
  };
}

function serviceOf(name: string, pods: readonly PodObject[]): ServiceState {
  const own = pods.filter(
    ({ metadata }) =>
      metadata.labels['app.kubernetes.io/name'] === name && metadata.deletionTimestamp === undefined,
  );
  const isReady = ({ status }: PodObject): boolean =>
    status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  const ready = own.filter(isReady).map(({ metadata }) => ({
    version: metadata.labels['app.kubernetes.io/version'] ?? 'unknown',
    errorRate: Number(metadata.annotations['shop.example/error-rate'] ?? 0),
  }));
  const reasons = own.filter((pod) => !isReady(pod)).map(reasonOf);
  const trouble = [...new Set(reasons)].map((reason) => {
    const count = reasons.filter((other) => other === reason).length;
    return `${count} ${count === 1 ? 'pod' : 'pods'} in ${reason}`;
  });
  return { ready, trouble: own.length === 0 ? 'no pods' : trouble.join(', ') || undefined };
}

function reasonOf({ status }: PodObject): string {
  const waiting = status.containerStatuses.map(({ state }) => state.waiting?.reason);
  return waiting.find((reason) => reason !== undefined) ?? status.phase ?? 'Pending';
}

/** The configuration as the shop reads it at its start, or why it can't. */
export function settingsOf(files: Readonly<Record<string, string>>): Settings | string {
  const text = files['shop.json'];
  if (text === undefined) return 'there is no shop.json';
  try {
    const file = ShopFile.parse(JSON.parse(text));
    return {
      release: file.release,
      currency: file.currency,
      freeShippingFrom: file['free-shipping-from'],
      banner: (files['banner.txt'] ?? '').trim(),
    };
  } catch {
    return 'shop.json makes no sense';
  }
}

const Kubeconfig = z.object({
  clusters: z.array(
    z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) }),
  ),
  users: z.array(z.object({ user: z.object({ token: z.string() }) })),
});

/** Reads pods and ConfigMap over the API, with whatever token stands in the kubeconfig. Two requests, side by side. */
export async function clusterSource(kubeconfig: string, namespace: string): Promise<ShopSource> {
  const config = Kubeconfig.parse(JSON.parse(await readFile(kubeconfig, 'utf8')));
  const [cluster] = config.clusters;
  const [user] = config.users;
  if (cluster === undefined || user === undefined)
    throw new Error(`${kubeconfig} names no cluster or no user`);
  const { server, 'certificate-authority-data': authority } = cluster.cluster;
  const api = clusterApi(server, user.user.token, Buffer.from(authority, 'base64').toString('utf8'));
  const base = `/api/v1/namespaces/${namespace}`;
  const get = async (path: string): Promise<unknown> => {
    const { status, body } = await api.call('GET', `${base}/${path}`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`the cluster answered ${status} to GET ${path}`);
    return body;
  };
  return {
    async read() {
      const selector = encodeURIComponent('app.kubernetes.io/part-of=shop');
      const [pods, configMap] = await Promise.all([
        get(`pods?labelSelector=${selector}`),
        get('configmaps/shop-config'),
      ]);
      return shopStateOf(pods, configMap);
    },
    close: () => api.close(),
  };
}

/** Reads `config/` at the tip of a branch of a bare repository: for a machine without a cluster. */
export function branchSource(repository: string, branch: string): ShopSource {
  const show = async (file: string): Promise<string> => {
    const args = ['--git-dir', repository, 'show', `${branch}:config/${file}`];
    return (await promisify(execFile)('git', args, { timeout: 10_000 })).stdout;
  };
  return {
    async read() {
      const [shop, banner] = await Promise.all([show('shop.json'), show('banner.txt')]);
      const settings = settingsOf({ 'shop.json': shop, 'banner.txt': banner });
      return { api: undefined, web: undefined, settings };
    },
    close: () => undefined,
  };
}
