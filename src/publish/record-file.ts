// The record as one file on one branch: read what is there, merge, write, and when that fails find out by reading
// whether it happened after all.

import type { Fault } from '../events.ts';
import type { Forge, ForgeAnswer, ForgeFault, ForgeLimits } from '../ports/forge.ts';
import type { Place } from './faults.ts';
import { failed, judgeFault, notAllowed, notOurs } from './faults.ts';
import { type Merge, mergeRecord } from './merge-record.ts';
import type { Known, Patience } from './patience.ts';

export type RecordFile = {
  readonly forge: Forge;
  /** The record of this run, redacted. */
  readonly ours: string;
  /** Of the commit, redacted. */
  readonly message: string;
  readonly patience: Patience;
};

/** What there is to write to a place, and what is there. */
export type ReadRecord = {
  readonly merge: Exclude<Merge, { readonly type: 'not-ours' }>;
  readonly id: string | undefined;
  readonly url: string | undefined;
};

export type WrittenRecord = {
  readonly url: string | undefined;
  readonly commit: string | undefined;
  /** `false`: the record was there already, word for word, and no commit was made. */
  readonly changed: boolean;
  readonly merge: ReadRecord['merge'];
};

export async function readRecord(job: RecordFile, place: Place): Promise<Known<ReadRecord>> {
  const read = await job.patience.read(place, (limits) => job.forge.readFile(place, limits));
  if (!read.ok) return read;
  const file = read.value;
  if (file !== undefined && file.text === undefined)
    return { ok: false, fault: notOurs(place, 'is not a text we can read') };
  const merge = mergeRecord(file?.text, job.ours);
  if (merge.type === 'not-ours') return { ok: false, fault: notOurs(place, merge.why) };
  return { ok: true, value: { merge, id: file?.id, url: file?.url } };
}

/** Names the branch that a missing one is made from; `undefined` when it may not be made. */
export type BeginFrom = ((limits: ForgeLimits) => Promise<ForgeAnswer<string>>) | undefined;

export async function writeRecord(
  job: RecordFile,
  place: Place,
  beginFrom: BeginFrom,
): Promise<Known<WrittenRecord>> {
  const { forge, message, patience } = job;
  let tried = false;
  for (;;) {
    const read = await readRecord(job, place);
    if (!read.ok) return read;
    const { merge, id, url } = read.value;
    if (merge.type === 'same') return { ok: true, value: { url, commit: undefined, changed: tried, merge } };
    tried = true;
    const wish = { ...place, text: merge.text, message, replaces: id };
    const written = await forge.writeFile(wish, patience.limits());
    if (written.ok) return { ok: true, value: { ...written.value, changed: true, merge } };
    const fault = await patience.after(written.fault, place, true, () => remake(job, place, beginFrom));
    if (fault !== undefined) return { ok: false, fault };
  }
}

/** After "not found": the branch is made, unless it is there and the answer meant the rights. */
async function remake(job: RecordFile, place: Place, beginFrom: BeginFrom): Promise<Fault | undefined> {
  const there = await job.forge.branchHead(place.branch, job.patience.limits());
  if (there.ok && there.value !== undefined)
    return notAllowed(place, 404, '404 not found, although the branch is there');
  if (beginFrom === undefined) return notAllowed(place, 404, `404 no branch ${place.branch}`);
  return await makeBranch(job, place, beginFrom);
}

/** Makes the place's branch from where another one is. That somebody else made it in this moment is as good. */
export async function makeBranch(
  { forge, patience }: RecordFile,
  place: Place,
  beginFrom: NonNullable<BeginFrom>,
): Promise<Fault | undefined> {
  const from = await beginFrom(patience.limits());
  if (!from.ok) return faultOf(from, place);
  const head = await forge.branchHead(from.value, patience.limits());
  if (!head.ok) return faultOf(head, place);
  if (head.value === undefined) return failed(place, `branch ${from.value} has no commit to begin from`);
  const made = await forge.createBranch({ branch: place.branch, commit: head.value }, patience.limits());
  return made.ok || /already exists/i.test(made.fault.message) ? undefined : faultOf(made, place);
}

function faultOf(answer: { readonly ok: false; readonly fault: ForgeFault }, place: Place): Fault {
  const judged = judgeFault(answer.fault, place, false);
  return judged.type === 'stop' ? judged.fault : failed(place, answer.fault.message);
}
