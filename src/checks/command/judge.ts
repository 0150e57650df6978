// What a command's end says about the service. Pure.

import { type Expectation, meets } from '../../values/expectations.ts';
import type { Before, Measurement } from '../check-kind.ts';
import { judgeOutput, lastLine, type OutputSettings } from './judge-output.ts';

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

type Settings = Pick<OutputSettings, 'compare'> & {
  readonly expect: { readonly 'exit-code': Expectation } & Omit<OutputSettings, 'compare'>;
  readonly 'no-data-exit-code'?: number | readonly number[] | undefined;
};

/** A shell's word for "not found" and "can not be executed". */
const notRun: readonly number[] = [126, 127];

export function judgeCommand(
  name: string,
  end: CommandEnd,
  { expect, compare, 'no-data-exit-code': noData = [] }: Settings,
  { took, before }: { readonly took: string; readonly before?: Before | undefined },
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
  // What a command prints that failed is nothing to compare a later one with.
  const judgedBy = verdict.ok ? { ...expect, compare } : expect;
  const judged = judgeOutput(stdout.trim(), whole, judgedBy, before);
  const all = { ...value, ...judged.value };
  const plot = judged.plot === undefined ? {} : { plot: judged.plot };
  const worse = judged.worse === undefined ? {} : { worse: judged.worse };
  if (!verdict.ok) {
    const why = [`exit code: ${verdict.why}`, ...judged.misses].join('; ');
    return { state: 'fail', value: all, evidence: `${told}: ${why}${because}`, ...plot };
  }
  if (judged.blind !== undefined)
    return { state: judged.blind.state, value: all, evidence: `${told}: ${judged.blind.why}` };
  if (judged.misses.length > 0)
    return { state: 'fail', value: all, evidence: `${told}: ${judged.misses.join('; ')}`, ...plot, ...worse };
  const found = judged.told === undefined ? '' : `: ${judged.told}`;
  return { state: 'pass', value: all, evidence: `${told}${found}`, ...plot };
}
