// What a caller holds of a running cluster, made from a description that another process can be handed.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ApiResponse, ClusterApi } from './cluster-api.ts';
import { clusterApi } from './cluster-api.ts';
import { layoutFiles } from './cluster-components.ts';
import { adminUser, kubeconfigText } from './cluster-credentials.ts';
import { answerFor, type NamespaceStandIns } from './container-stand-ins.ts';

export interface Cluster {
  /** File for the user `admin`. */
  readonly kubeconfig: string;
  /** The API server's URL. */
  readonly server: string;
  /** Token of each user. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Holds the logs, one per process. */
  readonly dir: string;
  readonly pids: readonly number[];
  /** File for one of the users. */
  kubeconfigFor(user: string): Promise<string>;
  /** One request to the API as `admin`. */
  call(method: string, path: string, body?: unknown): Promise<ApiResponse>;
  /**
   * Says what answers `kubectl logs`, `exec` and `port-forward` for the pods of a namespace; it is so within a moment.
   * Not for `exec` and `forwards` that `startCluster` was given for every pod.
   */
  answerFor(namespace: string, standIns: NamespaceStandIns): Promise<void>;
  /** What `attachCluster` needs, in this process or another one on this machine. */
  describe(): ClusterDescription;
  /**
   * Ends every process and removes the temporary folder. Happens by itself when this process dies, however it dies.
   * Of an attached cluster: closes the connections, and leaves the cluster to its owner.
   */
  stop(): Promise<void>;
}

export const clusterDescription = z.object({
  server: z.string(),
  tokens: z.record(z.string(), z.string()),
  certificateAuthority: z.string(),
  dir: z.string(),
  pids: z.array(z.number()),
});
/** JSON. The tokens are worth nothing outside this machine's loopback. */
export type ClusterDescription = z.infer<typeof clusterDescription>;

/** A cluster that somebody else has started and will end. */
export function attachCluster(description: ClusterDescription): Cluster {
  const { server, tokens, certificateAuthority, pids } = description;
  const api = clusterApi(server, tokens[adminUser] ?? '', certificateAuthority);
  return clusterHandle(description, { api, pids: () => pids, end: () => Promise.resolve() });
}

/** @param running the connection, and what only the owner of the processes can tell or do */
export function clusterHandle(
  description: Omit<ClusterDescription, 'pids'>,
  running: {
    readonly api: ClusterApi;
    readonly pids: () => readonly number[];
    readonly end: () => Promise<void>;
  },
): Cluster {
  const { server, tokens, certificateAuthority, dir } = description;
  const { api, pids, end } = running;
  return {
    kubeconfig: join(dir, layoutFiles.kubeconfig),
    server,
    tokens,
    dir,
    get pids() {
      return pids();
    },
    async kubeconfigFor(user) {
      const token = tokens[user];
      if (token === undefined)
        throw new Error(`no user ${user}; there are: ${Object.keys(tokens).join(', ')}`);
      const file = join(dir, `kubeconfig-${user}.json`);
      await writeFile(file, kubeconfigText({ server, certificateAuthority, user, token }), { mode: 0o600 });
      return file;
    },
    call: api.call,
    answerFor: (namespace, standIns) => answerFor(api, join(dir, 'containers'), namespace, standIns),
    describe: () => ({ server, tokens: { ...tokens }, certificateAuthority, dir, pids: [...pids()] }),
    async stop() {
      api.close();
      await end();
    },
  };
}
