// What the sample journals are made of: who, which components, which steps, which commands.

import type { ComponentChange, RunEvent, RunEventBody, RunIdentity } from '../../src/events.ts';
import { journalVersion } from '../../src/events.ts';

export const began = Date.parse('2026-11-21T10:27:05.120Z');

/** Numbers and times bodies; each is `[milliseconds since the start, body]`. */
export function journal(
  bodies: readonly (readonly [number, RunEventBody])[],
  from = began,
): readonly RunEvent[] {
  return bodies.map(([elapsedMs, body], index) => ({
    ...body,
    seq: index + 1,
    at: new Date(from + elapsedMs).toISOString(),
    elapsedMs,
  }));
}

export const identity: RunIdentity = {
  incident: 'INC-2041',
  mode: 'rollback',
  dryRun: false,
  service: 'checkout',
  owner: 'platform-team',
  target: 'eu',
  context: 'eu-1',
  namespace: 'shop',
  environment: 'production-eu',
  scenario: 'application',
  severity: 'P0',
  recoverWithinMs: 900_000,
  reason: 'error rate above 5 % since the 10:20 deploy',
  actor: 'ada',
  overrides: [],
  plan: {
    path: '.github/rollback.yml',
    digest: 'sha256:1f0c3a9be2d47755',
    commit: '4f2a9c07b1de55aa0c1b2d3e4f5061728394a5b6',
  },
  run: {
    url: 'https://github.com/acme/checkout/actions/runs/19522',
    id: '19522',
    attempt: '1',
    repository: 'acme/checkout',
  },
  tool: '0.1.0',
};

export function started(change: Partial<RunIdentity> = {}): RunEventBody {
  return { type: 'run-started', version: journalVersion, ...identity, ...change };
}

export const changes: readonly ComponentChange[] = [
  {
    component: 'api',
    kind: 'helm-release',
    from: { id: '8', label: 'revision 8 (checkout-1.4.0, app 2.2.0)', digest: 'sha256:aa' },
    to: { id: '7', label: 'revision 7 (checkout-1.3.0, app 2.1.0)', digest: 'sha256:bb' },
    alreadyThere: false,
    because: 'newest deployed revision other than 8',
  },
  {
    component: 'worker',
    kind: 'workload',
    from: { id: '12', label: 'revision 12 (worker:2.2.0)', digest: 'sha256:cc' },
    to: { id: '11', label: 'revision 11 (worker:2.1.0)', digest: 'sha256:dd' },
    alreadyThere: false,
    because: 'newest deployed revision other than 12',
  },
  {
    component: 'config',
    kind: 'config-tag',
    from: { id: 'v14', label: 'v14', digest: 'sha256:ee' },
    to: { id: 'v14', label: 'v14', digest: 'sha256:ee' },
    alreadyThere: true,
    because: 'already live',
  },
];

export const pinned: RunEventBody = {
  type: 'pinned',
  changes,
  digest: 'sha256:9d7be40c66f1a2b3c4d5e6f708192a3b',
};
export const gates: readonly (readonly [number, RunEventBody])[] = [
  [310, { type: 'gate', name: 'confirm', state: 'pass', detail: 'the target was typed: eu' }],
  [420, { type: 'gate', name: 'tools', state: 'pass', detail: 'helm 4.1.4, kubectl 1.35.2' }],
  [
    480,
    {
      type: 'gate',
      name: 'autoscaler',
      state: 'warn',
      detail: 'worker has a HorizontalPodAutoscaler; replicas will be its own choice',
    },
  ],
];

export const helm = {
  id: 'rollback',
  title: 'roll checkout back to revision 7',
  shown: 'helm rollback checkout 7 --wait --timeout 4m0s --kube-context eu-1 --namespace shop',
  mutates: true,
};
export const undo = {
  id: 'undo',
  title: 'take deployment/worker back to revision 11',
  shown: 'kubectl rollout undo deployment/worker --to-revision=11 --context eu-1 --namespace shop',
  mutates: true,
};
export const maintenanceOn = {
  id: 'run',
  title: 'turn maintenance on',
  shown:
    'kubectl annotate ingress/shop shop.example/maintenance=on --overwrite --context eu-1 --namespace shop',
  mutates: true,
};
export const maintenanceOff = {
  ...maintenanceOn,
  title: 'turn maintenance off',
  shown: maintenanceOn.shown.replace('=on', '=off'),
};

function step(
  phase: string,
  name: string,
  title: string,
  kind: string,
): { readonly phase: string; readonly step: string; readonly title: string; readonly kind: string } {
  return { phase, step: name, title, kind };
}

export const stop = step('stop the bleeding', 'stop/maintenance', 'maintenance on', 'run');
export const api = {
  ...step('application', 'application/api', 'take api back to revision 7', 'helm-release'),
  component: 'api',
};
export const worker = {
  ...step('application', 'application/worker', 'take worker back to revision 11', 'workload'),
  component: 'worker',
};
export const config = {
  ...step('application', 'application/config', 'take config back to v14', 'config-tag'),
  component: 'config',
};
export const reopen = step('reopen', 'reopen/maintenance', 'maintenance off', 'run');

export const health = { name: 'health', kind: 'http', expected: 'status 200', attempts: 1 };
export const errors = { name: 'error rate', kind: 'prometheus', expected: '<= 0.05', attempts: 1 };

export const helmDone = {
  type: 'done',
  step: api.step,
  operation: 'rollback',
  attempt: 1,
  ended: 'succeeded',
  exitCode: 0,
  durationMs: 18_200,
  stdout: 'Rollback was a success! Happy Helming!\n',
  stderr: '',
  evidence: 'succeeded',
} as const satisfies RunEventBody;
