// A few lines of HTTPS client for the test cluster's API: waiting for readiness here, asserting in tests.
import { Agent, request } from 'node:https';

export interface ApiResponse {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

export interface ClusterApi {
  /** @param path such as `/api/v1/namespaces/default/pods` */
  call(method: string, path: string, body?: unknown): Promise<ApiResponse>;
  close(): void;
}

/** @param certificateAuthority PEM, the only authority this client trusts */
export function clusterApi(server: string, token: string, certificateAuthority: string): ClusterApi {
  const agent = new Agent({ ca: certificateAuthority, keepAlive: true, timeout: 10_000 });
  return {
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        const headers = {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'content-type': contentType,
        };
        const outgoing = request(
          new URL(path, server),
          { agent, method, headers, timeout: 10_000 },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
            incoming.on('error', reject);
            incoming.on('end', () =>
              resolve({
                status: incoming.statusCode ?? 0,
                body: parse(Buffer.concat(chunks).toString('utf8')),
              }),
            );
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path} took more than 10 s`)));
        outgoing.on('error', reject);
        outgoing.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
