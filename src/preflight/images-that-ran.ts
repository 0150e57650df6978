// Under which digest an image is known to have run: as the live pods' status tells it, and as a verified snapshot of the
// very content that a component goes to has it.

import { z } from 'zod';
import { describeImage, type ImageReference, parseImageReference } from '../values/image-reference.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import type { GateSubject } from './gates/gate.ts';

/** Digests that ran under this reference for one of these components, each once. */
export type DigestsThatRan = (
  reference: ImageReference,
  components: ReadonlySet<string>,
) => readonly string[];

type Subject = Pick<GateSubject, 'context' | 'pins' | 'snapshots' | 'signal'>;

const containers = z.array(z.looseObject({ image: z.string(), imageID: z.string().default('') })).nullish();
const pod = z.looseObject({
  status: z.looseObject({ containerStatuses: containers, initContainerStatuses: containers }),
});

/** What can't be read tells nothing, and speaks against nothing. */
export async function digestsThatRan(subject: Subject): Promise<DigestsThatRan> {
  const [pods, snapshots] = await Promise.all([
    livePods(subject).catch(() => []),
    subject.snapshots().catch(() => []),
  ]);
  const live = runningImages(pods);
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
    return [...new Set([...(live.get(describeImage(reference)) ?? []), ...ofSnapshots])];
  };
}

function repositoryOf({ host, name }: ImageReference): string {
  return `${host}/${name}`;
}

async function livePods({ context, pins, signal }: Subject): Promise<readonly JsonObject[]> {
  const objects = [...pins.values()].flatMap(({ prepared }) => prepared.objects ?? []);
  const namespaces = new Set(
    objects.flatMap(({ metadata }) =>
      isJsonObject(metadata) && typeof metadata['namespace'] === 'string' ? [metadata['namespace']] : [],
    ),
  );
  const lists = await Promise.all(
    [...namespaces].map((namespace) =>
      context.cluster.list(`/api/v1/namespaces/${namespace}/pods`, {}, signal).catch(() => []),
    ),
  );
  return lists.flat();
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
