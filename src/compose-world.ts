// Puts the adapters behind the ports. Part of the composition root: only `main.ts` uses it.

import { resolve } from 'node:path';
import { systemClock } from './adapters/clock.ts';
import { createClusterState } from './adapters/cluster-state.ts';
import { createFileFacts } from './adapters/file-facts.ts';
import { createFiles } from './adapters/files.ts';
import { createRepository } from './adapters/git.ts';
import { createGit } from './adapters/git-command.ts';
import { createGitPlanSource } from './adapters/git-plan-source.ts';
import { createGitState, hasRemote } from './adapters/git-state.ts';
import type { GithubOptions } from './adapters/github.ts';
import { createHttp } from './adapters/http.ts';
import { withKnownVersions } from './adapters/known-versions.ts';
import { type ClusterConnection, connectCluster } from './adapters/kubernetes.ts';
import { pathTypeBelow } from './adapters/path-type.ts';
import { createPlanSource } from './adapters/plan-source.ts';
import { createPortForwards, type PortForwards } from './adapters/port-forwards.ts';
import { createProcesses } from './adapters/processes.ts';
import { readThisProcess } from './adapters/this-process.ts';
import { checkKinds } from './checks/registry.ts';
import { componentKinds } from './components/registry.ts';
import { createPerform } from './engine/perform.ts';
import { RollbackPlanError, toRollbackPlanError } from './errors.ts';
import { createForgeSource } from './plan/forge-source.ts';
import type { TargetSpec } from './plan/plan.ts';
import type { Clock, KindContext, Log, PlanSource, Processes } from './ports.ts';
import { stepKinds } from './steps/registry.ts';
import { passedCredentials, passwordsIn } from './values/environment.ts';
import { createRedactor } from './values/redaction.ts';
import { readSecretMap, secretMapVariable } from './values/secret-map.ts';
import { createHaste } from './values/time-limit.ts';
import type { Interruption } from './verify/verdict.ts';
import type { Site, World } from './world.ts';

export type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workspace: string;
  readonly runsFolder: string;
  /** Token that reads the plan and writes records; a secret from the first moment. */
  readonly token: string;
  /** In a workflow plans are read from the forge, so that what is checked out does not matter. */
  readonly plansFrom: 'forge' | 'clone';
  readonly log: (redact: (text: string) => string) => Log;
  readonly mask: (secret: string) => void;
  /** What tells and spends time. Default: the system's. */
  readonly clock?: Clock;
};

/** A world and the way to leave it. */
export type WorldHandle = World & { dispose(): Promise<void> };

const readDeadlineMs = 60_000;
/** For a git remote, when the run was stopped. */
const hurriedMs = 3_000;
/** From the stop of a run to the last word that leaves it. The runner kills after 10 s. */
const lastWordsMs = 7_000;

