// Component kind `helm-release`: a Helm release, its revisions as versions. Reads Helm's own records and the live
// objects; goes back with one explicit `helm rollback`; believes neither Helm's status nor its exit code.

import { z } from 'zod';
import type { KindContext } from '../ports.ts';
import { duration } from '../values/durations.ts';
import type { JsonObject } from '../values/json.ts';
import { namespaceLabel } from '../values/names.ts';
import type { Prepared, Probe, Requirement, Verification } from '../values/operation.ts';
import type { Health, PinnedChange, Reading } from '../values/version.ts';
import type { ComponentKind } from './component-kind.ts';
import { captureRelease } from './helm/release-capture.ts';
import { judgeSightings, type ReleaseHealth, sightRevision } from './helm/release-health.ts';
import type { HelmRevision } from './helm/release-record.ts';
import { fetchRelease, type HelmRelease, newestRevision } from './helm/release-store.ts';
import { busyWith, failureOf, rolledBackTo, standingOf } from './helm/revision-standing.ts';
import { candidateOf, contentDigest, versionOf } from './helm/revision-version.ts';
import { longestRunMs } from './helm/rollback-command.ts';
import { prepareRollback } from './helm/rollback-preparation.ts';

const defaultTimeoutMs = 300_000;

const schema = z.strictObject({
  release: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?$/,
      'a Helm release has 1 to 53 small letters, digits, `-` or `.`',
    )
    .describe('Name of the Helm release.'),
  namespace: namespaceLabel
    .optional()
    .describe("Namespace that the release lives in. Default: the target's namespace."),
  'history-max': z
    .number()
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe(
      'How many revisions Helm keeps. Default: 10, and never fewer than there are when the rollback starts.',
    ),
  hooks: z
    .boolean()
    .default(true)
    .describe(
      'Whether the rollback hooks of the revision gone back to run. They do what they did then, so `false` skips them.',
    ),
  'cleanup-on-fail': z
    .boolean()
    .default(false)
    .describe('Delete objects that a failed rollback has created.'),
  'force-conflicts': z
    .boolean()
    .default(false)
    .describe(
      'Helm 4: take over fields that somebody else (kubectl, an operator) has changed on the live objects.',
    ),
  'force-replace': z
    .boolean()
    .default(false)
    .describe(
      'Replace objects instead of merging, which also removes what a failed revision has left behind in them.',
    ),
  timeout: duration
    .optional()
    .describe("Helm's own limit for each of its waits (pods ready, each hook). Default: 5m."),
});

export type HelmReleaseSettings = z.infer<typeof schema>;

export const helmRelease: ComponentKind<HelmReleaseSettings> = {
  name: 'helm-release',
  summary: 'A Helm release (Helm 3 or 4) that goes back to one of its revisions.',
  schema,
  timeoutMs: 2 * defaultTimeoutMs,

  requires(settings) {
    return requirements(settings);
  },

  async read(context, settings) {
    const release = await releaseOf(context, settings);
    const newest = newestRevision(release);
    const sightings = await sightRevision(context.cluster, release, newest, context.signal);
    return readingOf(release, newest, judgeSightings(sightings));
  },

  async history(context, settings) {
    const { revisions } = await releaseOf(context, settings);
    return revisions.map((revision) => candidateOf(revision, revisions));
  },

  tellsWhatWasLive: () => true,

  async goTo(context, settings, change): Promise<Prepared> {
    const release = await releaseOf(context, settings);
    return await prepareRollback({
      context,
      release,
      newest: newestRevision(release),
      change,
      options: {
        hooks: settings.hooks,
        cleanupOnFail: settings['cleanup-on-fail'],
        forceConflicts: settings['force-conflicts'],
        forceReplace: settings['force-replace'],
        historyMax: settings['history-max'],
        timeoutMs: settings.timeout ?? defaultTimeoutMs,
      },
    });
  },

  async capture(context, settings) {
    const release = await releaseOf(context, settings);
    return await captureRelease(context, release, newestRevision(release));
  },

  async probe(context, settings, change) {
    const release = await releaseOf(context, settings);
    const newest = newestRevision(release);
    const options = { hooks: settings.hooks, timeoutMs: settings.timeout ?? defaultTimeoutMs };
    return probeRelease({
      release,
      newest,
      change,
      nowMs: context.clock.now().getTime(),
      longestRunMs: longestRunMs({ options, target: newest }),
    });
  },

  async verify(context, settings, change): Promise<Verification> {
    const release = await releaseOf(context, settings);
    const newest = newestRevision(release);
    const recorded = verifyRecord(newest, change);
    if (recorded !== undefined) return recorded;
    const { state, evidence } = judgeSightings(
      await sightRevision(context.cluster, release, newest, context.signal),
    );
    const told = `revision ${newest.revision} has the content of ${change.to.label}; ${evidence}`;
    return state === 'healthy' ? { state: 'verified', evidence: told } : { state, evidence };
  },
};

export type ProbeRequest = {
  readonly release: HelmRelease;
  readonly newest: HelmRevision;
  readonly change: PinnedChange;
  readonly nowMs: number;
  /** How long a rollback of ours can be at work; a pending one that is older has been abandoned. */
  readonly longestRunMs: number;
};

