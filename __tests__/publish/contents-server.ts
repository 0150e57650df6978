// A loopback forge that speaks GitHub's API for contents, branches and pull requests as it is documented, and breaks
// where a test wants it to: real sockets, real Octokit, but faults on demand.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { actOnPulls, actOnRefs, addCommit, compare, createBranch, type Pull } from './github-pulls.ts';

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
};

/** What to do instead of answering, once per entry and in order; `undefined` answers as it should. */
export type Fault =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Does what was asked, then behaves as if it hadn't. */
  | { readonly type: 'apply-then'; readonly reply: 'status 500' | 'reset' }
  | { readonly type: 'reset' }
  | { readonly type: 'never-answers' }
  /** Somebody else writes the file in the moment before. */
  | { readonly type: 'raced-by'; readonly text: string };

export type ContentsServer = {
  readonly apiUrl: string;
  readonly files: Map<string, string>;
  readonly branches: Map<string, string>;
  readonly seen: Seen[];
  readonly commits: { readonly branch: string; readonly path: string; readonly message: string }[];
  /** Faults for writes (PUT contents). */
  readonly faults: (Fault | undefined)[];
  readonly pulls: Pull[];
  /** Commits by id, for what is an ancestor of what. */
  readonly parents: Map<string, readonly string[]>;
  /** Faults for writes of pull requests (POST, PATCH). */
  readonly pullFaults: (Fault | undefined)[];
  /** Faults for everything else. */
  readonly readFaults: (Fault | undefined)[];
  stop(): Promise<void>;
};

const repository = '/api/repos/acme/checkout';

export async function startContentsServer(): Promise<ContentsServer> {
  const state = {
    files: new Map<string, string>(),
    branches: new Map([['main', 'c0ffee']]),
    seen: [] as Seen[],
    commits: [] as { branch: string; path: string; message: string }[],
    pulls: [] as Pull[],
    parents: new Map<string, readonly string[]>([['c0ffee', []]]),
    faults: [] as (Fault | undefined)[],
    pullFaults: [] as (Fault | undefined)[],
    readFaults: [] as (Fault | undefined)[],
  };
  const server = createServer((request, response) => {
    void answer(state, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    ...state,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type State = Omit<ContentsServer, 'apiUrl' | 'stop'>;

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const method = request.method ?? '';
  state.seen.push({ method, path: url.pathname, body, authorization: request.headers.authorization ?? '' });
  const faults =
    method === 'PUT'
      ? state.faults
      : method !== 'GET' && url.pathname.includes('/pulls')
        ? state.pullFaults
        : state.readFaults;
  const fault = faults.shift();
  const reply = (status: number, data: unknown, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data));
  };
  switch (fault?.type) {
    case 'answer':
      return reply(fault.status, { message: fault.message }, fault.headers);
    case 'reset':
      request.socket.destroy();
      return;
    case 'never-answers':
      return;
    case 'apply-then':
      act(state, method, url, body);
      if (fault.reply === 'reset') request.socket.destroy();
      else reply(500, { message: 'Server Error' });
      return;
    case 'raced-by':
      state.files.set(
        `main:${decodeURIComponent(url.pathname.slice(`${repository}/contents/`.length))}`,
        fault.text,
      );
      break;
    default:
      break;
  }
  const { status, data } = act(state, method, url, body);
  reply(status, data);
}

export type Acted = { readonly status: number; readonly data: unknown };

function act(state: State, method: string, url: URL, body: string): Acted {
  const route = url.pathname.slice(repository.length);
  const contents = /^\/contents\/(.+)$/.exec(route)?.[1];
  const branch = /^\/branches\/(.+)$/.exec(route)?.[1];
  if (method === 'GET' && route === '') return { status: 200, data: { default_branch: 'main' } };
  if (method === 'GET' && branch !== undefined) {
    const sha = state.branches.get(decodeURIComponent(branch));
    return sha === undefined ? missing : { status: 200, data: { commit: { sha } } };
  }
  if (method === 'POST' && route === '/git/refs') {
    const asked: { ref: string; sha: string } = JSON.parse(body);
    return createBranch(state, asked.ref.replace('refs/heads/', ''), asked.sha);
  }
  if (route.startsWith('/git/')) return actOnRefs(state, method, route, body) ?? missing;
  if (route.startsWith('/pulls')) return actOnPulls(state, method, url, route, body) ?? missing;
  const compared = /^\/compare\/(.+)\.\.\.(.+)$/.exec(route);
  if (compared !== null) return compare(state, compared.slice(1).map(decodeURIComponent)) ?? missing;
  if (contents === undefined) return missing;
  const path = decodeURIComponent(contents);
  if (method === 'GET') return read(state, path, url.searchParams.get('ref') ?? 'main');
  return method === 'PUT' ? write(state, path, JSON.parse(body)) : missing;
}

const missing: Acted = { status: 404, data: { message: 'Not Found' } };

function read(state: State, path: string, branch: string): Acted {
  const text = state.files.get(`${branch}:${path}`);
  if (text === undefined) return missing;
  const content = Buffer.from(text).toString('base64');
  return {
    status: 200,
    data: {
      type: 'file',
      sha: blobId(text),
      encoding: 'base64',
      content,
      html_url: `https://forge.example/${branch}/${path}`,
    },
  };
}

/** As measured on GitHub: stale id 409, missing id 422, unknown branch 404. */
function write(
  state: State,
  path: string,
  asked: { branch?: string; content: string; message: string; sha?: string },
): Acted {
  const branch = asked.branch ?? 'main';
  if (!state.branches.has(branch)) return { status: 404, data: { message: `Branch ${branch} not found` } };
  const there = state.files.get(`${branch}:${path}`);
  if (there !== undefined && asked.sha === undefined)
    return { status: 422, data: { message: 'Invalid request.\n\n"sha" wasn\'t supplied.' } };
  if (there !== undefined && asked.sha !== blobId(there))
    return { status: 409, data: { message: `${path} does not match ${asked.sha}` } };
  state.files.set(`${branch}:${path}`, Buffer.from(asked.content, 'base64').toString('utf8'));
  state.commits.push({ branch, path, message: asked.message });
  const sha = `commit-${state.commits.length}`;
  addCommit(state, branch, sha);
  const data = { content: { html_url: `https://forge.example/${branch}/${path}` }, commit: { sha } };
  return { status: there === undefined ? 201 : 200, data };
}

function blobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
