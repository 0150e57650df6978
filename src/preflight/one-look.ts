// The world for those who decide, pins and gates: whatever several of them look at is read once. Only for as long as
// nothing changes.

import type { Cluster, KindContext } from '../ports.ts';

/** The same context, with a cluster that remembers what it answered. Still throws where the target has no cluster. */
export function withMemory(context: KindContext): KindContext {
  let remembering: Cluster | undefined;
  return Object.create(context, {
    cluster: {
      get: (): Cluster => {
        remembering ??= rememberReads(context.cluster);
        return remembering;
      },
    },
  });
}

function rememberReads(cluster: Cluster): Cluster {
  const got = new Map<string, ReturnType<Cluster['get']>>();
  const listed = new Map<string, ReturnType<Cluster['list']>>();
  return {
    ...cluster,
    get: (path, signal) => once(got, path, () => cluster.get(path, signal)),
    list: (path, query = {}, signal = undefined) =>
      once(listed, `${path}?${new URLSearchParams(query).toString()}`, () =>
        cluster.list(path, query, signal),
      ),
    // What the server calls outdated is read anew by whoever asks again.
    async dryRun(verb, path, body, contentType) {
      try {
        return await cluster.dryRun(verb, path, body, contentType);
      } catch (thrown) {
        got.delete(path.split('?')[0] ?? path);
        throw thrown;
      }
    },
  };
}

function once<Answer>(
  known: Map<string, Promise<Answer>>,
  key: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const asked = ask();
  known.set(key, asked);
  return asked;
}
