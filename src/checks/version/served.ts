// Which version a service says that it is, asked several times, each on a connection of its own: behind a load balancer
// every answer may come from another replica.

import type { KindContext } from '../../ports.ts';
import { isJsonObject, type Json } from '../../values/json.ts';
import { type Exchanged, exchange, withoutCredentials } from '../http/exchange.ts';
import { jsonAt } from '../http/kept-values.ts';
import { httpCheckSchema } from '../http/settings.ts';
import type { Via } from '../via.ts';
import type { Seen } from './judge.ts';

type ServedSettings = {
  readonly json?: string | undefined;
  readonly header?: string | undefined;
  readonly 'bearer-token-env'?: string | undefined;
  readonly repeat: number;
  readonly timeout: number;
  readonly via?: Via | undefined;
};

export async function readServed(
  context: KindContext,
  url: string,
  settings: ServedSettings,
  budgetMs: number,
): Promise<Seen> {
  const asked = `GET ${withoutCredentials(url)}`;
  // The same settings that the `http` check has, and its answers.
  const asking = {
    ...httpCheckSchema.parse({ url }),
    timeout: settings.timeout,
    via: settings.via,
    'bearer-token-env': settings['bearer-token-env'],
  };
  const began = context.clock.monotonicMs();
  const versions: string[] = [];
  for (let look = 0; look < settings.repeat; look++) {
    if (look > 0 && context.clock.monotonicMs() - began > budgetMs)
      return { state: 'inconclusive', why: `${asked}: only ${look} of ${settings.repeat} answers in 60 s` };
    const seen = await exchange(context, { ...asking, url }, asking);
    if (seen.state !== 'pass') return { state: seen.state, why: seen.evidence };
    const found = versionOf(seen, settings);
    if (typeof found !== 'string') return { state: 'error', why: `${asked}: ${found.why}` };
    versions.push(found);
  }
  return { state: 'seen', asked, versions };
}

function versionOf(
  { response, json }: Exchanged,
  settings: ServedSettings,
): string | { readonly why: string } {
  if (settings.header !== undefined) {
    const value = response?.headers[settings.header.toLowerCase()]?.trim() ?? '';
    return value === '' ? { why: `the answer has no header ${settings.header}` } : value;
  }
  if (settings.json !== undefined) {
    if (json === undefined) return { why: 'the body is no JSON' };
    return (
      textOf(jsonAt(json, settings.json.replace(/^\./, '').split('.'))) ?? {
        why: `there is no text at ${settings.json} in the body`,
      }
    );
  }
  const text = response?.body.trim() ?? '';
  if (text === '' || text.includes('\n') || text.length > 200 || isJsonObject(json))
    return { why: 'the body is no version by itself: say with `json` or `header` where it is' };
  // `2.40` is JSON, too, and as a number it would be another version.
  return typeof json === 'string' && json !== '' ? json : text;
}

function textOf(value: Json | undefined): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;
}
