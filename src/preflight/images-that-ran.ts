// Under which digest an image is known to have run: as a verified snapshot of the very content that a component goes to
// has it, and where there is none, as the status of the components' live pods tells it.

import { z } from 'zod';
import {
  describeImage,
  type ImageReference,
  imagesIn,
  parseImageReference,
} from '../values/image-reference.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import type { GateSubject } from './gates/gate.ts';
import { movedWorkloads } from './live-objects.ts';

/**
 * `verified`: with the content that is gone back to, so nothing else is right. `left-over`: by live pods, and the live
 * version has another image, so they are of an earlier one. `live`: by pods of a version that has the same image.
 */
export type Evidence = 'verified' | 'left-over' | 'live';

export type Ran = { readonly digests: readonly string[]; readonly evidence: Evidence };

/** Digests that ran under this reference for one of these components, each once. */
export type DigestsThatRan = (reference: ImageReference, components: ReadonlySet<string>) => Ran;

const containers = z.array(z.looseObject({ image: z.string(), imageID: z.string().default('') })).nullish();
const pod = z.looseObject({
  status: z.looseObject({ containerStatuses: containers, initContainerStatuses: containers }),
});

/** What can't be read tells nothing, and speaks against nothing. */
export async function digestsThatRan(subject: GateSubject): Promise<DigestsThatRan> {
  const [live, snapshots] = await Promise.all([
    liveImages(subject).catch((): Live => ({ running: new Map(), wanted: new Set() })),
    subject.snapshots().catch(() => []),
  ]);
  return (reference, components) => {
    const verified = [...components].flatMap((component) => {
      const digest = subject.pins.get(component)?.change.to.digest;
      return imagesOfSnapshots(snapshots, component, digest);
    });
    const name = repositoryOf(reference);
    const ofSnapshots = verified.flatMap((text) => {
      const image = parseImageReference(text);
      return image?.digest !== undefined && repositoryOf(image) === name ? [image.digest] : [];
    });
    // Pods of a bad version under the same tag say nothing for it: what was verified is what is wanted.
    if (ofSnapshots.length > 0) return { digests: [...new Set(ofSnapshots)], evidence: 'verified' };
    const described = describeImage(reference);
    return {
      digests: live.running.get(described) ?? [],
      evidence: live.wanted.has(described) ? 'live' : 'left-over',
    };
  };
}

function repositoryOf({ host, name }: ImageReference): string {
  return `${host}/${name}`;
}

type Live = {
  readonly running: ReadonlyMap<string, readonly string[]>;
  /** Images that the live versions want. */
  readonly wanted: ReadonlySet<string>;
};

/** Of the components' own pods: what others in the namespace run is no business of this rollback. */
async function liveImages(subject: GateSubject): Promise<Live> {
  const { context, signal } = subject;
  const live = (await movedWorkloads(subject)).flatMap((each) =>
    each.live === undefined ? [] : [each.live],
  );
  const found = await Promise.all(
    live.map(async (workload) => {
      const { namespace, matchLabels } = selection.parse(workload);
      const pods = await context.cluster
        .list(`/api/v1/namespaces/${namespace}/pods`, {}, signal)
        .catch(() => []);
      return pods.filter((each) => hasLabels(each, matchLabels));
    }),
  );
  const written = live.flatMap(imagesIn).flatMap((text) => parseImageReference(text) ?? []);
  return { running: runningImages([...new Set(found.flat())]), wanted: new Set(written.map(describeImage)) };
}

const selection = z
  .looseObject({
    metadata: z.looseObject({ namespace: z.string() }),
    spec: z.looseObject({
      selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).default({}) }),
    }),
  })
  .transform(({ metadata, spec }) => ({
    namespace: metadata.namespace,
    matchLabels: spec.selector.matchLabels,
  }));

function hasLabels({ metadata }: JsonObject, wanted: Readonly<Record<string, string>>): boolean {
  const labels = isJsonObject(metadata) && isJsonObject(metadata['labels']) ? metadata['labels'] : {};
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** Digests by reference. Some runtimes note a digest of their own there, which has no repository before it. Pure. */
export function runningImages(pods: readonly JsonObject[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const each of pods) {
    const status = pod.safeParse(each).data?.status;
    for (const { image, imageID } of [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
    ]) {
      const reference = parseImageReference(image);
      const ran = parseImageReference(imageID.replace(/^[a-z-]+:\/\//, ''));
      if (reference === undefined || reference.digest !== undefined || ran?.digest === undefined) continue;
      if (repositoryOf(reference) !== repositoryOf(ran)) continue;
      const key = describeImage(reference);
      found.set(key, [...new Set([...(found.get(key) ?? []), ran.digest])]);
    }
  }
  return found;
}

type Snapshots = readonly {
  readonly components: Readonly<
    Record<string, { readonly digest: string; readonly images?: readonly string[] | undefined }>
  >;
}[];

/** Images of the newest snapshot with this content of the component. Pure. */
export function imagesOfSnapshots(
  snapshots: Snapshots,
  component: string,
  digest: string | undefined,
): readonly string[] {
  const known = snapshots.map(({ components }) => components[component]);
  return known.find((each) => each !== undefined && each.digest === digest)?.images ?? [];
}
