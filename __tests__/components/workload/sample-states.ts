// Workloads as the API server hands them out, cut down to what is read: for tables of decisions without a cluster.

import { stateOf, type WorkloadState } from '../../../src/components/workload/workload-state.ts';
import type { Json, JsonObject } from '../../../src/values/json.ts';
import { parseWorkloadName } from '../../../src/values/workload-reference.ts';

export type SampleTemplate = {
  readonly version: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

export type SampleRevision = SampleTemplate & {
  readonly number: number;
  /** Earlier numbers of a Deployment's revision: `1,3`. */
  readonly history?: string;
  /** Second of creation, for the order in which objects were made. */
  readonly second?: number;
};

export type SampleState = {
  readonly name: string;
  readonly revisions: readonly SampleRevision[];
  /** Default: the newest revision. */
  readonly live?: SampleTemplate;
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
  readonly pods?: readonly JsonObject[];
  readonly incident?: string;
};

const uid = 'workload-uid';

export function template({ version, labels = {}, annotations }: SampleTemplate): JsonObject {
  return {
    metadata: {
      creationTimestamp: null,
      labels: { app: 'shop', ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { containers: [{ name: 'main', image: `registry.example/shop/worker:${version}` }] },
  };
}

export function sample(request: SampleState): WorkloadState {
  const { revisions, incident = 'incident-1', pods = [] } = request;
  const reference = parseWorkloadName(request.name, 'shop');
  if (reference === undefined) throw new Error(`${request.name} is no workload`);
  const newest = [...revisions].sort((a, b) => b.number - a.number)[0];
  const written = request.live ?? newest;
  const replicas = typeof request.spec?.['replicas'] === 'number' ? request.spec['replicas'] : 2;
  const status: Json = {
    observedGeneration: 7,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    ...request.status,
  };
  const live: JsonObject = {
    metadata: { name: reference.name, uid, generation: 7, ...request.metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'shop' } },
      template: written === undefined ? null : template(written),
      ...request.spec,
    },
    status,
  };
  const deployment = reference.kind === 'Deployment';
  const facts = {
    reference,
    live,
    pods,
    replicaSets: deployment ? revisions.map((each) => replicaSet(reference.name, each)) : [],
  };
  return stateOf(facts, deployment ? [] : revisions.map(controllerRevision), incident);
}

function replicaSet(name: string, revision: SampleRevision): JsonObject {
  const content = template({
    ...revision,
    labels: { ...revision.labels, 'pod-template-hash': `hash${revision.number}` },
  });
  return {
    metadata: {
      name: `${name}-hash${revision.number}`,
      creationTimestamp: at(revision.second ?? Number(revision.history?.split(',')[0] ?? revision.number)),
      annotations: {
        'deployment.kubernetes.io/revision': String(revision.number),
        ...(revision.history === undefined
          ? {}
          : { 'deployment.kubernetes.io/revision-history': revision.history }),
      },
    },
    spec: { template: content },
  };
}

export function controllerRevision(revision: SampleRevision): JsonObject {
  return {
    metadata: {
      name: `db-${revision.version}`,
      creationTimestamp: at(revision.second ?? revision.number),
      ownerReferences: [{ uid }],
    },
    revision: revision.number,
    data: { spec: { template: { $patch: 'replace', ...template(revision) } } },
  };
}

export function pod(name: string, revision: string, ready: boolean): JsonObject {
  return {
    metadata: { name, labels: { 'controller-revision-hash': revision } },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}
