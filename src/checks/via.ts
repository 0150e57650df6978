// How a check gets at a place that the runner can't reach: through `kubectl port-forward`, or from inside a pod with
// `kubectl exec`. Shared by every check that asks over a network.

import { z } from 'zod';
import { messageOf, RollbackPlanError } from '../errors.ts';
import type { Http, KindContext } from '../ports.ts';
import { labelPattern, namespaceLabel } from '../values/names.ts';
import type { HttpRequest, Requirement } from '../values/operation.ts';
import { requestWithCurl } from './via/curl.ts';

const resource = z
  .string()
  .regex(
    /^(?:service|svc|deployment|deploy|statefulset|sts|daemonset|ds|pod|po)\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
    'written `service/shop`, `deployment/api`, `statefulset/db`, `daemonset/agent` or `pod/api-0`',
  );

const keys = {
  container: z
    .string()
    .regex(labelPattern, 'the name of a container')
    .optional()
    .describe('With `exec`: the container. Default: as kubectl chooses, usually the first.'),
  namespace: namespaceLabel.optional().describe("Where it lives. Default: the target's namespace."),
};

/** The settings piece: `via: { port-forward: service/shop }` or `via: { exec: deployment/api }`. */
export const via = z
  .strictObject({
    'port-forward': resource
      .optional()
      .describe('Connect through `kubectl port-forward` to this: `service/shop`, `deployment/api`.'),
    exec: resource
      .optional()
      .describe('Ask from inside a pod of this, with `kubectl exec`: `deployment/api`.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('With `port-forward`: the port of the service or pod. Default: the one in the address.'),
    ...keys,
  })
  .superRefine((settings, context) => {
    const refuse = (message: string, path: string[] = []): void =>
      context.addIssue({ code: 'custom', path, message });
    if ((settings['port-forward'] === undefined) === (settings.exec === undefined))
      refuse('say one of `port-forward` and `exec`');
    if (settings.exec !== undefined && settings.port !== undefined)
      refuse('only `port-forward` takes a port', ['port']);
    if (settings['port-forward'] !== undefined && settings.container !== undefined)
      refuse('only `exec` takes a container', ['container']);
  });
export type Via = z.output<typeof via>;

/** For what only runs in a pod: `via: { exec: deployment/api }`. */
export const viaExec = z.strictObject({
  exec: resource.describe('Run inside a pod of this, with `kubectl exec`: `deployment/api`.'),
  ...keys,
});

/** Kubectl looks up the pods of these; a pod is named itself. */
const owners: readonly (readonly [words: readonly string[], plural: string, group: string])[] = [
  [['service', 'svc'], 'services', ''],
  [['deployment', 'deploy'], 'deployments', 'apps'],
  [['statefulset', 'sts'], 'statefulsets', 'apps'],
  [['daemonset', 'ds'], 'daemonsets', 'apps'],
];

/** What kubectl has to be allowed and has to be there for. */
export function viaRequirements(settings: Via | undefined): readonly Requirement[] {
  if (settings === undefined) return [];
  const { exec, namespace } = settings;
  const [word = ''] = (exec ?? settings['port-forward'] ?? '').split('/');
  const place = namespace === undefined ? {} : { namespace };
  const may = (verb: string, name: string, group = ''): Requirement => ({
    ...{ type: 'permission', verb, group, resource: name, ...place },
  });
  const [, plural, group] = owners.find(([words]) => words.includes(word)) ?? [];
  const looks = plural === undefined ? [] : [may('get', plural, group), may('list', 'pods')];
  return [
    { type: 'tool', name: 'kubectl', versionArgs: ['version', '--client'], install: 'Install kubectl.' },
    ...looks,
    may('get', 'pods'),
    may('create', exec === undefined ? 'pods/portforward' : 'pods/exec'),
  ];
}

type Answer = Awaited<ReturnType<Http['request']>>;
type Limits = Parameters<Http['request']>[1];
type Fault = Extract<Answer, { ok: false }>;

/** How long kubectl gets to notice that its pod has gone. */
const noticeMs = 300;

/**
 * One exchange, directly or as `settings` say. Throws nothing. What kept it from being sent at all (no pod, no permission,
 * no curl) is the fault `other`: nothing was learned about the service.
 */
export async function requestVia(
  context: KindContext,
  settings: Via | undefined,
  request: HttpRequest,
  limits: Limits,
): Promise<Answer> {
  if (settings === undefined) return await context.http.request(request, limits);
  const { exec } = settings;
  if (exec !== undefined) return await requestWithCurl(context, { ...settings, exec }, request, limits);
  const lead = async (): Promise<{ readonly host: string; readonly port: number } | Fault> => {
    try {
      return await forwardVia(context, settings, portOf(request.url));
    } catch (thrown) {
      return notSent(thrown);
    }
  };
  // Starting kubectl is our own time and not the service's, so the deadline begins with the request.
  const place = await lead();
  if ('ok' in place) return place;
  const answer = await context.http.request(request, { ...limits, connectTo: place });
  if (answer.ok || !['refused', 'reset'].includes(answer.fault)) return answer;
  // A forward leads to one pod, and that may have gone with a rollout. kubectl notices when it is used; what may have
  // changed something is not sent twice.
  if (!['GET', 'HEAD'].includes(request.method)) return answer;
  await context.clock.sleep(noticeMs, limits.signal);
  const again = await lead();
  if ('ok' in again || again.port === place.port) return answer;
  return await context.http.request(request, { ...limits, connectTo: again });
}

/** Where `port-forward` leads to. `port`: the one in the address of what is asked. Throws `RollbackPlanError`. */
export async function forwardVia(
  context: KindContext,
  settings: Via,
  port: number,
): Promise<{ readonly host: string; readonly port: number }> {
  const { namespace } = settings;
  const place = { resource: settings['port-forward'] ?? '', port: settings.port ?? port };
  return await context.forward(namespace === undefined ? place : { ...place, namespace }, context.signal);
}

function notSent(thrown: unknown): Fault {
  const hint = thrown instanceof RollbackPlanError ? `. ${thrown.hint}` : '';
  return { ok: false, fault: 'other', detail: `not sent: ${messageOf(thrown)}${hint}` };
}

function portOf(text: string): number {
  const { port, protocol } = new URL(text);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
