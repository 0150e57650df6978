// Settings of the check kind `http`: one request, the same request many times or to many places, or several in a row.

import { z } from 'zod';
import { duration } from '../../values/durations.ts';
import { expectation } from '../../values/expectations.ts';
import { httpUrl } from '../../values/http-url.ts';
import { identifier, title, variableName } from '../../values/names.ts';
import { relativePath } from '../../values/paths.ts';
import { via } from '../via.ts';
import { unknownPlaceholders } from './kept-values.ts';

export const longestMs = 60_000;
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** A percentile of fewer samples is their maximum under another name. */
export const samplesFor = { 'latency-p50': 2, 'latency-p95': 20, 'latency-p99': 100 } as const;

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name');

const answerKeys = {
  status: expectation.default(200).describe('HTTP status.'),
  json: expectation.optional().describe('The body, parsed as JSON; a map looks inside.'),
  body: expectation
    .optional()
    .describe('The body as text, without white space at its ends; `~ ready` searches.'),
  latency: expectation.optional().describe('Time from the request to the end of the body: `< 500ms`.'),
};

const percentile = (share: string): z.ZodOptional<typeof expectation> =>
  expectation.optional().describe(`With \`repeat\`: ${share} of the answers were at most that slow.`);

const requestKeys = {
  method: z.enum(methods).default('GET').describe('HTTP method.'),
  headers: z
    .record(headerName, z.string())
    .default({})
    .describe('Request headers. They are no place for secrets: a plan can be read by everybody.'),
  'headers-from-env': z
    .record(headerName, variableName)
    .default({})
    .describe('Request headers whose values are secrets of the plan, by name: `X-Api-Key: API_KEY`.'),
  'bearer-token-env': variableName
    .optional()
    .describe('Name of a secret of the plan that is sent as `Authorization: Bearer …`.'),
  body: z
    .string()
    .optional()
    .describe('Request body, sent as it is. `@{secrets.NAME}` is a secret of the plan.'),
  json: z
    .json()
    .optional()
    .describe('Request body, sent as JSON. `@{secrets.NAME}` in a text is a secret of the plan.'),
};

