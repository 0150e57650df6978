// A real Kubernetes control plane on loopback, without Docker: etcd, API server, controllers and scheduler are the
// real ones, kwok plays the kubelet. Tests and the demo deploy to it and roll back on it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterApi } from './cluster-api.ts';
import * as components from './cluster-components.ts';
import {
  adminUser,
  createTokens,
  kubeconfigText,
  serviceAccountKey,
  tokenFile,
} from './cluster-credentials.ts';
import { type Cluster, clusterHandle } from './cluster-handle.ts';
import { clusterReady } from './cluster-readiness.ts';
import {
  type ContainerStandIns,
  containerStandIns,
  defineStandIns,
  watchedKinds,
} from './container-stand-ins.ts';
import { freePorts, saysPortTaken } from './free-ports.ts';
import { moduleSources } from './part-cache.ts';
import { clusterTools } from './part-catalogue.ts';
import { type Progress, silent } from './progress.ts';
import { provide, type ToolPaths } from './provide.ts';
import {
  type ProcessRequest,
  type SupervisedProcess,
  type Supervisor,
  startSupervisor,
} from './supervisor.ts';
import { waiter } from './waiting.ts';

export interface ClusterOptions {
  /** Kept after the end, with data and logs. Default: a temporary folder, removed at the end. */
  readonly dir?: string;
  /** How long a pod takes to become Ready unless it says otherwise, in milliseconds. Default 0. */
  readonly readyDelayMs?: number;
  /** Users without any right, to whom a test binds roles. Default: `limited`. */
  readonly users?: readonly string[];
  /**
   * What stands in for the containers of every pod when somebody asks for logs, exec or port-forward. Default: nothing,
   * and `answerFor` says it for a namespace later.
   */
  readonly containers?: ContainerStandIns;
  /** Socket of the process whose end ends the cluster. Default: this one's end does. */
  readonly keeper?: string;
  readonly progress?: Progress;
}

export type { Cluster } from './cluster-handle.ts';

/**
 * Starts a cluster and resolves when a Deployment has become available on it.
 * @throws PartsUnavailable if a component can be neither found nor made; an Error with the tail of its log if one dies
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { progress = silent } = options;
  const tools = await provide(clusterTools, { progress });
  for (let attempt = 1; ; attempt++) {
    const supervisor = await startSupervisor('cluster', { keep: options.dir, keeper: options.keeper });
    const start = new ClusterStart(supervisor, tools, options);
    try {
      return await start.run();
    } catch (error) {
      const again = attempt < 3 && start.lostAPort();
      await supervisor.stop();
      if (!again) throw error;
      progress('cluster: another process took one of its ports, starting again');
    }
  }
}

/** One attempt; what it has started so far is needed to explain why it failed. */
class ClusterStart {
  readonly #supervisor: Supervisor;
  readonly #tools: ToolPaths<(typeof clusterTools)[number]>;
  readonly #options: ClusterOptions;
  readonly #processes: SupervisedProcess[] = [];

  constructor(
    supervisor: Supervisor,
    tools: ToolPaths<(typeof clusterTools)[number]>,
    options: ClusterOptions,
  ) {
    this.#supervisor = supervisor;
    this.#tools = tools;
    this.#options = options;
  }

  async run(): Promise<Cluster> {
    const { progress = silent, users = ['limited'], readyDelayMs = 0, containers = {} } = this.#options;
    const began = Date.now();
    const [etcdPort = 0, etcdPeerPort = 0, apiPort = 0, kubeletPort = 0] = await freePorts(4);
    const layout = { folder: this.#supervisor.folder, etcdPort, etcdPeerPort, apiPort, kubeletPort };
    const until = waiter('cluster', this.#processes);
    const server = `https://127.0.0.1:${apiPort}`;
    const tokens = createTokens(users);
    await this.#write(components.layoutFiles.tokens, tokenFile(tokens));
    await this.#write(components.layoutFiles.serviceAccountKey, serviceAccountKey());
    const kwokObjects = [await stages(readyDelayMs), await containerStandIns(layout.folder, containers)];
    await this.#write(components.layoutFiles.stages, kwokObjects.join('---\n'));

    await this.#start(components.etcd(this.#tools.etcd, layout));
    await this.#start(components.apiServer(this.#tools['kube-apiserver'], layout));
    const certificateAuthority = await until('the API server to make its certificate', async () => {
      const text = await readFile(join(layout.folder, components.layoutFiles.certificate), 'utf8').catch(
        () => '',
      );
      return text.includes('-----END CERTIFICATE-----') ? text : undefined;
    });
    const token = tokens[adminUser] ?? '';
    const admin = kubeconfigText({ server, certificateAuthority, user: adminUser, token });
    await this.#write(components.layoutFiles.kubeconfig, admin);

    const api = clusterApi(server, token, certificateAuthority);
    await until('the API server to be ready', async () =>
      (await api.call('GET', '/readyz')).status === 200 ? true : undefined,
    );
    await defineStandIns(api);
    await Promise.all([
      this.#start(components.controllerManager(this.#tools['kube-controller-manager'], layout)),
      this.#start(components.scheduler(this.#tools['kube-scheduler'], layout)),
      this.#start(components.kwok(this.#tools.kwok, layout, watchedKinds(containers))),
    ]);
    await clusterReady(api, until);
    progress(`cluster: ready at ${server} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const supervisor = this.#supervisor;
    return clusterHandle(
      { server, tokens, certificateAuthority, dir: supervisor.folder },
      { api, pids: () => supervisor.pids, end: () => supervisor.stop() },
    );
  }

  /** Whether a component died because its port was taken between our look and its start. */
  lostAPort(): boolean {
    return this.#processes.some(
      (process) => process.ended() !== undefined && saysPortTaken(process.logTail()),
    );
  }

  async #start(request: ProcessRequest): Promise<void> {
    this.#processes.push(await this.#supervisor.start(request));
  }

  async #write(name: string, content: string): Promise<void> {
    await writeFile(join(this.#supervisor.folder, name), content, { mode: 0o600 });
  }
}

async function stages(readyDelayMs: number): Promise<string> {
  const text = await readFile(join(moduleSources('kwok'), 'stages.yaml'), 'utf8');
  return text.replace('durationMilliseconds: READY_DELAY_MS', `durationMilliseconds: ${readyDelayMs}`);
}
