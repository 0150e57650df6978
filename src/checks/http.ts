// Check kind `http`: one request, and what the answer says about health. A status of 500 with a healthy-looking body
// is a failure here, which it is not for `curl -s`.

import { z } from 'zod';
import type { Http, HttpResponse } from '../ports.ts';
import { duration, formatDuration } from '../values/durations.ts';
import { describeExpectation, type Expectation, expectation, meets } from '../values/expectations.ts';
import { httpUrl } from '../values/http-url.ts';
import type { Json, JsonObject } from '../values/json.ts';
import type { CheckKind, Measurement } from './check-kind.ts';

const longestMs = 60_000;
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const schema = z
  .strictObject({
    url: httpUrl.describe('What to ask: an http:// or https:// URL. Certificates are always verified.'),
    method: z.enum(methods).default('GET').describe('HTTP method.'),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name'), z.string())
      .default({})
      .describe('Request headers; values may hold secrets.'),
    body: z.string().optional().describe('Request body, sent as it is.'),
    expect: z
      .strictObject({
        status: expectation.default(200).describe('HTTP status.'),
        json: expectation.optional().describe('The body, parsed as JSON; a map looks inside.'),
        body: expectation
          .optional()
          .describe('The body as text, without white space at its ends; `~ ready` searches.'),
        latency: expectation.optional().describe('Time from the request to the end of the body: `< 500ms`.'),
      })
      .default({ status: 200 })
      .describe('The health that is expected; status 200 unless it says otherwise.'),
    timeout: duration
      .refine((milliseconds) => milliseconds <= longestMs, 'at most `60s`: who waits longer is not served')
      .default(5_000)
      .describe('Longest time for the whole exchange; default `5s`, at most `60s`.'),
    'follow-redirects': z
      .boolean()
      .default(false)
      .describe('Follow up to five redirects. By default a redirect is the answer.'),
  })
  .superRefine((settings, context) => {
    if (settings.method !== 'HEAD') return;
    for (const key of ['json', 'body'] as const) {
      if (settings.expect[key] === undefined) continue;
      context.addIssue({ code: 'custom', path: ['expect', key], message: 'the answer to HEAD has no body' });
    }
  });

export type HttpCheckSettings = z.output<typeof schema>;

type Fault = Extract<Awaited<ReturnType<Http['request']>>, { ok: false }>['fault'];

/**
 * Which faults a user has, too, and which are ours: whoever can't connect is not served, but a name that this machine
 * can't resolve, or a run that was cancelled, says nothing about the service.
 */
const stateOfFault: Readonly<Record<Fault, 'fail' | 'error'>> = {
  refused: 'fail',
  reset: 'fail',
  timeout: 'fail',
  tls: 'fail',
  dns: 'error',
  cancelled: 'error',
  'too-large': 'error',
  other: 'error',
};

export const http: CheckKind<HttpCheckSettings> = {
  name: 'http',
  summary: 'One HTTP request, and the status, body or latency that is expected of the answer.',
  schema,
  timeoutMs: longestMs,
  requires: () => [],
  async measure(context, settings): Promise<Measurement> {
    const expected = describeExpected(settings);
    const asked = `${settings.method} ${withoutCredentials(settings.url)}`;
    const answer = await context.http.request(
      {
        method: settings.method,
        url: settings.url,
        headers: settings.headers,
        ...(settings.body === undefined ? {} : { body: settings.body }),
      },
      {
        deadlineMs: settings.timeout,
        signal: context.signal,
        followRedirects: settings['follow-redirects'],
      },
    );
    if (!answer.ok) {
      const { fault, detail } = answer;
      return {
        state: stateOfFault[fault],
        value: { fault },
        expected,
        evidence: `${asked}: ${fault}, ${detail}`,
      };
    }
    const { state, why, json } = judge(answer.response, settings);
    const { status, durationMs } = answer.response;
    const value: JsonObject = {
      status,
      'latency-ms': Math.round(durationMs),
      ...(json === undefined ? {} : { json }),
    };
    const told = `${asked} answered ${status} after ${formatDuration(durationMs)}`;
    return { state, value, expected, evidence: why === '' ? told : `${told}: ${why}` };
  },
};

type Judgement = {
  readonly state: 'pass' | 'fail' | 'inconclusive';
  readonly why: string;
  readonly json?: Json;
};

/** Status first: what an error page holds is of no interest. An empty body where one is judged is no data. */
function judge(response: HttpResponse, { expect }: HttpCheckSettings): Judgement {
  const status = meets(expect.status, response.status);
  if (!status.ok) return { state: 'fail', why: `status: ${status.why}` };
  const text = response.body.trim();
  if (text === '' && (expect.json !== undefined || expect.body !== undefined)) {
    return { state: 'inconclusive', why: 'the body is empty, so there is nothing to judge' };
  }
  const misses: string[] = [];
  const look = (name: string, wanted: Expectation | undefined, found: Json | undefined): void => {
    const verdict = wanted === undefined ? undefined : meets(wanted, found);
    if (verdict?.ok === false) misses.push(`${name}: ${verdict.why}`);
  };
  look('latency', expect.latency, response.durationMs);
  look('body', expect.body, text);
  const json = expect.json === undefined ? undefined : parseJson(text);
  if (expect.json !== undefined && json === undefined) misses.push('json: the body is no JSON');
  else look('json', expect.json, json);
  const seen = json === undefined ? {} : { json };
  return misses.length > 0
    ? { state: 'fail', why: misses.join('; '), ...seen }
    : { state: 'pass', why: '', ...seen };
}

function parseJson(text: string): Json | undefined {
  try {
    return z.json().safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function describeExpected({ expect }: HttpCheckSettings): string {
  return (['status', 'json', 'body', 'latency'] as const)
    .flatMap((name) => {
      const wanted = expect[name];
      return wanted === undefined ? [] : [describeExpectation({ [name]: wanted })];
    })
    .join(', ');
}

function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
