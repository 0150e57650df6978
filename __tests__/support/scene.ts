// A namespace of its own on a shared cluster, with a plan and a release: the stage of an end-to-end test.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import type { ToolName } from '../../tools/real-parts/part-catalogue.ts';
import { provide, type ToolPaths } from '../../tools/real-parts/provide.ts';
import { type Release, releaseOn, writeChart } from './release.ts';
import { type ActionOptions, type ActionRun, runAction } from './runner.ts';
import { sharedCluster, uniqueName } from './shared/parts.ts';

export type Stage = {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly chart: string;
  readonly kubectl: string;
};

/** A suite's place on the shared cluster, with the tools it asked for. */
export type OwnStage<N extends ToolName> = Stage & {
  readonly tools: ToolPaths<N | 'kubectl'>;
  /** Closes the connections and removes the folder. */
  stop(): Promise<void>;
};

export async function setStage<const N extends ToolName>(...names: readonly N[]): Promise<OwnStage<N>> {
  const tools = await provide<N | 'kubectl'>(['kubectl', ...names]);
  const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-e2e-'));
  const cluster = await sharedCluster();
  return {
    cluster,
    folder,
    chart: await writeChart(folder),
    kubectl: tools.kubectl,
    tools,
    async stop() {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Scene = {
  readonly namespace: string;
  readonly workspace: string;
  readonly release: (name: string) => Release;
  readonly press: (
    inputs?: Readonly<Record<string, string>>,
    started?: NonNullable<ActionOptions['started']>,
    more?: Partial<ActionOptions>,
  ) => Promise<ActionRun>;
};

/** `plan` is given the namespace it is for. */
export async function setScene(
  stage: Stage,
  helm: string,
  plan: (namespace: string) => string,
): Promise<Scene> {
  const namespace = uniqueName('e2e');
  const workspace = await mkdtemp(join(stage.folder, `${namespace}-`));
  await writeFile(join(workspace, 'rollback.yml'), plan(namespace));
  return {
    namespace,
    workspace,
    release: (name) => releaseOn(stage.cluster, helm, name, namespace, stage.chart),
    press: (inputs = {}, started = undefined, more = {}) =>
      runAction({
        inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous', ...inputs },
        workspace,
        kubeconfig: stage.cluster.kubeconfig,
        path: [dirname(helm), dirname(stage.kubectl)],
        ...(started === undefined ? {} : { started }),
        ...more,
      }),
  };
}

/** One Helm release and one check; `more` is appended. */
export const onePlan = (namespace: string, more = ''): string => `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
verify:
  - { uses: rollout, with: { workload: deployment/api } }
${more}`;

/** What was pinned, as `component from → to`, read from the journal. */
export function pins(run: ActionRun): readonly string[] {
  const pinned = run.journal.findLast((event) => event['type'] === 'pinned');
  const changes = Array.isArray(pinned?.['changes']) ? pinned['changes'] : [];
  return changes.map((change) => `${change.component} ${change.from.id} → ${change.to.id}`);
}

/** Processes whose command line names this namespace: helm, kubectl and whatever they started. */
export function processesOf(namespace: string): readonly string[] {
  const listing = execFileSync('ps', ['-eo', 'pid,args', '--no-headers', '--width', '1000'], {
    encoding: 'utf8',
  });
  return listing.split('\n').filter((line) => line.includes(namespace) && !line.includes(' ps '));
}

/** Waits until nothing that names the namespace runs any more; gives what still does after ten seconds. */
export async function processesLeftOf(namespace: string): Promise<readonly string[]> {
  for (let look = 0; look < 100 && processesOf(namespace).length > 0; look++) await sleep(100);
  return processesOf(namespace);
}

/** Waits until the run has said that it acts and Helm rolls the release back; gives the journal's path. */
export async function untilActing(temp: string, release: Release): Promise<string> {
  const path = await untilJournalled(temp, '"type":"intent"');
  await release.untilRollingBack();
  return path;
}

/** Waits until a run's journal holds a text; gives the journal's path. */
export async function untilJournalled(temp: string, wanted: string): Promise<string> {
  const runs = join(temp, 'rollback-plan');
  for (let look = 0; look < 1_600; look++) {
    const [incident] = await readdir(runs).catch(() => []);
    if (incident !== undefined) {
      const path = join(runs, incident, 'journal.jsonl');
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes(wanted)) return path;
    }
    await sleep(25);
  }
  throw new Error(`no journal said ${wanted} within 40 s`);
}
