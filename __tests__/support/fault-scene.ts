// A namespace in which everything that a press can change is one version too far, reached through a proxy of its own that
// lets chosen requests fail; and what a press has changed there, counted on the real server.

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from '../../tools/real-parts/fault-proxy.ts';
import { releaseOn, writeChart } from './release.ts';
import { type ActionOptions, type ActionRun, runAction } from './runner.ts';
import { uniqueName } from './shared/parts.ts';

const run = promisify(execFile);

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
      - { name: once, run: "echo x >> once" }
      - { rollback: api }
      - { rollback: web }
verify:
  - { uses: rollout, with: { workload: deployment/api } }
  - { uses: rollout, with: { workload: deployment/web } }
`;

/** Version 2 crashes, so that there are last words to keep; nothing waits for it to be ready. */
const web = (version: 1 | 2): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, behaviour: ${version === 1 ? 'well' : 'crash'} } }
    spec: { containers: [{ name: app, image: "registry.example/web:${version}" }] }
`;

export type FaultScene = {
  readonly namespace: string;
  readonly proxy: FaultProxy;
  /** `path`: folders in front of the tools' own. */
  readonly press: (
    path?: readonly string[],
    more?: Pick<ActionOptions, 'started'> & { readonly inputs?: Readonly<Record<string, string>> },
  ) => Promise<ActionRun>;
  /** `api 1 of 3, web 1 of 3, config v1, once 1, quarantined 3` */
  readonly state: () => Promise<string>;
};

/** Everything back where it was, and nothing done twice. */
export const takenBack = 'api 1 of 3, web 1 of 3, config v1, once 1, quarantined 3';
/** As the scene begins. */
export const untouched = 'api 2 of 2, web 2 of 2, config v2, once 0, quarantined 0';

const deploymentSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
  spec: z.object({
    template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
  }),
});
const configMapSchema = z.object({ data: z.record(z.string(), z.string()) });
const podsSchema = z.object({
  items: z.array(z.object({ status: z.object({ containerStatuses: z.array(z.unknown()).optional() }) })),
});
const ledgerSchema = z.object({ quarantine: z.array(z.unknown()) });

export async function setFaultScene(stage: {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly helm: string;
  readonly kubectl: string;
}): Promise<FaultScene> {
  const { cluster, folder, helm, kubectl } = stage;
  const namespace = uniqueName('faults');
  const clone = join(folder, namespace);
  await mkdir(join(clone, 'config'), { recursive: true });
  const git = (...args: readonly string[]): Promise<unknown> =>
    run('git', ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args]);
  const kube = (...args: readonly string[]): Promise<unknown> =>
    run(kubectl, [`--kubeconfig=${cluster.kubeconfig}`, `--namespace=${namespace}`, ...args]);
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const { status, body } = await cluster.call('GET', path);
    return status === 404 ? undefined : schema.parse(body);
  };

  await git('init', '--quiet', '--initial-branch=main');
  for (const tag of ['v1', 'v2']) {
    await writeFile(join(clone, 'config', 'app.txt'), `${tag}\n`);
    await git('add', '-A');
    await git('commit', '--quiet', '--message', tag);
    await git('tag', tag);
  }
  await writeFile(join(clone, 'rollback.yml'), plan(namespace));
  await writeFile(join(clone, 'web-1.yaml'), web(1));
  await writeFile(join(clone, 'web-2.yaml'), web(2));
  await kube('create', 'namespace', namespace);
  await kube('create', 'configmap', 'settings', `--from-file=app.txt=${join(clone, 'config', 'app.txt')}`);
  await kube('apply', '--filename', join(clone, 'web-1.yaml'));
  const api = releaseOn(cluster, helm, 'api', namespace, await writeChart(clone));
  for (const version of ['1', '2']) await api.deploy({ version });
  await kube('apply', '--filename', join(clone, 'web-2.yaml'));
  // Not with `kubectl wait`: it fails where there is no pod yet.
  const crashing = `/api/v1/namespaces/${namespace}/pods?labelSelector=behaviour%3Dcrash`;
  for (const until = Date.now() + 60_000; ; await sleep(200)) {
    const statuses = (await get(crashing, podsSchema))?.items.flatMap(
      ({ status }) => status.containerStatuses,
    );
    if (statuses?.some((each) => each !== undefined)) break;
    if (Date.now() > until) throw new Error(`no pod of web began to crash in ${namespace} within a minute`);
  }
  const proxy = await startFaultProxy(cluster);

  return {
    namespace,
    proxy,
    press: (path = [], { inputs = {}, ...more } = {}) =>
      runAction({
        ...more,
        inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous', ...inputs },
        workspace: clone,
        kubeconfig: proxy.kubeconfig,
        path: [...path, dirname(helm), dirname(kubectl)],
      }),
    async state() {
      const core = `/api/v1/namespaces/${namespace}/configmaps`;
      const deployment = await get(`/apis/apps/v1/namespaces/${namespace}/deployments/web`, deploymentSchema);
      const image = deployment?.spec.template.spec.containers[0]?.image.split(':')[1];
      const revision = deployment?.metadata.annotations['deployment.kubernetes.io/revision'];
      const content = (await get(`${core}/settings`, configMapSchema))?.data['app.txt']?.trim();
      const page = (await get(`${core}/rollback-plan-ledger`, configMapSchema))?.data['shop'];
      const quarantined = page === undefined ? 0 : ledgerSchema.parse(JSON.parse(page)).quarantine.length;
      const once = (await readFile(join(clone, 'once'), 'utf8').catch(() => '')).split('\n').length - 1;
      const revisions = (await api.history()).split(', ').length;
      return `api ${await api.liveVersion()} of ${revisions}, web ${image} of ${revision}, config ${content}, once ${once}, quarantined ${quarantined}`;
    },
  };
}

