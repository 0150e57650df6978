// Check kind `http`: requests, and what the answers say about health. A status of 500 with a healthy-looking body is a
// failure here, which it is not for `curl -s`.

import type { KindContext } from '../ports.ts';
import { describeExpectation, limitOf } from '../values/expectations.ts';
import type { Json } from '../values/json.ts';
import type { CheckKind, Measurement, Plot } from './check-kind.ts';
import { judgeCertificate } from './http/certificate.ts';
import { type Exchanged, exchange, withoutCredentials } from './http/exchange.ts';
import { judgeSamples } from './http/samples.ts';
import { measureSequence } from './http/sequence.ts';
import { type HttpCheckSettings, httpCheckSchema, longestMs } from './http/settings.ts';
import { viaRequirements } from './via.ts';

type Measured = Omit<Measurement, 'expected'>;

export const http: CheckKind<HttpCheckSettings> = {
  name: 'http',
  summary: 'HTTP requests, and the status, body, latency or certificate that is expected of the answers.',
  schema: httpCheckSchema,
  timeoutMs: longestMs,
  requires: (settings) => [
    ...viaRequirements(settings.via),
    ...(settings['ca-file'] === undefined
      ? []
      : [{ type: 'file' as const, path: settings['ca-file'], purpose: 'certificate authorities to trust' }]),
  ],
  async measure(context, settings): Promise<Measurement> {
    const expected = describeExpected(settings);
    const { requests } = settings;
    if (requests !== undefined) return { ...(await measureSequence(context, settings, requests)), expected };
    const urls = [settings.url ?? []].flat();
    const measured = await Promise.all(urls.map((url) => measureUrl(context, url, settings)));
    const [only] = measured;
    if (only !== undefined && measured.length === 1) return { ...only, expected };
    return { ...together(urls, measured), expected };
  },
};

async function measureUrl(context: KindContext, url: string, settings: HttpCheckSettings): Promise<Measured> {
  const { repeat, expect } = settings;
  const asking = { ...settings, url, expect };
  if (repeat === 1) return single(await exchange(context, asking, settings), settings, context.clock.now());
  const began = context.clock.monotonicMs();
  const samples: Exchanged[] = [];
  // One after the other: side by side they would slow each other down.
  while (samples.length < repeat && !context.signal.aborted) {
    samples.push(await exchange(context, asking, settings));
    if (context.clock.monotonicMs() - began > longestMs) break;
  }
  const asked = `${settings.method} ${withoutCredentials(url)}`;
  const judged = judgeSamples(asked, samples, repeat, expect);
  const certificate = judgeCertificate(expect.certificate, samples.at(-1)?.response, context.clock.now());
  if (certificate.state === 'pass') return judged;
  const state = worstOf([judged.state, certificate.state]);
  return { ...judged, state, evidence: `${judged.evidence}; ${certificate.why}` };
}

function single(seen: Exchanged, { expect }: HttpCheckSettings, now: Date): Measured {
  const { response, state, evidence, fault } = seen;
  if (response === undefined) return { state, value: { fault: fault ?? 'other' }, evidence };
  const certificate = judgeCertificate(expect.certificate, response, now);
  const plot = latencyPlot(response.durationMs, expect);
  const value: Json = {
    status: response.status,
    'latency-ms': Math.round(response.durationMs),
    ...(expect.json === undefined || seen.json === undefined ? {} : { json: seen.json }),
    ...(certificate.days === undefined ? {} : { 'certificate-days': certificate.days }),
  };
  const why = certificate.state === 'pass' ? '' : certificate.why;
  return {
    state: worstOf([state, certificate.state]),
    value,
    evidence: [evidence, why].filter((part) => part !== '').join(': '),
    ...(plot === undefined ? {} : { plot }),
  };
}

function latencyPlot(value: number, { latency }: HttpCheckSettings['expect']): Plot | undefined {
  if (latency === undefined) return undefined;
  const limit = limitOf(latency);
  return { value, unit: 'ms', ...(limit === undefined ? {} : { limit }) };
}

/** All of them are told, also behind the first that failed. */
function together(urls: readonly string[], measured: readonly Measured[]): Measured {
  const bad = measured.filter(({ state }) => state !== 'pass');
  const passed = `${measured.length - bad.length} of ${measured.length} URLs are as expected`;
  return {
    state: worstOf(measured.map(({ state }) => state)),
    value: measured.map(
      ({ state, value }, at): Json => ({ url: withoutCredentials(urls[at] ?? ''), state, value }),
    ),
    evidence: [passed, ...bad.map(({ evidence }) => evidence)].join('; '),
  };
}

/** What users don't get outweighs what could not be asked. */
function worstOf(states: readonly Measurement['state'][]): Measurement['state'] {
  return (['fail', 'error', 'inconclusive'] as const).find((each) => states.includes(each)) ?? 'pass';
}

function describeExpected({ expect, requests }: HttpCheckSettings): string {
  if (requests !== undefined)
    return requests
      .map((each) => `${each.name ?? each.method}: ${describeExpectation(asMap(each.expect))}`)
      .join('; ');
  return describeExpectation(asMap(expect));
}

/** In the order in which they are judged. */
function asMap(expect: HttpCheckSettings['expect']): Parameters<typeof describeExpectation>[0] {
  const names = [
    'status',
    'json',
    'body',
    'latency',
    'latency-p50',
    'latency-p95',
    'latency-p99',
    'certificate',
  ] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const wanted = expect[name];
      return wanted === undefined ? [] : [[name, wanted]];
    }),
  );
}
