// Custom resource definitions around a Helm rollback: one that goes takes every object of its kind with it, one that
// changes may leave its objects unreadable, and those in a chart's `crds/` stay whatever the revision says.

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { Cluster } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Hazard } from '../../values/operation.ts';
import { describeObject, type ManifestObject } from './manifest.ts';
import type { PreviewedObject } from './preview.ts';
import type { HelmRevision } from './release-record.ts';

const gate = 'custom-resource';
const shownObjects = 5;

const definition = z.looseObject({
  spec: z.looseObject({
    group: z.string(),
    names: z.looseObject({ plural: z.string() }),
    versions: z.array(z.looseObject({ name: z.string(), served: z.boolean().default(true) })).min(1),
  }),
});
const listed = z.looseObject({
  metadata: z.looseObject({ remainingItemCount: z.number().default(0) }).default({ remainingItemCount: 0 }),
  items: z.array(
    z.looseObject({ metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }) }),
  ),
});

/** Objects of a kind, in every namespace: how many, and the names of the first; or why that can't be known. */
export type CustomObjects =
  | { readonly known: true; readonly count: number; readonly names: readonly string[] }
  | { readonly known: false; readonly why: string };

export type DefinitionFacts = {
  readonly object: ManifestObject;
  readonly change: 'change' | 'delete';
  readonly live: JsonObject;
  readonly after: JsonObject | undefined;
  readonly objects: CustomObjects;
};

/** Definitions that the rollback touches, with the objects that there are. */
export async function readDefinitions(
  cluster: Cluster,
  previewed: readonly PreviewedObject[],
  signal: AbortSignal,
): Promise<readonly DefinitionFacts[]> {
  const facts = await Promise.all(
    previewed.map(async ({ object, change, live, after }): Promise<readonly DefinitionFacts[]> => {
      if (object.kind !== 'CustomResourceDefinition' || live === undefined) return [];
      if (change !== 'change' && change !== 'delete') return [];
      return [{ object, change, live, after, objects: await objectsOf(cluster, live, signal) }];
    }),
  );
  return facts.flat();
}

async function objectsOf(cluster: Cluster, live: JsonObject, signal: AbortSignal): Promise<CustomObjects> {
  const parsed = definition.safeParse(live);
  if (!parsed.success) return { known: false, why: 'the definition makes no sense' };
  const { group, names, versions } = parsed.data.spec;
  const version = versions.find(({ served }) => served)?.name;
  if (version === undefined) return { known: false, why: 'no version of it is served' };
  try {
    const path = `/apis/${group}/${version}/${names.plural}?limit=${shownObjects}`;
    const found = listed.safeParse(await cluster.get(path, signal));
    if (!found.success) return { known: false, why: 'the server answered with no list' };
    const { items, metadata } = found.data;
    return {
      known: true,
      count: items.length + metadata.remainingItemCount,
      names: items.map(({ metadata: { name, namespace } }) =>
        namespace === undefined ? name : `${namespace}/${name}`,
      ),
    };
  } catch (thrown) {
    if (!(thrown instanceof RollbackPlanError) || thrown.code === 'cluster-unreachable') throw thrown;
    return { known: false, why: thrown.message };
  }
}

/** Pure. */
export function definitionHazards(definitions: readonly DefinitionFacts[]): readonly Hazard[] {
  return definitions.map((facts) => (facts.change === 'delete' ? deletion(facts) : alteration(facts)));
}

function deletion({ object, objects }: DefinitionFacts): Hazard {
  const name = describeObject(object);
  if (!objects.known) {
    return {
      gate,
      state: 'unknown',
      detail: `${name} is deleted, and with it every object of its kind; how many there are can't be known: ${objects.why}`,
      hint: `Look yourself before you go on: kubectl get ${object.name} --all-namespaces`,
    };
  }
  if (objects.count === 0) {
    return {
      gate,
      state: 'warn',
      detail: `${name} is deleted; there is no object of its kind`,
      hint: 'Nothing, unless somebody makes one meanwhile.',
    };
  }
  return {
    gate,
    state: 'refuse',
    detail: `${name} is deleted, and with it ${told(objects)}`,
    hint: `To keep it, which Helm asks the live object about: kubectl annotate crd ${object.name} helm.sh/resource-policy=keep`,
  };
}

function alteration({ object, live, after, objects }: DefinitionFacts): Hazard {
  const before = versionsOf(live);
  const then = versionsOf(after);
  const gone = before.filter((version) => !then.includes(version));
  const versions =
    gone.length === 0 ? `versions ${then.join(', ')} stay` : `version ${gone.join(', ')} is served no more`;
  return {
    gate,
    state: 'warn',
    detail: `${describeObject(object)} changes (${versions})${objects.known && objects.count > 0 ? `; there ${objects.count === 1 ? 'is' : 'are'} ${told(objects)}` : ''}`,
    hint: 'Fields that the earlier definition does not know are dropped when an object is written: back the objects up, and see the diff.',
  };
}

function told({ count, names }: Extract<CustomObjects, { known: true }>): string {
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return `${count} ${count === 1 ? 'object' : 'objects'} (${names.join(', ')}${more})`;
}

function versionsOf(object: JsonObject | undefined): readonly string[] {
  const parsed = definition.safeParse(object);
  if (!parsed.success) return [];
  return parsed.data.spec.versions.filter(({ served }) => served).map(({ name }) => name);
}

/** Files in `crds/` that the two revisions have in different forms. Helm installs them once and never touches them again. */
export function crdFileHazards(newest: HelmRevision, target: HelmRevision): readonly Hazard[] {
  const digestIn = (files: HelmRevision['crdFiles'], name: string): string | undefined =>
    files.find((file) => file.name === name)?.digest;
  const names = new Set([...newest.crdFiles, ...target.crdFiles].map(({ name }) => name));
  const different = [...names].filter(
    (name) => digestIn(newest.crdFiles, name) !== digestIn(target.crdFiles, name),
  );
  if (different.length === 0) return [];
  return [
    {
      gate,
      state: 'warn',
      detail: `revision ${newest.revision} and ${target.revision} have different CRDs in ${different.join(', ')}, and Helm leaves the live ones as they are`,
      hint: 'Make sure that the earlier version works with the CRDs that are live: kubectl get crd --output=wide',
    },
  ];
}
