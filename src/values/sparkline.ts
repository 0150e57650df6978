// Numbers as a line of blocks, for places that draw no charts.

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A sign for each number; the lowest of all is the lowest block. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const spread = Math.max(...values) - low;
  return values
    .map((value) => blocks[spread === 0 ? 0 : Math.round(((value - low) / spread) * (blocks.length - 1))])
    .join('');
}
