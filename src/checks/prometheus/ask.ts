// How a check asks an API that answers JSON, and Prometheus in particular. Whatever is not a whole answer says what it is
// and what to do about it.

import { z } from 'zod';
import type { KindContext } from '../../ports.ts';
import { duration } from '../../values/durations.ts';
import { httpUrl } from '../../values/http-url.ts';
import { variableName } from '../../values/names.ts';
import { requestVia, type Via, via } from '../via.ts';

const longestMs = 60_000;

/** Settings that every check of a monitoring API has. */
export const apiSettings = {
  via: via.optional().describe('How to get there, where the runner can not connect itself.'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name'), z.string())
    .default({})
    .describe('Request headers; no place for secrets.'),
  'bearer-token-env': variableName
    .optional()
    .describe('Name of the secret of the plan that is sent as `Authorization: Bearer …`.'),
  timeout: duration
    .refine((milliseconds) => milliseconds <= longestMs, 'at most `60s`')
    .default(10_000)
    .describe('Longest time for each question; default `10s`, at most `60s`.'),
};

/** The base URL of an API; a path prefix is kept, a query is refused. */
export const apiUrl = httpUrl.refine(
  (text) => URL.canParse(text) && new URL(text).search === '' && new URL(text).hash === '',
  'the base URL alone, without `?…` and `#…`',
);

export type ApiPlace = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Deadline of each question, ms. */
  readonly timeout: number;
  readonly via?: Via | undefined;
  /** Name of a secret of the plan. */
  readonly 'bearer-token-env'?: string | undefined;
};

/** `inconclusive`: it answered, and with nothing that can be judged. `error`: nobody could be asked. */
export type Asked<Data> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly state: 'inconclusive' | 'error'; readonly why: string };

/** One series with one number; the number may be NaN or infinite. */
export type Sample = { readonly labels: string; readonly value: number; readonly atSeconds: number };

const pair = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string()).default({});
const instant = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labels, value: pair.optional() })),
  }),
  z.object({ resultType: z.literal('scalar'), result: pair }),
  z.object({ resultType: z.literal('string'), result: z.unknown() }),
  z.object({ resultType: z.literal('matrix'), result: z.unknown() }),
]);
const range = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(pair).default([]) })),
});
const envelope = z.object({
  status: z.enum(['success', 'error']),
  data: z.unknown().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).default([]),
});

/** The query's value now, as many samples as there are. */
export async function askNow(
  context: KindContext,
  place: ApiPlace,
  query: string,
): Promise<Asked<readonly Sample[]>> {
  const asked = await askPrometheus(context, place, 'query', { query });
  if (!asked.ok) return asked;
  const parsed = instant.safeParse(asked.data);
  if (!parsed.success) return foreign('/api/v1/query');
  const { data } = parsed;
  switch (data.resultType) {
    case 'scalar':
      return { ok: true, data: [sampleOf({}, data.result)] };
    case 'vector': {
      if (data.result.some(({ value }) => value === undefined))
        return fault('the query gives native histograms; take a number of them: histogram_quantile(0.95, …)');
      const samples = data.result.flatMap(({ metric, value }) =>
        value === undefined ? [] : [sampleOf(metric, value)],
      );
      return { ok: true, data: samples };
    }
    case 'matrix':
      return fault('the query gives a range, not one number; wrap it: rate(…), avg_over_time(…)');
    case 'string':
      return fault('the query gives a text, not a number');
  }
}

/** The query's values in a stretch of time that ends at `endSeconds` on the server's clock. */
export async function askRange(
  context: KindContext,
  place: ApiPlace,
  question: {
    readonly query: string;
    readonly endSeconds: number;
    readonly overMs: number;
    readonly stepMs: number;
  },
): Promise<Asked<readonly (readonly Sample[])[]>> {
  const { query, endSeconds, overMs, stepMs } = question;
  const asked = await askPrometheus(context, place, 'query_range', {
    query,
    start: String(endSeconds - overMs / 1_000),
    end: String(endSeconds),
    step: String(stepMs / 1_000),
  });
  if (!asked.ok) return asked;
  const parsed = range.safeParse(asked.data);
  if (!parsed.success) return foreign('/api/v1/query_range');
  const series = parsed.data.result.map(({ metric, values }) =>
    values.map((value) => sampleOf(metric, value)),
  );
  return { ok: true, data: series };
}

