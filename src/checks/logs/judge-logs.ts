// What the lines of logs mean for health. Pure. Where something could not be read the counts are lower bounds: they can
// still prove a failure, and a pass only where more lines would not undo it.

import { type Expectation, limitOf, meets } from '../../values/expectations.ts';
import type { JsonObject } from '../../values/json.ts';
import { hideSecretObjects } from '../../values/secret-objects.ts';
import { hideSecretShapes } from '../../values/secret-shapes.ts';
import { neutraliseLine } from '../../values/terminal-text.ts';
import type { Measurement } from '../check-kind.ts';
import type { LogsRead } from './read-logs.ts';

export type LogExpectations = {
  readonly expect?: Expectation | undefined;
  readonly ratio?: { readonly expect: Expectation } | undefined;
  readonly 'allow-empty': boolean;
};

const longestExample = 160;

export function judgeLogs(
  read: LogsRead,
  wanted: LogExpectations,
): Pick<Measurement, 'state' | 'value' | 'evidence' | 'plot'> {
  const { pods, logs, lines, matched, lacking } = read;
  const value: JsonObject = {
    matched,
    lines,
    ...(wanted.ratio === undefined ? {} : { of: read.of, ratio: read.of === 0 ? null : matched / read.of }),
  };
  if (pods === 0) {
    return { state: 'inconclusive', value, evidence: 'there are no pods, so there are no logs' };
  }
  if (logs === 0) {
    const evidence = lacking[0] ?? 'no container has started, so there are no logs';
    return { state: lacking.length > 0 ? 'error' : 'inconclusive', value, evidence: evidence };
  }
  const judged =
    wanted.ratio === undefined ? judgeCount(read, wanted.expect ?? 0) : judgeRatio(read, wanted.ratio);
  const state =
    judged.state === 'pass' && lines === 0 && !wanted['allow-empty'] ? 'inconclusive' : judged.state;
  const empty =
    state !== judged.state
      ? ['not a single line, so nothing was learned; `allow-empty: true` takes that for good news']
      : [];
  const parts = [
    judged.why,
    ...empty,
    ...(lacking.length === 0 ? [] : [`not everything was read (${shortList(lacking)})`]),
    ...(judged.state === 'pass' ? [] : examplesOf(read.examples)),
  ];
  return { state, value, evidence: parts.join('; '), ...judged.plot };
}

type Judged = Pick<Measurement, 'state'> & {
  readonly why: string;
  readonly plot: Pick<Measurement, 'plot'>;
};

function judgeCount({ matched, lines, logs, lacking }: LogsRead, expected: Expectation): Judged {
  const limit = limitOf(expected);
  const plot = {
    plot: { value: matched, unit: 'count', ...(limit === undefined ? {} : { limit }) },
  } as const;
  const least = meets(expected, matched);
  const told = `${matched} of ${lines} lines in ${logs} ${logs === 1 ? 'log' : 'logs'} match`;
  const why = least.ok ? told : `${told}, ${least.why}`;
  if (lacking.length === 0) return { state: least.ok ? 'pass' : 'fail', why, plot };
  const most = meets(expected, Number.MAX_SAFE_INTEGER);
  // `0` is as good as `<= 0`; of `3` nobody knows what more lines would make.
  const bound = limit !== undefined || expected === 0;
  if (!bound || least.ok !== most.ok) return { state: 'inconclusive', why: `at least ${why}`, plot: {} };
  return { state: least.ok ? 'pass' : 'fail', why: `at least ${why}`, plot };
}

function judgeRatio(
  { matched, of, lacking }: LogsRead,
  { expect }: NonNullable<LogExpectations['ratio']>,
): Judged {
  if (of === 0) {
    const why = `${matched} lines match, of 0, and a share of nothing says nothing`;
    return { state: 'inconclusive', why, plot: {} };
  }
  const ratio = matched / of;
  const limit = limitOf(expect);
  const verdict = meets(expect, ratio);
  const told = `${matched} of ${of} lines, ${(ratio * 100).toFixed(2)} %`;
  const why = verdict.ok ? told : `${told}: ${verdict.why}`;
  if (lacking.length > 0) return { state: 'inconclusive', why, plot: {} };
  const plot = { plot: { value: ratio, unit: 'ratio', ...(limit === undefined ? {} : { limit }) } } as const;
  return { state: verdict.ok ? 'pass' : 'fail', why, plot };
}

/** Lines come from containers: nothing that steers a terminal, and nothing that looks like a secret, gets any further. */
function examplesOf(examples: readonly string[]): readonly string[] {
  return examples.map(
    (line) => `“${shorten(neutraliseLine(hideSecretObjects(hideSecretShapes(line))).trim())}”`,
  );
}

/** Cut between words: half of a declared secret would not be recognised when the record is redacted. */
function shorten(line: string): string {
  if (line.length <= longestExample) return line;
  const end = line.slice(0, longestExample).search(/\s\S*$/);
  return `${line.slice(0, Math.max(0, end))}…`;
}

function shortList(lacking: readonly string[]): string {
  const more = lacking.length - 3;
  return lacking.slice(0, 3).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
