// Is a live object what the manifest says, and what follows for the release: decided without a cluster, with a server
// that answers dry runs from a table.

import { describe, expect, test } from '@jest/globals';
import { matchLive } from '../../../src/components/helm/live-match.ts';
import { type ManifestObject, parseManifest } from '../../../src/components/helm/manifest.ts';
import { judgeSightings, type Sighting } from '../../../src/components/helm/release-health.ts';
import { RollbackPlanError } from '../../../src/errors.ts';
import type { Cluster } from '../../../src/ports.ts';
import type { JsonObject } from '../../../src/values/json.ts';
import type { WorkloadHealth } from '../../../src/values/workload-health.ts';

function only(yaml: string): ManifestObject {
  const [object] = parseManifest(yaml);
  if (object === undefined) throw new Error('a manifest with one object');
  return object;
}

const configMap = (data: string): ManifestObject =>
  only(`{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: ${data}}`);
const workload = (container: string, more = ''): ManifestObject =>
  only(
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: api}, spec: {${more} template: {spec: {containers: [${container}]}}}}`,
  );

/** Answers the one dry run that may be asked for; `undefined`: none may. */
function server(answer: JsonObject | RollbackPlanError | undefined): Cluster {
  const unexpected = (): never => {
    throw new Error('unexpected request');
  };
  return {
    namespace: 'shop',
    helmFlags: [],
    kubectlFlags: [],
    get: unexpected,
    list: unexpected,
    text: unexpected,
    mayI: unexpected,
    whoAmI: unexpected,
    dryRun: (verb, path) => {
      expect([verb, path]).toEqual(['replace', '/x']);
      if (answer === undefined) return unexpected();
      return answer instanceof RollbackPlanError ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}
const refusal = new RollbackPlanError('permission-missing', 'forbidden', { hint: 'ask' });

describe('a live object', () => {
  const main = '{name: main, image: "a:1"}';
  type Row = readonly [
    name: string,
    object: ManifestObject,
    live: ManifestObject,
    elsewhere: readonly ManifestObject[],
    answer: JsonObject | RollbackPlanError | undefined,
    state: string,
    detail: string,
  ];
  const rows: readonly Row[] = [
    [
      'is the same without asking the server',
      workload(main),
      workload('{name: main, image: "a:1", imagePullPolicy: Always}'),
      [],
      undefined,
      'same',
      '',
    ],
    [
      'has another image, which the server confirms',
      workload(main),
      workload('{name: main, image: "a:2"}'),
      [],
      workload(main).body,
      'different',
      'containers[main].image is a:2 instead of a:1',
    ],
    [
      'has another image, and nobody need confirm that',
      workload(main),
      workload('{name: main, image: "a:2"}'),
      [],
      refusal,
      'different',
      'a:2 instead of a:1',
    ],
    [
      'has what an admission webhook makes of the manifest',
      workload(main),
      workload('{name: main, image: "mirror/a:1"}'),
      [],
      workload('{name: main, image: "mirror/a:1"}').body,
      'same',
      '',
    ],
    [
      'has something left behind',
      workload(main),
      workload('{name: main, image: "a:1", tty: true}'),
      [workload('{name: main, image: "a:0", tty: true}')],
      workload(main).body,
      'different',
      'containers[main].tty was left behind by another revision',
    ],
    [
      'has a default that another revision happened to spell out',
      workload(main),
      workload('{name: main, image: "a:1", tty: true}'),
      [workload('{name: main, image: "a:0", tty: true}')],
      workload('{name: main, image: "a:1", tty: true}').body,
      'same',
      '',
    ],
    [
      'stays undecided when the server cannot be asked',
      workload(main),
      workload('{name: main, image: "a:1", tty: true}'),
      [workload('{name: main, image: "a:0", tty: true}')],
      refusal,
      'undecided',
      "the server can't be asked: forbidden",
    ],
    [
      'is a ConfigMap with other data',
      configMap('{a: x}'),
      configMap('{a: y}'),
      [],
      configMap('{a: x}').body,
      'different',
      'ConfigMap/c: data.a differs',
    ],
    [
      'is a ConfigMap with a key that was left behind',
      configMap('{a: x}'),
      configMap('{a: x, b: z}'),
      [configMap('{b: z}')],
      configMap('{a: x}').body,
      'different',
      'data.b was left behind',
    ],
  ];
  test.each(rows)('%s', async (_name, object, live, elsewhere, answer, state, detail) => {
    const match = await matchLive(server(answer), '/x', { object, live: live.body, elsewhere });
    expect(match.state).toBe(state);
    expect(match.detail).toContain(detail);
  });

  test('is the same Secret however it is written, and a different one without a word of its value', async () => {
    const written = only('{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {p: hunter22}}');
    const live = (p: string): JsonObject => ({ kind: 'Secret', metadata: { name: 's' }, data: { p } });
    const same = { object: written, live: live('aHVudGVyMjI='), elsewhere: [] };
    expect(await matchLive(server(undefined), '/x', same)).toEqual({ state: 'same', detail: '' });
    const other = { object: written, live: live('b3RoZXI='), elsewhere: [] };
    const match = await matchLive(server(live('aHVudGVyMjI=')), '/x', other);
    expect(match).toEqual({ state: 'different', detail: 'Secret/s: data.p differs' });
  });
});

describe('a release is', () => {
  const health = (state: WorkloadHealth['state']): WorkloadHealth => ({
    state,
    evidence: `deployment/api: ${state}`,
    desired: 1,
    updated: 1,
    ready: 1,
  });
  const sight = (object: ManifestObject, more: Partial<Sighting> = {}): Sighting => ({
    object,
    live: object.body,
    match: { state: 'same', detail: '' },
    health: undefined,
    unreadable: undefined,
    ...more,
  });
  const api = (state: WorkloadHealth['state'], replicas = ''): Sighting =>
    sight(workload('{name: main}', replicas), { health: health(state) });
  const config = sight(configMap('{a: x}'));
  const job = sight(only('{apiVersion: batch/v1, kind: Job, metadata: {name: j}}'), { match: undefined });
  test.each<[string, readonly Sighting[], string, string]>([
    [
      'healthy when its workloads are',
      [api('ready'), config],
      'healthy',
      'deployment/api: ready; 2 objects have the content',
    ],
    [
      'healthy when it has none and its objects are right',
      [config],
      'healthy',
      '1 object has the content of the manifest',
    ],
    [
      'progressing when one of them is',
      [api('ready'), api('progressing')],
      'progressing',
      'deployment/api: progressing',
    ],
    [
      'failed when one of them is, whatever the others do',
      [api('progressing'), api('failed')],
      'failed',
      'deployment/api: failed',
    ],
    ['failed when one is held', [api('held')], 'failed', 'held'],
    [
      'failed when an object is missing',
      [api('ready'), sight(configMap('{}'), { live: undefined, match: undefined })],
      'failed',
      'ConfigMap/c does not exist',
    ],
    [
      'not failed for a Job that has been cleaned away',
      [api('ready'), { ...job, live: undefined }],
      'healthy',
      'not measured: Job/j (not there)',
    ],
    [
      'failed when content differs though all pods are ready',
      [{ ...api('ready'), match: { state: 'different', detail: 'tty differs' } }],
      'failed',
      'tty differs',
    ],
    [
      'unknown when that cannot be told',
      [{ ...api('ready'), match: { state: 'undecided', detail: 'who knows' } }],
      'unknown',
      'who knows',
    ],
    [
      'healthy at zero only because the manifest says zero, and that is told',
      [api('empty', 'replicas: 0,')],
      'healthy',
      '0 replicas, as the manifest says',
    ],
    [
      'failed at zero when the manifest wants pods',
      [api('empty', 'replicas: 2,')],
      'failed',
      'though the manifest says 2 replicas',
    ],
    ['unknown at zero when nobody says how many', [api('empty')], 'unknown', 'deployment/api: empty'],
    [
      'healthy with an idle workload beside one that serves',
      [api('empty'), api('ready')],
      'healthy',
      'deployment/api: ready; deployment/api: empty',
    ],
    [
      'open about what this account may not read',
      [
        api('ready'),
        { ...config, live: undefined, match: undefined, unreadable: 'not readable with this account' },
      ],
      'healthy',
      'not measured: ConfigMap/c (not readable with this account)',
    ],
  ])('%s', (_name, sightings, state, evidence) => {
    const judged = judgeSightings(sightings);
    expect(judged.state).toBe(state);
    expect(judged.evidence).toContain(evidence);
  });
});
