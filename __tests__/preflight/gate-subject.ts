// What a gate is given, with a cluster that answers as a test says. For what a real cluster can't be made to show: the
// gates themselves look at real ones.

import { systemClock } from '../../src/adapters/clock.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { registeredKinds } from '../../src/plan/registered-kinds.ts';
import type { Cluster, KindContext } from '../../src/ports.ts';
import type { GateSubject } from '../../src/preflight/gates/gate.ts';

const text =
  'version: 1\nservice: shop\ncomponents: { api: { uses: helm-release, with: { release: api } } }\n';

export function subjectWith(
  cluster: Partial<Cluster> = {},
  more: Partial<Omit<GateSubject, 'signal'>> = {},
): Omit<GateSubject, 'signal'> {
  const { plan } = parsePlan(text, 'rollback.yml', registeredKinds);
  if (plan === undefined) throw new Error('the plan of this test is no plan');
  return {
    context: contextWith(cluster),
    plan,
    components: [],
    pins: new Map(),
    requirements: [],
    overrides: [],
    planOnly: false,
    files: { find: unused, sha256: unused, text: unused },
    measure: unused,
    snapshots: async () => [],
    ...more,
  };
}

function unused(): never {
  throw new Error('nothing of this was to be asked');
}

function contextWith(cluster: Partial<Cluster>): KindContext {
  return {
    target: { name: 'test', vars: {} },
    incident: 'INC-1',
    cluster: {
      get: unused,
      list: unused,
      text: unused,
      mayI: unused,
      whoAmI: unused,
      dryRun: unused,
      kubectlFlags: [],
      helmFlags: [],
      namespace: 'shop',
      ...cluster,
    },
    get repository() {
      return unused();
    },
    get http() {
      return unused();
    },
    clock: systemClock,
    get log() {
      return unused();
    },
    signal: new AbortController().signal,
    workspace: '/',
    secretNames: [],
    pathType: unused,
    read: unused,
    forward: unused,
  };
}
