// Why state in the target can't be read or written, and the commands that give the account what it lacks.

import { type ReasonCode, RollbackPlanError } from '../errors.ts';
import { shellQuote } from '../values/shell-quote.ts';

export type StateFaultCode = Extract<
  ReasonCode,
  'lock-unreadable' | 'state-unreadable' | 'state-not-writable'
>;

const roleName = 'rollback-plan-state';
const withoutState = 'Where that can’t be had now, act with the local file alone: override: local-journal';

/** `message` is the server's own: it names the account that was refused. */
export function permissionFault(
  code: StateFaultCode,
  what: string,
  request: { readonly namespace: string; readonly message: string; readonly cause?: unknown },
): RollbackPlanError {
  const { namespace, message, cause } = request;
  return new RollbackPlanError(code, `${what}: ${message}`, {
    hint: [
      'Give the account this Role once, as somebody who may:',
      ...grantCommands(namespace, message),
      withoutState,
    ].join('\n'),
    cause,
    facts: { namespace },
  });
}

export function stateFault(
  code: StateFaultCode,
  what: string,
  request: { readonly message: string; readonly advice: string; readonly cause?: unknown },
): RollbackPlanError {
  return new RollbackPlanError(code, `${what}: ${request.message}`, {
    hint: `${request.advice}\n${withoutState}`,
    cause: request.cause,
  });
}

/** Leases for the lock, ConfigMaps for journal and ledger; nothing is ever deleted. */
export function grantCommands(namespace: string, message: string): readonly string[] {
  return [
    `kubectl -n ${namespace} create role ${roleName} --verb=get,create,update --resource=leases.coordination.k8s.io,configmaps`,
    `kubectl -n ${namespace} create rolebinding ${roleName} --role=${roleName} ${subjectIn(message)}`,
  ];
}

/** Out of what the API server says to a request that it forbids: what to paste, then press again. */
export function grantHint(message: string): string {
  const asked = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)" in the namespace "([^"]+)"/.exec(
    message,
  );
  const [, verb, resource, group = '', namespace] = asked ?? [];
  if (verb === undefined || resource === undefined || namespace === undefined)
    return 'Give the account this permission (Role and RoleBinding in the namespace), then run again.';
  const ours = resource === 'configmaps' && / "rollback-plan-[^"]*" is forbidden/.test(message);
  return [
    'Give the account this right once, as somebody who may; then run again:',
    ...(ours
      ? grantCommands(namespace, message)
      : roleCommands({ namespace, verb, resource, group }, message)),
  ].join('\n');
}

function roleCommands(
  right: {
    readonly namespace: string;
    readonly verb: string;
    readonly resource: string;
    readonly group: string;
  },
  message: string,
): readonly string[] {
  const { namespace, verb, resource, group } = right;
  const [plural = '', subresource] = resource.split('/');
  const full = `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  const role = `rollback-plan-${verb}-${resource.replaceAll('/', '-')}`;
  return [
    `kubectl -n ${namespace} create role ${role} --verb=${verb} --resource=${full}`,
    `kubectl -n ${namespace} create rolebinding ${role} --role=${role} ${subjectIn(message)}`,
  ];
}

/** The API server says `User "system:serviceaccount:ci:deployer" cannot get resource …`. */
function subjectIn(message: string): string {
  const user = /User "([^"]+)"/.exec(message)?.[1];
  if (user === undefined) return '--user=<the account that kubectl auth whoami names>';
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  return account === null
    ? `--user=${shellQuote(user)}`
    : `--serviceaccount=${shellQuote(`${account[1]}:${account[2]}`)}`;
}
