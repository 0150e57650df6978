// Which image the pods of a workload run. What a pod is to run stands in its spec, and what it does run in its status;
// a pod that is on its way out serves nobody any more. Pure.

import { z } from 'zod';
import { parseImageReference } from '../../values/image-reference.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Seen } from './judge.ts';

const pod = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string() })) }),
  status: z
    .object({
      phase: z.string().nullish(),
      containerStatuses: z
        .array(z.object({ name: z.string(), image: z.string().nullish(), imageID: z.string().nullish() }))
        .nullish(),
    })
    .nullish(),
});
type Pod = z.infer<typeof pod>;

export type ImageQuestion = {
  readonly container: string | undefined;
  readonly compare: 'tag' | 'digest' | 'image';
};

export function runningImages(
  workload: string,
  pods: readonly JsonObject[],
  { container, compare }: ImageQuestion,
): Seen {
  const running = pods.flatMap((each): readonly Pod[] => {
    const { data } = pod.safeParse(each);
    if (data === undefined || data.metadata.deletionTimestamp) return [];
    return ['Failed', 'Succeeded'].includes(data.status?.phase ?? '') ? [] : [data];
  });
  if (running.length === 0)
    return { state: 'inconclusive', why: `${workload} has no pods, so no version runs` };
  const versions: string[] = [];
  for (const each of running) {
    const found = versionIn(each, container, compare);
    if (found.state !== 'seen') return found;
    versions.push(...found.versions);
  }
  return { state: 'seen', asked: `pods of ${workload}`, versions };
}

function versionIn(
  { metadata, spec, status }: Pod,
  wanted: string | undefined,
  compare: ImageQuestion['compare'],
): Seen {
  const { name } = metadata;
  const names = spec.containers.map((each) => each.name);
  const container = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (container === undefined || !names.includes(container)) {
    const why = wanted === undefined ? 'has several containers' : `has no container ${wanted}`;
    return { state: 'error', why: `pod ${name} ${why}: set \`container\` to one of ${names.join(', ')}` };
  }
  const image = spec.containers.find((each) => each.name === container)?.image ?? '';
  const state = status?.containerStatuses?.find((each) => each.name === container);
  const seen = (found: string): Seen => ({ state: 'seen', asked: name, versions: [found] });
  const parsed = parseImageReference(image);
  if (parsed === undefined) return { state: 'error', why: `pod ${name}: ${image} is no image reference` };
  if (compare === 'image') return seen(image);
  if (compare === 'digest') {
    // `docker-pullable://…@sha256:…`, or with containerd the digest alone.
    const digest = /sha256:[0-9a-f]{64}$/.exec(state?.imageID ?? '')?.[0] ?? parsed.digest;
    return digest === undefined
      ? {
          state: 'inconclusive',
          why: `pod ${name} does not say yet which digest container ${container} runs`,
        }
      : seen(digest);
  }
  return parsed.tag === undefined
    ? { state: 'error', why: `pod ${name} runs ${image}, which has no tag: set \`compare: digest\`` }
    : seen(parsed.tag);
}
