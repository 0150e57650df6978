// What a config tag is at now: the ConfigMap, the branch, or both, and whether the two agree.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import { contentDigest } from '../../values/config-map.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Candidate, Health, History, Reading, Version } from '../../values/version.ts';
import { getConfigMap, incidentAnnotation, type LiveConfigMap, tagAnnotation } from './config-map-object.ts';
import { isMarked, readReaders, restartMarks } from './restarts.ts';
import type { ConfigTagSettings } from './settings.ts';
import {
  contentsOf,
  isPresent,
  matchContent,
  type PlacedTag,
  placeTags,
  type Row,
  rowDigest,
  sameRow,
} from './tagged-content.ts';

/** Id of content that no tag has. It can be gone from, but not to. */
export const untagged = 'untagged';
/** Trailers of our commits: how a branch tells that what it holds is the result of a rollback. */
export const tagTrailer = 'Rollback-Plan-Tag';
export const incidentTrailer = 'Rollback-Plan-Incident';

type Side = {
  readonly version: Version;
  readonly rolledBackTo: string | undefined;
  /** What a rollback of ours has begun here and not ended. */
  readonly open?: string | undefined;
  readonly facts: JsonObject;
};

export function namespaceOf(context: KindContext, settings: ConfigTagSettings): string {
  return settings.namespace ?? context.cluster.namespace;
}

export async function readConfigTag(context: KindContext, settings: ConfigTagSettings): Promise<Reading> {
  const tags = await placeTags(context, settings);
  const [cluster, branch] = await Promise.all([
    settings.configmap === undefined ? undefined : readCluster(context, settings, settings.configmap, tags),
    settings.branch === undefined ? undefined : readBranch(context, settings, settings.branch, tags),
  ]);
  const side = cluster ?? branch;
  if (side === undefined) throw new Error('neither configmap nor branch: the schema allows no such settings');
  const facts = { ...branch?.facts, ...cluster?.facts };
  if (cluster !== undefined && branch !== undefined && cluster.version.id !== branch.version.id) {
    const detail = `ConfigMap ${settings.configmap} is at ${cluster.version.id}, branch ${settings.branch} is at ${branch.version.id}`;
    return {
      // Another digest than the tag's: who asks for the tag that only one of the two is at is not there yet.
      version: {
        ...cluster.version,
        digest: rowDigest(settings, [cluster.version.digest, branch.version.digest]),
      },
      health: 'unhealthy',
      detail,
      partial: detail,
      // Whichever side a rollback has reached already, the other one is still to follow.
      ...unfinishedAt(cluster.rolledBackTo ?? branch.rolledBackTo, detail),
      facts,
    };
  }
  if (cluster?.open !== undefined) {
    return {
      version: { ...cluster.version, digest: rowDigest(settings, [cluster.version.digest, cluster.open]) },
      health: 'unhealthy',
      detail: cluster.open,
      partial: cluster.open,
      ...unfinishedAt(cluster.rolledBackTo, cluster.open),
      facts,
    };
  }
  const { health, detail } = await readHealth(context, settings, side.version);
  return {
    version: side.version,
    health,
    detail,
    ...(side.rolledBackTo === undefined ? {} : { rolledBackTo: side.rolledBackTo }),
    facts,
  };
}

function unfinishedAt(to: string | undefined, because: string): Pick<Reading, 'unfinished'> {
  return to === undefined ? {} : { unfinished: { to, because } };
}

/** The ConfigMap, or the error that says it is not there. */
export async function requireConfigMap(
  context: KindContext,
  settings: ConfigTagSettings,
  name: string,
): Promise<LiveConfigMap> {
  const namespace = namespaceOf(context, settings);
  const live = await getConfigMap(context, namespace, name);
  if (live !== undefined) return live;
  throw new RollbackPlanError(
    'component-missing',
    `there is no ConfigMap ${name} in namespace ${namespace}`,
    {
      hint: `Correct "configmap" or "namespace" in the plan; what is there: kubectl get configmaps --namespace=${namespace}`,
    },
  );
}

async function readCluster(
  context: KindContext,
  settings: ConfigTagSettings,
  name: string,
  tags: readonly PlacedTag[],
): Promise<Side> {
  const live = await requireConfigMap(context, settings, name);
  const hint = live.annotations[tagAnnotation];
  const match = await matchContent(context, settings, { tags, live: live.content, hint });
  const digest = contentDigest(live.content);
  const facts = {
    configmap: name,
    namespace: namespaceOf(context, settings),
    resourceVersion: live.resourceVersion,
    keys: [...live.content.keys()].sort(),
  };
  if (match.tag === undefined) {
    const nearest =
      match.nearest === undefined
        ? ''
        : `; nearest ${match.nearest.name} (${match.nearest.keys} ${match.nearest.keys === 1 ? 'key differs' : 'keys differ'})`;
    const label = `content differs from every tag${nearest}`;
    return { version: { id: untagged, label, digest }, rolledBackTo: undefined, facts };
  }
  const incident = live.annotations[incidentAnnotation];
  const ours = incident !== undefined && hint === match.tag.name;
  const marks = ours ? restartMarks(digest, incident) : undefined;
  const readers =
    marks === undefined ? [] : await readReaders(context, namespaceOf(context, settings), settings.restart);
  const waiting = readers
    .filter((reader) => marks !== undefined && !isMarked(reader, marks))
    .map(({ name }) => name);
  return {
    version: versionOf(match.tag, digest, match.alsoTagged),
    rolledBackTo: ours ? match.tag.name : undefined,
    open:
      waiting.length === 0
        ? undefined
        : `${waiting.join(', ')} not restarted since ConfigMap ${name} went back`,
    facts: { ...facts, alsoTagged: match.alsoTagged },
  };
}