/** After a crash: what Helm's records tell about a rollback that was meant to happen. Pure. */
export function probeRelease({ release, newest, change, nowMs, longestRunMs: longest }: ProbeRequest): Probe {
  const here = `revision ${newest.revision} (${newest.status})`;
  const sameContent = contentDigest(newest) === change.to.digest;
  const busy = busyWith(newest);
  if (busy !== undefined) {
    const own = newest.status === 'pending-rollback' && sameContent;
    if (own && newest.at !== undefined && nowMs - Date.parse(newest.at) > longest) {
      return { state: 'not-done', evidence: `${busy}: longer than it can take, so it was abandoned` };
    }
    // Helm runs hooks before it applies anything, and a failed one leaves the release pending: they must not run again.
    return { state: 'unknown', evidence: `${busy}; it may still be at work`, final: true };
  }
  if (sameContent && newest.status === 'deployed') {
    return { state: 'done', evidence: `${here} has the content of ${change.to.label}` };
  }
  if (String(newest.revision) === change.from.id) {
    return { state: 'not-done', evidence: `${here} is what it was when the incident started` };
  }
  const { standing, because } = standingOf(newest, release.revisions);
  if (standing === 'failed' && (sameContent || newest.description.startsWith('Rollback '))) {
    return { state: 'not-done', evidence: `${here} tried and did not get there: ${because}`, final: true };
  }
  return {
    state: 'unknown',
    evidence: `${here} is neither ${change.from.label} nor ${change.to.label}: somebody else has been here (${because})`,
  };
}

/** What Helm's records rule out before any live object is looked at. Pure. */
export function verifyRecord(newest: HelmRevision, change: PinnedChange): Verification | undefined {
  const busy = busyWith(newest);
  if (busy !== undefined) return { state: 'progressing', evidence: busy };
  if (contentDigest(newest) !== change.to.digest) {
    const what = String(newest.revision) === change.from.id ? 'still' : 'now';
    return {
      state: 'failed',
      evidence: `${what} at revision ${newest.revision}, which is not the content of ${change.to.label}`,
    };
  }
  if (newest.status === 'deployed') return undefined;
  return {
    state: 'failed',
    evidence: `revision ${newest.revision} is ${newest.status}: ${failureOf(newest) ?? 'no reason recorded'}`,
  };
}

async function releaseOf(context: KindContext, settings: HelmReleaseSettings): Promise<HelmRelease> {
  const namespace = settings.namespace ?? context.cluster.namespace;
  return await fetchRelease(context.cluster, settings.release, namespace, context.signal);
}

const imageByDigest = /^\s*(?:- )?image: *["']?([^\s"'@]+@sha256:[0-9a-f]{64})["']?\s*$/gm;

function readingOf(release: HelmRelease, newest: HelmRevision, found: ReleaseHealth): Reading {
  const busy = busyWith(newest);
  const failure = failureOf(newest) ?? (newest.status === 'failed' ? 'failed' : undefined);
  const origin = newest.status === 'deployed' ? rolledBackTo(newest, release.revisions) : undefined;
  const facts: JsonObject = {
    release: release.name,
    namespace: release.namespace,
    status: newest.status,
    chart: newest.chart,
    applyMethod: newest.applyMethod,
    images: [...newest.manifest.matchAll(imageByDigest)].map(([, image = '']) => image),
  };
  return {
    version: versionOf(newest),
    health: healthOf(found),
    detail: found.evidence,
    ...(origin === undefined ? {} : { rolledBackTo: origin }),
    ...(busy === undefined ? {} : { busy }),
    ...(failure === undefined
      ? {}
      : {
          partial: `revision ${newest.revision} ${failure}; what runs may be a mixture of it and the one before`,
        }),
    facts,
  };
}

function healthOf({ state }: ReleaseHealth): Health {
  return state === 'failed' ? 'unhealthy' : state;
}

function requirements(settings: HelmReleaseSettings): readonly Requirement[] {
  const namespace = settings.namespace === undefined ? {} : { namespace: settings.namespace };
  const permission = (verb: string, group: string, resource: string): Requirement => ({
    type: 'permission',
    verb,
    group,
    resource,
    ...namespace,
  });
  return [
    {
      type: 'tool',
      name: 'helm',
      versionArgs: ['version', '--template', '{{.Version}}'],
      range: '>=3.14.0',
      install: 'Helm 3.14 or newer (on GitHub: azure/setup-helm)',
    },
    {
      type: 'tool',
      name: 'kubectl',
      versionArgs: ['version', '--client'],
      install: 'kubectl (on GitHub: azure/setup-kubectl)',
    },
    // Helm writes its records as Secrets; the workloads' own rights are proven by the dry run of each object.
    permission('get', '', 'secrets'),
    permission('list', '', 'secrets'),
    permission('create', '', 'secrets'),
    permission('update', '', 'secrets'),
    permission('list', '', 'pods'),
    permission('list', 'apps', 'replicasets'),
  ];
}