/** `data` of a whole answer of Prometheus' API. Form-encoded: no query is too long, and nothing in it is globbed. */
export async function askPrometheus(
  context: KindContext,
  place: ApiPlace,
  endpoint: string,
  form: Readonly<Record<string, string>> | undefined,
): Promise<Asked<unknown>> {
  const asked = await askJson(context, place, `api/v1/${endpoint}`, form);
  if (!asked.ok) return asked;
  const parsed = envelope.safeParse(asked.data.json);
  if (!parsed.success) {
    return asked.data.status === 200 ? foreign(`/api/v1/${endpoint}`) : fault(asked.data.told);
  }
  const { status, data, error = 'it does not say why', warnings } = parsed.data;
  if (status === 'error') {
    const blame = asked.data.status === 400 ? '; correct the query' : '';
    return fault(`Prometheus answered ${asked.data.status}: ${clip(error)}${blame}`);
  }
  if (warnings.length > 0) {
    const why = `the answer is partial: ${clip(warnings.join('; '))}; mend what it could not reach`;
    return { ok: false, state: 'inconclusive', why };
  }
  return { ok: true, data };
}

/** An answer with a body that is JSON, whatever its status. */
export async function askJson(
  context: KindContext,
  { url, headers, timeout, via: way, 'bearer-token-env': token }: ApiPlace,
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<Asked<{ readonly status: number; readonly json: unknown; readonly told: string }>> {
  const { signal } = context;
  const answer = await requestVia(
    context,
    way,
    {
      method: form === undefined ? 'GET' : 'POST',
      url: `${url.replace(/\/+$/, '')}/${path}`,
      headers:
        form === undefined
          ? { accept: 'application/json', ...headers }
          : {
              accept: 'application/json',
              'content-type': 'application/x-www-form-urlencoded',
              ...headers,
            },
      ...(token === undefined
        ? {}
        : { secretHeaders: { authorization: { secret: token, prefix: 'Bearer ' } } }),
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    },
    { deadlineMs: timeout, signal, maxBytes: 8 * 1_048_576 },
  );
  if (!answer.ok)
    return fault(
      `can't be asked: ${answer.fault}, ${answer.detail}; see that it runs and is reached from here`,
    );
  const { status, body } = answer.response;
  if (status >= 300 && status < 400)
    return fault(`answered ${status}, a redirect; write the address that it leads to in \`url\``);
  if (status === 401 || status === 403)
    return fault(`answered ${status}; give it what it wants: \`bearer-token-env\` or \`headers\``);
  const base =
    status === 404 ? `; see that it has /${path.replace(/\?.*/, '')}, and that \`url\` is its base URL` : '';
  const told = `answered ${status}: ${clip(body.trim())}${base}`;
  try {
    return { ok: true, data: { status, json: JSON.parse(body), told } };
  } catch {
    return fault(status === 200 ? `answered with no JSON; see that \`url\` is the API's base` : told);
  }
}

/** Where was asked, without what may be a password. */
export function placeOf(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}

function foreign(endpoint: string): Asked<never> {
  return fault(`what answered ${endpoint} is no Prometheus; see that \`url\` is its base URL`);
}

function fault(why: string): Asked<never> {
  return { ok: false, state: 'error', why };
}

function sampleOf(
  metric: Readonly<Record<string, string>>,
  [atSeconds, text]: readonly [number, string],
): Sample {
  const { __name__: name = '', ...rest } = metric;
  const inner = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const shown = inner.length === 0 ? name : `${name}{${inner.join(', ')}}`;
  return { labels: shown, value: numberOf(text), atSeconds };
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return text.trim() === '' ? Number.NaN : Number(text);
}

function clip(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`;
}
