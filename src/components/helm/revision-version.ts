// What a Helm revision is called and what it is, in the words of the plan: id, label, digest, time.

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../values/json.ts';
import type { Candidate, Version } from '../../values/version.ts';
import { parseManifest } from './manifest.ts';
import type { HelmRevision, StoredRevision } from './release-record.ts';
import { rolledBackTo, standingOf } from './revision-standing.ts';

/** A readable revision as a version. */
export function versionOf(revision: HelmRevision): Version {
  const app = revision.appVersion === undefined ? '' : `, app ${revision.appVersion}`;
  return {
    id: String(revision.revision),
    label: `revision ${revision.revision} (${revision.chart}${app})`,
    digest: contentDigest(revision),
    ...(revision.at === undefined ? {} : { at: revision.at }),
  };
}

/** Any stored revision as a place to go back to, with its standing. */
export function candidateOf(revision: StoredRevision, all: readonly StoredRevision[]): Candidate {
  const standing = standingOf(revision, all);
  if (!revision.readable) {
    return {
      id: String(revision.revision),
      label: `revision ${revision.revision} (unreadable)`,
      // No content, no identity: the number keeps two damaged revisions apart.
      digest: digestOf(`unreadable ${revision.revision}`),
      ...standing,
    };
  }
  const origin = rolledBackTo(revision, all);
  return { ...versionOf(revision), ...standing, ...(origin === undefined ? {} : { rolledBackTo: origin }) };
}

/**
 * Identity of what a revision puts into the cluster: its objects and its hooks. Comments, key order and the order of
 * documents don't count, everything else does. A revision and a rollback to it have equal digests.
 */
export function contentDigest(revision: Pick<HelmRevision, 'manifest' | 'hooks'>): string {
  const hooks = revision.hooks.map(
    (hook) => `${[...hook.events].sort().join()} ${hook.weight} ${documentsOf(hook.manifest).join('\n')}`,
  );
  return digestOf(['manifest', ...documentsOf(revision.manifest), 'hooks', ...hooks.sort()].join('\n'));
}

function documentsOf(manifest: string): readonly string[] {
  try {
    return parseManifest(manifest)
      .map((object) => canonicalJson(object.body))
      .sort();
  } catch {
    // Text that is no YAML still has an identity: itself.
    return [manifest];
  }
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
