// The part of GitHub's REST API that is about comments, on a loopback port, strict about what it is asked: an unknown
// route is a 404 as GitHub's, a job's token may not ask who it is, and a comment without a body is refused.

import { createServer } from 'node:http';

export type Comment = {
  readonly id: number;
  body: string;
  readonly login: string;
  readonly type: 'Bot' | 'User';
};

export type CommentsServer = {
  readonly apiUrl: string;
  /** By `issues/7` or `commits/SHA`. */
  readonly talks: Map<string, Comment[]>;
  /** Method and route of every exchange, in order. */
  readonly asked: string[];
  /** Answers instead of the server, once for each entry; `hang` never answers. */
  readonly instead: (number | 'hang' | undefined)[];
  stop(): void;
};

export async function startComments(
  pulls: Readonly<Record<string, readonly number[]>> = {},
): Promise<CommentsServer> {
  const talks = new Map<string, Comment[]>();
  const asked: string[] = [];
  const instead: (number | 'hang' | undefined)[] = [];
  let ids = 100;
  const act = (method: string, route: string, body: string): readonly [number, unknown] => {
    if (route === '/user') return [403, { message: 'Resource not accessible by integration' }];
    const base = '/repos/acme/checkout';
    const brought = new RegExp(`^${base}/commits/([0-9a-f]+)/pulls$`).exec(route)?.[1];
    if (method === 'GET' && brought !== undefined)
      return [200, (pulls[brought] ?? []).map((number) => ({ number }))];
    const talk = new RegExp(`^${base}/(issues/\\d+|commits/[0-9a-f]+)/comments$`).exec(route)?.[1];
    if (talk !== undefined) {
      const all = talks.get(talk) ?? [];
      if (method === 'GET') return [200, all.map(shown)];
      if (method !== 'POST') return [404, { message: 'Not Found' }];
      const text = textOf(body);
      if (text === '') return [422, { message: 'Validation Failed' }];
      const made: Comment = { id: ++ids, body: text, login: 'github-actions[bot]', type: 'Bot' };
      talks.set(talk, [...all, made]);
      return [201, shown(made)];
    }
    const [, of = '', id = ''] = new RegExp(`^${base}/(issues/)?comments/(\\d+)$`).exec(route) ?? [];
    const found = [...talks].flatMap(([name, all]) =>
      name.startsWith('issues/') === (of !== '') ? all.filter((one) => String(one.id) === id) : [],
    )[0];
    if (method !== 'PATCH' || found === undefined) return [404, { message: 'Not Found' }];
    found.body = textOf(body);
    return [200, shown(found)];
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      asked.push(`${request.method} ${pathname}`);
      const forced = pathname === '/user' ? undefined : instead.shift();
      if (forced === 'hang') return;
      const [status, data] =
        forced === undefined
          ? act(request.method ?? '', pathname, Buffer.concat(chunks).toString('utf8'))
          : [forced, { message: `forced ${forced}` }];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    apiUrl: `http://127.0.0.1:${port}`,
    talks,
    asked,
    instead,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function shown({ id, body, login, type }: Comment): unknown {
  return { id, body, user: { login, type } };
}

function textOf(body: string): string {
  const { body: text }: { body?: string } = JSON.parse(body);
  return text ?? '';
}
