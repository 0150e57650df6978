// Looks where `init` was told to look: at a cluster, or at the charts in the repository. Which of the two it was stands
// in what it returns; a cluster that was meant and can't be read is an error, never a reason to look elsewhere.

import { fetchReleases } from '../components/helm/release-list.ts';
import { messageOf, RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Cluster, KindContext, RepositoryFiles } from '../ports.ts';
import type { Site } from '../world.ts';
import type { Inventory, Source } from './inventory.ts';
import { inventoryOfCharts, type Rendered, readCharts } from './inventory-of-charts.ts';
import { inventoryOfCluster } from './inventory-of-cluster.ts';
import type { InitOptions } from './options.ts';
import { visible } from './yaml-text.ts';

export type Looking = {
  readonly options: Pick<InitOptions, 'context' | 'namespace' | 'charts'>;
  /** A connection with the options' context and namespace. */
  readonly site: Pick<Site, 'context' | 'pinned'>;
  readonly files: Pick<RepositoryFiles, 'read' | 'foldersWith'>;
  /** The variable KUBECONFIG, where it is set: then a cluster was meant. */
  readonly kubeconfig: string | undefined;
};

const chartDepth = 6;
const mostChartBytes = 262_144;
const renderMs = 30_000;
const renderBytes = 16_777_216;

/** Throws `component-missing` when there is nothing to make a plan of, and whatever keeps a cluster from being read. */
export async function takeInventory(looking: Looking): Promise<Inventory> {
  const { options, site } = looking;
  if (options.charts !== undefined) return await lookAtCharts(looking, options.charts, '--charts was given');
  const contexts = await knownContexts(site);
  if (contexts !== undefined && contexts.length > 0) {
    throw new RollbackPlanError('usage', 'the kubeconfig has contexts, and none of them is the current one', {
      hint: `Name one: rollback-plan init --context NAME, with NAME one of: ${contexts.map(visible).join(', ')}`,
    });
  }
  try {
    return await lookAtCluster(site);
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    // Without any kubeconfig there is no cluster that could have been meant, except the one we may run in.
    const meant =
      looking.kubeconfig !== undefined ||
      looking.options.context !== undefined ||
      contexts === undefined ||
      error.code !== 'cluster-unreachable';
    if (!meant) return await lookAtCharts(looking, '.', 'there is no kubeconfig');
    throw withWayOut(error);
  }
}

async function lookAtCluster({ context, pinned }: Looking['site']): Promise<Inventory> {
  const { cluster, signal } = context;
  const { namespace } = cluster;
  const { releases, withoutConfigMaps } = await fetchReleases(cluster, namespace, signal);
  const lists = await Promise.all(
    ['deployments', 'statefulsets', 'daemonsets'].map((resource) =>
      cluster.list(`/apis/apps/v1/namespaces/${namespace}/${resource}`, {}, signal),
    ),
  );
  const source: Source = { type: 'cluster', context: pinned.context, namespace };
  const inventory = inventoryOfCluster({ source, releases, workloads: lists.flat() });
  const unread =
    withoutConfigMaps === undefined
      ? []
      : [`Helm releases that are kept in ConfigMaps, if there are any: ${visible(withoutConfigMaps)}`];
  const all = { ...inventory, leftOut: [...inventory.leftOut, ...unread] };
  if (all.releases.length + all.workloads.length > 0) return all;
  throw await emptyNamespace(cluster, all, signal);
}

