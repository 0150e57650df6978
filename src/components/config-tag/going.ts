// The operations that take a config tag to another one: replace the ConfigMap, restart who reads it, push the branch.
// Everything that could be refused is asked for first, with server-side dry runs, so that nothing is done by halves.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import { type ConfigContent, contentDiff, contentDigest } from '../../values/config-map.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Operation, Prepared } from '../../values/operation.ts';
import type { PinnedChange } from '../../values/version.ts';
import { workloadPath } from '../../values/workload-reference.ts';
import { chooseWrite } from './choose-write.ts';
import {
  getConfigMap,
  incidentAnnotation,
  objectOf,
  readConfigMap,
  tagAnnotation,
  warningsAbout,
} from './config-map-object.ts';
import { type Destination, findDestination } from './destination.ts';
import { incidentTrailer, namespaceOf, rowAt, tagTrailer } from './reading.ts';
import { isMarked, readReaders, restartMarks, restartPatch } from './restarts.ts';
import type { ConfigTagSettings } from './settings.ts';
import { sameRow } from './tagged-content.ts';

/** One write. A server that never answers it must not cost more before the kind looks whether it was done. */
const replaceMs = 20_000;
const pushMs = 60_000;

type Part = {
  readonly operations: readonly Operation[];
  readonly preview: string;
  readonly notes: readonly string[];
  readonly objects?: readonly JsonObject[];
};
const nothing: Part = { operations: [], preview: '', notes: [] };

export async function goToTag(
  context: KindContext,
  settings: ConfigTagSettings,
  change: PinnedChange,
): Promise<Prepared> {
  const destination = await findDestination(context, settings, change);
  const { configmap, branch } = settings;
  const parts: Part[] = [];
  if (configmap !== undefined && destination.content !== undefined) {
    parts.push(
      await replaceConfigMap(context, settings, {
        name: configmap,
        content: destination.content,
        destination,
      }),
    );
    parts.push(await restartReaders(context, settings, change));
  }
  if (branch !== undefined) parts.push(await pushBranch(context, settings, branch, destination));
  const operations = parts.flatMap((part) => part.operations);
  const notes = parts.flatMap((part) => part.notes);
  return {
    operations,
    preview: parts.map((part) => part.preview).join(''),
    objects: parts.flatMap((part) => part.objects ?? []),
    notes: operations.length === 0 ? [...notes, `Everything is at ${destination.tag.name} already.`] : notes,
  };
}

async function replaceConfigMap(
  context: KindContext,
  settings: ConfigTagSettings,
  request: { readonly name: string; readonly content: ConfigContent; readonly destination: Destination },
): Promise<Part> {
  const { name, content, destination } = request;
  const namespace = namespaceOf(context, settings);
  const live = await getConfigMap(context, namespace, name);
  const marks = { [tagAnnotation]: destination.tag.name, [incidentAnnotation]: context.incident };
  if (live !== undefined && contentDigest(live.content) === destination.digest) return nothing;
  if (live?.immutable === true) {
    throw new RollbackPlanError(
      'prepare-failed',
      `ConfigMap ${name} is immutable: Kubernetes lets nobody change its data`,
      {
        hint: 'Roll back the workload that refers to it instead (uses: helm-release, or by hand with kubectl rollout undo): the earlier one refers to the earlier ConfigMap.',
      },
    );
  }
  const write = await chooseWrite(context, { namespace, name, live, content, marks });
  const names = { before: `configmap/${name} live`, after: `configmap/${name} ${destination.tag.name}` };
  const { managedFields: _managed, ...metadata } = objectOf(write.answer['metadata']);
  return {
    objects: [{ ...write.answer, apiVersion: 'v1', kind: 'ConfigMap', metadata }],
    operations: [
      kubectl(context, namespace, {
        id: 'configmap',
        title: `${write.verb} ConfigMap ${name} with the files of ${destination.tag.name}`,
        args: [...write.args, '--filename=-'],
        stdin: write.object,
      }),
    ],
    preview: contentDiff(live?.content ?? new Map(), readConfigMap(write.answer).content, names),
    notes: [
      ...(live === undefined ? [] : warningsAbout(live)),
      ...write.notes,
      ...(settings.restart.length === 0
        ? [
            'No workload is restarted: pods see mounted files change within about a minute, environment variables only at their next start.',
          ]
        : []),
    ],
  };
}

/**
 * Whether the change gives the workloads other content, judged by what was pinned: a resumed run still restarts. An
 * unfinished rollback has the id of its goal and another digest, so what it has left open is found here, too.
 */
export function contentChanges(change: PinnedChange): boolean {
  return change.from.digest !== change.to.digest;
}

/**
 * The marks that a restart leaves. Where the ConfigMap holds the content already, they are those of the incident that
 * wrote it, so that finishing another run's rollback restarts only what that run did not reach.
 */
