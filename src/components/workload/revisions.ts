// The revisions that Kubernetes keeps of a workload: ReplicaSets of a Deployment, ControllerRevisions of the others.
// Going back renumbers: revision 2 that is put back becomes revision 4, and there is no revision 2 any more.

import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { type PodTemplate, readPodTemplate } from './pod-template.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';

export type WorkloadRevision = {
  readonly number: number;
  /** Of the ReplicaSet or ControllerRevision. */
  readonly objectName: string;
  readonly template: PodTemplate;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339 UTC, in whole seconds. */
  readonly createdAt: string | undefined;
  /** Numbers it had before it was put back, oldest first; only Deployments keep them. */
  readonly earlier: readonly number[];
  /** What `kubectl rollout undo` sends for a StatefulSet or DaemonSet. */
  readonly patch: JsonObject | undefined;
};

const metadata = z.object({
  name: z.string(),
  annotations: z.record(z.string(), z.string()).nullish(),
  creationTimestamp: z.string().nullish(),
});
const replicaSet = z.looseObject({
  metadata,
  spec: z.looseObject({ template: z.record(z.string(), z.json()) }),
});
const controllerRevision = z.looseObject({
  metadata,
  revision: z.number().int(),
  data: z.record(z.string(), z.json()),
});

/** Of a Deployment's own ReplicaSets, newest first. One without a number has never been its revision. */
export function revisionsOfReplicaSets(objects: readonly JsonObject[]): readonly WorkloadRevision[] {
  return newestFirst(
    objects.flatMap((object) => {
      const parsed = replicaSet.safeParse(object);
      if (!parsed.success) return [];
      const { spec, ...rest } = parsed.data;
      const annotations = rest.metadata.annotations ?? {};
      const number = Number(annotations[revisionAnnotation]);
      const template = readPodTemplate(spec.template);
      if (!Number.isInteger(number) || template === undefined) return [];
      const earlier = (annotations[historyAnnotation] ?? '')
        .split(',')
        .filter((text) => /^\d+$/.test(text))
        .map(Number);
      return [{ ...common(rest.metadata), number, template, earlier, patch: undefined }];
    }),
  );
}

/** Of a StatefulSet's or DaemonSet's own ControllerRevisions, newest first. */
export function revisionsOfControllerRevisions(objects: readonly JsonObject[]): readonly WorkloadRevision[] {
  return newestFirst(
    objects.flatMap((object) => {
      const parsed = controllerRevision.safeParse(object);
      if (!parsed.success) return [];
      const { data, revision: number } = parsed.data;
      const spec: Json | undefined = data['spec'];
      const template = readPodTemplate(isJsonObject(spec) ? spec['template'] : undefined);
      if (template === undefined) return [];
      return [{ ...common(parsed.data.metadata), number, template, earlier: [], patch: data }];
    }),
  );
}

/**
 * The revision a template is: the newest one with its content, because that is the one the controller uses again.
 * `undefined` as long as the controller has made none.
 */
export function revisionOf(
  template: PodTemplate,
  revisions: readonly WorkloadRevision[],
): WorkloadRevision | undefined {
  return revisions.find((each) => each.template.digest === template.digest);
}

/**
 * Leaves out the restarts that this very incident has made: what is live has the same content, and a run must not
 * take its own restart for somebody else's deployment.
 */
export function withoutOwnRestarts(
  revisions: readonly WorkloadRevision[],
  incident: string,
): readonly WorkloadRevision[] {
  return revisions.filter(
    ({ template }, position) =>
      template.restartedBy !== incident ||
      revisions.slice(position + 1).every((older) => older.template.digest !== template.digest),
  );
}

/** Of the revision that is live and of those below it with the same content: it may have been restarted since. */
export function sameContent(
  revision: WorkloadRevision,
  revisions: readonly WorkloadRevision[],
): { readonly same: readonly WorkloadRevision[]; readonly before: WorkloadRevision | undefined } {
  const below = revisions.slice(revisions.indexOf(revision));
  const other = below.findIndex(({ template }) => template.digest !== revision.template.digest);
  return other < 0
    ? { same: below, before: undefined }
    : { same: below.slice(0, other), before: below[other] };
}

function common({
  name,
  annotations,
  creationTimestamp,
}: z.infer<typeof metadata>): Pick<WorkloadRevision, 'objectName' | 'annotations' | 'createdAt'> {
  return { objectName: name, annotations: annotations ?? {}, createdAt: creationTimestamp ?? undefined };
}

function newestFirst(revisions: readonly WorkloadRevision[]): readonly WorkloadRevision[] {
  return [...revisions].sort((a, b) => b.number - a.number);
}
