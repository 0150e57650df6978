// What a command printed, judged: as text, as JSON, as a share of two of its numbers, and by what it printed before the
// deploy. Pure.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Comparison, compareWith } from '../../values/comparison.ts';
import { type Expectation, limitOf, meets } from '../../values/expectations.ts';
import { isJsonObject, type Json } from '../../values/json.ts';
import type { Before, Plot } from '../check-kind.ts';
import { jsonAt } from '../http/kept-values.ts';

export type ShareExpectation = {
  /** Dotted paths into the JSON. */
  readonly part: string;
  readonly of: string;
  readonly is: Expectation;
};

export type OutputSettings = {
  readonly stdout?: Expectation | undefined;
  readonly json?: Expectation | undefined;
  readonly share?: ShareExpectation | undefined;
  readonly compare?: Comparison | undefined;
};

export type Output = {
  /** What is not as expected; empty: all of it is. */
  readonly misses: readonly string[];
  /** Beside the exit code. */
  readonly value: Readonly<Record<string, Json>>;
  /** What was found where nothing is missed. */
  readonly told?: string;
  /** Why the output can't be judged. */
  readonly blind?: { readonly state: 'inconclusive' | 'error'; readonly why: string };
  readonly plot?: Plot;
  /** Not as it was before the deploy. */
  readonly worse?: true;
};

/** More is kept as its checksum, which says as well whether it is the same. */
const keptText = 1_000;

export function judgeOutput(
  text: string,
  whole: boolean,
  settings: OutputSettings,
  before: Before | undefined,
): Output {
  const { stdout, json, share, compare } = settings;
  if ([stdout, json, share, compare].every((each) => each === undefined)) return nothing;
  if (text === '') return blind('inconclusive', 'it printed nothing that could be judged');
  if ((stdout !== undefined || compare !== undefined) && !whole)
    return blind('error', 'it printed more than 64 KiB, which is not judged');
  const found = json === undefined && share === undefined ? undefined : parseJson(text, whole);
  if (found === undefined && (json !== undefined || share !== undefined))
    return blind('error', 'neither its output nor the last line of it is JSON');
  return together([
    ...(stdout === undefined ? [] : [judged('stdout', stdout, text, {})]),
    ...(json === undefined || found === undefined ? [] : [judgeJson(json, found)]),
    ...(share === undefined ? [] : [judgeShare(share, found)]),
    ...(compare === undefined ? [] : [judgeChange(compare, text, before)]),
  ]);
}

const nothing: Output = { misses: [], value: {} };

function blind(state: 'inconclusive' | 'error', why: string): Output {
  return { misses: [], value: {}, blind: { state, why } };
}

/** A miss outweighs what can't be judged, and that outweighs what is as expected. */
function together(outputs: readonly Output[]): Output {
  const misses = outputs.flatMap((each) => each.misses);
  const dark = outputs.flatMap((each) => each.blind ?? [])[0];
  const plot = outputs.flatMap((each) => each.plot ?? [])[0];
  const told = outputs.flatMap((each) => each.told ?? []).join('; ');
  return {
    misses,
    value: Object.assign({}, ...outputs.map(({ value }) => value)),
    ...(told === '' ? {} : { told }),
    ...(dark === undefined || misses.length > 0 ? {} : { blind: dark }),
    ...(plot === undefined ? {} : { plot }),
    ...(outputs.some(({ worse }) => worse) ? { worse: true } : {}),
  };
}

function judged(name: string, expected: Expectation, found: Json, value: Output['value']): Output {
  const verdict = meets(expected, found);
  return { misses: verdict.ok ? [] : [`${name}: ${verdict.why}`], value };
}

function judgeJson(expected: Expectation, found: Json): Output {
  const plot = plotOf(expected, found);
  return { ...judged('json', expected, found, { json: found }), ...(plot === undefined ? {} : { plot }) };
}

/** Nothing of nothing is no share: a suite that ran no test has not passed. */
function judgeShare({ part, of, is }: ShareExpectation, found: Json | undefined): Output {
  const [dividend, divisor] = [part, of].map((path) => jsonAt(found, path.split('.')));
  const name = `${part} of ${of}`;
  if (typeof dividend !== 'number' || typeof divisor !== 'number') {
    const missing = typeof dividend === 'number' ? of : part;
    return blind('error', `its JSON has no number at ${missing}`);
  }
  if (divisor === 0) return blind('inconclusive', `${of} is 0, and a share of nothing says nothing`);
  const share = dividend / divisor;
  const limit = limitOf(is);
  const shown = `${name}: ${dividend} of ${divisor}`;
  const verdict = meets(is, share);
  return {
    misses: verdict.ok ? [] : [`${shown}, ${verdict.why}`],
    value: { share },
    told: shown,
    plot: { value: share, unit: 'ratio', ...(limit === undefined ? {} : { limit }) },
  };
}

function judgeChange(compare: Comparison, text: string, before: Before | undefined): Output {
  const output = comparable(text);
  const earlier = isJsonObject(before?.value) ? (before.value['output'] ?? null) : null;
  const known = before?.value === undefined ? undefined : earlier;
  const compared = compareWith(compare, output, known, before?.missing);
  const value = { output };
  const limit = compared.state === 'inconclusive' ? undefined : compared.limit;
  const plot: Pick<Output, 'plot'> =
    typeof output === 'number'
      ? { plot: { value: output, unit: 'count', ...(limit === undefined ? {} : { limit }) } }
      : {};
  if (compared.state === 'inconclusive')
    return { ...plot, misses: [], value, blind: { state: 'inconclusive', why: compared.why } };
  const { state, why } = compared;
  return {
    ...plot,
    value,
    ...(state === 'pass' ? { misses: [], told: why } : { misses: [why], worse: true }),
  };
}

/** A number or other JSON where it is written as one, so that it is the same with its keys in another order. */
function comparable(text: string): Json {
  if (text.length > keptText) return `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return jsonOf(text) ?? text;
}

/** `npm run` and `make` print lines of their own before. */
function parseJson(text: string, whole: boolean): Json | undefined {
  return (whole ? jsonOf(text) : undefined) ?? jsonOf(lastLine(text));
}

function jsonOf(text: string): Json | undefined {
  try {
    return z.json().safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.trim();
}

/** Where one number is expected, and nothing else. */
function plotOf(expected: Expectation, found: Json | undefined): Plot | undefined {
  if (found === undefined) return undefined;
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    const [entry, ...others] = Object.entries(expected);
    if (entry === undefined || others.length > 0 || !isJsonObject(found)) return undefined;
    return plotOf(entry[1], found[entry[0]]);
  }
  if (typeof found !== 'number') return undefined;
  const limit = limitOf(expected);
  return { value: found, unit: 'count', ...(limit === undefined ? {} : { limit }) };
}
