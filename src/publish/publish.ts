// Puts the incident record on the forge: read what is there, merge, write, and when that fails find out by reading
// whether it happened after all. Returns how it went as a value and never throws: the verdict is not its business.

import type { Fault } from '../events.ts';
import type { Clock, Forge, ForgeFault, ForgeLimits } from '../ports.ts';
import type { Report } from '../report/model.ts';
import { destinationText, shorten } from '../report/wording.ts';
import { neutralText } from '../values/markdown.ts';
import { whyNotRelative } from '../values/paths.ts';
import type { Place } from './faults.ts';
import { failed, judgeFault, lostRaces, notAllowed, notOurs } from './faults.ts';
import { mergeRecord } from './merge-record.ts';

export type PublishRequest = {
  readonly forge: Forge;
  readonly report: Report;
  /** The record as rendered; redacted once more here, because from here it leaves. */
  readonly markdown: string;
  readonly records: { readonly incidents: string; readonly branch?: string | undefined };
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For jitter, from 0 up to 1. */
  readonly random?: () => number;
};

export type Published =
  | {
      readonly ok: true;
      readonly path: string;
      readonly branch: string;
      readonly url: string | undefined;
      readonly commit: string | undefined;
      /** `false`: the record was there already, word for word, and no commit was made. */
      readonly changed: boolean;
    }
  | { readonly ok: false; readonly path: string; readonly fault: Fault };

/** Longest time publishing may take in all, ms. Nobody waits for a record. */
const patienceMs = 20_000;
const exchangeMs = 8_000;

/** Whether a run is worth an incident record: something was changed, or was to be and went wrong half-way. */
export function deservesRecord(report: Report): boolean {
  if (report.identity.dryRun) return false;
  if (report.changedAnything || report.earlier.some((run) => run.changedAnything)) return true;
  const { outcome } = report.verdict;
  return (
    report.identity.mode === 'rollback' &&
    ['halted', 'failed', 'inconclusive', 'interrupted'].includes(outcome)
  );
}

export async function publishRecord(request: PublishRequest): Promise<Published> {
  const { forge, report, records, redact } = request;
  const path = `${records.incidents.replace(/\/+$/, '')}/${report.identity.incident}.md`.replace(
    /^\.?\/+/,
    '',
  );
  const unknownBranch = {
    repository: forge.repository,
    branch: records.branch ?? 'the default branch',
    path,
  };
  const published = await attempt(request, unknownBranch).catch(
    (thrown: unknown): Published => ({ ok: false, path, fault: failed(unknownBranch, String(thrown)) }),
  );
  if (published.ok) return published;
  const { code, message, hint } = published.fault;
  return { ok: false, path, fault: { code, message: redact(message), hint: redact(hint) } };
}

async function attempt(request: PublishRequest, place: Place): Promise<Published> {
  const unusable = whyNotRelative(place.path) ?? whyNotAnId(request.report.identity.incident);
  if (unusable !== undefined) return refuse(place, failed(place, unusable));
  const patience = new Patience(request);
  const branch = await branchOf(request, place, patience);
  return typeof branch === 'string' ? await write(request, { ...place, branch }, patience) : branch;
}

/** The id becomes a file name, so it is held to what every file system and URL takes. */
function whyNotAnId(incident: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(incident)
    ? undefined
    : 'an incident id has letters, digits, dots, underscores and dashes';
}

async function branchOf(
  request: PublishRequest,
  place: Place,
  patience: Patience,
): Promise<string | Published> {
  if (request.records.branch !== undefined) return request.records.branch;
  for (;;) {
    const answer = await request.forge.defaultBranch(patience.limits());
    if (answer.ok) return answer.value;
    const fault = await patience.after(answer.fault, place, false);
    if (fault !== undefined) return refuse(place, fault);
  }
}

async function write(request: PublishRequest, place: Place, patience: Patience): Promise<Published> {
  const { forge, redact, report } = request;
  const ours = redact(request.markdown);
  const message = redact(commitMessage(report));
  let tried = false;
  for (;;) {
    const read = await forge.readFile(place, patience.limits());
    if (!read.ok) {
      const fault = await patience.after(read.fault, place, false);
      if (fault === undefined) continue;
      return refuse(place, fault);
    }
    const file = read.value;
    if (file !== undefined && file.text === undefined)
      return refuse(place, notOurs(place, 'is not a text we can read'));
    const merge = mergeRecord(file?.text, ours);
    if (merge.type === 'not-ours') return refuse(place, notOurs(place, merge.why));
    if (merge.type === 'same') return done(place, { url: file?.url, commit: undefined }, tried);
    tried = true;
    const wish = { ...place, text: merge.text, message, replaces: file?.id };
    const written = await forge.writeFile(wish, patience.limits());
    if (written.ok) return done(place, written.value, true);
    const fault = await patience.after(written.fault, place, true, () =>
      makeBranch(request, place, patience),
    );
    if (fault !== undefined) return refuse(place, fault);
  }
}

