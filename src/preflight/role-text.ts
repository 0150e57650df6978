// The Role, and the RoleBinding, that give an account exactly what it lacks: YAML to apply as it is.

import type { AccessQuestion } from '../ports.ts';

export const roleName = 'rollback-plan';

/** `account` as the server names it, such as `system:serviceaccount:ci:deployer`. */
export function roleFor(
  namespace: string,
  missing: readonly AccessQuestion[],
  account: string | undefined,
): string {
  const rules = new Map<string, AccessQuestion[]>();
  for (const question of missing) {
    const key = JSON.stringify([question.group, question.resource, question.name ?? null]);
    rules.set(key, [...(rules.get(key) ?? []), question]);
  }
  return [
    "kubectl apply --filename=- <<'END'",
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: { name: ${roleName}, namespace: ${namespace} }`,
    'rules:',
    ...[...rules.values()].map(ruleLine),
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: { name: ${roleName}, namespace: ${namespace} }`,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${roleName} }`,
    'subjects:',
    `  - ${subjectFor(account)}`,
    'END',
  ].join('\n');
}

function ruleLine(questions: readonly AccessQuestion[]): string {
  const [first] = questions;
  const names = first?.name === undefined ? '' : `, resourceNames: ["${first.name}"]`;
  const verbs = questions.map(({ verb }) => verb).join(', ');
  return `  - { apiGroups: ["${first?.group}"], resources: ["${first?.resource}"]${names}, verbs: [${verbs}] }`;
}

function subjectFor(account: string | undefined): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(account ?? '') ?? [];
  if (namespace !== undefined && name !== undefined) {
    return `{ kind: ServiceAccount, name: ${name}, namespace: ${namespace} }`;
  }
  const user = account ?? 'THE ACCOUNT, see: kubectl auth whoami';
  return `{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${JSON.stringify(user)} }`;
}