/** Throws `input-invalid`, which quotes nothing, for handed-over secrets that can't be read. */
export function createWorld(surroundings: Surroundings): WorldHandle {
  const { environment, clock = systemClock } = surroundings;
  const workspace = resolve(surroundings.workspace);
  const secrets: string[] = [];
  const passed: string[] = [];
  let redactor = createRedactor(secrets);
  const redact = (text: string): string => redactor(text);
  const learn = (values: Iterable<string>): void => {
    for (const secret of values) {
      secrets.push(secret);
      surroundings.mask(secret);
    }
    redactor = createRedactor(secrets);
  };
  if (surroundings.token !== '') learn([surroundings.token]);
  // All of them, and before a word is said: a plan that can't be read, or doesn't ask for them, makes them no less secret.
  const handedOver = readSecretMap(environment[secretMapVariable] ?? '');
  learn(handedOver.values());
  learn(passedCredentials(environment));

  const log = surroundings.log(redact);
  const files = createFiles();
  // What children may inherit from: our environment, and the secrets that came in one piece, once they are declared.
  const inherited: Record<string, string | undefined> = { ...environment };
  const http = createHttp({
    secret: (name) => (passed.includes(name) ? inherited[name] : undefined),
  });
  const processes = withKnownVersions(
    createProcesses({ environment: inherited, workspace, redact, pass: passed }),
  );
  const stopper = createStopper(log);
  const { signal } = stopper;
  const open: Site[] = [];

  const connect = async (target: TargetSpec, incident: string): Promise<Site> => {
    const connection = await connectCluster({
      processes,
      clock,
      context: target.context,
      namespace: target.namespace,
      stopped: signal,
    }).catch((thrown: unknown) => toRollbackPlanError(thrown));
    const cluster = connection instanceof RollbackPlanError ? undefined : connection;
    const named = target.context !== undefined || target.namespace !== undefined;
    // Where the plan names a cluster it is asked soon; its proxy comes up while the tools are asked for their versions.
    if (named) cluster?.warm();
    let forwards: PortForwards | undefined;
    const context: KindContext = {
      target: { name: target.name, vars: target.vars },
      incident,
      get cluster(): ClusterConnection {
        if (connection instanceof RollbackPlanError) throw connection;
        return connection;
      },
      repository: createRepository({ processes, directory: workspace, signal }),
      http,
      clock,
      log,
      signal,
      workspace,
      secretNames: passed,
      pathType: (path) => pathTypeBelow(workspace, path),
      read: (argv, limits) =>
        processes.run(
          {
            argv,
            ...(limits?.stdin === undefined ? {} : { stdin: limits.stdin }),
            ...(limits?.env === undefined ? {} : { env: limits.env }),
            ...(limits?.secretEnv === undefined ? {} : { secretEnv: limits.secretEnv }),
          },
          {
            deadlineMs: limits?.deadlineMs ?? readDeadlineMs,
            signal,
            whole: true,
            keepBytes: limits?.keepBytes ?? 16_777_216,
          },
        ),
      async forward(to, forwardSignal) {
        // Throws where there is no cluster.
        const { kubectlFlags, namespace } = context.cluster;
        forwards ??= createPortForwards({ processes, clock, kubectlFlags, namespace });
        return await forwards.forward(to, forwardSignal);
      },
    };
    // Without a context kubectl takes the pod's own account; outside of a cluster there is none.
    const clustered =
      named ||
      (cluster !== undefined &&
        (cluster.contextName !== undefined || Boolean(environment['KUBERNETES_SERVICE_HOST'])));
    // A lock is given back also after a run was stopped, where the remote answers.
    const haste = createHaste(signal, hurriedMs);
    const hurried: Processes = {
      run: (command, limits) => haste((inTime) => processes.run(command, { ...limits, signal: inTime })),
    };
    const git = createGit(hurried, workspace);
    const remote = !clustered && (await hasRemote(git));
    let closed = false;
    const site: Site = {
      context,
      perform: createPerform({ processes, http, cluster, clock, redact }),
      // Tools are asked for their versions with it, and one that hangs must not hold up the end.
      processes: { run: (command, limits) => processes.run(command, { signal, ...limits }) },
      pinned: cluster === undefined ? {} : { context: cluster.contextName, namespace: cluster.namespace },
      state(service) {
        if (!clustered) return remote ? createGitState(git, service, target.name) : undefined;
        if (connection instanceof RollbackPlanError) throw connection;
        return createClusterState(connection, service);
      },
      clustered,
      async close() {
        if (closed) return;
        closed = true;
        await forwards?.close();
        await cluster?.close();
      },
    };
    open.push(site);
    return site;
  };

  const forgeOptions = forgeOptionsIn(environment, surroundings.token);
  const checkedOutPlans = createPlanSource(workspace);
  const ofHistory = createGitPlanSource({ processes, workspace, signal });
  const inClone: PlanSource = {
    read: (path, maxBytes, ref = '') =>
      ref === '' ? checkedOutPlans.read(path, maxBytes) : ofHistory.read(path, maxBytes, ref),
  };
  const onForge = createForgeSource({
    async connect() {
      if (forgeOptions === undefined) return undefined;
      const { createForge, createForgeObjects } = await import('./adapters/forge.ts');
      return { forge: createForge(forgeOptions), objects: createForgeObjects(forgeOptions) };
    },
    workspace,
    checkedOut: checkedOutPlans,
    clock,
    signal,
  });

  return {
    clock,
    log,
    files,
    fileFacts: createFileFacts(),
    kinds: { components: componentKinds, steps: stepKinds, checks: checkKinds },
    planSource: surroundings.plansFrom === 'forge' ? onForge : inClone,
    checkedOutPlans,
    workspace,
    runsFolder: resolve(surroundings.runsFolder),
    signal,
    noTimeLeft: stopper.noTimeLeft,
    self: readThisProcess(),
    interruption: stopper.interruption,
    limitTime: stopper.limitTime,
    redact,
    declareSecrets(names) {
      for (const name of names) {
        // What the job sets by name wins over the map, because it is nearer.
        const value = environment[name] || handedOver.get(name);
        if (value === undefined || value === '') {
          throw new RollbackPlanError(
            'secret-missing',
            `the plan declares the secret ${name}, and the environment has none`,
            {
              hint: `Hand it over by name in the job: env: { ${name}: \${{ secrets.${name} }} }; to a reusable workflow in plan-secrets: ${name}: \${{ toJSON(secrets.${name}) }}`,
            },
          );
        }
        // Of a URL the password may be printed alone.
        learn([value, ...passwordsIn(value)]);
        inherited[name] = value;
        passed.push(name);
      }
    },
    connect,
    async forge() {
      if (forgeOptions === undefined) return undefined;
      const { createForge } = await import('./adapters/forge.ts');
      return createForge(forgeOptions);
    },
    async dispose() {
      stopper.dispose();
      for (const site of open) await site.close();
      await files.close();
    },
  };
}

