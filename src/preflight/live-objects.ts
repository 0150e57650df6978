// The objects that a rollback is going to write, as they are live, and as they would be afterwards. Several gates look at
// them; each is read once.

import type { BoundComponent } from '../target/pin.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import { isWorkloadKind, type WorkloadReference, workloadPath } from '../values/workload-reference.ts';
import type { GateSubject } from './gates/gate.ts';

export type MovedWorkload = {
  readonly component: string;
  readonly reference: WorkloadReference;
  /** `undefined`: there is none, so the rollback makes it. */
  readonly live: JsonObject | undefined;
  /** As it would be afterwards; `undefined` where the kind does not tell, or only restarts it. */
  readonly wanted: JsonObject | undefined;
};

export type WrittenObject = {
  readonly component: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly live: JsonObject | undefined;
};

type Place = { readonly component: string; readonly reference: WorkloadReference };
type Wanted = Place & { readonly wanted: JsonObject | undefined };

/** Whether this run has anything to do with a cluster. */
export function touchesCluster({ requirements }: Pick<GateSubject, 'requirements'>): boolean {
  return requirements.some(({ type }) => type === 'permission');
}

/** Deployments, StatefulSets and DaemonSets of the components, live. Throws what the first unreadable one throws. */
export async function movedWorkloads(subject: GateSubject): Promise<readonly MovedWorkload[]> {
  const { context, signal } = subject;
  if (!touchesCluster(subject)) return [];
  return await Promise.all(
    wantedWorkloads(subject, context.cluster.namespace).map(async (each) => ({
      ...each,
      live: await context.cluster.get(workloadPath(each.reference), signal),
    })),
  );
}

/** The workloads and ConfigMaps of the components, live. */
export async function writtenObjects(subject: GateSubject): Promise<readonly WrittenObject[]> {
  const { context, signal, pins } = subject;
  if (!touchesCluster(subject)) return [];
  const maps = [...pins.values()].flatMap(({ name: component, prepared }) =>
    (prepared.objects ?? []).flatMap((object) => {
      const { kind, name, namespace } = identityOf(object);
      return kind === 'ConfigMap' && namespace !== undefined && !isHook(object)
        ? [{ component, kind, name, namespace }]
        : [];
    }),
  );
  const [workloads, configMaps] = await Promise.all([
    movedWorkloads(subject),
    Promise.all(
      maps.map(async (each) => ({
        ...each,
        live: await context.cluster.get(
          `/api/v1/namespaces/${each.namespace}/configmaps/${each.name}`,
          signal,
        ),
      })),
    ),
  ]);
  return [
    ...workloads
      // A workload that is pinned and has nothing prepared is only told to restart.
      .filter(({ component, wanted }) => wanted !== undefined || !pins.has(component))
      .map(({ component, reference, live }) => ({ component, ...reference, live })),
    ...configMaps,
  ];
}

/** By what the kinds prepared, and where nothing is prepared, by what they say that they write. Pure. */
export function wantedWorkloads(
  { pins, components }: Pick<GateSubject, 'pins' | 'components'>,
  home: string,
): readonly Wanted[] {
  const found = new Map<string, Wanted>();
  const add = (wanted: Wanted): void => {
    const { kind, namespace, name } = wanted.reference;
    const key = `${kind}/${namespace}/${name}`;
    if (!found.has(key)) found.set(key, wanted);
  };
  for (const { name: component, prepared } of pins.values()) {
    for (const object of prepared.objects ?? []) {
      const { kind, name, namespace = home } = identityOf(object);
      if (isWorkloadKind(kind) && !isHook(object))
        add({ component, reference: { kind, name, namespace }, wanted: object });
    }
  }
  for (const component of components)
    for (const place of placesOf(component, home)) add({ ...place, wanted: undefined });
  return [...found.values()];
}

const kindOfResource = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
} as const;

function placesOf({ name: component, kind, settings }: BoundComponent, home: string): readonly Place[] {
  return kind.requires(settings).flatMap((requirement) => {
    if (requirement.type !== 'permission' || requirement.group !== 'apps') return [];
    const { resource, verb, name, namespace = home } = requirement;
    const entry = Object.entries(kindOfResource).find(([plural]) => plural === resource);
    if (entry === undefined || name === undefined || verb !== 'patch') return [];
    return [{ component, reference: { kind: entry[1], name, namespace } }];
  });
}

type Identity = { readonly kind: string; readonly name: string; readonly namespace: string | undefined };

function identityOf(object: JsonObject): Identity {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const { name, namespace } = metadata;
  return {
    kind: String(object['kind']),
    name: String(name),
    namespace: typeof namespace === 'string' ? namespace : undefined,
  };
}

/** Runs on the way and is gone, or stays as it is. */
function isHook(object: JsonObject): boolean {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const { annotations } = metadata;
  return isJsonObject(annotations) && annotations['helm.sh/hook'] !== undefined;
}
