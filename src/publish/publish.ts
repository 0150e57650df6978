// Puts the incident record on the forge: as a commit, or on a branch of its own with a pull request. Returns how it went
// as a value and never throws: the verdict is not its business.

import { messageOf } from '../errors.ts';
import type { Fault } from '../events.ts';
import type { Forge } from '../ports/forge.ts';
import type { Clock } from '../ports.ts';
import type { Report } from '../report/model.ts';
import { newsOf } from '../report/rechecks.ts';
import { shorten } from '../report/wording.ts';
import { neutralText } from '../values/markdown.ts';
import { whyNotRelative } from '../values/paths.ts';
import type { Place } from './faults.ts';
import { failed } from './faults.ts';
import { type Known, Patience } from './patience.ts';
import { type Proposed, proposeRecord } from './pull-request.ts';
import { branchFor } from './pull-request-state.ts';
import { outcomeText, wordOf } from './pull-request-text.ts';
import { type RecordFile, readRecord, writeRecord } from './record-file.ts';

export type PublishRequest = {
  readonly forge: Forge;
  readonly report: Report;
  /** The record as rendered; redacted once more here, because from here it leaves. */
  readonly markdown: string;
  readonly records: {
    readonly incidents: string;
    readonly drills: string;
    readonly branch?: string | undefined;
  };
  readonly as: 'commit' | 'pull-request';
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For jitter, from 0 up to 1. */
  readonly random?: () => number;
};

export type Published =
  | ({
      readonly ok: true;
      readonly path: string;
    } & Proposed)
  | { readonly ok: false; readonly path: string; readonly fault: Fault };

/**
 * Whether a run is worth a record: something was changed, or was to be and went wrong; every drill that began; and a
 * bad deploy that is still out. `if-there`: a press that found nothing to do joins the record of its incident, but
 * begins none.
 */
export function deservesRecord(report: Report): 'yes' | 'if-there' | 'no' {
  const { identity, verdict, watch } = report;
  if (identity.dryRun) return 'no';
  if (report.changedAnything || report.earlier.some((run) => run.changedAnything)) return 'yes';
  const { outcome } = verdict;
  switch (identity.mode) {
    case 'drill':
      return outcome === 'refused' ? 'no' : 'yes';
    case 'rollback':
      if (['halted', 'failed', 'inconclusive', 'interrupted'].includes(outcome)) return 'yes';
      return outcome === 'already-there' || outcome === 'refused' ? 'if-there' : 'no';
    case 'alert': {
      // Something called, and nothing came of it.
      const foreign = ['alert-invalid', 'alert-unknown'].includes(verdict.fault?.code ?? '');
      return outcome === 'already-there' || outcome === 'verified' || foreign ? 'no' : 'yes';
    }
    case 'verify':
      return watch?.result?.state === 'bad' ? 'yes' : 'no';
    case 'heartbeat':
      return newsOf(report).length > 0 ? 'yes' : 'no';
    // A run that left no journal: what it was to do is not known, only that it should have told.
    case 'report':
      return 'yes';
    default:
      return 'no';
  }
}

/** Path of the record in the repository. */
export function recordPath(report: Report, records: PublishRequest['records']): string {
  const folder = wordOf(report) === 'drill' ? records.drills : records.incidents;
  return pathIn(folder, report.identity.incident);
}

/** Path of a record by its id. */
export function pathIn(folder: string, id: string): string {
  return `${folder.replace(/\/+$/, '')}/${id}.md`.replace(/^\.?\/+/, '');
}

export async function publishRecord(request: PublishRequest): Promise<Published> {
  const published = await bring(request, 'begin');
  if (published === undefined) throw new Error('a record that is begun is somewhere');
  return published;
}

/** Only joins a record that is there; `undefined` when there is none, and then none is begun. */
export async function joinRecord(request: PublishRequest): Promise<Published | undefined> {
  return await bring(request, 'join');
}

