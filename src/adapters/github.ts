// The forge over GitHub's REST API. Gitea answers the same routes under `/api/v1`, so `apiUrl` may point there; the
// routes it lacks (making and moving a ref) have their own names for it.

import { z } from 'zod';
import type { Forge, ForgeFile } from '../ports/forge.ts';
import { createComments } from './github-comments.ts';
import {
  createAsk,
  type Exchange,
  orAbsent,
  orStatus,
  pathOf,
  type Reply,
  understand,
} from './github-exchange.ts';
import { createPulls } from './github-pulls.ts';

export type GithubOptions = {
  /** `https://api.github.com`, `https://HOST/api/v3`, `https://HOST/api/v1`: the runner's GITHUB_API_URL. */
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Where people look at it, the runner's GITHUB_SERVER_URL; else concluded from `apiUrl`. */
  readonly serverUrl?: string;
};

const repositoryReply = z.object({ default_branch: z.string().min(1) });
// GitHub names the commit `sha`, Gitea `id`.
const branchReply = z.object({ commit: z.object({ sha: z.string().optional(), id: z.string().optional() }) });
const fileReply = z.object({
  type: z.string(),
  sha: z.string(),
  encoding: z.string().nullish(),
  content: z.string().nullish(),
  html_url: z.string().nullish(),
});
const commitReply = z.object({ sha: z.string(), tree: z.object({ sha: z.string() }) });
const changedFile = z.object({ filename: z.string(), previous_filename: z.string().nullish() });
// GitHub has the files of the whole comparison; Gitea those of each commit.
const compareReply = z.object({
  total_commits: z.int(),
  commits: z
    .array(z.object({ files: z.array(changedFile).nullish(), parents: z.array(z.unknown()).nullish() }))
    .nullish(),
  files: z.array(changedFile).nullish(),
});
const writeReply = z.object({
  content: z.object({ html_url: z.string().nullish() }).nullish(),
  commit: z.object({ sha: z.string().nullish() }).nullish(),
});

export function createForge(options: GithubOptions): Forge {
  const [owner = ''] = options.repository.split('/');
  const base = `/repos/${pathOf(options.repository)}`;
  const server = options.serverUrl ?? serverOf(options.apiUrl);
  const ask = createAsk(options);

  return {
    repository: options.repository,
    ...createPulls(ask, base, owner),
    ...createComments(ask, base),

    compareUrl: ({ base: from, head }) =>
      `${server.replace(/\/+$/, '')}/${pathOf(options.repository)}/compare/${pathOf(from)}...${pathOf(head)}`,

    defaultBranch: (limits) =>
      ask(limits, async (call) => {
        const reply = await call(`GET ${base}`);
        return understand(reply, repositoryReply, ({ default_branch }) => default_branch);
      }),

    branchHead: (branch, limits) =>
      ask<string | undefined>(limits, async (call) => {
        const reply = await orAbsent(call(`GET ${base}/branches/${pathOf(branch)}`));
        if (reply === undefined) return { ok: true, value: undefined };
        return understand(reply, branchReply, ({ commit }) => commit.sha ?? commit.id);
      }),

    createBranch: ({ branch, commit }, limits) =>
      ask(limits, async (call) => {
        const created = await orAbsent(
          call(`POST ${base}/git/refs`, { ref: `refs/heads/${branch}`, sha: commit }),
        );
        const reply =
          created ?? (await call(`POST ${base}/branches`, { new_branch_name: branch, old_ref_name: commit }));
        return understand(reply, z.unknown(), () => undefined);
      }),

    changedFiles: ({ base: from, head }, limits) =>
      ask<readonly string[] | undefined>(limits, async (call) => {
        const reply = await orAbsent(call(`GET ${base}/compare/${pathOf(from)}...${pathOf(head)}`));
        if (reply === undefined) return { ok: true, value: undefined };
        return understand(reply, compareReply, changedIn);
      }),

    restartBranch: (wish, limits) =>
      ask(limits, async (call) => understand(await restart(call, base, wish), z.unknown(), () => undefined)),

    readFile: ({ path, branch }, limits) =>
      ask<ForgeFile | undefined>(limits, async (call) => {
        const reply = await orAbsent(call(`GET ${base}/contents/${pathOf(path)}`, { ref: branch }));
        if (reply === undefined) return { ok: true, value: undefined };
        return understand(reply, fileReply, (file) => ({
          id: file.sha,
          text:
            file.type === 'file' && file.encoding === 'base64'
              ? Buffer.from(file.content ?? '', 'base64').toString('utf8')
              : undefined,
          url: file.html_url ?? undefined,
        }));
      }),

    writeFile: ({ path, branch, text, message, replaces }, limits) =>
      ask(limits, async (call) => {
        const reply = await call(`PUT ${base}/contents/${pathOf(path)}`, {
          branch,
          message,
          content: Buffer.from(text, 'utf8').toString('base64'),
          ...(replaces === undefined ? {} : { sha: replaces }),
        });
        return understand(reply, writeReply, ({ content, commit }) => ({
          commit: commit?.sha ?? undefined,
          url: content?.html_url ?? undefined,
        }));
      }),
  };
}

/** GitHub lists 300 files at most and says nothing of the rest. */
const mostFiles = 300;

function changedIn({
  total_commits: total,
  commits,
  files,
}: z.infer<typeof compareReply>): readonly string[] | undefined {
  const listed = commits ?? [];
  const whole = files ?? undefined;
  // What a merge changed by itself is in no commit's list.
  const merges = listed.some(({ parents }) => (parents ?? []).length > 1);
  if (whole === undefined && (merges || listed.length < total)) return undefined;
  const each = whole === undefined ? listed.map((commit) => commit.files) : [whole];
  const changed: string[] = [];
  for (const some of each) {
    if (some === null || some === undefined || some.length >= mostFiles) return undefined;
    for (const file of some) changed.push(file.filename, file.previous_filename ?? file.filename);
  }
  return [...new Set(changed)];
}

/**
 * Without force where that will do. Where it won't: Gitea has force with a lease. GitHub's has none, so there a commit
 * that joins what was merged with the base, and holds the base's files, moves the branch; it doesn't if anybody pushed
 * in the meantime.
 */
async function restart(
  call: Exchange,
  base: string,
  { branch, from, to, message }: Parameters<Forge['restartBranch']>[0],
): Promise<Reply> {
  const move = (sha: string): Promise<Reply> =>
    call(`PATCH ${base}/git/refs/heads/${pathOf(branch)}`, { sha, force: false });
  const forward = await orStatus(move(to), [404, 405, 422]);
  if (typeof forward !== 'number') return forward;
  if (forward !== 422) {
    const lease = { new_commit_id: to, old_commit_id: from, force: true };
    return await call(`PUT ${base}/branches/${pathOf(branch)}`, lease);
  }
  const goal = commitReply.parse((await call(`GET ${base}/git/commits/${to}`)).data);
  const join = { message, tree: goal.tree.sha, parents: [from, to] };
  const joined = commitReply.parse((await call(`POST ${base}/git/commits`, join)).data);
  return await move(joined.sha);
}

/** Where people go, from where machines go. */
function serverOf(apiUrl: string): string {
  if (!URL.canParse(apiUrl)) return apiUrl;
  const { origin } = new URL(apiUrl);
  return origin === 'https://api.github.com' ? 'https://github.com' : origin;
}
