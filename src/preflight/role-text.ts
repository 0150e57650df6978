// The Role, and the RoleBinding, that give an account exactly what it lacks: YAML to apply as it is. Its name comes from
// what is in it: applying another one, for another service or a later plan, must not take this one's rights away.

import { createHash } from 'node:crypto';
import type { AccessQuestion } from '../ports.ts';

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
  const rows = [...rules.values()].map(ruleLine);
  const subject = subjectFor(account);
  const name = `rollback-plan-${digestOf([...rows].sort(), subject)}`;
  // Quoted: a namespace may be named 123 or on, which is no text in YAML.
  const metadata = `metadata: { name: ${name}, namespace: ${JSON.stringify(namespace)} }`;
  return [
    "kubectl apply --filename=- <<'END'",
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    metadata,
    'rules:',
    ...rows,
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    metadata,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name} }`,
    'subjects:',
    `  - ${subject}`,
    'END',
  ].join('\n');
}

function digestOf(rows: readonly string[], subject: string): string {
  return createHash('sha256')
    .update([...rows, subject].join('\n'))
    .digest('hex')
    .slice(0, 8);
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
    return `{ kind: ServiceAccount, name: ${JSON.stringify(name)}, namespace: ${JSON.stringify(namespace)} }`;
  }
  const user = account ?? 'THE ACCOUNT, see: kubectl auth whoami';
  return `{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${JSON.stringify(user)} }`;
}
