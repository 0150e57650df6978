// A revision of a Deployment, put out again: `kubectl rollout undo --to-revision`. It brings back the pod template and
// nothing else. The revision gets a new number by that and remembers the old one, which is how it is known again.

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { Prepared, Verification } from '../../values/operation.ts';
import { replicaSetsPath, type WorkloadReference } from '../../values/workload-reference.ts';
import {
  captureWorkload,
  type LiveWorkload,
  readChangeable,
  readLive,
  referenceOf,
  refusePaused,
} from './live-workload.ts';
import type { WorkloadDeploy } from './settings.ts';
import { notOurBusiness, putOut, type Way } from './way.ts';

const replicaSet = z.object({
  metadata: z.object({
    annotations: z.record(z.string(), z.string()).nullish(),
    ownerReferences: z.array(z.object({ uid: z.string() })).nullish(),
  }),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string().default('') })) }),
    }),
  }),
});

export type RememberedRevision = {
  readonly revision: number;
  /** Numbers it had before it was put out again. */
  readonly earlier: readonly number[];
  readonly images: readonly string[];
};

export function undoTo(context: KindContext, settings: WorkloadDeploy, revision: number): Way {
  const reference = referenceOf(context, settings.name);
  const look = async (): Promise<Verification> => {
    const live = await readLive(context, reference);
    return judgeRevisions(live.name, await readRevisions(context, reference, live), revision);
  };
  return {
    prepare: () => prepareUndo(context, reference, revision),
    capture: async () => captureWorkload(await readLive(context, reference)),
    async probe() {
      const { state, evidence } = await look();
      return { state: state === 'verified' ? 'done' : 'not-done', evidence };
    },
    verify: look,
  };
}

async function prepareUndo(
  context: KindContext,
  reference: WorkloadReference,
  revision: number,
): Promise<Prepared> {
  const live = await readChangeable(context, reference);
  refusePaused(live, reference.namespace);
  const revisions = await readRevisions(context, reference, live);
  const found = revisions.find((each) => each.revision === revision);
  if (found === undefined) {
    const list = revisions.map((each) => `${each.revision} (${each.images.join(', ')})`).join(', ');
    throw new RollbackPlanError(
      'to-unknown-version',
      `${live.name} has no revision ${revision}; there are ${list || 'none'}`,
      { hint: 'Name one of them, or put the version out as an `image`.' },
    );
  }
  const [newest] = revisions;
  const changes =
    newest === found
      ? []
      : [...(newest?.images ?? []).map((each) => `-${each}`), ...found.images.map((each) => `+${each}`)];
  return {
    operations: [
      putOut(`undo-${reference.name}`, `put revision ${revision} of ${live.name} out again`, [
        'kubectl',
        'rollout',
        'undo',
        live.name,
        `--to-revision=${revision}`,
        `--namespace=${reference.namespace}`,
        ...context.cluster.kubectlFlags,
      ]),
    ],
    preview:
      changes.length === 0
        ? `Nothing would change: revision ${revision} is the newest one.\n`
        : `${live.name}, images of its containers:\n${changes.join('\n')}\n`,
    notes: ['Only the pod template comes back: no replicas, no ConfigMaps, no Secrets.'],
  };
}

/** Newest first. */
async function readRevisions(
  context: KindContext,
  reference: WorkloadReference,
  live: LiveWorkload,
): Promise<readonly RememberedRevision[]> {
  const sets = await context.cluster.list(replicaSetsPath(reference.namespace), {}, context.signal);
  return sets
    .flatMap((each): readonly RememberedRevision[] => {
      const parsed = replicaSet.safeParse(each);
      if (!parsed.success) return [];
      const { metadata, spec } = parsed.data;
      if (metadata.ownerReferences?.some(({ uid }) => uid === live.uid) !== true) return [];
      const revision = Number(metadata.annotations?.['deployment.kubernetes.io/revision']);
      if (!Number.isInteger(revision)) return [];
      const history = metadata.annotations?.['deployment.kubernetes.io/revision-history'] ?? '';
      return [
        {
          revision,
          earlier: history
            .split(',')
            .filter((text) => text !== '')
            .map(Number),
          images: spec.template.spec.containers.map(({ name, image }) => `${name}: ${image}`),
        },
      ];
    })
    .toSorted((a, b) => b.revision - a.revision);
}

/** Whether the newest revision is, or was, the one with that number. Pure. */
export function judgeRevisions(
  name: string,
  [newest]: readonly RememberedRevision[],
  revision: number,
): Verification {
  if (newest === undefined) return { state: 'progressing', evidence: `${name} has no revision yet` };
  const images = newest.images.join(', ');
  const line = `${name} is at revision ${newest.revision} (${images})`;
  if (newest.revision === revision || newest.earlier.includes(revision))
    return { state: 'verified', evidence: `${line}, which was revision ${revision}; ${notOurBusiness}` };
  // The controller gives the number a moment after kubectl has changed the template.
  return { state: 'progressing', evidence: `${line}, which never was revision ${revision}` };
}