/** A branch of one's own for records is made on first use, from the default branch. */
async function makeBranch(
  request: PublishRequest,
  place: Place,
  patience: Patience,
): Promise<Fault | undefined> {
  const { forge, records } = request;
  const there = await forge.branchHead(place.branch, patience.limits());
  const mayNot = notAllowed(place, 404, '404 not found, although the branch is there');
  if (there.ok && there.value !== undefined) return mayNot;
  if (records.branch === undefined) return notAllowed(place, 404, `404 no branch ${place.branch}`);
  const base = await forge.defaultBranch(patience.limits());
  if (!base.ok) return faultOf(base, place);
  const head = await forge.branchHead(base.value, patience.limits());
  if (!head.ok) return faultOf(head, place);
  if (head.value === undefined) return failed(place, `branch ${base.value} has no commit to begin from`);
  const made = await forge.createBranch({ branch: place.branch, commit: head.value }, patience.limits());
  // Somebody else may have made it in this moment; the next round finds out.
  return made.ok || /already exists/i.test(made.fault.message) ? undefined : faultOf(made, place);
}

function faultOf(answer: { readonly ok: false; readonly fault: ForgeFault }, place: Place): Fault {
  const judged = judgeFault(answer.fault, place, false);
  return judged.type === 'stop' ? judged.fault : failed(place, answer.fault.message);
}

/** How long we still try, and how long between tries. */
class Patience {
  readonly #request: PublishRequest;
  readonly #until: number;
  #tries = 0;
  #branchMade = false;
  #lost = false;

  constructor(request: PublishRequest) {
    this.#request = request;
    this.#until = request.clock.monotonicMs() + patienceMs;
  }

  limits(): ForgeLimits {
    const left = this.#until - this.#request.clock.monotonicMs();
    return { deadlineMs: Math.max(1, Math.min(exchangeMs, left)), signal: this.#request.signal };
  }

  /** Waits for the next try and gives `undefined`, or gives the reason to stop. */
  async after(
    fault: ForgeFault,
    place: Place,
    writing: boolean,
    makeBranchNow?: () => Promise<Fault | undefined>,
  ): Promise<Fault | undefined> {
    const { clock, signal, random = Math.random } = this.#request;
    this.#tries += 1;
    if (signal.aborted) return failed(place, 'there was no time left to publish it');
    const judged = judgeFault(fault, place, writing);
    if (judged.type === 'stop') return judged.fault;
    if (judged.type === 'branch-missing') {
      if (this.#branchMade || makeBranchNow === undefined) return notAllowed(place, 404, '404 not found');
      this.#branchMade = true;
      return await makeBranchNow();
    }
    this.#lost ||= judged.lost;
    const backoff = Math.min(4_000, 200 * 2 ** (this.#tries - 1));
    const wait = Math.max(judged.waitMs ?? 0, backoff * (0.5 + random() / 2));
    if (clock.monotonicMs() + wait >= this.#until) {
      return this.#lost
        ? lostRaces(place, this.#tries)
        : failed(place, `given up after ${this.#tries} tries: ${judged.message}`);
    }
    await clock.sleep(wait, signal);
    return undefined;
  }
}

/** `incident: INC-7 rolled-back checkout to api 7`, with why and where it ran below. Pings nobody and closes nothing. */
function commitMessage(report: Report): string {
  const { identity, verdict, changes } = report;
  const to = destinationText(changes);
  const subject = `incident: ${identity.incident} ${verdict.outcome} ${identity.service}${to === '' ? '' : ` to ${to}`}`;
  const lines = [
    shorten(neutralText(subject), 120),
    '',
    ...(identity.reason.trim() === '' ? [] : [shorten(neutralText(identity.reason), 500), '']),
    identity.run === undefined ? `Rollback Plan ${identity.tool}` : `Run: ${identity.run.url}`,
  ];
  return lines.join('\n');
}

function done(
  place: Place,
  written: { readonly url: string | undefined; readonly commit: string | undefined },
  changed: boolean,
): Published {
  return {
    ok: true,
    path: place.path,
    branch: place.branch,
    url: written.url,
    commit: written.commit,
    changed,
  };
}

function refuse(place: Place, fault: Fault): Published {
  return { ok: false, path: place.path, fault };
}
