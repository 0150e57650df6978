// A world for config-tag tests: a real repository, a real cluster (if wanted), and the operations a kind prepares
// really performed, as the engine performs them.

import { dirname } from 'node:path';
import { systemClock } from '../../src/adapters/clock.ts';
import { createRepository } from '../../src/adapters/git.ts';
import { createHttp } from '../../src/adapters/http.ts';
import { connectCluster } from '../../src/adapters/kubernetes.ts';
import { pathTypeBelow } from '../../src/adapters/path-type.ts';
import { createPortForwards } from '../../src/adapters/port-forwards.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import type { Cluster, CommandOutcome, KindContext } from '../../src/ports.ts';
import type { Operation, Prepared } from '../../src/values/operation.ts';
import { silentLog } from '../support/course.ts';

export type TestWorld = {
  context(incident?: string): KindContext;
  perform(operation: Operation): Promise<CommandOutcome>;
  /** Every operation in order; throws at the first that fails. */
  performAll(prepared: Prepared): Promise<void>;
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  close(): Promise<void>;
};

export async function createTestWorld(options: {
  readonly directory: string;
  readonly home: string;
  readonly cluster?: { readonly kubeconfig: string; readonly kubectl: string; readonly namespace: string };
  /** Secrets that a plan would declare. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Folders of programs, before those of PATH. */
  readonly programs?: readonly string[];
}): Promise<TestWorld> {
  const { directory, cluster: place, secrets = {}, programs = [] } = options;
  const own = place === undefined ? [] : [dirname(place.kubectl)];
  const path = [...own, ...programs, process.env['PATH'] ?? ''].join(':');
  const processes = createProcesses({
    environment: {
      PATH: path,
      HOME: options.home,
      ...(place === undefined ? {} : { KUBECONFIG: place.kubeconfig }),
      ...secrets,
    },
    workspace: directory,
    redact: (text) => text,
    pass: Object.keys(secrets),
  });
  const connection =
    place === undefined
      ? undefined
      : await connectCluster({
          processes,
          clock: systemClock,
          context: undefined,
          namespace: place.namespace,
        });
  const repository = createRepository({ processes, directory });
  const limits = { deadlineMs: 60_000, keepBytes: 16_777_216 };
  const forwards =
    connection === undefined
      ? undefined
      : createPortForwards({
          processes,
          clock: systemClock,
          kubectlFlags: connection.kubectlFlags,
          namespace: connection.namespace,
        });

  const world: TestWorld = {
    context: (incident = 'incident-1') => ({
      target: { name: 'test', vars: {} },
      incident,
      get cluster(): Cluster {
        if (connection === undefined) throw new Error('this test has no cluster');
        return connection;
      },
      repository,
      http: createHttp({ secret: (name) => secrets[name] }),
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
      workspace: directory,
      secretNames: Object.keys(secrets),
      pathType: (path) => pathTypeBelow(directory, path),
      read: (argv, more) =>
        processes.run(
          {
            argv,
            ...(more?.stdin === undefined ? {} : { stdin: more.stdin }),
            ...(more?.env === undefined ? {} : { env: more.env }),
            ...(more?.secretEnv === undefined ? {} : { secretEnv: more.secretEnv }),
          },
          { ...limits, deadlineMs: more?.deadlineMs ?? limits.deadlineMs },
        ),
      forward: async (to, signal) => {
        if (forwards === undefined) throw new Error('this test has no cluster');
        return await forwards.forward(to, signal);
      },
    }),
    async perform(operation) {
      if (operation.act.type !== 'command') throw new Error(`${operation.id} is no command`);
      return processes.run(operation.act.command, { ...limits, deadlineMs: operation.deadlineMs });
    },
    async performAll(prepared) {
      for (const operation of prepared.operations) {
        const outcome = await world.perform(operation);
        if (outcome.exitCode !== 0) throw new Error(`${operation.title}: ${outcome.stderr}`);
      }
    },
    async kubectl(args, stdin) {
      const outcome = await processes.run(
        {
          argv: ['kubectl', `--namespace=${place?.namespace}`, ...args],
          ...(stdin === undefined ? {} : { stdin }),
        },
        limits,
      );
      if (outcome.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${outcome.stderr}`);
      return outcome.raw.toString('utf8').trim();
    },
    async close() {
      await forwards?.close();
      await connection?.close();
    },
  };
  return world;
}
