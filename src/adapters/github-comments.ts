// Comments over GitHub's REST API. Gitea answers the same routes for pull requests; it has no comments on commits, and
// its route from a commit to its pull request is in the singular.

import { z } from 'zod';
import type { CommentPlace, ForgeComment, ForgeComments } from '../ports/forge.ts';
import { type Ask, headerOf, orAbsent, orStatus, pathOf, understand } from './github-exchange.ts';

const account = z.object({ login: z.string(), type: z.string().nullish() });
const commentReply = z.object({
  id: z.int(),
  body: z.string().nullish(),
  user: account.nullish(),
});
const numbered = z.object({ number: z.int() });

/** @param base `/repos/OWNER/NAME` */
export function createComments(ask: Ask, base: string): ForgeComments {
  const list = (on: CommentPlace): string =>
    on.type === 'commit'
      ? `${base}/commits/${pathOf(on.commit)}/comments`
      : `${base}/issues/${on.number}/comments`;
  const one = (on: CommentPlace, id: number): string =>
    on.type === 'commit' ? `${base}/comments/${id}` : `${base}/issues/comments/${id}`;

  return {
    whoAmI: (limits) =>
      ask<string | undefined>(limits, async (call) => {
        // 403: the token of a job is nobody's, and may not ask.
        const reply = await orStatus(call('GET /user'), [401, 403, 404]);
        if (typeof reply === 'number') return { ok: true, value: undefined };
        return understand(reply, account, ({ login }) => login);
      }),

    pullRequestOf: (commit, limits) =>
      ask<number | undefined>(limits, async (call) => {
        const several = await orAbsent(call(`GET ${base}/commits/${pathOf(commit)}/pulls`));
        if (several !== undefined)
          return understand(several, z.array(numbered), (pulls) =>
            pulls.length === 0 ? undefined : Math.max(...pulls.map(({ number }) => number)),
          );
        const single = await orAbsent(call(`GET ${base}/commits/${pathOf(commit)}/pull`));
        if (single === undefined) return { ok: true, value: undefined };
        return understand(single, numbered, ({ number }) => number);
      }),

    comments: ({ on, page }, limits) =>
      ask(limits, async (call) => {
        const reply = await call(`GET ${list(on)}`, { page, per_page: 100, limit: 50 });
        const more = /rel="?next"?/.test(headerOf(reply, 'link') ?? '');
        return understand(reply, z.array(commentReply), (found) => ({ found: found.map(commentOf), more }));
      }),

    createComment: ({ on, body }, limits) =>
      ask(limits, async (call) =>
        understand(await call(`POST ${list(on)}`, { body }), commentReply, commentOf),
      ),

    updateComment: ({ on, id, body }, limits) =>
      ask(limits, async (call) =>
        understand(await call(`PATCH ${one(on, id)}`, { body }), commentReply, commentOf),
      ),
  };
}

function commentOf({ id, body, user }: z.infer<typeof commentReply>): ForgeComment {
  return { id, body: body ?? '', author: user?.login ?? '', bot: user?.type === 'Bot' };
}
