// From the charts in the repository, and what Helm renders of them, to what a plan is made of. Pure.

import { load } from 'js-yaml';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { slug } from '../values/names.ts';
import type { FoundRelease, Inventory, Source } from './inventory.ts';
import { workloadsOf } from './inventory-of-cluster.ts';
import { visible } from './yaml-text.ts';

/** A folder with a Chart.yaml. */
export type ChartFile = { readonly folder: string; readonly text: string };

/** A chart that can be installed. `release` is the name that its release would have if nobody chose another. */
export type Chart = { readonly folder: string; readonly release: string };

export type Charts = { readonly charts: readonly Chart[]; readonly leftOut: readonly string[] };

const chartFile = z.looseObject({ name: z.string().min(1), type: z.string().optional() });
const releasePattern = /^[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?$/;
const longestRelease = 53;

/** In the order given. Of two charts with one name the first is taken. */
export function readCharts(files: readonly ChartFile[]): Charts {
  const charts: Chart[] = [];
  const leftOut: string[] = [];
  for (const { folder, text } of files) {
    const where = `${folder}/Chart.yaml`;
    const read = parseChart(text);
    if (typeof read === 'string') {
      leftOut.push(`${where}: ${read}`);
      continue;
    }
    if (read.type === 'library') {
      leftOut.push(`${where}: a library chart is never installed`);
      continue;
    }
    const release = releasePattern.test(read.name)
      ? read.name
      : slug(read.name).slice(0, longestRelease).replace(/-+$/, '');
    const earlier = charts.find((chart) => chart.release === release);
    if (earlier !== undefined) {
      leftOut.push(`${where}: ${earlier.folder} has a chart of that name, too`);
      continue;
    }
    charts.push({ folder, release });
  }
  return { charts, leftOut };
}

function parseChart(text: string): z.infer<typeof chartFile> | string {
  try {
    const parsed = chartFile.safeParse(load(text, { maxAliases: 0 }));
    return parsed.success ? parsed.data : 'it names no chart';
  } catch (thrown) {
    return `it is no YAML: ${visible(messageOf(thrown).split('\n')[0] ?? '')}`;
  }
}

/** What Helm made of a chart with its default values, or why it made nothing. */
export type Rendered = { readonly manifest: string } | { readonly problem: string };

export function inventoryOfCharts(facts: {
  readonly source: Extract<Source, { type: 'charts' }>;
  readonly charts: Charts;
  /** By folder. */
  readonly rendered: ReadonlyMap<string, Rendered>;
}): Inventory {
  const { source, charts, rendered } = facts;
  const releases = charts.charts.map(({ folder, release }): FoundRelease => {
    const made = rendered.get(folder);
    return {
      release,
      chartFolder: folder,
      workloads: made !== undefined && 'manifest' in made ? workloadsOf(made, source.namespace ?? '') : [],
      newWorkloads: [],
      knownBad: undefined,
    };
  });
  const unrendered = charts.charts.flatMap(({ folder }) => {
    const made = rendered.get(folder);
    return made !== undefined && 'problem' in made
      ? [`${folder}: helm could not render it: ${made.problem}`]
      : [];
  });
  return { source, releases, workloads: [], leftOut: charts.leftOut, unmeasured: unrendered };
}
