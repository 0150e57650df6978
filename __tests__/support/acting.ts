// Steps through the bundle on a real cluster: a scene with the chart in its workspace, presses with an environment, and
// what the journal says of each step.

import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { type Release, releaseOn, writeChart } from './release.ts';
import { type ActionRun, runAction } from './runner.ts';
import { type Scene, type Stage, setScene } from './scene.ts';

/** The chart is not needed: each scene has its own in its workspace. */
export type ActingStage = Omit<Stage, 'chart'>;

export type Acting = {
  readonly namespace: string;
  readonly workspace: string;
  readonly release: (name: string) => Release;
  readonly press: (
    inputs?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ) => Promise<ActionRun>;
  readonly kubectl: (...args: readonly string[]) => string;
};

/** `plan` is given the namespace it is for. */
export async function setActing(
  stage: ActingStage,
  helm: string,
  plan: (namespace: string) => string,
): Promise<Acting> {
  const scene: Scene = await setScene({ ...stage, chart: '' }, helm, plan);
  const { namespace, workspace } = scene;
  const chart = await writeChart(workspace);
  return {
    namespace,
    workspace,
    release: (name) => releaseOn(stage.cluster, helm, name, namespace, chart),
    press: (inputs = {}, env = {}) =>
      runAction({
        inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous', ...inputs },
        workspace,
        kubeconfig: stage.cluster.kubeconfig,
        path: [dirname(helm), dirname(stage.kubectl)],
        env,
      }),
    kubectl: (...args) =>
      execFileSync(stage.kubectl, [`--namespace=${namespace}`, ...args], {
        encoding: 'utf8',
        env: { ...process.env, KUBECONFIG: stage.cluster.kubeconfig },
      }).trim(),
  };
}

/** `phase/step: status` for every step that ended, in order. */
export function stepLines(run: ActionRun): readonly string[] {
  return run.journal
    .filter((event) => event['type'] === 'step-finished')
    .map((event) => `${event['step']}: ${event['status']}`);
}

/** A Deployment that no tool owns. */
export const plainDeployment = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: plain }
spec:
  replicas: 1
  selector: { matchLabels: { app: plain } }
  template:
    metadata: { labels: { app: plain } }
    spec: { containers: [{ name: app, image: "${image}" }] }
`;