const keptFrom = z
  .string()
  .regex(
    /^(?:json(?:\.[^.\s]+)+|header\.[!#$%&'*+^_`|~0-9A-Za-z-]+)$/,
    'where to take it from: `json.data.token`, `header.x-token`',
  );

const step = z.strictObject({
  name: title.optional().describe('What the evidence calls it. Default: method and URL.'),
  url: httpUrl.describe('What to ask. `@{name}` is a value that an earlier request kept.'),
  ...requestKeys,
  expect: z
    .strictObject(answerKeys)
    .default({ status: 200 })
    .describe('The answer that is expected; status 200 unless it says otherwise.'),
  keep: z
    .record(identifier, keptFrom)
    .default({})
    .describe(
      'Values of the answer for later requests, by name: `token: json.data.token`, `session: header.x-session`. They are masked.',
    ),
});

const shape = z.strictObject({
  url: z
    .union([httpUrl, z.array(httpUrl).min(1).max(50)])
    .optional()
    .describe(
      'What to ask: an http:// or https:// URL, or a list of which all are asked. Certificates are always verified.',
    ),
  requests: z
    .array(step)
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Instead of `url`: requests one after the other, such as register, login and a protected call.',
    ),
  ...requestKeys,
  expect: z
    .strictObject({
      ...answerKeys,
      'latency-p50': percentile('half'),
      'latency-p95': percentile('95 %'),
      'latency-p99': percentile('99 %'),
      certificate: z
        .string()
        .regex(/^>=? ?\d{1,4}d$/, 'written `>= 14d`')
        .optional()
        .describe('How long the certificate of the server has to be valid still: `>= 14d`.'),
    })
    .default({ status: 200 })
    .describe('The health that is expected; status 200 unless it says otherwise.'),
  repeat: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Ask so many times, one after the other; every answer has to be as expected.'),
  timeout: duration
    .refine((milliseconds) => milliseconds <= longestMs, 'at most `60s`: who waits longer is not served')
    .default(5_000)
    .describe('Longest time for one exchange; default `5s`, at most `60s`. All of them together get 60s.'),
  'follow-redirects': z
    .boolean()
    .default(false)
    .describe('Follow up to five redirects. By default a redirect is the answer.'),
  'no-answer': z
    .enum(['fail', 'inconclusive'])
    .default('fail')
    .describe(
      'What it means that it is unreachable, has another status, or lacks what is judged. `inconclusive` where it is not the service but tells numbers about it.',
    ),
  via: via.optional().describe('How to get there, where the runner can not connect itself.'),
  'ca-file': relativePath
    .optional()
    .describe('PEM file in the repository: only what these certificate authorities signed is trusted.'),
});

type Refusal = (path: readonly (string | number)[], message: string) => void;

export const httpCheckSchema = shape.superRefine((settings, context) => {
  const refuse: Refusal = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
  if ((settings.url === undefined) === (settings.requests === undefined))
    refuse([], 'say one of `url` and `requests`');
  for (const [at, each] of [settings, ...(settings.requests ?? [])].entries())
    refuseCrossed(each, (path, message) => refuse(at === 0 ? path : ['requests', at - 1, ...path], message));
  refuseOfSequence(settings, refuse);
  refuseOfSamples(settings, refuse);
  refuseOfTransport(settings, refuse);
});

export type HttpCheckSettings = z.output<typeof shape>;
export type RequestSettings = Pick<
  HttpCheckSettings,
  'method' | 'headers' | 'headers-from-env' | 'bearer-token-env' | 'body' | 'json'
>;
export type HttpStep = z.output<typeof step>;
export type AnswerExpectation = HttpStep['expect'];

function refuseCrossed(each: HttpCheckSettings | HttpStep, refuse: Refusal): void {
  if (each.body !== undefined && each.json !== undefined) refuse(['json'], 'say one of `body` and `json`');
  if (each.method === 'HEAD')
    for (const key of ['json', 'body'] as const)
      if (each.expect[key] !== undefined) refuse(['expect', key], 'the answer to HEAD has no body');
}

function refuseOfSequence(settings: HttpCheckSettings, refuse: Refusal): void {
  const { requests } = settings;
  if (requests === undefined) {
    for (const message of unknownPlaceholders(
      { ...settings, url: [settings.url ?? []].flat().join(' ') },
      [],
    ))
      refuse(['url'], message);
    return;
  }
  const outside = (['body', 'json', 'bearer-token-env'] as const).filter(
    (key) => settings[key] !== undefined,
  );
  for (const key of outside) refuse([key], 'belongs to one of the `requests`');
  if (settings['no-answer'] !== 'fail') refuse(['no-answer'], 'belongs to a `url` that tells numbers');
  if (settings.repeat > 1) refuse(['repeat'], 'only one `url` is asked repeatedly');
  for (const key of Object.keys(settings.expect))
    if (key !== 'status') refuse(['expect', key], 'belongs to one of the `requests`');
  const known: string[] = [];
  for (const [at, request] of requests.entries()) {
    for (const message of unknownPlaceholders(request, known)) refuse(['requests', at], message);
    known.push(...Object.keys(request.keep));
  }
}

function refuseOfSamples({ expect, repeat }: HttpCheckSettings, refuse: Refusal): void {
  for (const key of ['latency-p50', 'latency-p95', 'latency-p99'] as const)
    if (expect[key] !== undefined && repeat < samplesFor[key])
      refuse(['expect', key], `takes \`repeat: ${samplesFor[key]}\` or more: of fewer it is their maximum`);
}

function refuseOfTransport(settings: HttpCheckSettings, refuse: Refusal): void {
  const urls = [settings.url ?? []].flat();
  const inPod = settings.via?.exec !== undefined;
  if (settings.expect.certificate !== undefined && (inPod || urls.some((url) => !/^https:/i.test(url))))
    refuse(['expect', 'certificate'], 'is known of https:// URLs that are not asked from inside a pod');
  if (inPod && settings['ca-file'] !== undefined)
    refuse(['ca-file'], 'is not taken into a pod; curl there trusts what the container trusts');
}
