// Keeps one comment about a watch: created once, found again by its first line and its author, edited in place at most
// every 30 s and once at the end. Beside everything else: nothing waits for it but the end, and that with a bound.

import { messageOf } from '../errors.ts';
import type { CommentPlace, Forge, ForgeAnswer, ForgeComment, ForgeLimits } from '../ports/forge.ts';
import type { Clock } from '../ports.ts';
import type { Report } from '../report/model.ts';
import { type About, finalComment, markerOf, progressComment } from '../report/watch-comment.ts';
import type { WatchProgress } from '../verify/follow-watch.ts';

const editEveryMs = 30_000;
const callMs = 10_000;
/** Of a talk with more pages nobody would find the comment either; a new one is begun at its end. */
const mostPages = 10;

export type WatchComment = {
  /** Returns at once and never throws. */
  progress(now: WatchProgress): void;
  /** The last edit, before `noTimeLeft` ends. What kept it from being made, `undefined` when all went well. Never throws. */
  end(report: Report, noTimeLeft: AbortSignal): Promise<string | undefined>;
};

export type CommentRequest = {
  readonly about: About;
  readonly on: 'pull-request' | 'commit';
  /** From the event that started the run. */
  readonly pullRequest: number | undefined;
  readonly commit: string | undefined;
  readonly clock: Clock;
  redact(text: string): string;
  /** `undefined` when there is no token or repository to write to. */
  forge(): Promise<Forge | undefined>;
};

/** `final`: asking again would get the same answer. */
type Written = { readonly ok: true } | { readonly ok: false; readonly why: string; readonly final: boolean };

export function keepWatchComment(request: CommentRequest): WatchComment {
  const { about, clock, redact } = request;
  const over = new AbortController();
  let place: CommentPlace | undefined;
  let id: number | undefined;
  let editedAtMs: number | undefined;
  let busy: Promise<void> | undefined;
  let last: Written = { ok: true };

  const write = async (body: string): Promise<Written> => {
    const forge = await request.forge();
    if (forge === undefined) return { ok: false, why: 'there is no token or no repository', final: true };
    const limits: ForgeLimits = { deadlineMs: callMs, signal: over.signal };
    if (place === undefined) {
      const found = await findPlace(request, forge, limits);
      if (!found.ok) return found;
      place = found.place;
    }
    const on = place;
    if (id === undefined) {
      const found = await findOurs(forge, on, markerOf(about), limits);
      if (!found.ok) return faultOf(found);
      id = found.value;
    }
    const text = redact(body);
    const answer: ForgeAnswer<ForgeComment> =
      id === undefined
        ? await forge.createComment({ on, body: text }, limits)
        : await forge.updateComment({ on, id, body: text }, limits);
    if (answer.ok) {
      id = answer.value.id;
      return { ok: true };
    }
    // Somebody deleted it: the next edit begins a new one. After no answer it is looked for again, too.
    const gone = id !== undefined && answer.fault.status === 404;
    id = undefined;
    return gone ? { ok: false, why: 'it was deleted', final: false } : faultOf(answer);
  };
  const attempt = async (body: string): Promise<void> => {
    try {
      last = await write(body);
    } catch (error) {
      last = { ok: false, why: messageOf(error), final: false };
    }
  };

  return {
    progress(now) {
      const nowMs = clock.monotonicMs();
      if (busy !== undefined || (!last.ok && last.final)) return;
      if (editedAtMs !== undefined && nowMs - editedAtMs < editEveryMs) return;
      editedAtMs = nowMs;
      busy = attempt(progressComment(about, now, clock.now())).finally(() => {
        busy = undefined;
      });
    },
    async end(report, noTimeLeft) {
      const stop = (): void => over.abort();
      if (noTimeLeft.aborted) stop();
      else noTimeLeft.addEventListener('abort', stop, { once: true });
      try {
        await busy;
        if (last.ok || !last.final) await attempt(finalComment(about, report));
        // Deleted meanwhile: once more, as a new one.
        if (!last.ok && !last.final && !over.signal.aborted) await attempt(finalComment(about, report));
      } finally {
        noTimeLeft.removeEventListener('abort', stop);
      }
      return last.ok ? undefined : redact(last.why);
    },
  };
}

async function findPlace(
  { on, pullRequest, commit }: CommentRequest,
  forge: Forge,
  limits: ForgeLimits,
): Promise<{ readonly ok: true; readonly place: CommentPlace } | Extract<Written, { readonly ok: false }>> {
  if (on === 'pull-request' && pullRequest !== undefined)
    return { ok: true, place: { type: 'pull-request', number: pullRequest } };
  if (commit === undefined) return { ok: false, why: 'the run is of no commit', final: true };
  if (on === 'commit') return { ok: true, place: { type: 'commit', commit } };
  const asked = await forge.pullRequestOf(commit, limits);
  if (!asked.ok) return faultOf(asked);
  if (asked.value === undefined)
    return { ok: false, why: `no pull request brought commit ${commit.slice(0, 12)}`, final: true };
  return { ok: true, place: { type: 'pull-request', number: asked.value } };
}

/** Id of the comment that an earlier edit, or an earlier run, made. Somebody else's with our first line is not ours. */
async function findOurs(
  forge: Forge,
  on: CommentPlace,
  marker: string,
  limits: ForgeLimits,
): Promise<ForgeAnswer<number | undefined>> {
  const me = await forge.whoAmI(limits);
  if (!me.ok) return me;
  for (let page = 1; page <= mostPages; page++) {
    const listed = await forge.comments({ on, page }, limits);
    if (!listed.ok) return listed;
    const ours = listed.value.found.find(
      ({ body, author, bot }) =>
        body.trimStart().startsWith(marker) && (me.value === undefined ? bot : author === me.value),
    );
    if (ours !== undefined) return { ok: true, value: ours.id };
    if (!listed.value.more) break;
  }
  return { ok: true, value: undefined };
}

function faultOf(
  answer: Extract<ForgeAnswer<unknown>, { readonly ok: false }>,
): Extract<Written, { readonly ok: false }> {
  const { status, message } = answer.fault;
  const refused = status === 401 || status === 403 || status === 404;
  const hint = refused
    ? ' (the job needs `pull-requests: write`, for a comment on a commit `contents: write`)'
    : '';
  const said =
    status === undefined ? `the forge did not answer: ${message}` : `the forge said ${status}: ${message}`;
  return { ok: false, why: `${said}${hint}`, final: refused || status === 422 };
}
