// The gate `permission`: may this account do everything that components, steps and checks of this run will do, and what
// we do ourselves? The server is asked, one question for each distinct permission, all at once.

import type { AccessQuestion } from '../../ports.ts';
import { ledgerName } from '../../state/ledger.ts';
import { touchesCluster } from '../live-objects.ts';
import { roleFor } from '../role-text.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

export type Permission = AccessQuestion & { readonly namespace: string };

export type PermissionFacts = {
  readonly asked: readonly { readonly permission: Permission; readonly allowed: boolean }[];
  /** As the server knows it; `undefined` where it was not asked, or does not say. */
  readonly account: string | undefined;
  /** Whoever plans need not be whoever acts: a plan job has an account that can change nothing. */
  readonly planOnly: boolean;
};

export const permission: Gate<PermissionFacts> = {
  name: 'permission',
  summary: 'The account may do everything that this rollback will do.',
  override: 'permission',
  async collect(subject) {
    const { context, signal } = subject;
    if (!touchesCluster(subject)) return { asked: [], account: undefined, planOnly: false };
    const { cluster } = context;
    const asked = await Promise.all(
      permissionsOf(subject, cluster.namespace).map(async (wanted) => ({
        permission: wanted,
        allowed: await cluster.mayI(wanted, signal),
      })),
    );
    const missing = asked.some(({ allowed }) => !allowed);
    const account = missing ? await cluster.whoAmI(signal) : undefined;
    return { asked, account, planOnly: subject.planOnly };
  },
  judge: judgePermissions,
};

/** Each once. A person who acts without lock and journal in the target needs none of the rights they take. Pure. */
export function permissionsOf(
  { requirements, plan, overrides }: Pick<GateSubject, 'requirements' | 'plan' | 'overrides'>,
  home: string,
): readonly Permission[] {
  const wanted = [
    ...requirements.flatMap((requirement) => {
      if (requirement.type !== 'permission') return [];
      const { type: _type, ...question } = requirement;
      return [question];
    }),
    ...(overrides.includes('local-journal') ? [] : ownQuestions(plan.service)),
  ].map(({ namespace = home, name, ...question }): Permission => {
    // What is made or listed has no name that a rule could allow.
    const named =
      name !== undefined && !['create', 'list', 'watch', 'deletecollection'].includes(question.verb);
    return { ...question, namespace, ...(named ? { name } : {}) };
  });
  return [...new Map(wanted.map((each) => [JSON.stringify(keyOf(each)), each])).values()];
}

function keyOf({ verb, group, resource, namespace, name }: Permission): readonly (string | null)[] {
  return [verb, group, resource, namespace, name ?? null];
}

/** Lock, journal and ledger. By name, so that a Role that allows no other objects is enough. */
function ownQuestions(service: string): readonly AccessQuestion[] {
  const plain = /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(service);
  const named = (name: string): { readonly name?: string } => (plain ? { name } : {});
  const all = (group: string, resource: string, place: { readonly name?: string }): AccessQuestion[] =>
    ['get', 'create', 'update'].map((verb) => ({ verb, group, resource, ...place }));
  return [
    ...all('coordination.k8s.io', 'leases', named(`rollback-plan-${service}`)),
    ...all('', 'configmaps', named(`rollback-plan-journal-${service}`)),
    ...all('', 'configmaps', { name: ledgerName }),
  ];
}

export function judgePermissions({ asked, account, planOnly }: PermissionFacts): readonly GateFinding[] {
  if (asked.length === 0) return [];
  const missing = asked.flatMap(({ permission: each, allowed }) => (allowed ? [] : [each]));
  if (missing.length === 0) return [{ state: 'pass', subject: '', detail: `all ${asked.length} asked for` }];
  const namespaces = [...new Set(missing.map(({ namespace }) => namespace))];
  return namespaces.map((namespace): GateFinding => {
    const here = missing.filter((each) => each.namespace === namespace);
    return {
      state: planOnly ? 'warn' : 'refuse',
      subject: namespace,
      detail: `${account ?? 'this account'} may not ${here.map(describe).join(', ')}`,
      hint: planOnly
        ? 'Right for an account that only plans. The account that acts is asked the same before it changes anything.'
        : `Whoever administers the namespace applies this; then press again:\n${roleFor(namespace, here, account)}`,
    };
  });
}

function describe({ verb, group, resource, name }: Permission): string {
  const full = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${full}${name === undefined ? '' : `/${name}`}`;
}
