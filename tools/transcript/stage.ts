// The place a stranger comes to: a cluster with the shop on it, whose last release but one was bad and was rolled back
// by hand, and the shop's own repository without a rollback plan.

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../demo/commands.ts';
import { gitEnvironment } from '../demo/scratch-repository.ts';
import {
  createDeployer,
  deployRelease,
  namespace,
  prepareNamespace,
  services,
} from '../demo/shop-on-cluster.ts';
import type { Cluster } from '../real-parts/cluster.ts';
import { packageRoot } from '../real-parts/package-root.ts';

/** Good, good, bad, rolled back by hand to the second, and the mended one that is live. */
const history = [
  { version: '1.0.0', like: '1.0.0' },
  { version: '1.1.0', like: '1.1.0' },
  { version: '1.2.0', like: '1.2.0' },
  { rollBackTo: '2' },
  { version: '1.2.1', like: '1.1.0' },
] as const;

/** What the stranger's kubeconfig calls the cluster. */
export const contextName = 'staging';

const shop = join(packageRoot(), 'examples', 'shop');

/** @returns the kubeconfig whose current context is the shop's namespace, and whose helm and kubectl the caller chose */
export async function setStage(request: {
  readonly cluster: Cluster;
  /** Becomes the repository. */
  readonly repository: string;
  readonly helm: string;
  readonly kubectl: string;
}): Promise<{ readonly kubeconfig: string }> {
  const { cluster, repository, helm, kubectl } = request;
  await mkdir(repository, { recursive: true });
  await command(['git', 'init', '--quiet', '--initial-branch', 'main', repository], { env: gitEnvironment });
  await cp(join(shop, 'charts'), join(repository, 'charts'), { recursive: true });
  await prepareNamespace(cluster);
  const deployer = createDeployer({ cluster, repository, helm, kubectl });
  const env = { KUBECONFIG: cluster.kubeconfig };
  for (const event of history) {
    if ('rollBackTo' in event) {
      for (const service of services) {
        const flags = ['--namespace', namespace, '--wait', '--timeout', '60s'];
        await command([helm, 'rollback', `shop-${service}`, event.rollBackTo, ...flags], { env });
      }
      continue;
    }
    await takeFiles(repository, event);
    await deployRelease(deployer);
  }
  return { kubeconfig: await strangersKubeconfig(cluster, repository) };
}

/** The files of one release of the example, under the version that is deployed. */
async function takeFiles(
  repository: string,
  { version, like }: { readonly version: string; readonly like: string },
): Promise<void> {
  for (const part of ['config', 'values']) {
    await rm(join(repository, part), { recursive: true, force: true });
    await cp(join(shop, 'releases', like, part), join(repository, part), { recursive: true });
  }
  for (const service of services) {
    const file = join(repository, 'charts', `shop-${service}`, 'Chart.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
  }
}

/** The cluster's own file, with a name for the context that a person would choose, and the namespace of the shop. */
async function strangersKubeconfig(cluster: Cluster, repository: string): Promise<string> {
  const text = await readFile(cluster.kubeconfig, 'utf8');
  const file = join(repository, '..', 'kubeconfig.json');
  const named = text
    .replaceAll(/"current-context": "[^"]*"/g, `"current-context": "${contextName}"`)
    .replace(/("contexts": \[\s*\{\s*"name": )"[^"]*"/, `$1"${contextName}"`)
    .replace('"namespace": "default"', `"namespace": "${namespace}"`);
  await writeFile(file, named, { mode: 0o600 });
  return file;
}
