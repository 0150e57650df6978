// `rollback-plan init` as a stranger uses it, on a real cluster and through the bundle: the plan that it writes is valid,
// can be planned and pressed as it is, and nothing that was there is touched.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { callerFiles } from '../../src/init/callers.ts';
import { callerNames } from '../../src/init/options.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type CommandLineRun, runCommandLine } from '../support/command-line.ts';
import { type Release, releaseOn, writeChart } from '../support/release.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';
import { documented } from './auto-rollback-file.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4']);
const describeReal = parts.ready ? describe : describe.skip;
const planPath = '.github/rollback.yml';

let cluster: Cluster;
let folder = '';
let chart = '';
let tools: { readonly kubectl: string; readonly helm3: string; readonly helm4: string };

beforeAll(async () => {
  if (!parts.ready) return;
  tools = await provide(['kubectl', 'helm3', 'helm4']);
  cluster = await sharedCluster();
  folder = await mkdtemp(join(tmpdir(), 'rollback-plan-init-'));
  chart = await writeChart(folder);
});
afterAll(async () => {
  await cluster?.stop();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

type Stage = {
  readonly namespace: string;
  /** An empty repository. */
  readonly repository: string;
  readonly release: (name: string) => Release;
  readonly run: (args: readonly string[], kubeconfig?: string | 'none') => Promise<CommandLineRun>;
  readonly plan: () => Promise<string>;
};

async function setStage(helm: string): Promise<Stage> {
  const namespace = uniqueName('init');
  const repository = join(folder, namespace, 'shop');
  await mkdir(join(repository, '.git'), { recursive: true });
  return {
    namespace,
    repository,
    release: (name) => releaseOn(cluster, helm, name, namespace, chart),
    run: (args, kubeconfig = cluster.kubeconfig) =>
      runCommandLine(args, {
        folder: repository,
        kubeconfig: kubeconfig === 'none' ? undefined : kubeconfig,
        path: [dirname(helm), dirname(tools.kubectl)],
      }),
    plan: () => readFile(join(repository, planPath), 'utf8'),
  };
}

/** Everything in the repository besides `.git`, and what the run itself keeps. */
async function filesIn(repository: string): Promise<readonly string[]> {
  const names = await readdir(repository, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1))
    .filter((name) => !/^\.(?:rollback-plan|kube|cache|config)\//.test(name))
    .sort();
}

describeReal.each([['3'], ['4']] as const)('with Helm %s', (major) => {
  const helm = (): string => (major === '3' ? tools.helm3 : tools.helm4);

  test('releases become a plan that validates, can be planned, and takes them back', async () => {
    const { namespace, release, run, plan, repository } = await setStage(helm());
    const [api, front] = [release('api'), release('web.front')];
    for (const version of ['1', '2']) {
      await api.deploy({ version });
      await front.deploy({ version });
    }

    const written = await run(['init', '--namespace', namespace]);
    expect([written.code, written.stderr]).toEqual([0, '']);
    expect(written.stdout).toContain(
      `Looked at namespace ${namespace} of context rollback-plan-test: 2 Helm releases, 0 other workloads\n`,
    );
    expect(written.stdout).toContain(`Written:\n  ${planPath}\n`);
    expect(await filesIn(repository)).toEqual([planPath]);

    expect(await run(['validate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });

    const planned = await run(['rollback', '--to', 'previous', '--dry-run']);
    expect([planned.code, planned.stderr]).toEqual([0, expect.stringContaining('record: ')]);
    expect(planned.stdout).toContain(`helm rollback api 1 --namespace ${namespace}`);
    expect(planned.stdout).toContain(`helm rollback web.front 1 --namespace ${namespace}`);
    expect(await api.history()).toBe('1 superseded, 2 deployed');

    const pressed = await run(['rollback', '--to', 'previous', '--reason', 'a test']);
    expect([pressed.code, pressed.stdout]).toEqual([0, expect.stringContaining('"deployment/web.front"')]);
    expect([await api.liveVersion(), await front.liveVersion()]).toEqual(['1', '1']);

    const before = await plan();
    const again = await run(['init', '--namespace', namespace]);
    expect([again.code, await plan()]).toEqual([1, before]);
    expect(again.stdout).toContain(`Left as it is:\n  ${planPath} (it is there already)\n`);
    expect(again.stdout).not.toContain('Written');
  });

  test('a version that failed is known to be bad, and what runs is measured', async () => {
    const { namespace, release, run, plan } = await setStage(helm());
    const api = release('api');
    await api.deploy({ version: '1' });
    expect(await api.deploy({ version: '2', behaviour: 'crash' }, ['--timeout', '4s'])).not.toBe(0);

    expect(await run(['init', '--namespace', namespace])).toMatchObject({ code: 0, stderr: '' });
    const text = await plan();
    expect(text).toContain('        - deployment/api\n');
    expect(text).toContain('      with: { helm: { release: api, revision: 2 } }\n');
    expect(await run(['validate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });
  });
});

describeReal('what is read', () => {
  test('releases in ConfigMaps, too, and nothing of another namespace', async () => {
    const { namespace, release, run, plan } = await setStage(tools.helm4);
    const other = await setStage(tools.helm4);
    await release('api').deploy({ version: '1' });
    await other.release('elsewhere').deploy({ version: '1' });
    await promisify(execFile)(
      tools.helm4,
      ['install', 'kept', chart, '--namespace', namespace, '--wait', '--timeout', '30s'],
      { env: { ...process.env, KUBECONFIG: cluster.kubeconfig, HELM_DRIVER: 'configmap' } },
    );
    expect(await run(['init', '--namespace', namespace])).toMatchObject({ code: 0 });
    const components = (await plan()).split('\n').filter((line) => line.includes('uses: helm-release'));
    expect(components.map((line) => line.trim())).toEqual([
      'api: { uses: helm-release, with: { release: api } }',
      'kept: { uses: helm-release, with: { release: kept } }',
    ]);
  });

  test('workloads that Helm does not own become components', async () => {
    const { namespace, release, run, plan } = await setStage(tools.helm4);
    await release('api').deploy({ version: '1' });
    const { status } = await cluster.call('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name: 'worker' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'worker' } },
        template: {
          metadata: { labels: { app: 'worker' } },
          spec: { containers: [{ name: 'worker', image: 'registry.example/worker:1' }] },
        },
      },
    });
    expect(status).toBe(201);
    const { code, stdout } = await run(['init', '--namespace', namespace]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 Helm release, 1 other workload\n')]);
    expect(await plan()).toContain('  worker: { uses: workload, with: { name: deployment/worker } }\n');
    expect(await run(['validate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });
  });

  test('charts alone where there is no kubeconfig, and it says so', async () => {
    const { repository, run, plan } = await setStage(tools.helm4);
    await writeChart(join(repository, 'deploy'));
    const { code, stdout } = await run(['init'], 'none');
    expect(stdout).toContain(
      'Looked at the charts in this repository (no cluster was read: there is no kubeconfig): 1 Helm release\n',
    );
    expect(code).toBe(0);
    const text = await plan();
    expect(text).toContain('  app: { uses: helm-release, with: { release: app } } # deploy/chart\n');
    expect(text).toContain('# CHECK: no cluster was read.');
    expect(text).toContain('        - deployment/app\n');
    expect(await run(['validate'], 'none')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });
  });

  test('an `auto_rollback` file is taken over or refused as a whole, and never silently left', async () => {
    const { repository, run, plan } = await setStage(tools.helm4);
    await writeChart(join(repository, 'deploy'));
    const file = join(repository, 'auto.json');
    const init = ['init', '--auto-rollback', 'auto.json', '--metrics-url', 'http://metrics-api'];
    const missing = await run(init, 'none');
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('there is no file auto.json'),
    ]);
    await writeFile(file, documented.replace('"threshold": 0.01', '"threshold": 5'));
    const refused = await run(init, 'none');
    expect([refused.code, await filesIn(repository)]).toEqual([2, expect.not.arrayContaining([planPath])]);
    expect(refused.stderr).toContain(
      'auto_rollback.triggers[0].threshold: a rate is a share from 0 to 1, found 5\n    = if 5 % is meant, write 0.05 [input-invalid]\n',
    );

    await writeFile(file, documented);
    const { code, stdout, stderr } = await run(init, 'none');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Taken over from auto.json:\n  error_rate greater_than 0.01 ');
    expect(stdout).toContain('Not taken over:\n  operation_id op-12345: ');
    expect(await plan()).toContain("        url: 'http://metrics-api/error_rate'\n");
    expect(await run(['validate'], 'none')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });
    const again = await run(init, 'none');
    expect([again.code, again.stdout]).toEqual([
      1,
      expect.stringContaining(`Not taken over: auto.json, because ${planPath} is there already.`),
    ]);
  });

  test('charts alone where that was asked for, although there is a cluster', async () => {
    const { repository, namespace, run, plan } = await setStage(tools.helm4);
    await writeChart(join(repository, 'deploy'));
    const { code, stdout } = await run(['init', '--charts', 'deploy', '--namespace', namespace]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('Looked at the charts below deploy (no cluster was read: --charts was given)'),
    ]);
    expect(await plan()).toContain(`    namespace: ${namespace}\n`);
    expect(await run(['validate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });
  });

  test('a dry run prints the plan and writes nothing', async () => {
    const { namespace, release, repository, run, plan } = await setStage(tools.helm4);
    await release('api').deploy({ version: '1' });
    const printed = await run(['init', '--namespace', namespace, '--dry-run']);
    expect([printed.code, await filesIn(repository)]).toEqual([0, []]);
    expect(printed.stderr).toContain(`Would be written:\n  ${planPath}\n`);
    await run(['init', '--namespace', namespace]);
    expect(printed.stdout).toBe(`# ---- ${planPath}\n${await plan()}`);
  });
});

describeReal('refused, and nothing is written', () => {
  test.each([
    [
      'an empty namespace',
      ['--namespace', 'default'],
      1,
      'namespace default of context rollback-plan-test holds no Helm release and no workload',
      'rollback-plan init --charts .',
    ],
    [
      'a namespace that is not there',
      ['--namespace', 'nowhere'],
      1,
      'context rollback-plan-test has no namespace nowhere',
      'helm list --all --all-namespaces',
    ],
    [
      'a context that is not there',
      ['--context', 'nowhere'],
      1,
      '[cluster-unreachable]',
      'rollback-plan init --charts .',
    ],
    ['a folder without charts', ['--charts', '.'], 1, 'there is no chart below .', 'five lines'],
    [
      'a folder that is not there',
      ['--charts', 'nowhere'],
      2,
      'there is no folder nowhere',
      'rollback-plan init --charts .',
    ],
    ['an option that is not there', ['--contxt', 'x'], 2, '[usage]', 'Did you mean --context?'],
  ])('%s', async (_name, args, code, message, hint) => {
    const { run, repository } = await setStage(tools.helm4);
    const refused = await run(['init', ...args]);
    expect([refused.code, refused.stdout, await filesIn(repository)]).toEqual([code, '', []]);
    expect(refused.stderr).toContain(message);
    expect(refused.stderr).toContain(hint);
  });

  test('a cluster that may not be read is not taken for none, although there are charts', async () => {
    const { namespace, release, run, repository } = await setStage(tools.helm4);
    await release('api').deploy({ version: '1' });
    await writeChart(join(repository, 'deploy'));
    const before = await filesIn(repository);
    const refused = await run(['init', '--namespace', namespace], await cluster.kubeconfigFor('limited'));
    expect([refused.code, await filesIn(repository)]).toEqual([1, before]);
    expect(refused.stderr).toContain('[permission-missing]');
    expect(refused.stderr).toContain(
      'Without a cluster, from the charts in the repository: rollback-plan init --charts .',
    );
  });

  test('a cluster that does not answer is not taken for none either', async () => {
    const { run, repository } = await setStage(tools.helm4);
    await writeChart(join(repository, 'deploy'));
    const file = join(folder, 'dead.json');
    const text = await readFile(cluster.kubeconfig, 'utf8');
    await writeFile(file, text.replace(cluster.server, 'https://127.0.0.1:9'));
    const refused = await run(['init'], file);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('[cluster-unreachable]')]);
    expect((await filesIn(repository)).includes(planPath)).toBe(false);
  });

  test('a kubeconfig without a current context asks which one', async () => {
    const { run } = await setStage(tools.helm4);
    const file = join(folder, 'no-current.json');
    const config = JSON.parse(await readFile(cluster.kubeconfig, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, 'current-context': '' }));
    const refused = await run(['init'], file);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('with NAME one of: rollback-plan-test'),
    ]);
  });
});

const templates = await Promise.all(
  callerNames.map((name) => readFile(callerFiles[name].from, 'utf8').catch(() => undefined)),
);
const describeCallers =
  parts.ready && templates.every((text) => text !== undefined) ? describe : describe.skip;

describeCallers('callers', () => {
  test('are written from the files of this package; one that is there is left, and the exit code says so', async () => {
    const { namespace, release, run, repository, plan } = await setStage(tools.helm4);
    await release('api').deploy({ version: '1' });
    const mine = join(repository, callerFiles.button.to);
    await mkdir(dirname(mine), { recursive: true });
    await writeFile(mine, 'mine\n');
    const { code, stdout } = await run(['init', '--namespace', namespace, '--callers', callerNames.join()]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining(`Left as it is:\n  ${callerFiles.button.to} (it is there already)\n`),
    ]);
    expect(await readFile(mine, 'utf8')).toBe('mine\n');
    expect(await plan()).toContain('records: { incidents: incidents/, publish: pull-request }\n');
    expect(await filesIn(repository)).toEqual(
      [planPath, ...callerNames.map((name) => callerFiles[name].to)].sort(),
    );
    expect(await run(['validate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${planPath}: no findings\n`),
    });

    // The plan is there now: the missing caller is written for its targets without a look at the cluster.
    await rm(mine);
    const later = await run(['init', '--callers', 'button'], 'none');
    expect(later.stdout).toContain(`Written:\n  ${callerFiles.button.to}\n`);
    expect(await readFile(mine, 'utf8')).toContain('rollback-plan-test');
  });
});
