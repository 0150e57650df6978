// Settings of the step kind `http`: what is sent, what counts as success, and where to look whether it took effect.

import { z } from 'zod';
import { expectation } from '../../values/expectations.ts';
import { httpUrl } from '../../values/http-url.ts';
import { identifier, variableName } from '../../values/names.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** What changes nothing. */
export const reads: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const jsonPathPattern = /^[^.\s]+(?:\.[^.\s]+)*$/;
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name');
const headerValue = z
  .string()
  .regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/, 'a header value is one line of Latin-1 text');
const url = httpUrl.refine(
  (text) => !hasCredentials(text),
  'a URL can not hold a name and a password: they would be in every log; use `headers-from-env`',
);
const status = z.int().min(100).max(599);

/** What goes along with a request; the same for the act and for the question whether it is done. */
const headerKeys = {
  headers: z
    .record(headerName, headerValue)
    .default({})
    .describe('Request headers. They are no place for secrets, the plan is public.'),
  'headers-from-env': z
    .record(headerName, variableName)
    .default({})
    .describe(
      'Request headers whose values are secrets: `X-Api-Key: API_KEY`. The names stand under `secrets:`; the values are shown nowhere.',
    ),
  'bearer-token-env': variableName
    .optional()
    .describe('Name of a secret of the plan that is sent as `Authorization: Bearer …`.'),
};

const question = z
  .strictObject({
    url: url.describe('What to ask with GET: an http:// or https:// URL.'),
    ...headerKeys,
    status: expectation.default(200).describe('HTTP status that says it is done.'),
    json: expectation
      .optional()
      .describe('The body, parsed as JSON, that says it is done; a map looks inside.'),
  })
  .superRefine(refuseDoubleHeaders);

export const httpStepSchema = z
  .strictObject({
    method: z.enum(methods).default('POST').describe('HTTP method.'),
    url: url.describe('Where to send it: an http:// or https:// URL. Certificates are always verified.'),
    ...headerKeys,
    body: z.string().optional().describe('Request body, sent as it is.'),
    json: z.json().optional().describe('Request body, sent as JSON with the content type for it.'),
    'expect-status': z
      .union([status, z.array(status).min(1)])
      .optional()
      .describe('HTTP status of success, or a list of them. Default: any from 200 to 299.'),
    'follow-redirects': z
      .boolean()
      .default(false)
      .describe('Follow up to five redirects. By default a redirect is the answer, and no success.'),
    outputs: z
      .record(
        identifier,
        z
          .string()
          .regex(jsonPathPattern, 'a path is keys and indexes with dots between: `job.id`, `items.0.name`'),
      )
      .default({})
      .describe('Outputs for later steps, read from a JSON body: `id: job.id`. `status` is always there.'),
    idempotent: z
      .boolean()
      .optional()
      .describe(
        'The request may be sent again after a failure. Default: yes for GET, HEAD, PUT and DELETE, no for POST and PATCH.',
      ),
    'done-if': question
      .optional()
      .describe(
        'A question that tells whether the work is done. Without it, nobody can know after a failure.',
      ),
  })
  .superRefine((settings, context) => {
    refuseDoubleHeaders(settings, context);
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (settings.body !== undefined && settings.json !== undefined)
      refuse('json', 'a request has `body` or `json`');
    if (!reads.has(settings.method)) return;
    for (const key of ['body', 'json'] as const) {
      if (settings[key] !== undefined) refuse(key, `${settings.method} sends no body`);
    }
    if (settings['done-if'] !== undefined) refuse('done-if', `${settings.method} changes nothing`);
  });

export type HttpStepSettings = z.output<typeof httpStepSchema>;
export type HeaderSettings = Pick<HttpStepSettings, keyof typeof headerKeys>;

function refuseDoubleHeaders(settings: HeaderSettings, context: z.RefinementCtx): void {
  const names = [
    ...Object.keys(settings.headers),
    ...Object.keys(settings['headers-from-env']),
    ...(settings['bearer-token-env'] === undefined ? [] : ['Authorization']),
  ].map((name) => name.toLowerCase());
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double === undefined) return;
  context.addIssue({ code: 'custom', path: ['headers'], message: `the header \`${double}\` is given twice` });
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}
