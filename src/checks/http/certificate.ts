// How long the certificate that a server showed is valid still. That it is valid at all the exchange has proven.

import type { HttpResponse } from '../../ports.ts';

const dayMs = 86_400_000;

/** `expected`: `>= 14d`. `days`: whole ones that are left. Pure. */
export function judgeCertificate(
  expected: string | undefined,
  response: HttpResponse | undefined,
  now: Date,
): { readonly state: 'pass' | 'fail' | 'inconclusive'; readonly why: string; readonly days?: number } {
  if (expected === undefined || response === undefined) return { state: 'pass', why: '' };
  const expires = response.certificateExpires;
  if (expires === undefined) return { state: 'inconclusive', why: 'the server showed no certificate' };
  const [, operator, wanted = ''] = /^(>=?) ?(\d+)d$/.exec(expected) ?? [];
  const leftMs = Date.parse(expires) - now.getTime();
  const days = Math.floor(leftMs / dayMs);
  const neededMs = Number(wanted) * dayMs;
  const ok = operator === '>=' ? leftMs >= neededMs : leftMs > neededMs;
  return { state: ok ? 'pass' : 'fail', why: `the certificate expires ${expires}, in ${days} days`, days };
}
