// Reads of the Kubernetes API through `kubectl proxy` on a unix socket in a private folder: the same credentials
// that helm and kubectl use (exec plugins included), one start-up, then a few milliseconds per read.

import { z } from 'zod';
import { messageOf, RollbackPlanError } from '../errors.ts';
import type { Clock, Cluster, Processes } from '../ports.ts';
import type { JsonObject } from '../values/json.ts';
import type { ApiWrite } from '../values/operation.ts';
import { createHaste, type Haste } from '../values/time-limit.ts';
import {
  type Answer,
  clusterUnreachable,
  createKubectlProxy,
  type Exchange,
  kubectlMissing,
} from './kubectl-proxy.ts';
import { askPatiently } from './patient-questions.ts';
import { grantHint } from './state-faults.ts';

export type ClusterConnection = Cluster & {
  /** A write that really happens: the engine's, never a kind's. A connection that breaks gives status 0. */
  write(write: ApiWrite, limits: { readonly signal: AbortSignal }): Promise<Answer>;
  readonly contextName: string | undefined;
  /** Gets the connection ready while something else is done; it fails with the first read, if it does. */
  warm(): void;
  /** Ends the proxy and removes its socket. */
  close(): Promise<void>;
};

export type ConnectOptions = {
  readonly processes: Processes;
  readonly clock: Clock;
  /** Context in the kubeconfig; `undefined` means the current one (or the pod's own account, in a cluster). */
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  /** Ends when the run was stopped: then nothing is waited for longer than a moment. Default: never. */
  readonly stopped?: AbortSignal;
};

const methods = { create: 'POST', replace: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;
const readMs = 20_000;
/** For lock, journal and a last look, when the run was stopped. */
const hurriedMs = 2_000;

const kubeconfigView = z.looseObject({
  'current-context': z.string().optional(),
  contexts: z
    .array(z.looseObject({ name: z.string(), context: z.looseObject({ namespace: z.string().optional() }) }))
    .nullish(),
});
const listPage = z.looseObject({
  items: z.array(z.record(z.string(), z.json())).nullish(),
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z.looseObject({ continue: z.string().optional() }).optional(),
});
const accessReview = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });
const selfReview = z.looseObject({
  status: z.looseObject({ userInfo: z.looseObject({ username: z.string() }) }),
});
const anyObject = z.record(z.string(), z.json());
const statusObject = z.looseObject({ message: z.string().optional(), reason: z.string().optional() });

/** Pins the context and the namespace by name, so that somebody's `kubectl config use-context` cannot move a run. */
export async function connectCluster(options: ConnectOptions): Promise<ClusterConnection> {
  const haste = createHaste(options.stopped ?? new AbortController().signal, hurriedMs);
  const { context, namespace } = await resolveContext(options, haste);
  const contextFlags = context === undefined ? [] : [`--context=${context}`];
  const proxy = createKubectlProxy({ ...options, haste }, contextFlags);

  const ask = (exchange: Exchange, signal?: AbortSignal): Promise<Answer> =>
    askPatiently(options.clock, (silenceMs) => proxy.exchange(exchange, { signal, silenceMs }), signal);
  const read = (path: string, signal?: AbortSignal): Promise<Answer> => ask({ method: 'GET', path }, signal);

  return {
    namespace,
    contextName: context,
    kubectlFlags: contextFlags,
    helmFlags: context === undefined ? [] : [`--kube-context=${context}`],
    async get(path, signal) {
      const answer = await read(path, signal);
      if (answer.status === 404) return undefined;
      return anyObject.parse(success(answer, 'GET', path));
    },
    async list(path, query, signal) {
      const items: JsonObject[] = [];
      let next: string | undefined;
      do {
        const search = new URLSearchParams({
          ...query,
          limit: '500',
          ...(next === undefined ? {} : { continue: next }),
        });
        const url = `${path}?${search.toString()}`;
        const answer = await read(url, signal);
        const page = listPage.parse(success(answer, 'GET', url));
        const kind = page.kind?.replace(/List$/, '');
        // Items of a list come without apiVersion and kind; readers expect whole objects.
        for (const item of page.items ?? []) {
          items.push({ ...(page.apiVersion && kind ? { apiVersion: page.apiVersion, kind } : {}), ...item });
        }
        next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
      } while (next !== undefined);
      return items;
    },
    async text(path, { keepBytes, signal }) {
      const tail = (silenceMs: number): ReturnType<typeof proxy.tail> =>
        proxy.tail(path, keepBytes, { signal, silenceMs });
      const { status, body, whole } = await askPatiently(options.clock, tail, signal);
      if (status < 200 || status >= 300) success({ status, body }, 'GET', path);
      return { text: body, whole };
    },
    async mayI({ verb, group, resource, namespace: place = namespace, name }, signal) {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const [plain = resource, subresource] = resource.split('/');
      const resourceAttributes = {
        verb,
        group,
        resource: plain,
        namespace: place,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
      };
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const answer = await ask({ method: 'POST', path, body }, signal);
      return accessReview.parse(success(answer, 'POST', path)).status.allowed;
    },
    async whoAmI(signal) {
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      // Kubernetes before 1.28 does not have it, and whoever may not ask gets no answer.
      const answer = await ask({ method: 'POST', path, body }, signal);
      return selfReview.safeParse(parseBody(answer.body)).data?.status.userInfo.username;
    },
    async dryRun(verb, path, body, contentType) {
      const method = methods[verb];
      const url = `${path}${path.includes('?') ? '&' : '?'}dryRun=All`;
      const answer = await ask({ method, path: url, body, contentType });
      return anyObject.parse(success(answer, method, url));
    },
    async write({ verb, path, body, contentType }, limits) {
      try {
        return await proxy.exchange(
          { method: methods[verb], path, ...(body === undefined ? {} : { body }), contentType },
          limits,
        );
      } catch (error) {
        return { status: 0, body: messageOf(error) };
      }
    },
    warm: proxy.warm,
    close: proxy.close,
  };
}

