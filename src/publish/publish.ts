// Puts the incident record on the forge: as a commit, or on a branch of its own with a pull request. Returns how it went
// as a value and never throws: the verdict is not its business.

import { messageOf } from '../errors.ts';
import type { Fault } from '../events.ts';
import type { Clock, Forge } from '../ports.ts';
import type { Report } from '../report/model.ts';
import { isLost } from '../report/run-kind.ts';
import { shorten } from '../report/wording.ts';
import { neutralText } from '../values/markdown.ts';
import { whyNotRelative } from '../values/paths.ts';
import type { Place } from './faults.ts';
import { failed } from './faults.ts';
import { type Known, Patience } from './patience.ts';
import { type Proposed, proposeRecord } from './pull-request.ts';
import { outcomeText, wordOf } from './pull-request-text.ts';
import { writeRecord } from './record-file.ts';

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

/** Whether a run is worth a record: something was changed, or was to be and went wrong half-way; and every drill that began. */
export function deservesRecord(report: Report): boolean {
  const { identity, verdict } = report;
  if (identity.dryRun) return false;
  if (report.changedAnything || report.earlier.some((run) => run.changedAnything)) return true;
  if (identity.mode === 'drill') return verdict.outcome !== 'refused';
  // A bad deploy that could not be rolled back is an incident, and so is a run that nobody can tell anything about.
  if (report.watch?.result?.state === 'bad' || isLost(report)) return true;
  return (
    identity.mode === 'rollback' &&
    ['halted', 'failed', 'inconclusive', 'interrupted'].includes(verdict.outcome)
  );
}

/** Path of the record in the repository. */
export function recordPath(report: Report, records: PublishRequest['records']): string {
  const folder = wordOf(report) === 'drill' ? records.drills : records.incidents;
  return `${folder.replace(/\/+$/, '')}/${report.identity.incident}.md`.replace(/^\.?\/+/, '');
}

export async function publishRecord(request: PublishRequest): Promise<Published> {
  const { forge, report, records, redact } = request;
  const path = recordPath(report, records);
  const unknownBranch = {
    repository: forge.repository,
    branch: records.branch ?? 'the default branch',
    path,
  };
  const published = await attempt(request, unknownBranch).catch(
    (thrown: unknown): Known<Proposed> => ({ ok: false, fault: failed(unknownBranch, messageOf(thrown)) }),
  );
  const clean = ({ code, message, hint }: Fault): Fault => ({
    code,
    message: redact(message),
    hint: redact(hint),
  });
  if (!published.ok) return { ok: false, path, fault: clean(published.fault) };
  const { fault, ...proposed } = published.value;
  return { ok: true, path, ...proposed, fault: fault === undefined ? undefined : clean(fault) };
}

async function attempt(request: PublishRequest, unknownBranch: Place): Promise<Known<Proposed>> {
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
  if (request.as === 'pull-request') return await proposeRecord(job, place);
  const written = await writeRecord(job, place, beginFrom);
  if (written.ok) {
    const { merge: _merge, ...file } = written.value;
    return { ok: true, value: { ...file, branch: place.branch } };
  }
  if (written.fault.code !== 'publish-protected') return written;
  return instead(written.fault, await proposeRecord(job, place));
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
