// What is kept before a rollback, on a real cluster: last words of pods that the rollback destroys, state that can be
// applied again, no Secret's value anywhere, and no waiting for a log that stalls.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startCluster } from '../../tools/real-parts/cluster.ts';
import { startFaultProxy } from '../../tools/real-parts/fault-proxy.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { writeChart } from '../support/release.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { onePlan, type Scene, type Stage, setScene } from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const secretValue = 'correct-horse-battery';
const lastCry = 'panic: no such table: orders';

const settingsOf = (version: number): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { mode: "0${version}7", flag: "on" }
---
apiVersion: v1
kind: Secret
metadata: { name: worker-db }
stringData: { password: ${secretValue} }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: worker }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: worker }, minReplicas: 2, maxReplicas: 4 }
---
apiVersion: v1
kind: Service
metadata: { name: worker }
spec: { selector: { app: worker }, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: worker }
spec: { defaultBackend: { service: { name: worker, port: { number: 80 } } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: worker }
spec:
  replicas: 2
  progressDeadlineSeconds: 600
  selector: { matchLabels: { app: worker } }
  template:
    metadata: { labels: { app: worker, behaviour: ${version === 1 ? 'well' : 'crash'} } }
    spec:
      containers:
        - name: app
          image: registry.example/worker:${version}
          envFrom: [{ configMapRef: { name: settings } }]
          env: [{ name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: worker-db, key: password } } }]
`;

/** Its first phase takes the pods away, as some plans do before the component's own step. */
const plan = (namespace: string): string => `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  worker: { uses: workload, with: { name: deployment/worker } }
phases:
  - name: quiesce
    steps: [{ name: stop, run: 'kubectl delete pods --selector app=worker --wait=false --namespace ${namespace}' }]
  - name: application
    steps: [{ rollback: worker }]
verify:
  - { uses: rollout, with: { workload: deployment/worker } }
