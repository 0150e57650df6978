// Logs of failing pods and events around a component, read over the API connection before the pods are destroyed.

import { setImmediate } from 'node:timers/promises';
import type { KindContext } from '../../ports.ts';
import { boundLogs } from '../../values/bound-logs.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import type { KeptFile } from '../../values/operation.ts';
import { hideSecretObjects } from '../../values/secret-objects.ts';
import { hideSecretShapes } from '../../values/secret-shapes.ts';
import { neutraliseLine } from '../../values/terminal-text.ts';
import type { WorkloadFacts } from '../../values/workload-health.ts';
import type { Attempts } from './attempts.ts';
import { eventsText } from './events-text.ts';
import { type FailingPod, failingPods, type LogRequest } from './failing-pods.ts';

const lastLines = 500;
const mostLogBytes = 256 * 1024;

type Reach = Pick<KindContext, 'cluster' | 'signal'>;

/** Texts as they came: whoever keeps them hides what is secret with `safeText`. */
export async function lastWords(
  context: Reach,
  workloads: readonly WorkloadFacts[],
  attempts: Attempts,
): Promise<readonly KeptFile[]> {
  const { pods, leftOut } = failingPods(workloads.flatMap((each) => each.pods));
  if (leftOut > 0) attempts.note(`${leftOut} more failing pods: only ${pods.length} are kept`);
  for (const { name, why, neverStarted } of pods) {
    if (neverStarted.length > 0)
      attempts.note(`pod ${name}: ${neverStarted.join(', ')} never started, so there is no log (${why})`);
  }
  const [events, ...logs] = await Promise.all([
    readEvents(context, workloads, pods, attempts),
    ...pods.flatMap((pod) => pod.logs.map((request) => readLog(context, request, pod.why, attempts))),
  ]);
  return [...(events === '' ? [] : [{ path: 'events.txt', text: events }]), ...logs.flat()];
}

async function readLog(
  { cluster, signal }: Reach,
  { namespace, pod, container, previous }: LogRequest,
  why: string,
  attempts: Attempts,
): Promise<readonly KeptFile[]> {
  const query = new URLSearchParams({
    container,
    tailLines: String(lastLines),
    timestamps: 'true',
    ...(previous ? { previous: 'true' } : {}),
  });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`;
  const what = `${previous ? 'previous log' : 'log'} of ${pod} (${container})`;
  const answer = await attempts.read(what, () => cluster.text(path, { keepBytes: mostLogBytes, signal }));
  if (answer === undefined) return [];
  if (!answer.whole && signal.aborted) attempts.note(`${what}: only what came in time`);
  const head = `# ${what} in ${namespace}; ${why}; the last ${lastLines} lines at most\n`;
  return [
    { path: `logs/${pod}.${container}${previous ? '.previous' : ''}.log`, text: `${head}${answer.text}` },
  ];
}

/** Of the workloads, of the ReplicaSets that have pods or are the newest, and of the failing pods. */
async function readEvents(
  { cluster, signal }: Reach,
  workloads: readonly WorkloadFacts[],
  pods: readonly FailingPod[],
  attempts: Attempts,
): Promise<string> {
  const about = [
    ...workloads.flatMap(({ reference, replicaSets }) => [
      reference,
      ...replicaSets.filter(hasReplicas).map((each) => ({
        kind: 'ReplicaSet',
        name: nameOf(each),
        namespace: reference.namespace,
      })),
    ]),
    ...pods.map(({ name, namespace }) => ({ kind: 'Pod', name, namespace })),
  ];
  const found = await Promise.all(
    about.map(({ kind, name, namespace }) =>
      attempts.read(`events of ${kind.toLowerCase()}/${name}`, () =>
        cluster.list(
          `/api/v1/namespaces/${namespace}/events`,
          { fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}` },
          signal,
        ),
      ),
    ),
  );
  return eventsText(found.flatMap((events) => events ?? []));
}

function hasReplicas(replicaSet: JsonObject): boolean {
  const { spec, status } = replicaSet;
  const wanted = isJsonObject(spec) ? spec['replicas'] : undefined;
  const there = isJsonObject(status) ? status['replicas'] : undefined;
  return wanted !== 0 || (typeof there === 'number' && there > 0);
}

function nameOf({ metadata }: JsonObject): string {
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
}

/** Time for what was read in time, after reading is over, ms. */
const graceMs = 1_500;

/**
 * The texts as they may be kept. Looking through megabytes takes seconds on a busy machine: others get their turn between
 * two files, and what there is no time for is not kept, since nobody knows what is in it.
 */
export async function safeTexts(
  texts: readonly KeptFile[],
  known: (text: string) => string,
  { signal, clock }: Pick<KindContext, 'signal' | 'clock'>,
  attempts: Attempts,
): Promise<readonly KeptFile[]> {
  const kept: KeptFile[] = [];
  let end: number | undefined;
  for (const { path, text } of boundLogs(texts)) {
    await setImmediate();
    if (signal.aborted) end ??= clock.monotonicMs() + graceMs;
    if (end !== undefined && clock.monotonicMs() > end)
      attempts.note(`${path}: there was no time left to search it for secrets`);
    else kept.push({ path, text: safeText(text, known) });
  }
  return kept;
}

/** Text from a container on its way to a file that people open in a terminal: no secrets, no control characters. */
export function safeText(text: string, known: (text: string) => string): string {
  return hideSecretShapes(known(text))
    .split('\n')
    .map((line) => neutraliseLine(hideSecretObjects(line)))
    .join('\n');
}
