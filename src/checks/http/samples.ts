// What many answers to one request say: every one has to be as expected, and the slowest part of them has a limit.

import { formatDuration } from '../../values/durations.ts';
import { limitOf, meets } from '../../values/expectations.ts';
import type { Json } from '../../values/json.ts';
import type { Measurement, Plot } from '../check-kind.ts';
import type { Exchanged } from './exchange.ts';
import type { HttpCheckSettings } from './settings.ts';

const shares = { 'latency-p50': 50, 'latency-p95': 95, 'latency-p99': 99 } as const;
type Share = keyof typeof shares;
const shareNames: readonly Share[] = ['latency-p50', 'latency-p95', 'latency-p99'];

/** Nearest rank: the smallest of the values that this share of them does not exceed. `undefined` of none. */
export function percentileOf(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** `wanted`: how many were meant to be taken. Pure. */
export function judgeSamples(
  asked: string,
  samples: readonly Exchanged[],
  wanted: number,
  expect: HttpCheckSettings['expect'],
): Omit<Measurement, 'expected'> {
  const times = samples.flatMap(({ response }) => (response === undefined ? [] : [response.durationMs]));
  const percentiles = shareNames.flatMap((name) => {
    const value = percentileOf(times, shares[name]);
    return value === undefined ? [] : [{ name, value, wanted: expect[name] }];
  });
  const slow = percentiles.flatMap(({ name, value, wanted: limit }) => {
    const verdict = limit === undefined ? undefined : meets(limit, value);
    return verdict?.ok === false ? [`${name}: ${verdict.why}`] : [];
  });
  const bad = samples.filter(({ state }) => state !== 'pass');
  const state = stateOf(bad, { slow: slow.length > 0, short: samples.length < wanted });
  const parts = [
    `${asked}: ${samples.length - bad.length} of ${samples.length} answers as expected`,
    ...percentiles.map(({ name, value }) => `${name.slice('latency-'.length)} ${formatDuration(value)}`),
    ...[...countsOf(bad)].map(([why, count]) => `${count} times ${why}`),
    ...slow,
    ...(samples.length < wanted ? [`only ${samples.length} of ${wanted} were sent in 60 s`] : []),
  ];
  const value: Json = {
    samples: samples.length,
    failed: bad.length,
    'latency-ms': times.map(Math.round),
    ...Object.fromEntries(percentiles.map(({ name, value: each }) => [name, Math.round(each)])),
  };
  const plot = plotOf(percentiles);
  return { state, value, evidence: parts.join(', '), ...(plot === undefined ? {} : { plot }) };
}

function stateOf(
  bad: readonly Exchanged[],
  { slow, short }: { readonly slow: boolean; readonly short: boolean },
): Measurement['state'] {
  if (slow || bad.some(({ state }) => state === 'fail')) return 'fail';
  if (bad.some(({ state }) => state === 'error')) return 'error';
  return short || bad.length > 0 ? 'inconclusive' : 'pass';
}

/** Times and ports differ from answer to answer; five kinds of trouble tell enough. */
function countsOf(bad: readonly Exchanged[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { why } of bad) {
    const kind = why.replaceAll(/\d+\.\d+/g, '…');
    if (counts.has(kind) || counts.size < 5) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function plotOf(
  percentiles: readonly { readonly value: number; readonly wanted: HttpCheckSettings['expect'][Share] }[],
): Plot | undefined {
  const judged = percentiles.find(({ wanted }) => wanted !== undefined);
  if (judged?.wanted === undefined) return undefined;
  const limit = limitOf(judged.wanted);
  return { value: judged.value, unit: 'ms', ...(limit === undefined ? {} : { limit }) };
}
