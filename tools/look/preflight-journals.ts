// Journals of preflights: one that is ready, one that is not, and one in which not everything could be told.

import type { RunEventBody } from '../../src/events.ts';
import { journal, pinned, started } from './journal-parts.ts';

const passed: readonly (readonly [number, RunEventBody])[] = [
  [310, { type: 'gate', name: 'tool', subject: 'helm', state: 'pass', detail: '4.1.4' }],
  [320, { type: 'gate', name: 'permission', state: 'pass', detail: 'all 21 asked for' }],
  [
    330,
    { type: 'gate', name: 'owner', state: 'pass', detail: 'nobody who would undo it owns any of 6 objects' },
  ],
  [340, { type: 'gate', name: 'image', state: 'pass', detail: '4 images are there' }],
  [
    350,
    {
      type: 'gate',
      name: 'autoscaler',
      subject: 'worker',
      state: 'warn',
      detail:
        'the version gone back to sets deployment/worker from 9 to 2 pods; autoscaler worker (2 to 12 pods) then sets what it measures',
      hint: 'Under load, set the pods back as soon as the rollback has begun: kubectl scale deployment/worker --replicas=9 --namespace=shop',
    },
  ],
];

const preflight = started({ mode: 'preflight', dryRun: true });

export const preflightReady = journal([
  [0, preflight],
  [900, pinned],
  ...passed,
  [1_600, { type: 'run-finished', outcome: 'ready', durationMs: 1_600 }],
]);

const unreachable: readonly [number, RunEventBody] = [
  360,
  {
    type: 'gate',
    name: 'image',
    subject: 'worker',
    state: 'unknown',
    detail:
      "registry.internal:5000/worker@sha256:1f0c3a9be2d47755: whether it is there can't be known: registry.internal:5000 answers 401 without a login",
    hint: 'Give the plan a login that may read: `registries: [{ host: "registry.internal:5000", username: …, password-secret: … }]`',
  },
];

export const preflightOpen = journal([
  [0, preflight],
  [900, pinned],
  ...passed,
  unreachable,
  [1_600, { type: 'run-finished', outcome: 'ready', durationMs: 1_600 }],
]);

const role = [
  'Whoever administers the namespace applies this; then press again:',
  "kubectl apply --filename=- <<'END'",
  'apiVersion: rbac.authorization.k8s.io/v1',
  'kind: Role',
  'metadata: { name: rollback-plan-9c6e1e8f, namespace: "shop" }',
  'rules:',
  '  - { apiGroups: [""], resources: ["secrets"], verbs: [get, list, create, update] }',
  '---',
  'apiVersion: rbac.authorization.k8s.io/v1',
  'kind: RoleBinding',
  'metadata: { name: rollback-plan-9c6e1e8f, namespace: "shop" }',
  'roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: rollback-plan-9c6e1e8f }',
  'subjects:',
  '  - { kind: ServiceAccount, name: "deployer", namespace: "ci" }',
  'END',
].join('\n');
const suspended =
  'Hold it back, then press again: flux suspend kustomization shop --namespace=flux-system\nOr go back where Flux reads it: git revert the commit of the bad version.';
const mayNot =
  'system:serviceaccount:ci:deployer may not get secrets, list secrets, create secrets, update secrets';
const owned =
  'deployment/worker belongs to Flux (kustomize.toolkit.fluxcd.io/name), which puts its own state back and undoes this rollback';

export const preflightRefused = journal([
  [0, preflight],
  [900, pinned],
  ...passed.filter(([, body]) => body.type !== 'gate' || !['permission', 'owner'].includes(body.name)),
  unreachable,
  [
    370,
    {
      type: 'gate',
      name: 'permission',
      subject: 'shop',
      state: 'refuse',
      detail: mayNot,
      hint: role,
      override: 'permission',
    },
  ],
  [
    380,
    {
      type: 'gate',
      name: 'owner',
      subject: 'worker',
      state: 'refuse',
      detail: owned,
      hint: suspended,
      override: 'reconciler',
    },
  ],
  [
    1_600,
    {
      type: 'run-finished',
      outcome: 'refused',
      durationMs: 1_600,
      fault: {
        code: 'not-ready',
        message: `gates refuse 2 times: permission (shop): ${mayNot}; owner (worker): ${owned}`,
        hint: `Nothing was changed. Mend what each gate names, then press again:\n\npermission (shop):\n${role}\nTo go on all the same: override: permission\n\nowner (worker):\n${suspended}\nTo go on all the same: override: reconciler`,
      },
    },
  ],
]);
