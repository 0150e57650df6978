// What a command's end says about the service. Pure.

import { z } from 'zod';
import { type Expectation, limitOf, meets } from '../../values/expectations.ts';
import { isJsonObject, type Json } from '../../values/json.ts';
import type { Measurement, Plot } from '../check-kind.ts';

export type CommandEnd =
  | {
      readonly ran: true;
      readonly exitCode: number;
      /** Redacted. */
      readonly stdout: string;
      readonly stderr: string;
      /** `false`: the beginning of a long output is not there. */
      readonly whole: boolean;
    }
  | { readonly ran: false; readonly why: string };

type Settings = {
  readonly expect: {
    readonly 'exit-code': Expectation;
    readonly stdout?: Expectation | undefined;
    readonly json?: Expectation | undefined;
  };
  readonly 'no-data-exit-code'?: number | readonly number[] | undefined;
};

/** A shell's word for "not found" and "can not be executed". */
const notRun: readonly number[] = [126, 127];

export function judgeCommand(
  name: string,
  end: CommandEnd,
  { expect, 'no-data-exit-code': noData = [] }: Settings,
  took: string,
): Omit<Measurement, 'expected'> {
  if (!end.ran) return { state: 'error', value: null, evidence: `${name} ${end.why}` };
  const { exitCode, stdout, stderr, whole } = end;
  const value = { 'exit-code': exitCode };
  const told = `${name} ended with exit code ${exitCode} after ${took}`;
  const said = lastLine(stderr) || lastLine(stdout);
  const because = said === '' ? '' : `: ${said}`;
  if ([noData].flat().includes(exitCode))
    return { state: 'inconclusive', value, evidence: `${told}, which says that it has no data${because}` };
  const verdict = meets(expect['exit-code'], exitCode);
  if (!verdict.ok && notRun.includes(exitCode))
    return { state: 'error', value, evidence: `${told}: it could not be run${because}` };
  const text = stdout.trim();
  const judged = judgeOutput(text, whole, expect);
  const all = judged.json === undefined ? value : { ...value, json: judged.json };
  const plot = plotOf(expect.json, judged.json);
  const more = plot === undefined ? {} : { plot };
  if (!verdict.ok) {
    const why = [`exit code: ${verdict.why}`, ...judged.misses].join('; ');
    return { state: 'fail', value: all, evidence: `${told}: ${why}${because}`, ...more };
  }
  if (judged.blind !== undefined)
    return { state: judged.blind.state, value, evidence: `${told}: ${judged.blind.why}` };
  if (judged.misses.length > 0)
    return { state: 'fail', value: all, evidence: `${told}: ${judged.misses.join('; ')}`, ...more };
  return { state: 'pass', value: all, evidence: told, ...more };
}

type Output = {
  readonly misses: readonly string[];
  readonly json?: Json;
  /** Why the output can't be judged. */
  readonly blind?: { readonly state: 'inconclusive' | 'error'; readonly why: string };
};

function judgeOutput(text: string, whole: boolean, { stdout, json }: Settings['expect']): Output {
  if (stdout === undefined && json === undefined) return { misses: [] };
  if (text === '')
    return { misses: [], blind: { state: 'inconclusive', why: 'it printed nothing that could be judged' } };
  const found = json === undefined ? undefined : parseJson(text, whole);
  if (stdout !== undefined && !whole)
    return { misses: [], blind: { state: 'error', why: 'it printed more than 64 KiB, which is not judged' } };
  if (json !== undefined && found === undefined)
    return {
      misses: [],
      blind: { state: 'error', why: 'neither its output nor the last line of it is JSON' },
    };
  const verdicts = [
    ...(stdout === undefined ? [] : [{ name: 'stdout', verdict: meets(stdout, text) }]),
    ...(json === undefined ? [] : [{ name: 'json', verdict: meets(json, found) }]),
  ];
  const misses = verdicts.flatMap(({ name, verdict }) => (verdict.ok ? [] : [`${name}: ${verdict.why}`]));
  return found === undefined ? { misses } : { misses, json: found };
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

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.trim();
}

/** Where one number is expected, and nothing else. */
function plotOf(expected: Expectation | undefined, found: Json | undefined): Plot | undefined {
  if (expected === undefined || found === undefined) return undefined;
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    const [entry, ...others] = Object.entries(expected);
    if (entry === undefined || others.length > 0 || !isJsonObject(found)) return undefined;
    return plotOf(entry[1], found[entry[0]]);
  }
  if (typeof found !== 'number') return undefined;
  const limit = limitOf(expected);
  return { value: found, unit: 'count', ...(limit === undefined ? {} : { limit }) };
}