async function readBranch(
  context: KindContext,
  settings: ConfigTagSettings,
  branch: string,
  tags: readonly PlacedTag[],
): Promise<Side> {
  const tip = await context.repository.remoteHead(branch, settings.remote);
  const row = await rowAt(context, settings, tip);
  const digest = rowDigest(settings, row);
  const facts = { branch, tip };
  const equal = isPresent(row) ? tags.filter((tag) => sameRow(tag.row, row)) : [];
  if (equal.length === 0) {
    const label = `branch ${branch} differs from every tag`;
    return { version: { id: untagged, label, digest }, rolledBackTo: undefined, facts };
  }
  const last = await context.repository.lastChange(tip, settings.paths);
  const noted = trailer(last?.message ?? '', tagTrailer);
  if (noted === undefined && last?.boundary === true) {
    throw new RollbackPlanError(
      'repository-incomplete',
      `this clone ends before the commit that last changed ${settings.paths.join(', ')}, so nobody can tell whether that was a rollback`,
      {
        hint: 'Fetch the history: actions/checkout with: { fetch-depth: 0 }, or by hand: git fetch --unshallow',
      },
    );
  }
  const [newest] = equal;
  const tag = equal.find((candidate) => candidate.name === noted) ?? newest;
  if (tag === undefined) throw new Error('a non-empty list has a first element');
  const others = equal.filter((candidate) => candidate !== tag).map((candidate) => candidate.name);
  return {
    version: versionOf(tag, digest, others),
    rolledBackTo: tag.name === noted ? tag.name : undefined,
    facts,
  };
}

export async function rowAt(
  context: KindContext,
  settings: ConfigTagSettings,
  revision: string,
): Promise<Row> {
  return (await context.repository.objectIds([revision], settings.paths))[0] ?? [];
}

function trailer(message: string, name: string): string | undefined {
  return message
    .split('\n')
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2);
}

function versionOf(tag: PlacedTag, digest: string, alsoTagged: readonly string[] = []): Version {
  const shown = alsoTagged.slice(0, 3).join(', ') + (alsoTagged.length > 3 ? ', …' : '');
  const label = `tag ${tag.name}${alsoTagged.length === 0 ? '' : ` (same content as ${shown})`}`;
  return { id: tag.name, label, digest, at: tag.at };
}

async function readHealth(
  context: KindContext,
  settings: ConfigTagSettings,
  version: Version,
): Promise<{ readonly health: Health; readonly detail: string }> {
  const states =
    settings.restart.length === 0
      ? []
      : await readReaders(context, namespaceOf(context, settings), settings.restart);
  const bad =
    states.find((each) => each.state === 'failed') ?? states.find((each) => each.state === 'progressing');
  if (bad !== undefined) {
    return { health: bad.state === 'failed' ? 'unhealthy' : 'progressing', detail: bad.evidence };
  }
  if (version.id === untagged) return { health: 'unknown', detail: version.label };
  const pods = states.map((each) => each.evidence).join('; ');
  return {
    health: 'healthy',
    detail: `content is that of ${version.label}${pods === '' ? '' : `; ${pods}`}`,
  };
}

/** Every matching tag. Git doesn't record whether one was ever deployed, so each whose content can be had is open. */
export async function historyOfTags(context: KindContext, settings: ConfigTagSettings): Promise<History> {
  const tags = await placeTags(context, settings);
  const present = tags.filter((tag) => isPresent(tag.row));
  const contents = settings.configmap === undefined ? [] : await contentsOf(context, settings, present);
  const byTag = new Map(present.map((tag, index) => [tag.name, contents[index]]));
  return tags.map((tag): Candidate => {
    const digest = rowDigest(settings, tag.row);
    if (!isPresent(tag.row)) {
      return {
        ...versionOf(tag, digest),
        standing: 'gone',
        because: `${settings.paths.join(', ')} is not there`,
      };
    }
    if (settings.configmap === undefined)
      return { ...versionOf(tag, digest), standing: 'deployed', because: 'tagged' };
    const content = byTag.get(tag.name);
    if (content?.ok === true) {
      return { ...versionOf(tag, content.digest), standing: 'deployed', because: 'tagged' };
    }
    const [first = 'it could not be read', ...more] = content?.reasons ?? [];
    const because = more.length === 0 ? first : `${first}, and ${more.length} more`;
    return { ...versionOf(tag, digest), standing: 'gone', because };
  });
}
