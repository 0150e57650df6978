// The pull request of a record that is on its branch: found, opened or brought up to date, never a second one while one
// is open. When the forge loses an answer or somebody else is quicker, what is there is read again.

import type { Fault } from '../events.ts';
import type { ForgeAnswer, PullRequest } from '../ports/forge.ts';
import type { Again, Place } from './faults.ts';
import {
  closedRequest,
  gaveUp,
  goesElsewhere,
  judgePullRequest,
  refusedRequest,
  refusedUpdate,
} from './pull-request-faults.ts';
import { requestStep, theOne } from './pull-request-state.ts';
import { type PullRequestText, updatedText } from './pull-request-text.ts';
import type { RecordFile } from './record-file.ts';

/** What the forge says about a branch's pull request. `hidden`: it doesn't let us look. */
export type Found =
  | { readonly type: 'known'; readonly request: PullRequest | undefined }
  | { readonly type: 'hidden'; readonly fault: Fault }
  | { readonly type: 'failed'; readonly reason: string };

export type Settled = {
  /** Open, or the one that was merged or closed. */
  readonly pullRequest?: string | undefined;
  /** Where a person opens one, when there is none. */
  readonly compare?: string | undefined;
  /** Advice: the record is on its branch all the same. */
  readonly fault?: Fault | undefined;
};

/** Forges that don't filter by branch give all pull requests; older ones than on these pages are not looked for. */
const mostPages = 20;

type Ports = Pick<RecordFile, 'forge' | 'patience'>;
type Where = { readonly base: Place; readonly place: Place };

export async function findPullRequest(
  { forge, patience }: Ports,
  { base, place, state }: Where & { readonly state: 'open' | 'all' },
): Promise<Found> {
  for (let page = 1; page <= mostPages; ) {
    const wish = { head: place.branch, state, page };
    const answer = await forge.pullRequests(wish, patience.limits());
    if (answer.ok) {
      const request = theOne(answer.value.found, base.branch);
      if (request !== undefined || !answer.value.more) return { type: 'known', request };
      page += 1;
      continue;
    }
    const judged = judgePullRequest(answer.fault, place);
    if (judged.type === 'nothing-to-propose') return { type: 'known', request: undefined };
    if (judged.type === 'refused') return { type: 'hidden', fault: refusedRequest(place, judged) };
    const ended = await patience.wait(judged);
    if (ended !== undefined) return { type: 'failed', reason: ended.reason };
  }
  return { type: 'known', request: undefined };
}

export async function settlePullRequest(
  ports: Ports,
  job: Where & {
    /** Before the record was written. */
    readonly found: Found;
    /** The commit that wrote the record, if one had to. */
    readonly commit: string | undefined;
    readonly text: PullRequestText;
    readonly mayUpdate: boolean;
  },
): Promise<Settled> {
  const { forge, patience } = ports;
  const { base, place, text, commit } = job;
  const compare = forge.compareUrl({ base: base.branch, head: place.branch });
  const without = (fault: Fault): Settled => ({ compare, fault });
  let found = job.found;
  // What was open before the record was written may be merged or closed by now.
  let fresh = found.type !== 'known' || found.request?.state !== 'open';
  let state: 'open' | 'all' = 'all';
  for (;;) {
    if (!fresh) found = await findPullRequest(ports, { base, place, state });
    fresh = false;
    if (found.type === 'hidden') return without(found.fault);
    if (found.type === 'failed') return without(gaveUp(place, found.reason));
    const step = requestStep(found.request, commit);
    if (step.type === 'merged') return { pullRequest: step.request.url };
    if (step.type === 'closed')
      return { pullRequest: step.request.url, fault: closedRequest(place, step.request) };
    const wanted = step.type === 'update' ? updatedText(step.request, text) : text;
    if (step.type === 'update' && (wanted === undefined || !job.mayUpdate))
      return openRequest(base, step.request);
    const answer: ForgeAnswer<PullRequest> =
      step.type === 'update'
        ? await forge.updatePullRequest(
            { number: step.request.number, ...(wanted ?? text) },
            patience.limits(),
          )
        : await forge.openPullRequest({ head: place.branch, base: base.branch, ...text }, patience.limits());
    if (answer.ok && answer.value.state === 'open') return openRequest(base, answer.value);
    const judged = answer.ok ? noLongerOpen : judgePullRequest(answer.fault, place);
    if (judged.type === 'nothing-to-propose') return {};
    if (judged.type === 'refused')
      return step.type === 'update'
        ? { pullRequest: step.request.url, fault: refusedUpdate(judged) }
        : without(refusedRequest(place, judged));
    // Somebody else's is open: an older one than those that are looked at otherwise, perhaps.
    state = step.type === 'open' && judged.lost ? 'open' : 'all';
    const ended = await patience.wait(judged);
    if (ended !== undefined) return without(gaveUp(place, ended.reason));
  }
}

/** A person may have pointed it at another branch: it stays there, and is told. */
function openRequest(base: Place, request: PullRequest): Settled {
  const { url } = request;
  return request.base === base.branch
    ? { pullRequest: url }
    : { pullRequest: url, fault: goesElsewhere(base, request) };
}

/** Merged or closed between reading and updating. */
const noLongerOpen: Again = {
  type: 'again',
  lost: true,
  waitMs: undefined,
  message: 'the pull request was merged or closed in this moment',
};
