// The gate `image`: what the earlier version runs has to be in its registry still, and to be what it was. Every distinct
// image is asked for once, all at a time.

import type { RegistrySpec } from '../../plan/plan.ts';
import { type ImageReference, imagesIn, parseImageReference } from '../../values/image-reference.ts';
import { digestsThatRan } from '../images-that-ran.ts';
import { holdsDigest, lookForManifest, type ManifestLook, type RegistryLook } from '../registry-look.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

/** For all images together, ms: below what a gate has, so that those that answered in time are told. */
const longestLookMs = 8_000;

export type ImageFacts = {
  /** As written in the pod. */
  readonly image: string;
  readonly components: readonly string[];
  /** `undefined`: it is no reference that can be asked for. */
  readonly look: ManifestLook | undefined;
  /** Host to name in the plan. */
  readonly host: string;
  /** Digests that are known to have run under this name, where the registry has another one now. */
  readonly formerly: readonly string[];
};

export const image: Gate<readonly ImageFacts[]> = {
  name: 'image',
  summary: 'Every image that the earlier version runs is still in its registry, and is what it was.',
  override: 'missing-image',
  collect: collectImages,
  judge: judgeImages,
};

async function collectImages(subject: GateSubject): Promise<readonly ImageFacts[]> {
  const { context, plan, signal, pins } = subject;
  const users = new Map<string, Set<string>>();
  for (const [component, { prepared }] of pins) {
    for (const written of (prepared.objects ?? []).flatMap(imagesIn)) {
      users.set(written, (users.get(written) ?? new Set()).add(component));
    }
  }
  if (users.size === 0) return [];
  const until = context.clock.monotonicMs() + longestLookMs;
  const lookAt = (host: string): RegistryLook => ({
    http: context.http,
    registry: registryOf(host, plan.registries),
    leftMs: () => until - context.clock.monotonicMs(),
    signal,
  });
  const ran = await digestsThatRan(subject);
  return await Promise.all(
    [...users].map(async ([written, components]): Promise<ImageFacts> => {
      const reference = parseImageReference(written);
      const base = { image: written, components: [...components], formerly: [] };
      if (reference === undefined) return { ...base, look: undefined, host: '' };
      const look = await lookForManifest(reference, lookAt(reference.host));
      const known = ran(reference, components);
      const formerly = await othersThan(look, known, reference, lookAt(reference.host));
      return { ...base, look, host: reference.host, formerly };
    }),
  );
}

function registryOf(host: string, registries: readonly RegistrySpec[]): RegistrySpec | undefined {
  return registries.find((registry) => registry.host === host);
}

/** Digests that ran, if the registry's is none of them, nor a list of what they are. */
async function othersThan(
  look: ManifestLook,
  known: readonly string[],
  reference: ImageReference,
  registry: RegistryLook,
): Promise<readonly string[]> {
  // What is named by digest can't become something else.
  if (look.state !== 'there' || look.digest === undefined || reference.digest !== undefined) return [];
  if (known.length === 0 || known.includes(look.digest)) return [];
  const held = await Promise.all(known.map((digest) => holdsDigest(reference, digest, registry)));
  return held.every((each) => each === false) ? known : [];
}

/** Pure. One line for what is there, one for each image that is not. */
export function judgeImages(images: readonly ImageFacts[]): readonly GateFinding[] {
  const findings = images.flatMap(findingOf);
  const fine = images.length - findings.length;
  if (fine === 0) return findings;
  const detail = fine === 1 ? '1 image is there' : `${fine} images are there`;
  return [{ state: 'pass', subject: '', detail }, ...findings];
}

function findingOf({ image: written, components, look, host, formerly }: ImageFacts): readonly GateFinding[] {
  const subject = components.join(', ');
  const finding = (state: GateFinding['state'], detail: string, hint: string): readonly GateFinding[] => [
    { state, subject, detail: `${written}: ${detail}`, hint },
  ];
  if (look === undefined)
    return finding('unknown', 'that is no image reference', 'Look whether a node can pull it.');
  switch (look.state) {
    case 'missing':
      return finding(
        'refuse',
        `the image is gone (${look.detail})`,
        'Push it again, or choose a version whose images are there. If every node still has it, pods may start all the same.',
      );
    case 'denied':
      return finding(
        'unknown',
        `whether it is there can't be known: ${look.detail}`,
        `Give the plan a login that may read: registries: [{ host: ${host}, username: …, password-secret: … }]`,
      );
    case 'unknown':
      return finding(
        'unknown',
        `whether it is there can't be known: ${look.detail}`,
        `Look from a machine that reaches it: docker manifest inspect ${written}`,
      );
    case 'there':
      if (formerly.length === 0) return [];
      return finding(
        'refuse',
        `re-tagged: ${formerly.join(', ')} ran under this name, and the registry has ${look.digest ?? 'another one'} now, so other content would start`,
        'Put the tag back on the digest that ran, or choose another version. Tags that can be overwritten are the cause: deploy by digest.',
      );
  }
}