/** `sofar`: every request up to this one. */
type Fits = (request: ProxiedRequest, sofar: readonly ProxiedRequest[]) => boolean;

const isAppend = of('PUT', '/configmaps/rollback-plan-journal-shop');
const isUndo = of('PATCH', '/deployments/web');
const isReadOfApi = of('GET', '/deployments/api');
const isCreate = of('POST', '/configmaps');
const isReadOfLedger = of('GET', '/configmaps/rollback-plan-ledger');
/** The page is made first; then the ledger is read and made. */
const isOfLedger = (sofar: readonly ProxiedRequest[]): boolean => {
  const before = sofar.slice(0, -1);
  const made = before.findLastIndex(isCreate);
  return made >= 0 && before.slice(made).some(isReadOfLedger);
};

/** Every place at which the API can fail during a press, by the requests that it hits. */
export const points = {
  'lease read': of('GET', '/leases/rollback-plan-shop'),
  'lease create': of('POST', '/leases'),
  'lease update': of('PUT', '/leases/rollback-plan-shop'),
  'page read': of('GET', '/configmaps/rollback-plan-journal-shop'),
  'page append': isAppend,
  /** The checks look at the release again once the last step is over. */
  'last page append': (request, sofar) => {
    const undone = sofar.findLastIndex(isUndo);
    return isAppend(request) && undone >= 0 && sofar.slice(undone).some(isReadOfApi);
  },
  'read of web': of('GET', '/deployments/web'),
  'read of settings': of('GET', '/configmaps/settings'),
  'list of releases': of('GET', '/secrets'),
  'pods list': of('GET', '/pods'),
  'dry run': ({ method, path }) => method !== 'GET' && path.includes('dryRun=All'),
  'settings write': of('PUT', '/configmaps/settings'),
  'access review': of('POST', '/selfsubjectaccessreviews'),
  'quota list': of('GET', '/resourcequotas'),
  'log of a pod': ({ method, path }) => method === 'GET' && /\/pods\/[^/]+\/log\?/.test(path),
  'ledger read': isReadOfLedger,
  'page create': (request, sofar) => isCreate(request) && !isOfLedger(sofar),
  'ledger create': (request, sofar) => isCreate(request) && isOfLedger(sofar),
  'kubectl undo': isUndo,
  'helm record': of('POST', '/secrets'),
} as const satisfies Readonly<Record<string, Fits>>;

export type Point = keyof typeof points;

/** A path that ends there, and no dry run. */
function of(method: string, end: string): (request: ProxiedRequest) => boolean {
  return (request) =>
    request.method === method &&
    (request.path.split('?', 1)[0] ?? '').endsWith(end) &&
    !request.path.includes('dryRun=All');
}
