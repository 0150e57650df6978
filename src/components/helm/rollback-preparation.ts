// Puts a rollback together: which stored revision has the pinned content, the command, its preview, its consequences.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Prepared } from '../../values/operation.ts';
import type { PinnedChange } from '../../values/version.ts';
import { destinationObjects } from './destination-objects.ts';
import { matchLive } from './live-match.ts';
import { describeObject, type ManifestObject, objectKey, parseManifest } from './manifest.ts';
import { createFindPath, type FindPath } from './object-paths.ts';
import { type Preview, previewRollback } from './preview.ts';
import { objectsElsewhere } from './release-health.ts';
import type { HelmRevision } from './release-record.ts';
import { type HelmRelease, revisionById } from './release-store.ts';
import { standingOf } from './revision-standing.ts';
import { contentDigest } from './revision-version.ts';
import {
  applyMethodOf,
  forcesConflicts,
  helmMajor,
  type RollbackCommand,
  type RollbackOptions,
  rollbackOperation,
} from './rollback-command.ts';
import { rollbackHazards } from './rollback-hazards.ts';
import { rollbackNotes } from './rollback-notes.ts';

export type PreparationRequest = {
  readonly context: KindContext;
  readonly release: HelmRelease;
  readonly newest: HelmRevision;
  readonly change: PinnedChange;
  readonly options: RollbackOptions;
};

export async function prepareRollback(request: PreparationRequest): Promise<Prepared> {
  const { context, release, newest, options } = request;
  const target = pinnedRevision(release, request.change);
  const major = await helmMajor(context);
  const command: RollbackCommand = { release, target, major, helmFlags: context.cluster.helmFlags, options };
  const findPath = createFindPath(context.cluster, release.namespace, context.signal);
  const preview = await previewRollback({
    cluster: context.cluster,
    findPath,
    release: release.name,
    namespace: release.namespace,
    last: parseManifest(newest.manifest),
    wanted: parseManifest(target.manifest),
    apply: options.forceReplace ? 'replace' : applyMethodOf(major, target, false),
    forceConflicts: forcesConflicts(command),
    signal: context.signal,
  });
  const notes = rollbackNotes({
    newest,
    previewed: preview.objects,
    autoscalers: await autoscalersOf(context, release.namespace, preview),
  });
  return {
    operations: [rollbackOperation(command)],
    preview: preview.text,
    refusals: preview.refusals,
    objects: await destinationObjects(target, {
      hooks: options.hooks,
      namespace: release.namespace,
      findPath,
    }),
    hazards: await rollbackHazards({
      cluster: context.cluster,
      signal: context.signal,
      release,
      newest,
      target,
      previewed: preview.objects,
      hooks: options.hooks,
    }),
    notes: [
      ...(await leftBehind(request, target, preview, findPath)),
      ...notes,
      ...(await strays(request, target, findPath)),
    ],
  };
}

/** The stored revision to name in the command: the pinned one, or another with its content if Helm has pruned it since. */
function pinnedRevision(release: HelmRelease, change: PinnedChange): HelmRevision {
  const { id, digest } = change.to;
  const named = release.revisions.find((each) => String(each.revision) === id);
  if (named?.readable === true && contentDigest(named) === digest) return named;
  const twin = release.revisions.find(
    (each) =>
      each.readable &&
      contentDigest(each) === digest &&
      standingOf(each, release.revisions).standing === 'deployed',
  );
  if (twin?.readable === true) return twin;
  if (named?.readable === true) {
    throw new RollbackPlanError(
      'prepare-failed',
      `revision ${id} of ${release.name} is not the one that was pinned: its content has another digest`,
      {
        hint: `The release was uninstalled and installed again, it seems. Start a new incident and choose from: helm history ${release.name} --namespace ${release.namespace}`,
        facts: { pinned: digest, found: contentDigest(named) },
      },
    );
  }
  return revisionById(release, id);
}

/** What Helm's merge would leave on the live objects although the revision doesn't have it. */
async function leftBehind(
  { context, release, options }: PreparationRequest,
  target: HelmRevision,
  preview: Preview,
  findPath: FindPath,
): Promise<readonly string[]> {
  if (options.forceReplace) return [];
  const elsewhere = objectsElsewhere(release, target);
  const found = await Promise.all(
    preview.objects.map(async ({ object, live, after }) => {
      const path = live === undefined || after === undefined ? undefined : await findPath(object);
      if (path === undefined || after === undefined) return [];
      const request = { object, live: after, elsewhere: elsewhere.get(objectKey(object)) ?? [] };
      const { state, detail } = await matchLive(context.cluster, path.item, request);
      return state === 'different' ? [detail] : [];
    }),
  );
  return found
    .flat()
    .map(
      (detail) =>
        `LEFT BEHIND by Helm's merge, so this rollback would not verify: ${detail}. Set \`force-replace: true\``,
    );
}

/** Objects that an abandoned revision created and that no Helm command will remove, because neither side of the rollback knows them. */
async function strays(
  { context, release, newest }: PreparationRequest,
  target: HelmRevision,
  findPath: FindPath,
): Promise<readonly string[]> {
  const owned = new Set([newest, target].flatMap(({ manifest }) => parseManifest(manifest).map(objectKey)));
  const others = [...objectsElsewhere(release, target).entries()].flatMap(([key, [object]]) =>
    owned.has(key) || object === undefined ? [] : [object],
  );
  const found = await Promise.all(others.map((object) => isThere(context, object, findPath)));
  const names = others.filter((_, index) => found[index]).map(describeObject);
  return names.length === 0
    ? []
    : [`left over from other revisions, and not removed by this rollback: ${names.join(', ')}`];
}

async function isThere(context: KindContext, object: ManifestObject, findPath: FindPath): Promise<boolean> {
  try {
    const path = await findPath(object);
    return path !== undefined && (await context.cluster.get(path.item, context.signal)) !== undefined;
  } catch (thrown) {
    // Only worth a note; what can't be read is left out.
    if (thrown instanceof RollbackPlanError && thrown.code === 'permission-missing') return false;
    throw thrown;
  }
}

async function autoscalersOf(
  { cluster, signal, log }: KindContext,
  namespace: string,
  preview: Preview,
): Promise<readonly JsonObject[]> {
  if (preview.objects.every(({ change }) => change !== 'change')) return [];
  try {
    return await cluster.list(
      `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`,
      {},
      signal,
    );
  } catch (thrown) {
    if (!(thrown instanceof RollbackPlanError) || thrown.code === 'cluster-unreachable') throw thrown;
    log.debug(`autoscalers can't be read: ${thrown.message}`);
    return [];
  }
}
