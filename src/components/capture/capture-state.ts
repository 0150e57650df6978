// What every kind keeps before its component changes: the live objects around its workloads as they can be applied
// again, the last words of failing pods, and a short account for the journal. Nothing here throws for a read that fails.

import type { KindContext } from '../../ports.ts';
import type { Json, JsonObject } from '../../values/json.ts';
import type { Captured, KeptFile } from '../../values/operation.ts';
import { hideInObject, reappliable } from '../../values/reappliable.ts';
import { createRedactor } from '../../values/redaction.ts';
import type { WorkloadFacts } from '../../values/workload-health.ts';
import { readWorkload } from '../../values/workload-reading.ts';
import { describeWorkload, type WorkloadReference } from '../../values/workload-reference.ts';
import { readAround } from './around.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import { lastWords, safeText, safeTexts } from './last-words.ts';
import { child } from './references.ts';
import { secretsOf, worthHiding } from './secrets.ts';

export type CaptureOrder = {
  readonly label: string;
  /** For the journal, next to what is found here. */
  readonly data: JsonObject;
  readonly namespace: string;
  readonly workloads: readonly WorkloadReference[];
  /** Further objects by their path: `/api/v1/namespaces/shop/configmaps/settings`. */
  readonly paths?: readonly string[];
  /** Secrets beside those that the pods name. */
  readonly secrets?: readonly string[];
  /** Secrets as the kind knows them, to be searched for. */
  readonly knownSecrets?: readonly JsonObject[];
  /** Texts of the kind's own; `hide` replaces what is secret. */
  readonly files?: (hide: (text: string) => string) => readonly KeptFile[];
};

/** Objects of one component; what is beyond is named. A ConfigMap alone can have 1 MiB. */
const mostObjectBytes = 4 * 1024 * 1024;

export async function captureState(
  context: Pick<KindContext, 'cluster' | 'signal' | 'clock'>,
  order: CaptureOrder,
): Promise<Captured> {
  const { signal, cluster } = context;
  const attempts = createAttempts(signal);
  const facts = (
    await Promise.all(
      order.workloads.map((reference) =>
        attempts.read(describeWorkload(reference), () => readWorkload(cluster, reference, signal)),
      ),
    )
  ).filter((each) => each !== undefined);
  const [around, texts] = await Promise.all([
    readAround(
      context,
      { namespace: order.namespace, secrets: order.secrets ?? [], paths: order.paths ?? [] },
      facts,
      attempts,
    ),
    lastWords(context, facts, attempts),
  ]);
  const known = createRedactor(worthHiding([...around.secrets, ...(order.knownSecrets ?? [])]));
  const live = facts.flatMap((each) => (each.live === undefined ? [] : [kinded(each)]));
  const objects = bounded(unique([...live, ...around.objects]), attempts).map((object) =>
    hideInObject(reappliable(object, order.namespace), known),
  );
  const words = await safeTexts(texts, known, context, attempts);
  return {
    label: order.label,
    namespace: order.namespace,
    data: { ...order.data, running: facts.flatMap(runningImages), ...secretNames(around.secrets) },
    objects,
    files: [...(order.files?.(known) ?? []), ...words],
    lacking: attempts.lacking().map((line) => safeText(line, known)),
  };
}

/** The largest go first, whole: half an object is none. */
function bounded(objects: readonly JsonObject[], attempts: Attempts): readonly JsonObject[] {
  const sized = objects.map((object) => ({ object, bytes: Buffer.byteLength(JSON.stringify(object)) }));
  let sum = 0;
  const kept = new Set<JsonObject>();
  for (const { object, bytes } of sized.toSorted((a, b) => a.bytes - b.bytes)) {
    sum += bytes;
    if (sum <= mostObjectBytes) kept.add(object);
    else attempts.note(`${keyOf(object)}: ${bytes} bytes are too many to be kept`);
  }
  return objects.filter((object) => kept.has(object));
}

function unique(objects: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(objects.map((object) => [keyOf(object), object])).values()];
}

function keyOf(object: JsonObject): string {
  const metadata = object['metadata'];
  return `${String(object['kind'])}/${String(child(metadata, 'name'))} in ${String(child(metadata, 'namespace'))}`;
}

function kinded({ live, reference }: WorkloadFacts): JsonObject {
  return { apiVersion: 'apps/v1', ...live, kind: reference.kind };
}

/** What really ran, by digest: a tag may be moved, and then the same manifest brings another image. */
function runningImages({ reference, live, pods }: WorkloadFacts): readonly Json[] {
  if (live === undefined) return [{ workload: describeWorkload(reference), missing: true }];
  const counted = new Map<string, { container: Json; image: Json; digest: Json; pods: number }>();
  for (const pod of pods) {
    const statuses = child(child(pod, 'status'), 'containerStatuses');
    for (const each of Array.isArray(statuses) ? statuses : []) {
      const row = {
        container: child(each, 'name') ?? null,
        image: child(each, 'image') ?? null,
        digest: child(each, 'imageID') || null,
      };
      const key = JSON.stringify(row);
      counted.set(key, { ...row, pods: (counted.get(key)?.pods ?? 0) + 1 });
    }
  }
  return [
    {
      workload: describeWorkload(reference),
      replicas: child(child(live, 'spec'), 'replicas') ?? null,
      images: [...counted.values()],
    },
  ];
}

function secretNames(secrets: readonly JsonObject[]): JsonObject {
  return secrets.length === 0 ? {} : { secrets: secrets.map(secretsOf) };
}
