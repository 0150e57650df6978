// One exchange with the forge's API, with Octokit: a reply that is understood, or a fault as a value. Octokit is loaded on
// first use: it costs start-up.

import type { getOctokit } from '@actions/github';
import { z } from 'zod';
import type { ForgeAnswer, ForgeFault, ForgeLimits } from '../ports/forge.ts';
import { unlessAborted, withTimeLimit } from '../values/time-limit.ts';

type Octokit = ReturnType<typeof getOctokit>;
export type Reply = { readonly status: number; readonly data: unknown };
export type Exchange = (route: string, parameters?: Readonly<Record<string, unknown>>) => Promise<Reply>;

/** Runs what is asked of the forge within its limits; whatever is thrown in it becomes a fault. */
export type Ask = <Value>(
  limits: ForgeLimits,
  exchange: (call: Exchange) => Promise<ForgeAnswer<Value>>,
) => Promise<ForgeAnswer<Value>>;

export function createAsk(options: { readonly apiUrl: string; readonly token: string }): Ask {
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
  return async (limits, exchange) => {
    try {
      const octokit = await connect();
      return await withTimeLimit(limits.deadlineMs, [limits.signal], async (signal) => {
        const exchanged = exchange((route, parameters) =>
          octokit.request(route, { ...parameters, request: { signal, redirect: 'manual' } }),
        );
        // Not left to fetch alone: the garbage collector may part its request from this signal (nodejs/node#55428).
        const answer = await unlessAborted(exchanged, signal);
        if (answer !== undefined) return answer;
        exchanged.catch(ignore);
        throw signal.reason;
      });
    } catch (thrown) {
      return { ok: false, fault: faultOf(thrown) };
    }
  };
}

function ignore(): void {}

/** Slashes stay slashes: they are part of the route, and some proxies don't take `%2F`. */
export function pathOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** "Not found" and "no such method" as an answer. */
export async function orAbsent(call: Promise<Reply>): Promise<Reply | undefined> {
  const answer = await orStatus(call, [404, 405]);
  return typeof answer === 'number' ? undefined : answer;
}

/** The reply, or the status when it is one of these. */
export async function orStatus(call: Promise<Reply>, statuses: readonly number[]): Promise<Reply | number> {
  try {
    return await call;
  } catch (thrown) {
    const { status } = faultOf(thrown);
    if (status !== undefined && statuses.includes(status)) return status;
    throw thrown;
  }
}

export function understand<Data, Value>(
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

/** A header of a reply by its lower-case name. */
export function headerOf(reply: Reply, name: string): string | undefined {
  const value = replyWithHeaders.safeParse(reply).data?.headers[name];
  return value === undefined ? undefined : String(value);
}

function redirected(reply: Reply): ForgeFault {
  const location = headerOf(reply, 'location');
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