`;

describeReal('kept before the change', () => {
  let stage: Stage;
  let helm = '';

  const kubectl = (args: readonly string[], input = ''): string =>
    execFileSync(stage.kubectl, [`--kubeconfig=${stage.cluster.kubeconfig}`, ...args], {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const until = async (what: () => boolean): Promise<void> => {
    for (let look = 0; look < 200 && !what(); look++) await new Promise((done) => setTimeout(done, 100));
  };
  /** Version 1 runs, then version 2 crashes. */
  const crashed = async (): Promise<Scene> => {
    const scene = await setScene(stage, helm, plan);
    const here = `--namespace=${scene.namespace}`;
    kubectl(['create', 'namespace', scene.namespace]);
    for (const version of [1, 2]) {
      kubectl(['apply', '--filename=-', here], settingsOf(version));
      const wanted = version === 1 ? 'True' : 'CrashLoopBackOff';
      await until(() =>
        kubectl([
          'get',
          'pods',
          here,
          `--selector=behaviour=${version === 1 ? 'well' : 'crash'}`,
          '-o=json',
        ]).includes(version === 1 ? `"type": "Ready"` : wanted),
      );
    }
    return scene;
  };
  const runFolder = (run: ActionRun): string => dirname(run.outputs['result'] ?? '');
  const filesOf = async (run: ActionRun): Promise<ReadonlyMap<string, string>> => {
    const folder = runFolder(run);
    const names = await readdir(folder, { recursive: true });
    const found = new Map<string, string>();
    for (const name of names) {
      const path = join(folder, name);
      if ((await stat(path)).isFile()) found.set(name, await readFile(path, 'utf8'));
    }
    return found;
  };

  beforeAll(async () => {
    const tools = await provide(['kubectl', 'helm4']);
    helm = tools.helm4;
    const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-e2e-'));
    stage = {
      cluster: await startCluster({
        containers: { logs: [`connecting with ${secretValue}`], previousLogs: [`\u001b[31m${lastCry}`] },
      }),
      folder,
      chart: await writeChart(folder),
      kubectl: tools.kubectl,
    };
  });
  afterAll(async () => {
    await stage?.cluster.stop();
    if (stage !== undefined) await rm(stage.folder, { recursive: true, force: true });
  });

  test('last words and state are there after the pods are gone, and hold no secret', async () => {
    const scene = await crashed();
    const run = await scene.press();
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    const files = await filesOf(run);
    const named = (part: string): readonly [string, string][] =>
      [...files].filter(([name]) => name.startsWith('captured/worker/') && name.includes(part));
    const pods = kubectl(['get', 'pods', '--all-namespaces', '--output=name']);
    const previous = named('.app.previous.log');
    expect(previous.length).toBeGreaterThan(0);
    for (const [name, text] of previous) {
      expect(text).toMatch(new RegExp(`Z ${lastCry}\\n`));
      expect(pods).not.toContain(name.replace('captured/worker/logs/', '').replace('.app.previous.log', ''));
    }
    expect(named('.app.log')[0]?.[1]).toContain('connecting with ***');
    expect(named('events.txt')[0]?.[1]).toMatch(/Warning {2}BackOff {2}pod\/worker-/);
    const state = files.get('captured/worker/state.yaml') ?? '';
    for (const kind of ['Deployment', 'ConfigMap', 'HorizontalPodAutoscaler', 'Service', 'Ingress'])
      expect(state).toContain(`kind: ${kind}\n`);
    expect(state).toContain('replicas: 2');
    expect(state).not.toMatch(/resourceVersion|uid:|status:/);
    expect(files.has('captured/worker/incomplete.yaml')).toBe(false);
    expect((await stat(join(runFolder(run), 'captured/worker/state.yaml'))).mode & 0o777).toBe(0o600);

    const encoded = Buffer.from(secretValue).toString('base64');
    for (const [name, text] of [...files, ['log', run.log], ['summary', run.summary]] as const) {
      expect([name, text.includes(secretValue), text.includes(encoded)]).toEqual([name, false, false]);
    }
    const event = run.journal.find(({ type }) => type === 'captured');
    expect(JSON.stringify(event)).toContain('{"name":"worker-db","type":"Opaque","keys":["password"]}');
    expect(JSON.stringify(event)).toContain('"digest":"registry.example/worker:2"');
    expect(JSON.stringify(event).length).toBeLessThan(8_000);
    // Before the first intent of any step, not only of its own.
    const types = run.journal.map(({ type }) => type);
    expect(types.indexOf('captured')).toBeLessThan(types.indexOf('intent'));
    for (const told of [run.summary, run.incident]) {
      expect(told).toContain('Kept before the change');
      expect(told).toContain('--filename=captured/worker/state.yaml');
    }
  });

  test('the state can be applied to an empty namespace, and a diff shows what the rollback changed', async () => {
    const scene = await crashed();
    const run = await scene.press();
    const file = join(runFolder(run), 'captured/worker/state.yaml');
    const here = `--namespace=${scene.namespace}`;
    const diff = ((): string => {
      try {
        return kubectl(['diff', here, `--filename=${file}`]);
      } catch (error) {
        return typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
      }
    })();
    expect(diff).toMatch(/^-\s+image: registry.example\/worker:1/m);
    expect(diff).toMatch(/^\+\s+image: registry.example\/worker:2/m);
    const fresh = `${scene.namespace}-again`;
    kubectl(['create', 'namespace', fresh]);
    const applied = kubectl(['apply', '--server-side=false', `--namespace=${fresh}`, `--filename=${file}`]);
    expect(applied.match(/ created/g)?.length).toBe(5);
    const back = (kind: string, path: string): string =>
      kubectl(['get', kind, `--namespace=${fresh}`, `--output=jsonpath=${path}`]);
    expect(back('configmap/settings', '{.data.mode}/{.data.flag}')).toBe('027/on');
    const ingress = (namespace: string): string =>
      kubectl(['get', 'ingress/worker', `--namespace=${namespace}`, '--output=jsonpath={.spec}']);
    expect(ingress(fresh)).toBe(ingress(scene.namespace));
  });

  test('logs that stall are not waited for, and are said', async () => {
    const scene = await crashed();
    const proxy = await startFaultProxy(stage.cluster);
    try {
      proxy.inject(({ path }) => path.includes('/log?'), { type: 'silence-before' }, { times: 1_000 });
      const run = await scene.press({}, undefined, { kubeconfig: proxy.kubeconfig });
      expect(verdictOf(run)).toBe('rolled-back - exit 0');
      const at = (type: string): number =>
        Number(run.journal.find((event) => event['type'] === type)?.['elapsedMs']);
      expect(at('captured') - at('pinned')).toBeGreaterThan(15_000);
      expect(at('phase-started') - at('pinned')).toBeLessThan(28_000);
      const files = await filesOf(run);
      expect(files.get('captured/worker/state.yaml')).toContain('kind: Deployment');
      expect(files.get('captured/worker/lacking.txt')).toMatch(
        /log of worker-.*no answer before the time for keeping things was over/,
      );
      expect(run.summary).toContain('Not kept:');
    } finally {
      await proxy.close();
    }
  });

  test('of a Helm release the values are kept, without what looks like a secret', async () => {
    const scene = await setScene(stage, helm, onePlan);
    const api = scene.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2', 'auth.password': secretValue });
    const run = await scene.press();
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    const files = await filesOf(run);
    expect(files.get('captured/api/values.yaml')).toContain("auth:\n  password: '***'\nversion: '2'");
    expect(files.get('captured/api/values-computed.yaml')).toContain('replicas: 2');
    expect([...files.values()].join('')).not.toContain(secretValue);
    expect(files.get('captured/api/state.yaml')).toContain('image: registry.example/api:2');
  });
});
