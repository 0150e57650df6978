// The gate `image`: what the earlier version runs has to be in its registry still, and to be what it was. Every distinct
// image is asked for once, all at a time.

import type { RegistrySpec } from '../../plan/plan.ts';
import { type ImageReference, imagesIn, parseImageReference } from '../../values/image-reference.ts';
import { digestsThatRan, type Evidence } from '../images-that-ran.ts';
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
  /** How that is known. */
  readonly evidence: Evidence;
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
      const base = { image: written, components: [...components], formerly: [], evidence: 'live' as const };
      if (reference === undefined) return { ...base, look: undefined, host: '' };
      const look = await lookForManifest(reference, lookAt(reference.host));
      const { digests, evidence } = ran(reference, components);
      const formerly = await othersThan(look, digests, reference, lookAt(reference.host));
      return { ...base, look, host: reference.host, formerly, evidence };
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

function findingOf({ image: written, components, look, host, ...ran }: ImageFacts): readonly GateFinding[] {
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
        `Give the plan a login that may read: \`registries: [{ host: "${host}", username: …, password-secret: … }]\``,
      );
    case 'unknown':
      return finding(
        'unknown',
        `whether it is there can't be known: ${look.detail}`,
        `Look from a machine that reaches it: \`docker manifest inspect ${written}\``,
      );
    case 'there': {
      const { formerly, evidence } = ran;
      const now = look.digest ?? 'another one';
      if (formerly.length === 0) return [];
      // A tag that moves (`nginx:1.27`) gives any pod that is started now other content, with a rollback or without.
      if (evidence === 'live')
        return finding(
          'warn',
          `re-tagged since the live pods were started: they run ${formerly.join(', ')}, and the registry has ${now} now, so new pods start with other content`,
          'The live version has the same image, so any restart does that. Deploy by digest, or with tags that are never put on other content.',
        );
      const known = evidence === 'verified' ? 'was verified' : 'ran';
      return finding(
        'refuse',
        `re-tagged: ${formerly.join(', ')} ${known} under this name, and the registry has ${now} now, so other content would start`,
        'Put the tag back on the digest that ran, or choose another version. Tags that can be overwritten are the cause: deploy by digest.',
      );
    }
  }
}
