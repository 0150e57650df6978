// Whether a revision was ever put out successfully. Helm's status alone does not tell: a failed apply re-marks the
// revision before it `superseded`, two operations at once leave two `deployed`, so the description has its say as well.

import { createRedactor } from '../../values/redaction.ts';
import type { Candidate } from '../../values/version.ts';
import { parseManifest } from './manifest.ts';
import { type HelmRevision, type StoredRevision, secretValuesOf } from './release-record.ts';

export type Standing = Pick<Candidate, 'standing' | 'because'>;

const failurePattern = /^(?:Upgrade|Rollback|Release) ".*" failed: ([\s\S]*)$/;
const renderFailurePattern = /^failed to render resource: ([\s\S]*)$/;
const unfinishedDescriptions: readonly string[] = ['Initial install underway', 'Preparing upgrade'];
const rollbackPattern = /^Rollback to (\d+)$/;
const longestReason = 160;

/** The standing of one revision among all of them (newest first). */
export function standingOf(revision: StoredRevision, all: readonly StoredRevision[]): Standing {
  if (!revision.readable) return { standing: 'gone', because: `can't be read: ${revision.problem}` };
  const { status } = revision;
  const failure = failureOf(revision);
  if (failure !== undefined) return { standing: 'failed', because: failure };
  if (status.startsWith('pending-')) return { standing: 'pending', because: status };
  if (status === 'failed') return { standing: 'failed', because: 'failed' };
  if (status === 'deployed') return standingOfDeployed(revision, all);
  if (status === 'superseded') return standingOfSuperseded(revision, all);
  if (status === 'uninstalled' || status === 'uninstalling') return { standing: 'gone', because: status };
  return { standing: 'failed', because: `status ${status}` };
}

/** The revision whose content this one put back, followed to the first one that was no rollback itself. */
export function rolledBackTo(revision: HelmRevision, all: readonly StoredRevision[]): string | undefined {
  let origin = rollbackTarget(revision);
  for (let hops = 0; origin !== undefined && hops < all.length; hops++) {
    const source = all.find((each) => each.revision === origin);
    const further = source?.readable === true ? rollbackTarget(source) : undefined;
    if (further === undefined) break;
    origin = further;
  }
  return origin === undefined ? undefined : String(origin);
}

/** One line on an operation in flight, `undefined` when there is none. */
export function busyWith(newest: HelmRevision): string | undefined {
  if (!newest.status.startsWith('pending-')) return undefined;
  const since = newest.at === undefined ? '' : ` since ${newest.at}`;
  return `helm ${newest.status.slice('pending-'.length)} of revision ${newest.revision} is ${newest.status}${since}`;
}

/** Why a revision failed, in one short line without any secret; `undefined` when nothing says that it failed. */
export function failureOf(revision: HelmRevision): string | undefined {
  const told = failurePattern.exec(revision.description) ?? renderFailurePattern.exec(revision.description);
  if (told !== null) {
    const operation = revision.description.split(' ', 1)[0]?.toLowerCase() ?? '';
    const prefix = operation === 'release' || operation === 'failed' ? 'failed' : `${operation} failed`;
    return `${prefix}: ${shortReason(told[1] ?? '', revision)}`;
  }
  // `helm test` marks its hooks, too, at any later time.
  const hook = revision.hooks.find((each) => each.failed && each.events.some((event) => event !== 'test'));
  // A hook may fail and be repeated by hand, so the mark alone does not outweigh a revision that Helm calls deployed.
  return hook !== undefined && revision.status !== 'deployed'
    ? `hook ${hook.kind}/${hook.name} failed`
    : undefined;
}

function standingOfDeployed(revision: HelmRevision, all: readonly StoredRevision[]): Standing {
  const later = all.find(
    (each) => each.readable && each.revision > revision.revision && each.status === 'deployed',
  );
  if (later === undefined) return { standing: 'deployed', because: 'deployed' };
  return {
    standing: 'failed',
    because: `never settled: it overlapped with the operation that made revision ${later.revision}`,
  };
}

function standingOfSuperseded(revision: HelmRevision, all: readonly StoredRevision[]): Standing {
  if (unfinishedDescriptions.includes(revision.description)) {
    return { standing: 'failed', because: 'never finished' };
  }
  if (revision.description === 'superseded by new release') {
    return { standing: 'failed', because: 'uninstalled, then replaced; whether it worked is not recorded' };
  }
  // `Rollback to N` is written before the rollback starts, so on a superseded revision it doesn't prove that it ended well.
  const source = all.find((each) => each.revision === rollbackTarget(revision));
  const inherited = source === undefined ? undefined : standingOf(source, all);
  if (inherited?.standing === 'failed' || inherited?.standing === 'pending') {
    return { standing: 'failed', because: `rollback to revision ${source?.revision}, which never worked` };
  }
  return { standing: 'deployed', because: 'superseded' };
}

function rollbackTarget(revision: HelmRevision): number | undefined {
  const match = rollbackPattern.exec(revision.description);
  const target = Number(match?.[1]);
  // A revision only ever goes back to an earlier one; anything else is somebody's free text.
  return match !== null && target < revision.revision ? target : undefined;
}

/** Helm puts whole objects into its messages, Secrets included: cut before the first brace, and redact what is left. */
function shortReason(text: string, revision: HelmRevision): string {
  const sentence = text.split(/["'\s]*\{/, 1)[0] ?? '';
  const line = sentence.replace(/\s+/g, ' ').trim();
  const safe = createRedactor(secretsIn(revision))(line);
  return safe.length <= longestReason ? safe : `${safe.slice(0, longestReason - 1)}…`;
}

function secretsIn(revision: HelmRevision): readonly string[] {
  try {
    return secretValuesOf(parseManifest(revision.manifest));
  } catch {
    return [];
  }
}