async function lookAtCharts(
  { options, site, files }: Looking,
  folder: string,
  because: string,
): Promise<Inventory> {
  const folders = await files.foldersWith('Chart.yaml', folder, chartDepth);
  if (folders === undefined) {
    throw new RollbackPlanError('usage', `--charts is not usable: there is no folder ${visible(folder)}`, {
      hint: 'Give a folder of the repository: rollback-plan init --charts .',
    });
  }
  const texts = await Promise.all(
    folders.map(async (each) => ({
      folder: each,
      text: (await files.read(each === '.' ? 'Chart.yaml' : `${each}/Chart.yaml`, mostChartBytes)) ?? '',
    })),
  );
  const charts = readCharts(texts);
  if (charts.charts.length === 0) {
    const seen = charts.leftOut.map((line) => `\n  ${line}`).join('');
    throw new RollbackPlanError(
      'component-missing',
      `nothing to write a plan for: no cluster was read (${because}), and there is no chart below ${visible(folder)}${seen}`,
      {
        hint:
          'With a kubeconfig: rollback-plan init --context NAME --namespace NAME\n' +
          'With charts: rollback-plan init --charts FOLDER (looks for Chart.yaml)\n' +
          'By hand, five lines: see “The smallest plan” in README.md of Rollback Plan',
      },
    );
  }
  const rendered = new Map<string, Rendered>();
  for (const { folder: chart, release } of charts.charts) {
    rendered.set(chart, await render(site.context, release, chart, options.namespace));
  }
  const { context, namespace } = options;
  return inventoryOfCharts({
    source: { type: 'charts', folder, context, namespace, because },
    charts,
    rendered,
  });
}

/** What Helm makes of the chart with its default values. Reads files only. */
async function render(
  context: KindContext,
  release: string,
  folder: string,
  namespace: string | undefined,
): Promise<Rendered> {
  const where = namespace === undefined ? [] : ['--namespace', namespace];
  const outcome = await context.read(['helm', 'template', release, `./${folder}`, ...where], {
    deadlineMs: renderMs,
    keepBytes: renderBytes,
  });
  if (outcome.ended === 'exited' && outcome.exitCode === 0) return { manifest: outcome.raw.toString('utf8') };
  if (outcome.ended === 'not-started') return { problem: 'helm is not on the PATH' };
  const said = outcome.stderr.split('\n').find((line) => line.trim() !== '') ?? outcome.ended;
  return { problem: visible(said).slice(0, 300) };
}

/** Where no context was pinned: those that the kubeconfig has, none where there is no kubeconfig. */
async function knownContexts({ context, pinned }: Looking['site']): Promise<readonly string[] | undefined> {
  if (pinned.context !== undefined || unreachable(context) !== undefined) return undefined;
  const outcome = await context.read(['kubectl', 'config', 'get-contexts', '--output=name']);
  const listed = outcome.ended === 'exited' && outcome.exitCode === 0;
  return listed
    ? outcome.raw
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
    : undefined;
}

/** Why the site has no cluster, `undefined` when it has one. */
function unreachable(context: KindContext): unknown {
  try {
    return context.cluster === undefined ? 'none' : undefined;
  } catch (thrown) {
    return thrown;
  }
}

async function emptyNamespace(
  cluster: Cluster,
  { source, leftOut }: Inventory,
  signal: AbortSignal,
): Promise<RollbackPlanError> {
  const { namespace } = cluster;
  // Whoever may not read the namespace itself still gets an answer.
  const known = await cluster
    .get(`/api/v1/namespaces/${namespace}`, signal)
    .catch((thrown: unknown) => messageOf(thrown));
  const place = `context ${source.context ?? '(the cluster this runs in)'}`;
  const what =
    known === undefined
      ? `${place} has no namespace ${namespace}`
      : `namespace ${namespace} of ${place} holds no Helm release and no workload to go back with`;
  const seen = leftOut.map((line) => `\n  ${line}`).join('');
  return new RollbackPlanError('component-missing', `nothing to write a plan for: ${what}${seen}`, {
    hint:
      'Find the namespace with: helm list --all --all-namespaces\n' +
      'Then: rollback-plan init --namespace NAME\n' +
      'If nothing is deployed yet: rollback-plan init --charts .',
  });
}

function withWayOut(error: RollbackPlanError): RollbackPlanError {
  if (error.code === 'component-missing' || error.code === 'usage') return error;
  return new RollbackPlanError(error.code, error.message, {
    hint: `${error.hint}\nAnother context: rollback-plan init --context NAME --namespace NAME\nWithout a cluster, from the charts in the repository: rollback-plan init --charts .`,
    facts: error.facts,
    cause: error.cause,
  });
}
