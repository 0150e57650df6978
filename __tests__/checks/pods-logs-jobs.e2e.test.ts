// The checks `pods`, `job`, `logs` and `config-drift` on a real cluster, whose pods tell what real ones would.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { CheckKind } from '../../src/checks/check-kind.ts';
import { configDrift } from '../../src/checks/config-drift.ts';
import { job } from '../../src/checks/job.ts';
import { logs } from '../../src/checks/logs.ts';
import { pods } from '../../src/checks/pods.ts';
import type { Json } from '../../src/values/json.ts';
import { type Cluster, startCluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';
import { uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl']);
const suite = parts.ready ? describe : describe.skip;

/** Thirty lines: more than `kubectl logs` with a selector shows. The first one is the interesting one. */
const lines = [
  'ERROR the first line',
  ...Array.from({ length: 28 }, (_, line) => `INSERT ${line}`),
  'INSERT failed ERROR',
];

suite('what a cluster tells', () => {
  let cluster: Cluster;
  let world: TestWorld;
  let directory = '';
  const namespace = uniqueName('data');

  beforeAll(async () => {
    const { kubectl } = await provide(['kubectl']);
    // Of its own: the containers' words are the same for a whole cluster.
    cluster = await startCluster({ containers: { logs: lines, previousLogs: ['FATAL last words'] } });
    directory = await mkdtemp(join(tmpdir(), 'rollback-plan-data-'));
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-C', directory, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
    };
    git('init', '--quiet');
    await mkdir(join(directory, 'config'));
    await writeFile(join(directory, 'config', 'mode'), 'one\n');
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    git('tag', 'v1');
    world = await createTestWorld({
      directory,
      home: directory,
      cluster: { kubeconfig: cluster.kubeconfig, kubectl, namespace },
    });
    await world.kubectl(['create', 'namespace', namespace]);
  });
  afterAll(async () => {
    await world?.close();
    await cluster?.stop();
    if (directory !== '') await rm(directory, { recursive: true, force: true });
  });

  const deploy = async (name: string, behaviour = 'well', replicas = 1): Promise<void> => {
    await make('apps/v1', 'deployments', {
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name, behaviour } },
          spec: { containers: [{ name: 'main', image: 'shop:1' }] },
        },
      },
    });
  };
  const make = async (version: string, plural: string, object: Json): Promise<void> => {
    const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
    const { status, body } = await cluster.call('POST', `${root}/namespaces/${namespace}/${plural}`, object);
    if (status >= 300) throw new Error(JSON.stringify(body));
  };
  /** Until the check says these words, or its last word after five seconds. */
  const settles = async <With>(kind: CheckKind<With>, settings: Json, words: string): Promise<string> => {
    for (let look = 0; ; look++) {
      const { state, evidence } = await kind.measure(world.context(), kind.schema.parse(settings));
      const said = `${state}: ${evidence}`;
      if (said.includes(words) || look === 25) return said;
      await sleep(200);
    }
  };
  const namesOf = async (app: string): Promise<readonly string[]> =>
    (
      await world.kubectl([
        'get',
        'pods',
        `--selector=app=${app}`,
        '--output=jsonpath={.items[*].metadata.name}',
      ])
    ).split(' ');

  test('a crash loop is found, and healthy pods pass', async () => {
    await deploy('good');
    await deploy('bad', 'crash', 2);
    expect(await settles(pods, { workload: 'deployment/good' }, 'pass')).toBe(
      'pass: deployment/good: 1 pod, oom-killed 0, crash-looping 0, image-pull-failing 0',
    );
    expect(await settles(pods, { selector: 'app=bad' }, 'found 2')).toMatch(
      /^fail: pods with app=bad: crash-looping/,
    );
    expect(
      await settles(pods, { workload: 'deployment/bad', 'crash-looping': '<= 2', restarted: '<= 1' }, 'fail'),
    ).toMatch(/restarted: expected <= 1, found 2/);
  });

  test('more than three pods that were killed for memory, of which restarts of one are one', async () => {
    await deploy('oom', 'well', 4);
    await settles(pods, { workload: 'deployment/oom', 'not-ready': 0, pods: 4 }, 'pass');
    const names = await namesOf('oom');
    expect(names).toHaveLength(4);
    const kill = async (name: string, restartCount: number): Promise<void> => {
      const terminated = { reason: 'OOMKilled', exitCode: 137, finishedAt: new Date().toISOString() };
      const status = {
        name: 'main',
        image: 'shop:1',
        imageID: '',
        ready: true,
        restartCount,
        lastState: { terminated },
      };
      const patch = { status: { containerStatuses: [{ ...status, state: { running: {} } }] } };
      await world.kubectl([
        'patch',
        'pod',
        name,
        '--subresource=status',
        '--type=merge',
        `--patch=${JSON.stringify(patch)}`,
      ]);
    };
    for (const name of names.slice(0, 3)) await kill(name, 5);
    const limit = { workload: 'deployment/oom', 'oom-killed': '<= 3', 'crash-looping': '>= 0' };
    expect(await settles(pods, limit, 'oom-killed 3')).toMatch(/^pass/);
    for (const name of names.slice(3)) await kill(name, 1);
    expect(await settles(pods, limit, 'found 4')).toMatch(
      /^fail: deployment\/oom: oom-killed: expected <= 3, found 4/,
    );
  });

  test('no pods and no workload are never a pass', async () => {
    await deploy('zero', 'well', 0);
    expect(await settles(pods, { workload: 'deployment/zero' }, 'no pods')).toMatch(/^inconclusive/);
    expect(await settles(pods, { workload: 'deployment/never' }, 'never')).toMatch(
      /^error: could not measure: there is no deployment\/never/,
    );
    expect(await settles(logs, { workload: 'deployment/zero', match: 'ERROR' }, 'no pods')).toMatch(
      /^inconclusive/,
    );
  });

  test('a Job that fails, one that ends, one that goes on', async () => {
    const jobNamed = async (name: string, behaviour: string): Promise<void> => {
      const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop:job' }] };
      await make('batch/v1', 'jobs', {
        metadata: { name },
        spec: { backoffLimit: 0, template: { metadata: { labels: { behaviour } }, spec } },
      });
    };
    await jobNamed('done', 'well');
    await jobNamed('broken', 'fail');
    await jobNamed('endless', 'hang');
    expect(await settles(job, { job: 'done', 'max-age': '1m' }, 'pass')).toBe('pass: job/done: complete');
    expect(await settles(job, { job: 'broken' }, 'fail:')).toMatch(
      /^fail: job\/broken: failed, BackoffLimitExceeded/,
    );
    expect(await settles(job, { job: 'endless' }, 'pods run')).toMatch(
      /^inconclusive: job\/endless: has not ended: 1 pods run/,
    );
    expect(await settles(job, { job: 'never' }, 'exist')).toMatch(/^inconclusive/);
  });

  test('a CronJob by its last run', async () => {
    const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop:job' }] };
    const template = { backoffLimit: 0, template: { metadata: { labels: { behaviour: 'fail' } }, spec } };
    await make('batch/v1', 'cronjobs', {
      metadata: { name: 'backup' },
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: template } },
    });
    expect(await settles(job, { cronjob: 'backup' }, 'never')).toMatch(
      /^inconclusive: cronjob\/backup: has never succeeded/,
    );
    await world.kubectl(['create', 'job', 'backup-1', '--from=cronjob/backup']);
    expect(await settles(job, { cronjob: 'backup' }, 'fail:')).toMatch(/its last run, backup-1, failed/);
  });

  test('every line of a log counts, not the last ten', async () => {
    await deploy('talker');
    const about = { workload: 'deployment/talker', since: '1h' };
    await settles(pods, { workload: 'deployment/talker', 'not-ready': 0 }, 'pass');
    expect(await settles(logs, { ...about, match: 'ERROR' }, 'fail')).toBe(
      'fail: deployment/talker: 2 of 30 lines in 1 log match, expected 0, found 2; “ERROR the first line”; “INSERT failed ERROR”',
    );
    expect(await settles(logs, { ...about, match: 'ERROR', allow: 'first|failed' }, 'pass')).toMatch(/^pass/);
    const ratio = { match: 'INSERT.*ERROR', ratio: { of: '^INSERT', expect: '<= 0.04' } };
    expect(await settles(logs, { ...about, ...ratio }, 'pass')).toMatch(/^pass: .*1 of 29 lines, 3.45 %/);
    const fatal = { workload: 'deployment/bad', match: 'FATAL' };
    expect(await settles(logs, { ...fatal, previous: true }, 'fail')).toMatch(
      /^fail: .*2 of 62 lines in 4 logs/,
    );
    expect(await settles(logs, fatal, 'pass')).toMatch(/^pass/);
  });

  test('a ConfigMap that somebody edited is not that of its tag', async () => {
    await make('v1', 'configmaps', { metadata: { name: 'shop' }, data: { mode: 'one\n' } });
    const about = { configmap: 'shop', paths: ['config'] };
    expect(await settles(configDrift, { ...about, at: 'v1' }, 'pass')).toMatch(/^pass/);
    await world.kubectl(['patch', 'configmap', 'shop', '--patch={"data":{"mode":"two","extra":"x"}}']);
    expect(await settles(configDrift, { ...about, at: 'v1' }, 'fail')).toBe(
      'fail: ConfigMap shop is not that of v1: extra is not in git, mode differs',
    );
    expect(await settles(configDrift, { ...about, at: 'v9' }, 'error')).toMatch(
      /^error: could not measure: .*v9/,
    );
  });
});