async function resolveContext(
  options: ConnectOptions,
  haste: Haste,
): Promise<{ context: string | undefined; namespace: string }> {
  if (options.context !== undefined && options.namespace !== undefined) {
    return { context: options.context, namespace: options.namespace };
  }
  const flags = options.context === undefined ? [] : [`--context=${options.context}`];
  const view = await haste((signal) =>
    options.processes.run(
      { argv: ['kubectl', 'config', 'view', '--minify', '--output=json', ...flags] },
      { deadlineMs: readMs, signal, keepBytes: 1_048_576, whole: true },
    ),
  );
  if (view.ended === 'not-started') throw kubectlMissing(view);
  if (view.ended !== 'exited' || view.exitCode !== 0) {
    const text = view.stderr.trim();
    // In a cluster there is no kubeconfig, and that is fine: kubectl uses the pod's service account.
    if (options.context === undefined && text.includes('current-context')) {
      return { context: undefined, namespace: options.namespace ?? 'default' };
    }
    const why = view.ended === 'timed-out' ? `it did not end within ${readMs / 1000} s` : text;
    throw clusterUnreachable(`kubectl cannot read context ${options.context ?? '(current)'}: ${why}`, view);
  }
  const config = kubeconfigView.parse(JSON.parse(view.raw.toString('utf8')));
  const name = config['current-context'];
  const own = config.contexts?.find((entry) => entry.name === name)?.context.namespace;
  return {
    context: options.context ?? (name === '' ? undefined : name),
    namespace: options.namespace ?? own ?? 'default',
  };
}

/** The parsed body of a 2xx answer; anything else as the error a person can act on. */
function success(answer: Answer, method: string, path: string): unknown {
  const body = parseBody(answer.body);
  if (answer.status >= 200 && answer.status < 300) return body;
  const status = statusObject.safeParse(body);
  const message =
    (status.success ? status.data.message : undefined) ??
    (answer.body.trim().slice(0, 300) || 'no reason given');
  if (answer.status === 401 || answer.status === 403) {
    throw new RollbackPlanError(
      'permission-missing',
      `the API server refused ${method} ${pathOnly(path)}: ${message}`,
      {
        hint: grantHint(message),
        facts: { status: answer.status, method, path },
      },
    );
  }
  if (answer.status === 0) throw clusterUnreachable(answer.body, undefined);
  // For a server that it can't reach, kubectl proxy answers itself, in plain text; the server's own 500 is a Status.
  if (answer.status > 500 || (answer.status === 500 && !status.success)) {
    throw clusterUnreachable(
      `the API server answered ${answer.status} to ${method} ${pathOnly(path)}: ${message}`,
      undefined,
    );
  }
  throw new RollbackPlanError(
    'prepare-failed',
    `the API server answered ${answer.status} to ${method} ${pathOnly(path)}: ${message}`,
    {
      hint: 'Nothing was changed. The message above is the server’s own; mend what it names and run again.',
      facts: { status: answer.status, method, path, reason: status.success ? status.data.reason : undefined },
    },
  );
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function pathOnly(path: string): string {
  return path.split('?', 1)[0] ?? path;
}