async function bring(request: PublishRequest, how: 'begin' | 'join'): Promise<Published | undefined> {
  const { forge, report, records, redact } = request;
  const path = recordPath(report, records);
  const unknownBranch = {
    repository: forge.repository,
    branch: records.branch ?? 'the default branch',
    path,
  };
  const published = await attempt(request, unknownBranch, how).catch(
    (thrown: unknown): Known<Proposed | undefined> => ({
      ok: false,
      fault: failed(unknownBranch, messageOf(thrown)),
    }),
  );
  const clean = ({ code, message, hint }: Fault): Fault => ({
    code,
    message: redact(message),
    hint: redact(hint),
  });
  if (!published.ok) return { ok: false, path, fault: clean(published.fault) };
  if (published.value === undefined) return undefined;
  const { fault, ...proposed } = published.value;
  return { ok: true, path, ...proposed, fault: fault === undefined ? undefined : clean(fault) };
}

async function attempt(
  request: PublishRequest,
  unknownBranch: Place,
  how: 'begin' | 'join',
): Promise<Known<Proposed | undefined>> {
  const { forge, report, records, redact } = request;
  const unusable = whyNotRelative(unknownBranch.path) ?? whyNotAnId(report.identity.incident);
  if (unusable !== undefined) return { ok: false, fault: failed(unknownBranch, unusable) };
  const patience = new Patience(request);
  const branch =
    records.branch === undefined
      ? await patience.read(unknownBranch, (limits) => forge.defaultBranch(limits))
      : { ok: true as const, value: records.branch };
  if (!branch.ok) return branch;
  const place = { ...unknownBranch, branch: branch.value };
  // A branch of one's own for records is made on first use, from the default branch.
  const beginFrom = records.branch === undefined ? undefined : forge.defaultBranch;
  const job = {
    forge,
    report,
    redact,
    patience,
    ours: redact(request.markdown),
    message: redact(commitMessage(report)),
    beginBaseFrom: beginFrom,
  };
  if (how === 'join') {
    const there = await isThere(job, place);
    if (!there.ok) return there;
    if (!there.value) return { ok: true, value: undefined };
  }
  if (request.as === 'pull-request') return await proposeRecord(job, place);
  const written = await writeRecord(job, place, beginFrom);
  if (written.ok) {
    const { merge: _merge, ...file } = written.value;
    return { ok: true, value: { ...file, branch: place.branch } };
  }
  if (written.fault.code !== 'publish-protected') return written;
  return instead(written.fault, await proposeRecord(job, place));
}

/** On the branch of its pull request, or where it is merged into. */
async function isThere(job: RecordFile & { readonly report: Report }, base: Place): Promise<Known<boolean>> {
  for (const branch of [branchFor(job.report.identity.incident), base.branch]) {
    const read = await readRecord(job, { ...base, branch });
    if (!read.ok) return read;
    if (read.value.id !== undefined) return { ok: true, value: true };
  }
  return { ok: true, value: false };
}

/** A commit was wanted, the branch is protected, and so it became a pull request: why is said with the result. */
function instead(why: Fault, proposed: Known<Proposed>): Known<Proposed> {
  if (!proposed.ok) {
    const message = `${why.message}; and it could not become a pull request: ${proposed.fault.message}`;
    return { ok: false, fault: { code: why.code, message, hint: `${why.hint} ${proposed.fault.hint}` } };
  }
  const { fault } = proposed.value;
  const told: Fault =
    fault === undefined
      ? {
          code: why.code,
          message: `${why.message}, so the record is in a pull request instead of a commit`,
          hint: 'Merge it. `records: { publish: pull-request }` in the plan asks for that from the start.',
        }
      : { ...fault, message: `${why.message}; ${fault.message}` };
  return { ok: true, value: { ...proposed.value, fault: told } };
}

/** The id becomes a file name, so it is held to what every file system and URL takes. */
function whyNotAnId(incident: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(incident)
    ? undefined
    : 'an incident id has letters, digits, dots, underscores and dashes';
}

/** `incident: INC-7 rolled-back checkout to api 7`, with why and where it ran below. Pings nobody and closes nothing. */
function commitMessage(report: Report): string {
  const { identity } = report;
  const subject = `${wordOf(report)}: ${identity.incident} ${outcomeText(report)}`;
  const lines = [
    shorten(neutralText(subject), 120),
    '',
    ...(identity.reason.trim() === '' ? [] : [shorten(neutralText(identity.reason), 500), '']),
    identity.run === undefined ? `Rollback Plan ${identity.tool}` : `Run: ${identity.run.url}`,
  ];
  return lines.join('\n');
}
