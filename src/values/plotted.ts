// Numbers that checks give for charts, as people read them: `4.2 %`, `350 ms`, `1,204`.

import { formatDuration } from './durations.ts';

export type PlottedUnit = 'ratio' | 'ms' | 'count';

export function formatPlotted(value: number, unit: PlottedUnit): string {
  if (unit === 'ratio') return `${rounded(value * 100)} %`;
  if (unit === 'ms' && value >= 0) return value < 10 ? `${rounded(value)} ms` : formatDuration(value);
  return rounded(value);
}

/** Three figures are enough for a chart; whole numbers stay whole. Never in the notation with an exponent. */
export function rounded(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US', { useGrouping: false });
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3, useGrouping: false });
}
