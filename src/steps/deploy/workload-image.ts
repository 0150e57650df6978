// Another image for one container of a workload: `kubectl set image`.

import type { KindContext } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Prepared } from '../../values/operation.ts';
import { type WorkloadReference, workloadPath } from '../../values/workload-reference.ts';
import {
  captureWorkload,
  type LiveWorkload,
  readChangeable,
  readLive,
  referenceOf,
  refusePaused,
} from './live-workload.ts';
import type { WorkloadDeploy } from './settings.ts';
import { notOurBusiness, putOut, refuse, type Way } from './way.ts';

export function setImage(context: KindContext, settings: WorkloadDeploy, image: string): Way {
  const reference = referenceOf(context, settings.name);
  const look = async (): Promise<{ readonly there: boolean; readonly evidence: string }> => {
    const live = await readLive(context, reference);
    const name = containerOf(live, settings.container);
    const now = live.images.get(name);
    return { there: now === image, evidence: `container ${name} of ${live.name} has the image ${now}` };
  };
  return {
    prepare: () => prepareImage(context, reference, settings, image),
    capture: async () => captureWorkload(await readLive(context, reference)),
    async probe() {
      const { there, evidence } = await look();
      return { state: there ? 'done' : 'not-done', evidence };
    },
    async verify() {
      const { there, evidence } = await look();
      return there
        ? { state: 'verified', evidence: `${evidence}; ${notOurBusiness}` }
        : { state: 'failed', evidence };
    },
  };
}

async function prepareImage(
  context: KindContext,
  reference: WorkloadReference,
  settings: WorkloadDeploy,
  image: string,
): Promise<Prepared> {
  const live = await readChangeable(context, reference);
  refusePaused(live, reference.namespace);
  const container = containerOf(live, settings.container);
  const now = live.images.get(container);
  const key = live.containers.includes(container) ? 'containers' : 'initContainers';
  const patch: JsonObject = { spec: { template: { spec: { [key]: [{ name: container, image }] } } } };
  // What an admission policy says to the image is better heard now.
  await context.cluster.dryRun(
    'patch',
    workloadPath(reference),
    patch,
    'application/strategic-merge-patch+json',
  );
  return {
    operations: [
      putOut(`set-image-${reference.name}`, `give ${live.name} the image ${image}`, [
        'kubectl',
        'set',
        'image',
        live.name,
        `${container}=${image}`,
        `--namespace=${reference.namespace}`,
        ...context.cluster.kubectlFlags,
      ]),
    ],
    preview:
      now === image
        ? `Nothing would change: container ${container} of ${live.name} has that image.\n`
        : `${live.name}, container ${container}:\n-image: ${now}\n+image: ${image}\n`,
    notes: [],
  };
}

/** The container that is meant. Throws `prepare-failed` with those there are. */
export function containerOf(live: LiveWorkload, wanted: string | undefined): string {
  const names = [...live.images.keys()];
  const [only, ...others] = live.containers;
  if (wanted === undefined && only !== undefined && others.length === 0) return only;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  throw refuse(
    wanted === undefined ? `${live.name} has several containers` : `${live.name} has no container ${wanted}`,
    `Write one of them as \`container\`: ${names.join(', ')}`,
  );
}
