// Deploys the shop as its team would: Helm for the two programs, kubectl for the configuration. Nothing here is undone
// by this file; that is the rollback plan's work.
import { delimiter, dirname, join } from 'node:path';
import type { Cluster } from '../real-parts/cluster.ts';
import { command } from './commands.ts';
import type { Release } from './scratch-repository.ts';
import { type ShopFront, startShopFront } from './shop-front.ts';
import { clusterSource } from './shop-state.ts';

export const namespace = 'shop';
/** The front's user: it may read pods and one ConfigMap, nothing else. */
export const frontUser = 'shop-front';
export const services = ['api', 'web'] as const;

export interface Deployer {
  /** Rolls out one of the two Helm releases and waits until its pods are ready. */
  program(service: (typeof services)[number]): Promise<void>;
  /** Puts the files of `config/` into the ConfigMap. */
  configuration(): Promise<void>;
}

/** Makes the namespace, and lets the front read in it. The cluster must know the user `shop-front`. */
export async function prepareNamespace(cluster: Cluster): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const rules = [
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['shop-config'], verbs: ['get'] },
  ];
  const metadata = { name: frontUser };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: frontUser };
  const subjects = [{ kind: 'User', name: frontUser }];
  await create(cluster, '/api/v1/namespaces', { metadata: { name: namespace } });
  await create(cluster, `${rbac}/roles`, { metadata, rules });
  await create(cluster, `${rbac}/rolebindings`, { metadata, roleRef, subjects });
}

/** The front over the cluster's own API, with a token of its own. */
export async function frontOf(cluster: Cluster): Promise<ShopFront> {
  return startShopFront(await clusterSource(await cluster.kubeconfigFor(frontUser), namespace));
}

/** @param repository folder that holds `charts/`, `values/` and `config/` of the release to deploy */
export function createDeployer(request: {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly helm: string;
  readonly kubectl: string;
}): Deployer {
  const { cluster, repository, helm, kubectl } = request;
  const path = [dirname(kubectl), dirname(helm), process.env['PATH'] ?? ''].join(delimiter);
  const env = { KUBECONFIG: cluster.kubeconfig, PATH: path };
  const at = { cwd: repository, env };
  return {
    async program(service) {
      const values = join('values', `${service}.yaml`);
      const chart = join('charts', `shop-${service}`);
      const release = `shop-${service}`;
      const flags = ['--namespace', namespace, '--values', values, '--wait', '--timeout', '60s'];
      await command([helm, 'upgrade', '--install', release, chart, ...flags], at);
    },
    async configuration() {
      const create = [
        'create',
        'configmap',
        'shop-config',
        '--namespace',
        namespace,
        '--from-file',
        'config',
      ];
      const manifest = await command([kubectl, ...create, '--dry-run=client', '--output', 'json'], at);
      await command([kubectl, 'apply', '--filename', '-'], { ...at, stdin: manifest });
    },
  };
}

/** One whole release: configuration first, because the programs read it, then both programs side by side. */
export async function deployRelease(deployer: Deployer): Promise<void> {
  await deployer.configuration();
  await Promise.all(services.map((service) => deployer.program(service)));
}

export function describeRelease(release: Release): string {
  return `kubectl apply, helm upgrade shop-api, shop-web: ${release}`;
}

async function create(cluster: Cluster, path: string, object: object): Promise<void> {
  const { status, body } = await cluster.call('POST', path, object);
  if (status !== 201)
    throw new Error(`the cluster answered ${status} to POST ${path}: ${JSON.stringify(body)}`);
}
