// A loopback forge with one repository, which answers as GitHub documents it: a comparison that names its commits, trees
// and blobs by id. Real sockets and real Octokit; faults on demand. The real Gitea is asked in the end-to-end tests.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

export type ObjectsServer = {
  readonly apiUrl: string;
  /** `GET /path?query`, in order. */
  readonly seen: string[];
  /** Answers instead, once per entry and in order: a status with a message, or no answer. */
  readonly faults: (number | 'reset')[];
  /** Replaces the answer to a path. */
  readonly replies: Map<string, { readonly status: number; readonly data: unknown }>;
  stop(): Promise<void>;
};

export const head = 'a'.repeat(40);
export const old = 'b'.repeat(40);
export const stray = 'c'.repeat(40);

const repository = '/api/repos/acme/shop';
const texts: Readonly<Record<string, string>> = { [head]: 'head', [old]: 'old', [stray]: 'stray' };

function idOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

/** `main` is at `head`, its history has `old`; the branch `hotfix` is at `stray`. Each has a file `plan.yml`. */
export async function startObjectsServer(plan: (name: string) => string): Promise<ObjectsServer> {
  const seen: string[] = [];
  const faults: (number | 'reset')[] = [];
  const replies = new Map<string, { readonly status: number; readonly data: unknown }>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = decodeURIComponent(url.pathname.slice(repository.length));
    seen.push(`${route}${url.search}`);
    const fault = faults.shift();
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fault !== undefined) return reply(response, fault, { message: `answered ${fault}` });
    const given = replies.get(route) ?? answer(route, plan);
    reply(response, given?.status ?? 404, given?.data ?? { message: 'Not Found' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    seen,
    faults,
    replies,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function reply(response: ServerResponse, status: number, data: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
}

function answer(
  route: string,
  plan: (name: string) => string,
): { readonly status: number; readonly data: unknown } | undefined {
  const ok = (data: unknown): { status: number; data: unknown } => ({ status: 200, data });
  if (route === '') return ok({ default_branch: 'main' });
  if (route === '/branches/main') return ok({ commit: { sha: head } });
  const named: Readonly<Record<string, string>> = { hotfix: stray, v1: old, main: head };
  const name = /^\/commits\/(.+)$/.exec(route)?.[1];
  if (name !== undefined) {
    const sha = named[name];
    // As GitHub answers for a name that names nothing.
    if (sha === undefined) return { status: 422, data: { message: `No commit found for SHA: ${name}` } };
    return ok({ sha, commit: { tree: { sha: idOf(`tree ${sha}`) } } });
  }
  // GitHub ignores `not` and lists what `sha` reaches.
  if (route === '/commits') return ok([{ sha: head }]);
  const compared = /^\/compare\/(\w+)\.\.\.(\w+)$/.exec(route);
  if (compared !== null) {
    const [, base = '', commit = ''] = compared;
    const common = commit === stray ? old : commit;
    return ok({
      base_commit: { sha: base },
      merge_base_commit: { sha: common },
      total_commits: 0,
      commits: [],
    });
  }
  for (const [commit, text] of Object.entries(texts)) {
    const blob = idOf(`blob ${commit}`);
    const tree = idOf(`tree ${commit}`);
    if (route === `/git/commits/${commit}`) return ok({ sha: commit, tree: { sha: tree } });
    if (route === `/git/trees/${tree}`) {
      return ok({
        truncated: false,
        tree: [{ path: 'plan.yml', mode: '100644', sha: blob, size: plan(text).length }],
      });
    }
    if (route === `/git/blobs/${blob}`) {
      const content = Buffer.from(plan(text)).toString('base64');
      // In lines, as GitHub sends it.
      return ok({ encoding: 'base64', content: content.replace(/.{20}/g, '$&\n') });
    }
  }
  return undefined;
}
