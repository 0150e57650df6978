// Prints what was measured: medians and their spread, ratios, and where the time goes.

import { loadavg } from 'node:os';
import type { Counted } from './count.ts';

export type Sample = {
  readonly whole: number;
  /** From the start of the process, ms, in the order they come. */
  readonly milestones: ReadonlyMap<string, number>;
};

export type Row = {
  readonly readiness: string;
  readonly bare: readonly number[];
  readonly ours: readonly Sample[];
  /** Of the machine, after each round: other work makes every figure worse. */
  readonly load: readonly number[];
};

export function print(
  rows: readonly Row[],
  counted: { readonly bare: Counted; readonly ours: Counted },
  rounds: number,
): void {
  const milestones = [...(rows[0]?.ours[0]?.milestones.keys() ?? [])];
  const all = rows.flatMap(({ ours }) => ours);
  const reached = (name: string): readonly number[] =>
    all.flatMap((sample) => sample.milestones.get(name) ?? []);
  const kinds = [...new Set(counted.ours.children)];
  const lines = [
    `rounds per row: ${rounds}; medians (minimum to maximum); load of the machine now ${loadavg()[0]?.toFixed(1)}`,
    '',
    '| pods ready | bare helm rollback --wait | whole run | ratio | start → first mutation | load |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ readiness, bare, ours, load }) => {
      const whole = ours.map((sample) => sample.whole);
      const first = ours.flatMap((sample) => sample.milestones.get('Helm started') ?? []);
      const ratio = (median(whole) / median(bare)).toFixed(2);
      return `| ${readiness} | ${spread(bare)} | ${spread(whole)} | ${ratio} | ${spread(first)} | ${median(load).toFixed(1)} |`;
    }),
    '',
    '| from the start of the process until | all rounds | step |',
    '|---|---|---|',
    ...milestones.map((name, index) => {
      const before = milestones[index - 1];
      const step = median(reached(name)) - (before === undefined ? 0 : median(reached(before)));
      return `| ${name} | ${spread(reached(name))} | ${seconds(step)} |`;
    }),
    '',
    '| a run asks for | bare | ours | of them |',
    '|---|---|---|---|',
    `| child processes | 1 | ${counted.ours.children.length} | ${kinds
      .map((kind) => `${counted.ours.children.filter((each) => each === kind).length} × ${kind}`)
      .join(', ')} |`,
    `| API requests | ${counted.bare.requests.length} | ${counted.ours.requests.length} | ${methods(counted.ours.requests)} |`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (process.argv.includes('--requests')) process.stdout.write(`\n${counted.ours.requests.join('\n')}\n`);
}

function methods(requests: readonly string[]): string {
  const words = requests.map((request) => request.split(' ', 1)[0] ?? '');
  return [...new Set(words)]
    .map((word) => `${words.filter((each) => each === word).length} × ${word}`)
    .join(', ');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function spread(values: readonly number[]): string {
  return `${seconds(median(values))} (${seconds(Math.min(...values))} to ${seconds(Math.max(...values))})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
