// What a minute of watching cost, out of what was seen of it. Pure.

/** Of one moment. `atMs` since the watch began; `cpuSeconds` since the process began, its children included. */
export type Sample = {
  readonly atMs: number;
  readonly rssMiB: number;
  /** Of the processes that it has started and that still run. */
  readonly childrenMiB: number;
  readonly cpuSeconds: number;
};

/** When each condition was looked at, ms since the watch began. */
export type Looks = readonly (readonly number[])[];

export type Figures = {
  readonly looks: number;
  readonly late: number;
  /** Longest time between two looks of one condition, ms. */
  readonly longestGapMs: number;
  readonly cpuSecondsPerMinute: number;
  /** Nearest sample to each of the moments. */
  readonly rssAt: readonly { readonly seconds: number; readonly own: number; readonly children: number }[];
  readonly growth: { readonly own: number; readonly withChildren: number };
  readonly flat: boolean;
};

/** Between two looks of one condition that is looked at every second. */
const lateMs = 1_500;
/** Until then modules are loaded and the heap finds its size. */
const settledMs = 15_000;
/** MiB a minute. */
export const flatBelow = 5;
const shownAt = [10, 30, 60] as const;

/** Throws where there is too little to say anything. */
export function figuresOf(looks: Looks, samples: readonly Sample[]): Figures {
  const [first] = samples;
  const last = samples.at(-1);
  const settled = samples.filter(({ atMs }) => atMs >= settledMs);
  if (first === undefined || last === undefined || settled.length < 10)
    throw new Error(`${samples.length} samples are too few; did the watch begin?`);
  const gaps = looks.flatMap((times) => times.slice(1).map((at, index) => at - (times[index] ?? at)));
  const growth = {
    own: slopeOf(settled.map(({ atMs, rssMiB }) => [atMs, rssMiB])),
    withChildren: slopeOf(settled.map(({ atMs, rssMiB, childrenMiB }) => [atMs, rssMiB + childrenMiB])),
  };
  return {
    looks: looks.reduce((sum, times) => sum + times.length, 0),
    late: gaps.filter((gap) => gap > lateMs).length,
    longestGapMs: gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
    cpuSecondsPerMinute: ((last.cpuSeconds - first.cpuSeconds) * 60_000) / (last.atMs - first.atMs),
    rssAt: shownAt.map((seconds) => {
      const { rssMiB, childrenMiB } = nearest(samples, seconds * 1_000) ?? last;
      return { seconds, own: rssMiB, children: childrenMiB };
    }),
    growth,
    flat: growth.own < flatBelow && growth.withChildren < flatBelow,
  };
}

/** Least squares, per minute. */
function slopeOf(points: readonly (readonly [atMs: number, value: number])[]): number {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanAt, meanValue] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0);
  const together = points.reduce((sum, [at, value]) => sum + (at - meanAt) * (value - meanValue), 0);
  return (together / spread) * 60_000;
}

function nearest(samples: readonly Sample[], atMs: number): Sample | undefined {
  return samples.toSorted((one, other) => Math.abs(one.atMs - atMs) - Math.abs(other.atMs - atMs))[0];
}

export function figureLines(figures: Figures, conditions: number): readonly string[] {
  const { looks, late, longestGapMs, cpuSecondsPerMinute, rssAt, growth } = figures;
  return [
    `looks made: ${looks}, by ${conditions} conditions`,
    `looks late (more than ${lateMs / 1_000} s after the one before): ${late}; longest gap ${Math.round(longestGapMs)} ms`,
    `CPU: ${cpuSecondsPerMinute.toFixed(1)} s per minute, children included`,
    ...rssAt.map(
      ({ seconds, own, children }) =>
        `RSS at ${seconds} s: ${own.toFixed(1)} MiB, children ${children.toFixed(1)} MiB`,
    ),
    `growth after ${settledMs / 1_000} s: ${growth.own.toFixed(2)} MiB per minute, with children ${growth.withChildren.toFixed(2)}`,
  ];
}

/** Says something only where the collector has no room to put it off. */
export function memoryLine({ flat }: Figures): string {
  return `${flat ? 'memory flat' : 'MEMORY GROWS'} (the limit is ${flatBelow} MiB per minute)`;
}
