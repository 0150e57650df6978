// A chart, put out as a new revision of a release: `helm upgrade` with every value said, so that what comes out depends
// on the plan and on nothing that an earlier command has left in the release.

import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { Prepared } from '../../values/operation.ts';
import {
  captureHistory,
  type HelmPlace,
  type HelmRevisionLine,
  helmFlags,
  judgeNewest,
  keepHistory,
  markOf,
  placeOf,
  probeNewest,
  readHistory,
  refuseBusy,
} from './helm-history.ts';
import { manifestDiff } from './manifest-diff.ts';
import type { HelmDeploy } from './settings.ts';
import { ask, putOut, refuse, type Way } from './way.ts';

const rendered = z.object({
  manifest: z.string().default(''),
  hooks: z
    .array(
      z.object({ name: z.string(), kind: z.string().default(''), events: z.array(z.string()).nullish() }),
    )
    .nullish(),
});

export function deployChart(context: KindContext, settings: HelmDeploy, chart: string): Way {
  const place = placeOf(settings, context);
  const description = markOf(context.incident, settings);
  const newest = async (): Promise<HelmRevisionLine | undefined> => (await readHistory(place, context))[0];
  return {
    prepare: () => prepareUpgrade({ context, settings, chart, place, description }),
    capture: async () => captureHistory(place, await readHistory(place, context)),
    probe: async () => probeNewest(place, await newest(), description),
    verify: async () => judgeNewest(place, await newest(), description),
  };
}

type Upgrade = {
  readonly context: KindContext;
  readonly settings: HelmDeploy;
  readonly chart: string;
  readonly place: HelmPlace;
  readonly description: string;
};

async function prepareUpgrade(upgrade: Upgrade): Promise<Prepared> {
  const { context, settings, chart, place } = upgrade;
  await checkFiles(upgrade);
  const revisions = await readHistory(place, context);
  const [newest] = revisions;
  const exists = newest !== undefined && newest.status !== 'uninstalled';
  if (!exists && !settings.install) {
    throw new RollbackPlanError(
      'component-missing',
      `there is no Helm release ${place.release} in namespace ${place.namespace}`,
      { hint: 'Correct `release` or `namespace`, or write `install: true` if the step may install it.' },
    );
  }
  refuseBusy(place, newest);
  const argv = upgradeArgv(upgrade, revisions, context);
  const dryRun = await ask(context, [...argv, '--dry-run=server', '--output', 'json']);
  const after = rendered.parse(JSON.parse(dryRun.raw.toString('utf8')));
  const flags = helmFlags(place, context);
  const before = exists
    ? (await ask(context, ['helm', 'get', 'manifest', place.release, ...flags])).raw.toString('utf8')
    : '';
  const hooks = (after.hooks ?? []).filter(({ events }) =>
    (events ?? []).some((event) => /^(?:pre|post)-(?:upgrade|install)$/.test(event)),
  );
  return {
    operations: [
      putOut(`helm-upgrade-${place.release}`, `put ${chart} out as a revision of ${place.release}`, argv),
    ],
    preview: manifestDiff(before, after.manifest) || 'Nothing would change in the manifest.\n',
    notes: [
      ...(await whatServerRefuses(upgrade, after.manifest)),
      ...(hooks.length === 0 ? [] : [`hooks that will run: ${hooks.map(hookName).join(', ')}`]),
    ],
  };
}

/**
 * Helm's dry run renders and does not ask whether the objects are valid; kubectl's does. Its answer is a note and no
 * refusal, because Helm writes objects in its own way and in namespaces that kubectl is not told of.
 */
async function whatServerRefuses({ context, place }: Upgrade, manifest: string): Promise<readonly string[]> {
  const outcome = await context.read(
    [
      'kubectl',
      'apply',
      '--dry-run=server',
      '-f',
      '-',
      `--namespace=${place.namespace}`,
      ...context.cluster.kubectlFlags,
    ],
    { deadlineMs: 60_000, stdin: manifest },
  );
  if (outcome.ended !== 'exited' || outcome.exitCode === 0) return [];
  const said = outcome.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^Warning:|does not match the namespace/.test(line));
  return said.length === 0 ? [] : [`THE SERVER WOULD REFUSE a part of it: ${said.slice(0, 5).join('; ')}`];
}

function hookName({
  kind,
  name,
  events,
}: {
  kind: string;
  name: string;
  events?: readonly string[] | null | undefined;
}): string {
  return `${kind}/${name} (${(events ?? []).join(', ')})`;
}

/** Pure, for a table of what is asked and what comes out. */
export function upgradeArgv(
  { settings, chart, place, description }: Omit<Upgrade, 'context'>,
  revisions: readonly HelmRevisionLine[],
  context: KindContext,
): readonly [string, ...string[]] {
  return [
    'helm',
    'upgrade',
    place.release,
    chart,
    ...helmFlags(place, context),
    ...(settings.version === undefined ? [] : ['--version', settings.version]),
    // Without either, Helm reuses the release's values when none are given, and drops them when some are.
    settings['reuse-values'] ? '--reset-then-reuse-values' : '--reset-values',
    ...settings.values.flatMap((path) => ['--values', path]),
    // Helm reads a number in JSON as a float, and 20240115 arrives as 2.0240115e+07; with --set it stays an integer.
    ...Object.entries(settings.set).flatMap(([path, value]) =>
      Number.isInteger(value)
        ? ['--set', `${path}=${value}`]
        : ['--set-json', `${path}=${JSON.stringify(value)}`],
    ),
    ...(settings.install ? ['--install'] : []),
    ...keepHistory(revisions),
    '--description',
    description,
  ];
}

async function checkFiles({ context, settings, chart }: Upgrade): Promise<void> {
  for (const path of settings.values) {
    const type = await context.pathType(path);
    if (type !== 'file')
      throw refuse(`the values file ${path} is ${type}`, 'Name a file below the repository.');
  }
  const isPath = await isChartPath(context, chart);
  const pinned = settings.version !== undefined || chart.includes('@sha256:');
  if (isPath && settings.version !== undefined) {
    throw refuse(
      `the chart ${chart} is a path, so its version is what its Chart.yaml says`,
      'Delete `version`.',
    );
  }
  if (!isPath && !pinned) {
    throw refuse(
      `the chart ${chart} has no version, and which one is out would depend on the day`,
      'Write `version: 1.4.0`.',
    );
  }
}

/** Helm's own rule: what is there on disk is a path, anything else names a registry or a repository. */
async function isChartPath(context: KindContext, chart: string): Promise<boolean> {
  if (chart.startsWith('oci://')) return false;
  const type = await context.pathType(chart);
  if (type === 'outside' || type === 'special' || chart.startsWith('/') || chart.split('/').includes('..'))
    throw refuse(`the chart ${chart} is not below the repository`, 'Name a chart below the repository.');
  if (type === 'file') return true;
  if (type === 'missing') {
    if (/^[A-Za-z0-9][\w.-]*\/[\w.-]+$/.test(chart)) return false;
    throw refuse(`there is no chart at ${chart}`, 'Name a folder with a Chart.yaml below the repository.');
  }
  if ((await context.pathType(`${chart}/Chart.yaml`)) === 'file') return true;
  throw refuse(`${chart} is a folder without a Chart.yaml`, 'Name the folder of the chart.');
}
