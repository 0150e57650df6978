// One exchange of the check `http`: what is sent, and what the answer says about health.

import { z } from 'zod';
import type { Http, HttpResponse, KindContext } from '../../ports.ts';
import { formatDuration } from '../../values/durations.ts';
import { type Expectation, meets } from '../../values/expectations.ts';
import { isJsonObject, type Json } from '../../values/json.ts';
import type { HttpRequest, SecretHeader } from '../../values/operation.ts';
import type { Measurement } from '../check-kind.ts';
import { requestVia } from '../via.ts';
import { fill, fillJson, type Kept, namesIn, secretPlaceholder } from './kept-values.ts';
import type { AnswerExpectation, HttpCheckSettings, RequestSettings } from './settings.ts';

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

export type Exchanged = {
  readonly state: Measurement['state'];
  /** `GET https://… answered 503 after 12 ms: status: expected 200, found 503` */
  readonly evidence: string;
  /** What was wrong, without the request; empty where nothing was. */
  readonly why: string;
  readonly response?: HttpResponse;
  readonly fault?: Fault;
  /** Of the body, where it is JSON. */
  readonly json?: Json;
};

export type Asking = RequestSettings & { readonly url: string; readonly expect: AnswerExpectation };

export async function exchange(
  context: KindContext,
  asking: Asking,
  settings: HttpCheckSettings,
  kept: Kept = new Map(),
): Promise<Exchanged> {
  const asked = `${asking.method} ${withoutCredentials(asking.url)}`;
  const file = settings['ca-file'];
  if (file !== undefined && (await context.pathType(file)) !== 'file')
    return unsent(asked, `\`ca-file\` names ${file}, which is no file in the repository`);
  const answer = await requestVia(context, settings.via, requestOf(asking, kept), {
    deadlineMs: settings.timeout,
    signal: context.signal,
    followRedirects: settings['follow-redirects'],
    ...(file === undefined ? {} : { authorityFile: `${context.workspace}/${file}` }),
  });
  if (!answer.ok) {
    const { fault, detail } = answer;
    const why = `${fault}, ${detail}`;
    const state = stateOfFault[fault] === 'fail' ? settings['no-answer'] : 'error';
    return { state, evidence: `${asked}: ${why}`, why, fault };
  }
  const { response } = answer;
  const judged = judge(response, asking.expect, settings['no-answer']);
  const told = `${asked} answered ${response.status} after ${formatDuration(response.durationMs)}`;
  return { ...judged, response, evidence: judged.why === '' ? told : `${told}: ${judged.why}` };
}

function unsent(asked: string, why: string): Exchanged {
  return { state: 'error', evidence: `${asked}: ${why}`, why, fault: 'other' };
}

function requestOf(asking: Asking, kept: Kept): HttpRequest {
  const { method, json } = asking;
  const body = json === undefined ? asking.body : JSON.stringify(fillJson(json, kept));
  const filled = body === undefined || json !== undefined ? body : fill(body, kept);
  const headers = Object.entries(asking.headers).map(([name, value]) => [name, fill(value, kept)] as const);
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const type = json === undefined || hasType ? [] : [['Content-Type', 'application/json'] as const];
  return {
    method,
    url: fill(asking.url, kept, encodeURIComponent),
    headers: Object.fromEntries([...type, ...headers]),
    secretHeaders: secretHeadersOf(asking),
    // Of what the plan says, and not of what a server answered: that can't ask for a secret.
    secretTexts: secretTextsOf(
      json === undefined ? (asking.body ?? '') : JSON.stringify(json),
      json !== undefined,
    ),
    ...(filled === undefined ? {} : { body: filled }),
  };
}

function secretHeadersOf(asking: RequestSettings): Readonly<Record<string, SecretHeader>> {
  const token = asking['bearer-token-env'];
  const named = Object.entries(asking['headers-from-env']).map(
    ([name, secret]) => [name, { secret }] as const,
  );
  const bearer =
    token === undefined ? [] : [['Authorization', { secret: token, prefix: 'Bearer ' }] as const];
  return Object.fromEntries([...named, ...bearer]);
}

function secretTextsOf(text: string, inJson: boolean): NonNullable<HttpRequest['secretTexts']> {
  return Object.fromEntries(
    namesIn(text).flatMap((name) => {
      const secret = secretPlaceholder.exec(name)?.[1];
      return secret === undefined ? [] : [[`@{${name}}`, { secret, inJson }] as const];
    }),
  );
}

type Judgement = Pick<Exchanged, 'state' | 'why' | 'json'>;

/** Status first: what an error page holds is of no interest. An empty body where one is judged is no data. */
function judge(
  response: HttpResponse,
  expect: AnswerExpectation,
  noAnswer: HttpCheckSettings['no-answer'],
): Judgement {
  const status = meets(expect.status, response.status);
  if (!status.ok) return { state: noAnswer, why: `status: ${status.why}` };
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
  const json = parseJson(text);
  if (expect.json !== undefined && json === undefined) misses.push('json: the body is no JSON');
  else look('json', expect.json, json);
  const seen = json === undefined ? {} : { json };
  if (noAnswer === 'inconclusive' && expect.json !== undefined && lacks(expect.json, json))
    return { state: 'inconclusive', why: misses.join('; '), ...seen };
  return { state: misses.length > 0 ? 'fail' : 'pass', why: misses.join('; '), ...seen };
}

/** Whether something that is judged is not there, or `null`, at any depth. */
function lacks(wanted: Expectation, found: Json | undefined): boolean {
  if (found === undefined || found === null) return wanted !== null;
  if (!isMap(wanted)) return false;
  if (!isJsonObject(found)) return true;
  return Object.entries(wanted).some(([key, each]) => lacks(each, found[key]));
}

function isMap(wanted: Expectation): wanted is { readonly [key: string]: Expectation } {
  return typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted);
}

function parseJson(text: string): Json | undefined {
  try {
    return z.json().safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function withoutCredentials(text: string): string {
  // `@{token}` in a path would be written percent-encoded.
  const url = new URL(text);
  return url.username === '' && url.password === '' ? text : text.replace(/\/\/[^/?#]*@/, '//');
}