/** The repository of the workflow as the runner names it; `undefined` without one, or without a token for it. */
function forgeOptionsIn(environment: Surroundings['environment'], token: string): GithubOptions | undefined {
  const repository = environment['GITHUB_REPOSITORY'];
  if (token === '' || repository === undefined || repository === '') return undefined;
  const serverUrl = environment['GITHUB_SERVER_URL'];
  return {
    apiUrl: environment['GITHUB_API_URL'] ?? 'https://api.github.com',
    token,
    repository,
    ...(serverUrl === undefined ? {} : { serverUrl }),
  };
}

/** Turns signals and the time limit into one abort. The runner sends SIGINT, then SIGTERM 7.5 s later, then kills. */
function createStopper(log: Log): {
  readonly signal: AbortSignal;
  readonly noTimeLeft: AbortSignal;
  interruption(): Interruption | undefined;
  limitTime(milliseconds: number): void;
  dispose(): void;
} {
  const controller = new AbortController();
  const noTimeLeft = new AbortController();
  let last: NodeJS.Timeout | undefined;
  let interruption: Interruption | undefined;
  let limit: NodeJS.Timeout | undefined;
  const stop = (why: Interruption): void => {
    if (interruption !== undefined) return;
    interruption = why;
    log.warning(`${why.message}: stopping what runs and writing the record`);
    last = setTimeout(() => noTimeLeft.abort(), lastWordsMs);
    last.unref();
    controller.abort();
  };
  const onSignal = (name: NodeJS.Signals): void =>
    stop({ code: 'cancelled', message: `the run was cancelled (${name})` });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    noTimeLeft: noTimeLeft.signal,
    interruption: () => interruption,
    limitTime(milliseconds) {
      const message = `the run took longer than its timeout of ${milliseconds / 1000} s`;
      limit = setTimeout(() => stop({ code: 'run-timeout', message }), milliseconds);
      limit.unref();
    },
    dispose() {
      clearTimeout(limit);
      clearTimeout(last);
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
