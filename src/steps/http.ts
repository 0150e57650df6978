// Step kind `http`: one HTTP request that changes something, such as a webhook, a feature flag or a cache purge.
// What the other side did with it nobody can see from here, unless the plan says where to look.

import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import type { OperationResult, Prepared, Probe, RetryClass, Verification } from '../values/operation.ts';
import { askWhetherDone, parseJson } from './http/done-if.ts';
import { requestOf, requireSecrets } from './http/request.ts';
import { type HttpStepSettings, httpStepSchema, reads } from './http/settings.ts';
import type { StepKind } from './step-kind.ts';

const defaultTimeoutMs = 30_000;
/** The step's timeout is what ends a request; this is only more than any plan may ask for. */
const deadlineMs = 24 * 3_600_000;
/** RFC 9110: doing these twice has the effect of doing them once. */
const idempotentMethods: ReadonlySet<string> = new Set(['PUT', 'DELETE']);

export const http: StepKind<HttpStepSettings> = {
  name: 'http',
  summary: 'One HTTP request that changes something, such as a webhook.',
  schema: httpStepSchema,
  timeoutMs: defaultTimeoutMs,
  requires: () => [],
  async prepare(context, settings): Promise<Prepared> {
    requireSecrets(context, settings);
    if (settings['done-if'] !== undefined) requireSecrets(context, settings['done-if']);
    const request = requestOf(settings);
    const isRead = reads.has(settings.method);
    return {
      operations: [
        {
          id: 'request',
          title: `${settings.method} ${settings.url}`,
          act: {
            type: 'http',
            request,
            expectStatus: expectedStatus(settings),
            followRedirects: settings['follow-redirects'],
          },
          mutates: !isRead,
          retry: retryClass(settings),
          deadlineMs,
        },
      ],
      preview: request.body === undefined ? undefined : `The body that is sent:\n${request.body}\n`,
      notes: [
        ...(isRead ? [] : ['What the other side does with the request can not be shown before it is sent.']),
        ...warnAboutPlainText(settings),
      ],
      outputs: ['status', ...Object.keys(settings.outputs)],
    };
  },
  outputs(results, settings): JsonObject {
    const read = readOutputs(results, settings);
    return read.ok ? read.outputs : {};
  },
  capture: async () => undefined,
  async probe(context, settings): Promise<Probe> {
    return (
      (await askWhetherDone(context, settings)) ?? {
        state: 'unknown',
        evidence:
          'a request leaves no trace that Rollback Plan could read; give the step `done-if` to tell whether it took effect',
      }
    );
  },
  async verify(context, settings, results): Promise<Verification> {
    const answered = answerLine(settings, results);
    const read = readOutputs(results, settings);
    if (!read.ok) return { state: 'failed', evidence: `${answered}, but ${read.why}` };
    const answer = await askWhetherDone(context, settings);
    const by = results.at(-1)?.answeredBy;
    if (
      answer === undefined &&
      by !== undefined &&
      by.method !== settings.method &&
      !reads.has(settings.method)
    )
      return {
        state: 'failed',
        evidence: `${answered}: a redirect made ${by.method} of ${settings.method}, so the answer is to a question and not to the request; write the URL that it leads to, or give the step \`done-if\``,
      };
    if (answer === undefined) {
      return { state: 'verified', evidence: `${answered}; what it did with that can not be seen from here` };
    }
    // Many an API says "accepted" and works on: the step's timeout says how long that may take.
    const states = { done: 'verified', 'not-done': 'progressing', unknown: 'unknown' } as const;
    return { state: states[answer.state], evidence: `${answered}; ${answer.evidence}` };
  },
};

export function retryClass({
  method,
  idempotent,
}: Pick<HttpStepSettings, 'method' | 'idempotent'>): RetryClass {
  if (reads.has(method)) return idempotent === false ? 'once' : 'read';
  return (idempotent ?? idempotentMethods.has(method)) ? 'idempotent' : 'once';
}

function expectedStatus({ 'expect-status': expected }: HttpStepSettings): readonly number[] {
  if (expected === undefined) return Array.from({ length: 100 }, (_, index) => 200 + index);
  return typeof expected === 'number' ? [expected] : expected;
}

function answerLine(settings: HttpStepSettings, results: readonly OperationResult[]): string {
  const { status, answeredBy: by } = results.at(-1) ?? {};
  const asked = `${settings.method} ${settings.url}`;
  if (status === undefined) return `${asked} got no answer`;
  return by === undefined
    ? `${asked} answered ${status}`
    : `${asked} was redirected, and ${by.method} ${by.url} answered ${status}`;
}

type Outputs =
  | { readonly ok: true; readonly outputs: JsonObject }
  | { readonly ok: false; readonly why: string };

/** All declared outputs or none: what a later step acts upon has to be what the plan said it would be. */
function readOutputs(results: readonly OperationResult[], { outputs: declared }: HttpStepSettings): Outputs {
  const last = results.at(-1);
  const status: JsonObject = last?.status === undefined ? {} : { status: last.status };
  const wanted = Object.entries(declared);
  if (wanted.length === 0) return { ok: true, outputs: status };
  const body = parseJson(last?.stdout ?? '');
  if (body === undefined) return { ok: false, why: 'its body is no JSON, so there are no outputs in it' };
  const found = wanted.map(([name, path]) => ({ name, path, value: valueAt(body, path) }));
  const missing = found.find(({ value }) => value === undefined || typeof value === 'object');
  if (missing !== undefined)
    return {
      ok: false,
      why: `the output ${missing.name} is no text or number at ${missing.path} in its body`,
    };
  const rounded = found.find(({ value }) => Number.isInteger(value) && !Number.isSafeInteger(value));
  if (rounded !== undefined)
    return {
      ok: false,
      why: `the output ${rounded.name} has more digits at ${rounded.path} than can be kept; ask the API for it as a string`,
    };
  return {
    ok: true,
    outputs: { ...status, ...Object.fromEntries(found.map(({ name, value }) => [name, value ?? null])) },
  };
}

function valueAt(body: Json, path: string): Json | undefined {
  let found: Json | undefined = body;
  for (const key of path.split('.')) {
    if (Array.isArray(found)) found = /^\d+$/.test(key) ? found[Number(key)] : undefined;
    else found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

/** On loopback nobody listens; anywhere else whoever is on the way reads the secret. */
function warnAboutPlainText({ url, ...headers }: HttpStepSettings): readonly string[] {
  const { protocol, hostname } = new URL(url);
  const secret =
    headers['bearer-token-env'] !== undefined || Object.keys(headers['headers-from-env']).length > 0;
  const local = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
  return secret && protocol === 'http:' && !local
    ? ['SENT WITHOUT TLS: whoever is on the way to that server can read the secret header.']
    : [];
}
