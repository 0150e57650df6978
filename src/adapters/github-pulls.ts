// Pull requests over GitHub's REST API. Gitea answers the same routes, with other names for the filters of the list and
// none for the branch a request comes from: what is on a page is filtered here, and forks are told apart here.

import { z } from 'zod';
import type { Forge, PullRequest } from '../ports/forge.ts';
import { type Ask, headerOf, understand } from './github-exchange.ts';

const side = z.object({
  ref: z.string(),
  label: z.string().nullish(),
  sha: z.string().nullish(),
  // `null` when a fork is gone.
  repo: z.object({ full_name: z.string() }).nullish(),
});
const pullReply = z.object({
  number: z.int(),
  state: z.enum(['open', 'closed']),
  // Only GitHub's list lacks `merged`, and only that of one who may not see it lacks `merged_at`.
  merged: z.boolean().nullish(),
  merged_at: z.string().nullish(),
  html_url: z.string(),
  title: z.string(),
  body: z.string().nullish(),
  head: side,
  base: side,
});
type PullReply = z.infer<typeof pullReply>;

export type Pulls = Pick<Forge, 'pullRequests' | 'openPullRequest' | 'updatePullRequest'>;

/** @param base `/repos/OWNER/NAME` */
export function createPulls(ask: Ask, base: string, owner: string): Pulls {
  return {
    pullRequests: ({ head, state, page }, limits) =>
      ask(limits, async (call) => {
        const reply = await call(`GET ${base}/pulls`, {
          state,
          sort: 'created',
          direction: 'desc',
          page,
          // GitHub's words, then Gitea's.
          head: `${owner}:${head}`,
          per_page: 100,
          limit: 50,
        });
        const more = /rel="?next"?/.test(headerOf(reply, 'link') ?? '');
        return understand(reply, z.array(pullReply), (pulls) => ({
          found: pulls.filter((pull) => isFrom(pull, head)).map(pullOf),
          more,
        }));
      }),

    openPullRequest: ({ head, base: into, title, body }, limits) =>
      ask(limits, async (call) => {
        const reply = await call(`POST ${base}/pulls`, { head, base: into, title, body });
        return understand(reply, pullReply, pullOf);
      }),

    updatePullRequest: ({ number, title, body }, limits) =>
      ask(limits, async (call) => {
        const reply = await call(`PATCH ${base}/pulls/${number}`, { title, body });
        return understand(reply, pullReply, pullOf);
      }),
  };
}

/** GitHub labels `owner:branch`; Gitea labels `branch`, and calls the ref `refs/pull/7/head` once the branch is gone. */
function isFrom(pull: PullReply, head: string): boolean {
  const { repo } = pull.head;
  if (repo === null || repo === undefined || repo.full_name !== pull.base.repo?.full_name) return false;
  return pull.head.ref === head || pull.head.label === head;
}

function pullOf(pull: PullReply): PullRequest {
  const merged = pull.merged === true || (pull.merged_at ?? null) !== null;
  return {
    number: pull.number,
    state: merged ? 'merged' : pull.state,
    url: pull.html_url,
    title: pull.title,
    body: pull.body ?? '',
    base: pull.base.ref,
    headCommit: pull.head.sha ?? '',
  };
}
