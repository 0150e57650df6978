// The forge over GitHub's REST API, with Octokit. Gitea answers the same routes under `/api/v1`, so `apiUrl` may point
// there; the one route it lacks (creating a ref) has its own name for it. Octokit is loaded on first use: it costs start-up.

import type { getOctokit } from '@actions/github';
import { z } from 'zod';
import type { Forge, ForgeAnswer, ForgeFault, ForgeFile, ForgeLimits } from '../ports.ts';

export type GithubOptions = {
  /** `https://api.github.com`, `https://HOST/api/v3`, `https://HOST/api/v1`: the runner's GITHUB_API_URL. */
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
};

type Octokit = ReturnType<typeof getOctokit>;
type Reply = { readonly status: number; readonly data: unknown };
type Exchange = (route: string, parameters?: Readonly<Record<string, unknown>>) => Promise<Reply>;

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
const writeReply = z.object({
  content: z.object({ html_url: z.string().nullish() }).nullish(),
  commit: z.object({ sha: z.string().nullish() }).nullish(),
});

export function createForge(options: GithubOptions): Forge {
  const base = `/repos/${options.repository.split('/').map(encodeURIComponent).join('/')}`;
  let client: Promise<Octokit> | undefined;
  const connect = (): Promise<Octokit> => {
    client ??= import('@actions/github').then(({ getOctokit: create }) =>
      create(options.token, {
        baseUrl: options.apiUrl.replace(/\/+$/, ''),
        userAgent: 'rollback-plan',
        log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      }),
    );
    return client;
  };
  const ask = async <Value>(
    limits: ForgeLimits,
    exchange: (call: Exchange) => Promise<ForgeAnswer<Value>>,
  ): Promise<ForgeAnswer<Value>> => {
    try {
      const octokit = await connect();
      const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.deadlineMs)]);
      return await exchange((route, parameters) =>
        octokit.request(route, { ...parameters, request: { signal, redirect: 'manual' } }),
      );
    } catch (thrown) {
      return { ok: false, fault: faultOf(thrown) };
    }
  };

  return {
    repository: options.repository,

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

function ignore(): void {}

/** Slashes stay slashes: they are part of the route, and some proxies don't take `%2F`. */
function pathOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** "Not found" and "no such method" as an answer. */
async function orAbsent(call: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await call;
  } catch (thrown) {
    const { status } = faultOf(thrown);
    if (status === 404 || status === 405) return undefined;
    throw thrown;
  }
}

function understand<Data, Value>(
  reply: Reply,
  schema: z.ZodType<Data>,
  value: (data: Data) => Value,
): ForgeAnswer<Value> {
  if (reply.status >= 300) return { ok: false, fault: redirected(reply) };
  const parsed = schema.safeParse(reply.data);
  if (parsed.success) return { ok: true, value: value(parsed.data) };
  const message = `the answer is not what the API documents: ${z.prettifyError(parsed.error)}`;
  return {
    ok: false,
    fault: { status: reply.status, message, retryAfterMs: undefined, location: undefined },
  };
}

const headersSchema = z.record(z.string(), z.union([z.string(), z.number()]).optional());
const replyWithHeaders = z.object({ headers: headersSchema });

function redirected(reply: Reply): ForgeFault {
  const headers = replyWithHeaders.safeParse(reply).data?.headers ?? {};
  const location = headers['location'] === undefined ? undefined : String(headers['location']);
  return { status: reply.status, message: 'the forge redirects', retryAfterMs: undefined, location };
}

// Octokit marks exchanges that got no answer with status 500, too; those have no `response`.
const requestError = z.object({
  status: z.number(),
  message: z.string(),
  response: z.object({ headers: headersSchema.optional() }).optional(),
});

function faultOf(thrown: unknown): ForgeFault {
  const known = requestError.safeParse(thrown).data;
  const headers = known?.response?.headers ?? {};
  return {
    status: known?.response === undefined ? undefined : known.status,
    message: known?.message ?? String(thrown),
    retryAfterMs: retryAfter(headers),
    location: undefined,
  };
}

function retryAfter(headers: Readonly<Record<string, string | number | undefined>>): number | undefined {
  const seconds = Number(headers['retry-after']);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const reset = Number(headers['x-ratelimit-reset']);
  if (Number(headers['x-ratelimit-remaining']) === 0 && Number.isFinite(reset)) {
    return Math.max(0, reset * 1000 - Date.now());
  }
  return undefined;
}
