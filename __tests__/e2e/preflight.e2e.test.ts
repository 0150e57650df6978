// The gates on a real cluster, each with the real thing that it is there for, and with its override.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Forge } from '../../tools/real-parts/forge.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { setWorkloadScene, type WorkloadScene, workloadPlan } from '../components/workload-scene.ts';
import { imageRegistry } from '../support/image-registry.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, type Scene, setScene, setStage } from '../support/scene.ts';
import { sharedForge } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const worker = 'deployment/worker';
const rolledBack = 'rolled-back - exit 0';
const notReady = 'refused not-ready exit 1';

/** `quota compute refuse` for every finding of a gate. */
function found(run: ActionRun, gate: string): readonly string[] {
  return run.journal
    .filter(({ type, name }) => type === 'gate' && name === gate)
    .map(({ subject, state }) => `${subject ?? '-'} ${state}`);
}

function hintOf(run: ActionRun, gate: string): string {
  const finding = run.journal.find(({ type, name, hint }) => type === 'gate' && name === gate && hint);
  return String(finding?.['hint']);
}

describeReal('gates', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';
  let forge: Forge;
  let registry = '';

  beforeAll(async () => {
    [stage, forge] = await Promise.all([setStage('helm4'), sharedForge()]);
    const images = imageRegistry(forge, forge.owner, forge.adminToken);
    registry = `${images.host}/${forge.owner}`;
    for (const version of ['1', '2']) await images.push('worker', version, version);
    helm = stage.tools.helm4;
  });
  afterAll(async () => {
    await Promise.all([stage?.stop(), forge?.stop()]);
  });

  /** A Deployment at its second version; `spec` and `metadata` are of both. */
  async function deployed(
    more: Parameters<WorkloadScene['deploy']>[1] = { version: '2' },
  ): Promise<WorkloadScene> {
    const scene = await setWorkloadScene(stage, helm, workloadPlan(worker));
    await scene.deploy(worker, { ...more, version: '1' });
    await scene.deploy(worker, { ...more, version: '2' });
    return scene;
  }
  const preflight = (on: Scene, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    on.press({ mode: 'preflight', ...inputs });

  test('with nothing wrong are all passed: ready, told in Markdown and a badge, and nothing is changed', async () => {
    const scene = await deployed({ version: '', registry });
    const run = await preflight(scene);
    expect([verdictOf(run), run.outputs['ready'], scene.liveTag(worker)]).toEqual([
      'ready - exit 0',
      'true',
      '2',
    ]);
    expect(run.summary).toContain('Ready: a rollback of shop would work now');
    const folder = dirname(run.outputs['result'] ?? '');
    const result = JSON.parse(await readFile(run.outputs['result'] ?? '', 'utf8'));
    expect(result.readiness).toMatchObject({ ready: true, markdown: 'readiness.md', badge: 'badge.json' });
    expect(result.readiness.passed).toBe(result.readiness.asked);
    expect(await readFile(join(folder, 'readiness.md'), 'utf8')).toContain(
      'A rollback of shop in local would work now',
    );
    expect(JSON.parse(await readFile(join(folder, 'badge.json'), 'utf8'))).toEqual({
      schemaVersion: 1,
      label: 'rollback',
      message: 'ready',
      color: 'brightgreen',
    });
    // Once for the components, and nobody asks a tool a second time.
    expect(found(run, 'tool')).toEqual(['kubectl pass']);
    expect(verdictOf(await scene.press())).toBe(rolledBack);
  });

  test('permission: an account that lacks rights is told the very Role, and is ready once that is applied', async () => {
    const scene = await deployed({ version: '', registry });
    const kubeconfig = await stage.cluster.kubeconfigFor('limited');
    const asLimited = (inputs: Readonly<Record<string, string>>): Promise<ActionRun> =>
      scene.press(inputs, undefined, { kubeconfig });
    const reader = 'gate-reader';
    const run = await asLimited({ mode: 'preflight' });
    expect([run.outputs['outcome'], run.outputs['ready'], run.code]).toEqual(['refused', 'false', 1]);
    expect(found(run, 'permission')).toEqual([`${scene.namespace} refuse`]);
    const [, yaml] = /<<'END'\n([\s\S]*)\nEND/.exec(hintOf(run, 'permission')) ?? [];
    expect(yaml).toContain('resourceNames: ["worker"], verbs: [get, patch]');
    expect(yaml).toContain('kind: User, name: "limited"');
    scene.kubectl(['apply', '--filename=-'], yaml);
    const second = await asLimited({ mode: 'preflight' });
    expect([found(second, 'permission'), verdictOf(second)]).toEqual([['- pass'], 'ready - exit 0']);
    // What gates may not read they do not know, and then nobody is told that all is well.
    expect([found(second, 'quota'), second.outputs['ready']]).toEqual([['- unknown'], 'false']);
    scene.kubectl([
      'create',
      'role',
      reader,
      '--verb=list',
      '--resource=resourcequotas,horizontalpodautoscalers.autoscaling,poddisruptionbudgets.policy',
    ]);
    scene.kubectl(['create', 'rolebinding', reader, `--role=${reader}`, '--user=limited']);
    expect((await asLimited({ mode: 'preflight' })).outputs['ready']).toBe('true');
    expect([verdictOf(await asLimited({})), scene.liveTag(worker)]).toEqual([rolledBack, '1']);
  });

  test('permission: a preflight asks for what triggers read, and a rollback is not held up by them', async () => {
    const trigger =
      'triggers: { panics: { check: { uses: logs, with: { workload: deployment/worker, match: panic } } } }';
    const scene = await setWorkloadScene(
      stage,
      helm,
      (namespace) => `${workloadPlan(worker)(namespace)}\n${trigger}\n`,
    );
    for (const version of ['1', '2']) await scene.deploy(worker, { version });
    const kubeconfig = await stage.cluster.kubeconfigFor('limited');
    const roleFor = async (mode: string): Promise<string> =>
      hintOf(await scene.press({ mode }, undefined, { kubeconfig }), 'permission');
    expect([await roleFor('preflight'), await roleFor('rollback')]).toEqual([
      expect.stringContaining('pods/log'),
      expect.not.stringContaining('pods/log'),
    ]);
  });

  test('quota: no room for a new pod before an old one goes is refused, and the override tries', async () => {
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const scene = await deployed({ version: '', spec: { strategy } });
    scene.kubectl(['create', 'quota', 'few', '--hard=pods=2']);
    await settledQuota(scene, 'few');
    const run = await scene.press();
    expect([verdictOf(run), found(run, 'quota'), scene.liveTag(worker)]).toEqual([
      notReady,
      ['few refuse'],
      '2',
    ]);
    expect(run.log).toContain('starts a new pod before an old one goes');
    const dry = await scene.press({ 'dry-run': 'true' });
    expect(verdictOf(dry)).toBe(notReady);
    const tried = await scene.press({ override: 'quota' });
    expect(tried.log).toContain('going on because of override quota');
    // It was right: the rollout has no room, and the template is back without its pods.
    expect([tried.outputs['outcome'], scene.liveTag(worker)]).toEqual(['halted', '1']);
  });

  test('quota: with room enough it passes', async () => {
    const scene = await deployed();
    scene.kubectl(['create', 'quota', 'many', '--hard=pods=10']);
    await settledQuota(scene, 'many');
    const run = await scene.press();
    expect([verdictOf(run), found(run, 'quota')]).toEqual([rolledBack, ['many pass']]);
  });

  test('owner: what Flux owns, and puts back, is refused with the way to hold it back; overridden it is undone', async () => {
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'shop',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    };
    const scene = await deployed({ version: '', metadata: { labels } });
    const stop = reconcile(scene, 'registry.example/worker:2');
    try {
      const run = await scene.press();
      expect([verdictOf(run), found(run, 'owner')]).toEqual([notReady, ['worker refuse']]);
      expect(run.log).toContain('flux suspend kustomization shop --namespace=flux-system');
      expect(run.log).toContain('override: reconciler');
      const overridden = await scene.press({ override: 'reconciler' });
      expect(overridden.log).toContain('going on because of override reconciler');
      await sleep(1_500);
      expect(scene.liveTag(worker)).toBe('2');
    } finally {
      await stop();
    }
    expect([verdictOf(await scene.press({ override: 'break-glass' })), scene.liveTag(worker)]).toEqual([
      rolledBack,
      '1',
    ]);
  });

  test('owner: what Argo CD owns is refused, too', async () => {
    const annotations = { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:x/worker' };
    const run = await preflight(await deployed({ version: '', metadata: { annotations } }));
    expect([verdictOf(run), found(run, 'owner')]).toEqual([notReady, ['worker refuse']]);
    expect(run.summary).toContain('argocd app set shop --sync-policy none');
  });

  test('paused: a paused Deployment of a Helm release is refused, and goes back once it is resumed', async () => {
    const scene = await setScene(stage, helm, (namespace) => onePlan(namespace));
    const release = scene.release('api');
    await release.deploy({ version: '1' });
    await release.deploy({ version: '2' });
    const path = `/apis/apps/v1/namespaces/${scene.namespace}/deployments/api`;
    const pause = async (paused: boolean): Promise<void> => {
      // The controller writes the object, too, and who comes second is refused.
      for (let status = 409; status === 409; ) {
        const { body } = await stage.cluster.call('GET', path);
        const object = JSON.parse(JSON.stringify(body));
        const wanted = { ...object, spec: { ...object.spec, paused } };
        ({ status } = await stage.cluster.call('PUT', path, wanted));
      }
    };
    await pause(true);
    const run = await scene.press();
    expect([verdictOf(run), found(run, 'paused'), await release.history()]).toEqual([
      notReady,
      ['api refuse'],
      '1 superseded, 2 deployed',
    ]);
    expect(run.log).toContain(`kubectl rollout resume deployment/api --namespace=${scene.namespace}`);
    await pause(false);
    expect([verdictOf(await scene.press()), await release.liveVersion()]).toEqual([rolledBack, '1']);
  });

  test('paused: what kubectl itself refuses is told by the pin, and the gates are asked all the same', async () => {
    const scene = await deployed();
    scene.kubectl(['rollout', 'pause', worker]);
    const run = await preflight(scene);
    expect([run.outputs['reason-code'], found(run, 'target of worker')]).toEqual([
      'workload-paused',
      ['- refuse'],
    ]);
    expect([found(run, 'paused'), found(run, 'permission')]).toEqual([['worker refuse'], ['- pass']]);
  });

  test('in-flight: a Helm operation that is pending is refused with who and since when, until it is overridden', async () => {
    const scene = await setScene(stage, helm, (namespace) => onePlan(namespace));
    const release = scene.release('api');
    await release.deploy({ version: '1', hangingHook: 'yes' });
    await release.deploy({ version: '2' });
    // Killed in the middle: what it had begun stays pending, as on a runner that was lost.
    const killed = new AbortController();
    const helmRun = promisify(execFile)(
      helm,
      ['rollback', 'api', '1', '--namespace', scene.namespace, '--timeout', '60s'],
      {
        env: { ...process.env, KUBECONFIG: stage.cluster.kubeconfig },
        signal: killed.signal,
        killSignal: 'SIGKILL',
      },
    ).catch(() => undefined);
    await release.untilRollingBack();
    killed.abort();
    await helmRun;
    const run = await preflight(scene);
    expect([run.outputs['reason-code'], found(run, 'in-flight').includes('api refuse')]).toEqual([
      'operation-pending',
      true,
    ]);
    expect(hintOf(run, 'in-flight')).toContain('Wait until it has ended');
    const overridden = await preflight(scene, { override: 'ignore-pending' });
    expect([verdictOf(overridden), overridden.outputs['ready']]).toEqual(['ready - exit 0', 'false']);
  });

  test('in-flight: a rollout on its way is told and stops nobody', async () => {
    const scene = await deployed();
    scene.kubectl(['patch', worker, '--patch={"spec":{"progressDeadlineSeconds":600}}']);
    await scene.deploy(worker, { version: '3', behaviour: 'crash', spec: { progressDeadlineSeconds: 600 } });
    const run = await scene.press();
    expect([verdictOf(run), found(run, 'in-flight')]).toEqual([rolledBack, ['worker warn']]);
  });

  test('autoscaler and disruption-budget: warn of what they are going to do, and stop nobody', async () => {
    const scene = await setScene(stage, helm, (namespace) => onePlan(namespace));
    const release = scene.release('api');
    await release.deploy({ version: '1' });
    await release.deploy({ version: '2' });
    const base = `/apis/autoscaling/v2/namespaces/${scene.namespace}/horizontalpodautoscalers`;
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
    };
    await stage.cluster.call('POST', base, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'api' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
        minReplicas: 2,
        maxReplicas: 9,
        metrics: [cpu],
      },
    });
    await stage.cluster.call('POST', `/apis/policy/v1/namespaces/${scene.namespace}/poddisruptionbudgets`, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'api' },
      spec: { minAvailable: '100%', selector: { matchLabels: { app: 'api' } } },
    });
    const seen = async (path: string, wanted: string): Promise<void> => {
      for (let look = 0; look < 300; look++) {
        const { body } = await stage.cluster.call('GET', path);
        if (JSON.stringify(body).includes(wanted)) return;
        await sleep(100);
      }
      throw new Error(`${path} never had ${wanted}`);
    };
    // Nobody measures in this cluster, and the autoscaler says so after its first look.
    await seen(`${base}/api`, '"type":"ScalingActive","status":"False"');
    const run = await preflight(scene);
    expect(verdictOf(run)).toBe('ready - exit 0');
    expect([found(run, 'autoscaler'), found(run, 'disruption-budget')]).toEqual([['api warn'], ['api warn']]);
    expect(run.summary).toContain('does not scale: FailedGetResourceMetric');
    // What the autoscaler has set is its own for the server, and Helm 4 would fail with the same conflict.
    const { body } = await stage.cluster.call('GET', `${base}/api`);
    const raised = JSON.parse(JSON.stringify(body));
    await stage.cluster.call('PUT', `${base}/api`, { ...raised, spec: { ...raised.spec, minReplicas: 4 } });
    await seen(`/apis/apps/v1/namespaces/${scene.namespace}/deployments/api`, '"replicas":4');
    const conflict = await preflight(scene);
    expect(conflict.outputs['reason-code']).toBe('server-refusal');
    expect(conflict.log).toContain('force-conflicts: true');
    const forced = onePlan(scene.namespace).replace('release: api', 'release: api, force-conflicts: true');
    await writeFile(join(scene.workspace, 'rollback.yml'), forced);
    const taken = await preflight(scene);
    expect([verdictOf(taken), found(taken, 'autoscaler')]).toEqual(['ready - exit 0', ['api warn']]);
    expect(taken.summary).toContain('sets deployment/api from 4 to 2 pods');
    expect(verdictOf(await scene.press())).toBe(rolledBack);
  });

  test('tool: what a step needs and is not there is refused before anything is changed', async () => {
    const step = '{ uses: deploy, with: { helm: { release: other, revision: 1 } } }';
    const plan = (namespace: string): string =>
      workloadPlan(worker)(namespace).replace('steps: [', `steps: [${step}, `);
    const scene = await setWorkloadScene(stage, helm, plan);
    await scene.deploy(worker, { version: '1' });
    await scene.deploy(worker, { version: '2' });
    const run = await scene.press({}, undefined, { path: [dirname(stage.kubectl)] });
    expect([verdictOf(run), found(run, 'tool'), scene.liveTag(worker)]).toEqual([
      notReady,
      ['kubectl pass', 'helm refuse'],
      '2',
    ]);
    expect(run.log).toContain('override: missing-tool');
  });
});

/** The quota controller counts what is there some moments after the quota was made. */
async function settledQuota(scene: WorkloadScene, name: string): Promise<void> {
  for (let look = 0; look < 100; look++) {
    if (scene.kubectl(['get', 'quota', name, '--output=jsonpath={.status.used.pods}']) === '2') return;
    await sleep(100);
  }
  throw new Error(`the quota ${name} was not counted`);
}

/** Does what a reconciler does: whenever the image is another one than in git, it puts its own back. */
function reconcile(scene: WorkloadScene, image: string): () => Promise<void> {
  let going = true;
  const loop = (async () => {
    while (going) {
      if (!scene.liveTag(worker).endsWith(image.split(':').at(-1) ?? '')) {
        scene.kubectl(['set', 'image', worker, `main=${image}`]);
      }
      await sleep(200);
    }
  })();
  return async () => {
    going = false;
    await loop;
  };
}
