// The record on a branch of its own, and one pull request for it. Once the record is on the branch it is published,
// whatever becomes of the pull request.

import type { Fault } from '../events.ts';
import type { PullRequest } from '../ports/forge.ts';
import type { Report } from '../report/model.ts';
import type { Place } from './faults.ts';
import { branchInTheWay, failed, judgeFault, othersBranch } from './faults.ts';
import type { Known } from './patience.ts';
import { type Found, findPullRequest, type Settled, settlePullRequest } from './pull-request-settle.ts';
import { branchFor, branchStep, isOurBranch } from './pull-request-state.ts';
import { bareText, pullRequestText } from './pull-request-text.ts';
import type { BeginFrom, RecordFile, WrittenRecord } from './record-file.ts';
import { makeBranch, readRecord, writeRecord } from './record-file.ts';

export type PullRequestJob = RecordFile & {
  readonly report: Report;
  readonly redact: (text: string) => string;
  /** Names what a base branch that is missing is made from; `undefined` when it may not be made. */
  readonly beginBaseFrom: BeginFrom;
};

/** Where the record is, and what there is to say about its pull request. */
export type Proposed = Omit<WrittenRecord, 'merge'> & Settled & { readonly branch: string };

/** @param base where the record is to be merged into */
export async function proposeRecord(job: PullRequestJob, base: Place): Promise<Known<Proposed>> {
  const { report, redact } = job;
  const place = { ...base, branch: branchFor(report.identity.incident) };
  const found = await findPullRequest(job, { base, place, state: 'all' });
  if (found.type === 'failed') return { ok: false, fault: failed(place, found.reason) };
  const prepared = await prepareBranch(job, base, place, found);
  if (!prepared.ok) return prepared;
  if (prepared.value !== undefined) return { ok: true, value: prepared.value };
  const written = await writeRecord(job, place, async () => ({ ok: true, value: base.branch }));
  if (!written.ok) return written;
  const { merge, ...file } = written.value;
  const told = merge.tells === 'ours' ? pullRequestText : bareText;
  const { title, body } = told(report, merge.text, place.path);
  const settled = await settlePullRequest(job, {
    base,
    place,
    found,
    commit: file.commit,
    text: { title: redact(title), body: redact(body) },
    // Of the run that is told of, who knew more about it wrote the text that is there.
    mayUpdate: merge.tells === 'ours',
  });
  return { ok: true, value: { ...file, branch: place.branch, ...settled } };
}

/** Makes the branch, or begins it again when all of it was merged. Gives where the record is when the base has it already. */
async function prepareBranch(
  job: PullRequestJob,
  base: Place,
  place: Place,
  found: Found,
): Promise<Known<Proposed | undefined>> {
  const { forge, patience } = job;
  const request = found.type === 'known' ? found.request : undefined;
  for (;;) {
    const head = await patience.read(place, (limits) => forge.branchHead(place.branch, limits));
    if (!head.ok) return head;
    const step = branchStep(request, head.value);
    if (step === 'go-on') {
      const fault = await whyNotThisBranch(job, base, place, request);
      return fault === undefined ? { ok: true, value: undefined } : { ok: false, fault };
    }
    const merged = await readRecord(job, base);
    if (!merged.ok) return merged;
    if (merged.value.merge.type === 'same') {
      const { url } = merged.value;
      const there = { url, commit: undefined, changed: false, branch: base.branch };
      return { ok: true, value: { ...there, pullRequest: request?.url } };
    }
    const from = await patience.read(base, (limits) => forge.branchHead(base.branch, limits));
    if (!from.ok) return from;
    if (from.value === undefined) {
      if (job.beginBaseFrom === undefined) return { ok: true, value: undefined };
      const fault = await makeBranch(job, base, job.beginBaseFrom);
      if (fault !== undefined) return { ok: false, fault };
      continue;
    }
    const wish = { branch: place.branch, commit: from.value };
    const made =
      step === 'create' || head.value === undefined
        ? await forge.createBranch(wish, patience.limits())
        : await forge.restartBranch(
            {
              branch: place.branch,
              from: head.value,
              to: from.value,
              message: `${place.path}: begin again from ${base.branch}`,
            },
            patience.limits(),
          );
    if (made.ok) return { ok: true, value: undefined };
    const [folder = ''] = place.branch.split('/');
    const blocking = step === 'create' ? await forge.branchHead(folder, patience.limits()) : undefined;
    if (blocking?.ok === true && blocking.value !== undefined)
      return { ok: false, fault: branchInTheWay(place, folder) };
    const judged = judgeFault(made.fault, place, true);
    // A branch that can't begin again is gone on with: its pull request may then show more than is new.
    if (step === 'restart' && judged.type !== 'again') return { ok: true, value: undefined };
    const fault = await patience.after(made.fault, place, true);
    if (fault !== undefined) return { ok: false, fault };
  }
}

/** Anybody may have made a branch of that name: what is on it would be merged with the record. */
async function whyNotThisBranch(
  { forge, patience }: PullRequestJob,
  base: Place,
  place: Place,
  request: PullRequest | undefined,
): Promise<Fault | undefined> {
  if (isOurBranch(request, undefined, place.path)) return undefined;
  const between = { base: base.branch, head: place.branch };
  const changed = await patience.read(place, (limits) => forge.changedFiles(between, limits));
  if (!changed.ok) return changed.fault;
  return isOurBranch(request, changed.value, place.path)
    ? undefined
    : othersBranch(place, base.branch, changed.value);
}