export async function marksOf(
  context: KindContext,
  settings: ConfigTagSettings,
  change: PinnedChange,
): Promise<Readonly<Record<string, string>>> {
  const live =
    settings.configmap === undefined
      ? undefined
      : await getConfigMap(context, namespaceOf(context, settings), settings.configmap);
  const there = live !== undefined && contentDigest(live.content) === change.to.digest;
  return restartMarks(
    change.to.digest,
    (there ? live.annotations[incidentAnnotation] : undefined) ?? context.incident,
  );
}

async function restartReaders(
  context: KindContext,
  settings: ConfigTagSettings,
  change: PinnedChange,
): Promise<Part> {
  if (settings.restart.length === 0 || !contentChanges(change)) return nothing;
  const namespace = namespaceOf(context, settings);
  const marks = await marksOf(context, settings, change);
  const patch = restartPatch(marks);
  const readers = await readReaders(context, namespace, settings.restart);
  const open = readers.filter((reader) => !isMarked(reader, marks));
  for (const { name, obstacle } of open) {
    if (obstacle === undefined) continue;
    throw new RollbackPlanError(
      'prepare-failed',
      `a restart of ${name} would not reach its pods: ${obstacle}`,
      {
        hint: obstacle.includes('paused')
          ? `kubectl rollout resume ${name} --namespace=${namespace}`
          : `Remove ${name} from "restart", and replace its pods in a step of their own.`,
      },
    );
  }
  await Promise.all(
    open.map(({ reference }) =>
      context.cluster.dryRun('patch', workloadPath(reference), patch, 'application/merge-patch+json'),
    ),
  );
  return {
    operations: open.map(({ name }) =>
      kubectl(context, namespace, {
        id: `restart-${name.replace('/', '-')}`,
        title: `restart ${name}`,
        args: ['patch', name, '--type=merge', `--patch=${JSON.stringify(patch)}`],
      }),
    ),
    preview: open.map(({ name }) => `${name}: pods are replaced once\n`).join(''),
    notes: open.filter(({ state }) => state === 'empty').map(({ evidence }) => evidence),
  };
}

async function pushBranch(
  context: KindContext,
  settings: ConfigTagSettings,
  branch: string,
  destination: Destination,
): Promise<Part> {
  const { repository } = context;
  const { remote, paths } = settings;
  const tip = await repository.remoteHead(branch, remote);
  if (sameRow(await rowAt(context, settings, tip), destination.tag.row)) return nothing;
  const commit = await repository.commitWithPaths({
    base: tip,
    source: destination.tag.commit,
    paths,
    message: [
      `Take ${paths.join(', ')} back to ${destination.tag.name}`,
      '',
      `${tagTrailer}: ${destination.tag.name}`,
      `${incidentTrailer}: ${context.incident}`,
      '',
    ].join('\n'),
  });
  const refused = await repository.whyNotPushable({ remote, branch, commit, expected: tip });
  if (refused !== undefined) {
    throw new RollbackPlanError(
      'prepare-failed',
      `${remote} would not take the push to ${branch}: ${refused}`,
      {
        hint: `Give the job the right to push (permissions: contents: write, and the branch's rules), then try: git push --dry-run ${remote} HEAD:${branch}`,
      },
    );
  }
  const ref = `refs/heads/${branch}`;
  const push: Operation = {
    id: 'branch',
    title: `push ${paths.join(', ')} of ${destination.tag.name} to ${branch}, if it is still at ${tip.slice(0, 12)}`,
    act: {
      type: 'command',
      command: {
        argv: [
          ...(['git', 'push', '--no-verify', '--no-follow-tags', '--recurse-submodules=no'] as const),
          ...[`--force-with-lease=${ref}:${tip}`, '--end-of-options', remote, `${commit}:${ref}`],
        ],
        env: { GIT_TERMINAL_PROMPT: '0' },
        cwd: repository.directory,
      },
    },
    mutates: true,
    // Repeated after it succeeded, git says "up to date"; if somebody pushed in between, the lease refuses.
    retry: 'idempotent',
    deadlineMs: pushMs,
  };
  return { operations: [push], preview: await repository.diff(tip, commit, paths), notes: [] };
}

function kubectl(
  context: KindContext,
  namespace: string,
  request: {
    readonly id: string;
    readonly title: string;
    readonly args: readonly string[];
    readonly stdin?: JsonObject;
  },
): Operation {
  return {
    id: request.id,
    title: request.title,
    act: {
      type: 'command',
      command: {
        argv: ['kubectl', ...request.args, `--namespace=${namespace}`, ...context.cluster.kubectlFlags],
        ...(request.stdin === undefined ? {} : { stdin: `${JSON.stringify(request.stdin)}\n` }),
      },
    },
    mutates: true,
    retry: 'idempotent',
    deadlineMs: replaceMs,
  };
}
