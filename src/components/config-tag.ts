// Component kind `config-tag`: the configuration files of a git tag, as a ConfigMap in the cluster, as paths on a
// branch, or both. Files added since the tag go, too.

import { toRollbackPlanError } from '../errors.ts';
import type { KindContext } from '../ports.ts';
import { contentDigest, differingKeys } from '../values/config-map.ts';
import type { Captured, Probe, Requirement, Verification } from '../values/operation.ts';
import type { PinnedChange } from '../values/version.ts';
import { parseWorkloadName } from '../values/workload-reference.ts';
import { captureState } from './capture/capture-state.ts';
import type { ComponentKind } from './component-kind.ts';
import { collectionPath } from './config-tag/config-map-object.ts';
import { findDestination } from './config-tag/destination.ts';
import { contentChanges, goToTag, marksOf } from './config-tag/going.ts';
import { historyOfTags, namespaceOf, readConfigTag, requireConfigMap, rowAt } from './config-tag/reading.ts';
import { isMarked, type Reader, readReaders } from './config-tag/restarts.ts';
import { type ConfigTagSettings, settingsSchema } from './config-tag/settings.ts';
import { sameRow } from './config-tag/tagged-content.ts';

export const configTag: ComponentKind<ConfigTagSettings> = {
  name: 'config-tag',
  summary: 'Configuration files of a git tag, as a ConfigMap or as paths on a branch.',
  schema: settingsSchema,
  timeoutMs: 300_000,
  requires: requirements,
  read: readConfigTag,
  history: historyOfTags,
  goTo: goToTag,
  capture: captureContent,
  async probe(context, settings, change): Promise<Probe> {
    try {
      const parts = await inspect(context, settings, change);
      const open = parts.filter((part) => !part.there);
      return open.length === 0
        ? { state: 'done', evidence: parts.map((part) => part.evidence).join('; ') }
        : { state: 'not-done', evidence: open.map((part) => part.evidence).join('; ') };
    } catch (thrown) {
      return { state: 'unknown', evidence: toRollbackPlanError(thrown).message };
    }
  },
  async verify(context, settings, change): Promise<Verification> {
    const parts = await inspect(context, settings, change);
    const open = parts.filter((part) => !part.there);
    if (open.length > 0) return { state: 'failed', evidence: open.map((part) => part.evidence).join('; ') };
    const workloads = contentChanges(change) ? await readers(context, settings) : [];
    const evidence = [...parts.map((part) => part.evidence), ...workloads.map((each) => each.evidence)].join(
      '; ',
    );
    if (workloads.some((each) => each.state === 'failed')) return { state: 'failed', evidence };
    if (workloads.some((each) => each.state === 'progressing')) return { state: 'progressing', evidence };
    return { state: 'verified', evidence };
  },
};

type InspectedPart = { readonly there: boolean; readonly evidence: string };

/** Each thing the change promises, looked at in the world: the ConfigMap's data, the restarts, the branch. */
async function inspect(
  context: KindContext,
  settings: ConfigTagSettings,
  change: PinnedChange,
): Promise<readonly InspectedPart[]> {
  const { configmap, branch } = settings;
  const destination = await findDestination(context, settings, change);
  const parts: InspectedPart[] = [];
  if (configmap !== undefined && destination.content !== undefined) {
    const live = await requireConfigMap(context, settings, configmap);
    const keys = differingKeys(live.content, destination.content);
    parts.push({
      there: keys.length === 0,
      evidence:
        keys.length === 0
          ? `ConfigMap ${configmap} holds exactly the ${live.content.size} keys of ${change.to.id}`
          : `ConfigMap ${configmap} differs from ${change.to.id} in ${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ', …' : ''}`,
    });
    const marks = await marksOf(context, settings, change);
    for (const reader of contentChanges(change) ? await readers(context, settings) : []) {
      const there = isMarked(reader, marks);
      parts.push({ there, evidence: `${reader.name} was ${there ? '' : 'not '}told to restart` });
    }
  }
  if (branch !== undefined) {
    const tip = await context.repository.remoteHead(branch, settings.remote);
    const there = sameRow(await rowAt(context, settings, tip), destination.tag.row);
    const at = `${settings.remote}/${branch} at ${tip.slice(0, 12)}`;
    parts.push({ there, evidence: `${at} ${there ? 'has the files of' : 'differs from'} ${change.to.id}` });
  }
  return parts;
}

async function readers(context: KindContext, settings: ConfigTagSettings): Promise<readonly Reader[]> {
  if (settings.restart.length === 0) return [];
  return readReaders(context, namespaceOf(context, settings), settings.restart);
}

async function captureContent(context: KindContext, settings: ConfigTagSettings): Promise<Captured> {
  const reading = await readConfigTag(context, settings);
  const facts = { version: reading.version.id, digest: reading.version.digest, ...reading.facts };
  const label = `configuration before: ${reading.version.label}`;
  const { configmap } = settings;
  // A branch keeps what it was itself: the commit is among the facts.
  if (configmap === undefined) return { label, data: facts };
  const namespace = namespaceOf(context, settings);
  const live = await requireConfigMap(context, settings, configmap);
  return await captureState(context, {
    label,
    data: { ...facts, contentDigest: contentDigest(live.content) },
    namespace,
    workloads: settings.restart.flatMap((written) => parseWorkloadName(written, namespace) ?? []),
    paths: [`${collectionPath(namespace)}/${configmap}`],
  });
}

function requirements(settings: ConfigTagSettings): readonly Requirement[] {
  const { configmap, namespace } = settings;
  const git: Requirement = {
    type: 'tool',
    name: 'git',
    versionArgs: ['--version'],
    range: '>=2.30',
    install: 'https://git-scm.com/downloads',
  };
  if (configmap === undefined) return [git];
  const place = namespace === undefined ? {} : { namespace };
  return [
    git,
    {
      type: 'tool',
      name: 'kubectl',
      versionArgs: ['version', '--client', '--output=json'],
      install: 'https://kubernetes.io/docs/tasks/tools/',
    },
    ...['get', 'update', 'patch'].map(
      (verb): Requirement => ({
        type: 'permission',
        verb,
        group: '',
        resource: 'configmaps',
        name: configmap,
        ...place,
      }),
    ),
    ...settings.restart.flatMap((written): readonly Requirement[] => {
      const reference = parseWorkloadName(written, '');
      if (reference === undefined) return [];
      const resource = `${reference.kind.toLowerCase()}s`;
      return ['get', 'patch'].map((verb) => ({
        type: 'permission',
        verb,
        group: 'apps',
        resource,
        name: reference.name,
        ...place,
      }));
    }),
    ...(settings.restart.length === 0
      ? []
      : ([
          { type: 'permission', verb: 'list', group: '', resource: 'pods', ...place },
          { type: 'permission', verb: 'list', group: 'apps', resource: 'replicasets', ...place },
        ] as const)),
  ];
}
