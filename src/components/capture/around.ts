// Reads what a component's workloads hang together with: configuration, who scales them, who sends them traffic.

import type { KindContext } from '../../ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import type { WorkloadFacts } from '../../values/workload-health.ts';
import type { Attempts } from './attempts.ts';
import { backendsOf, child, referencedBy, scales, selects } from './references.ts';

export type Around = {
  readonly objects: readonly JsonObject[];
  /** With their values: to be searched for and never to be kept. */
  readonly secrets: readonly JsonObject[];
};

type Reach = Pick<KindContext, 'cluster' | 'signal'>;
type Place = { readonly namespace: string; readonly secrets: readonly string[] };

/** `paths` are further objects by their path, `secrets` further Secrets in the component's own namespace. */
export async function readAround(
  context: Reach,
  order: Place & { readonly paths: readonly string[] },
  facts: readonly WorkloadFacts[],
  attempts: Attempts,
): Promise<Around> {
  const namespaces = [...new Set([order.namespace, ...facts.map(({ reference }) => reference.namespace)])];
  const found = await Promise.all([
    readEach(order.paths, context, attempts),
    ...namespaces.map((namespace) => {
      const own = facts.filter(({ reference }) => reference.namespace === namespace);
      const secrets = namespace === order.namespace ? order.secrets : [];
      return readNamespace(context, { namespace, secrets }, own, attempts);
    }),
  ]);
  // A Secret never leaves as an object, whoever named it.
  const all = found.flat();
  return {
    objects: all.filter(({ kind }) => kind !== 'Secret'),
    secrets: all.filter(({ kind }) => kind === 'Secret'),
  };
}

async function readNamespace(
  context: Reach,
  { namespace, secrets }: Place,
  own: readonly WorkloadFacts[],
  attempts: Attempts,
): Promise<readonly JsonObject[]> {
  const templates = own.map(({ live }) => child(child(live, 'spec'), 'template') ?? null);
  // Old pods still name the ConfigMaps that their template did.
  const pods = own.flatMap((each) => each.pods);
  const named = referencedBy([...templates, ...pods].map((each) => child(each, 'spec') ?? null));
  const inside = (resource: string, name: string): string =>
    `/api/v1/namespaces/${namespace}/${resource}/${name}`;
  const list = async (api: string, resource: string): Promise<readonly JsonObject[]> => {
    if (own.length === 0) return [];
    const path = `${api}/namespaces/${namespace}/${resource}`;
    const what = `${resource} in ${namespace}`;
    return (await attempts.read(what, () => context.cluster.list(path, {}, context.signal))) ?? [];
  };
  const wanted = [...new Set([...named.secrets, ...secrets])];
  const [kept, autoscalers, services, ingresses] = await Promise.all([
    readEach(
      [
        ...named.configMaps.map((name) => inside('configmaps', name)),
        ...wanted.map((name) => inside('secrets', name)),
      ],
      context,
      attempts,
    ),
    list('/apis/autoscaling/v2', 'horizontalpodautoscalers'),
    list('/api/v1', 'services'),
    list('/apis/networking.k8s.io/v1', 'ingresses'),
  ]);
  const serving = services.filter((service) => templates.some((each) => selects(service, labelsOf(each))));
  const names = serving.map((service) => child(service['metadata'], 'name'));
  return [
    ...kept,
    ...autoscalers.filter((each) => own.some(({ reference }) => scales(each, reference))),
    ...serving,
    ...ingresses.filter((each) => backendsOf(each).some((name) => names.includes(name))),
  ];
}

async function readEach(
  paths: readonly string[],
  { cluster, signal }: Reach,
  attempts: Attempts,
): Promise<readonly JsonObject[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const name = path.split('/').slice(-2).join('/');
      const object = await attempts.read(name, async () => (await cluster.get(path, signal)) ?? 'missing');
      if (object === 'missing') attempts.note(`${name}: not there`);
      return object === 'missing' ? undefined : object;
    }),
  );
  return found.filter((object) => object !== undefined);
}

function labelsOf(template: Json): JsonObject {
  const labels = child(child(template, 'metadata'), 'labels');
  return isJsonObject(labels) ? labels : {};
}
