// From settings to the request that is sent. A secret is a name here and nothing else: its value joins in the adapter.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { HttpRequest, SecretHeader } from '../../values/operation.ts';
import type { HeaderSettings, HttpStepSettings } from './settings.ts';

export function requestOf(settings: HttpStepSettings): HttpRequest {
  const { json } = settings;
  const body = json === undefined ? settings.body : JSON.stringify(json);
  const hasType = Object.keys(settings.headers).some((name) => name.toLowerCase() === 'content-type');
  const type: Record<string, string> =
    json === undefined || hasType ? {} : { 'Content-Type': 'application/json' };
  return {
    method: settings.method,
    url: settings.url,
    headers: { ...type, ...settings.headers },
    secretHeaders: secretHeadersOf(settings),
    ...(body === undefined ? {} : { body }),
  };
}

export function secretHeadersOf(headers: HeaderSettings): Readonly<Record<string, SecretHeader>> {
  const named = Object.entries(headers['headers-from-env']).map(
    ([name, secret]) => [name, { secret }] as const,
  );
  const token = headers['bearer-token-env'];
  const bearer =
    token === undefined ? [] : [['Authorization', { secret: token, prefix: 'Bearer ' }] as const];
  return Object.fromEntries([...named, ...bearer]);
}

/** Only what the plan declares is masked, redacted and handed over; any other variable could be a token of the runner. */
export function requireSecrets(context: KindContext, headers: HeaderSettings): void {
  const wanted = Object.values(secretHeadersOf(headers)).map(({ secret }) => secret);
  const missing = wanted.filter((name) => !context.secretNames.includes(name));
  if (missing.length === 0) return;
  throw new RollbackPlanError(
    'secret-missing',
    `the request takes a header from ${missing.join(', ')}, and the plan declares no such secret`,
    { hint: `Add to the plan: secrets: [${[...context.secretNames, ...missing].join(', ')}]` },
  );
}
