// Lock and journal against the real API server: of two takers one acts, who was frozen starts nothing further, what can't
// be read blocks, and a write whose answer was lost is looked up.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createClusterState } from '../../src/adapters/cluster-state.ts';
import { type ClusterConnection, connectCluster } from '../../src/adapters/kubernetes.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import { readThisProcess } from '../../src/adapters/this-process.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import { type HeldLock, type LockRequest, takeLock } from '../../src/state/lock.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { packageRoot } from '../../tools/real-parts/package-root.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';
import { eventually } from '../tools/processes.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'node24']);
const suite = parts.ready ? describe : describe.skip;
const execute = promisify(execFile);

suite('lock and journal on a cluster', () => {
  let cluster: Cluster;
  let kubectlPath = '';
  let node = '';
  let folder = '';
  const connections: ClusterConnection[] = [];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    const tools = await provide(['kubectl', 'node24']);
    kubectlPath = tools.kubectl;
    node = tools.node24;
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-lock-'));
    cluster = await sharedCluster();
  });
  // Also those that a failed test left frozen.
  afterEach(() => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  const environment = (kubeconfig: string): Record<string, string> => ({
    PATH: [dirname(kubectlPath), process.env['PATH'] ?? ''].join(':'),
    HOME: folder,
    KUBECONFIG: kubeconfig,
  });
  const kubectl = async (...args: string[]): Promise<string> =>
    (await execute(kubectlPath, args, { env: environment(cluster.kubeconfig), timeout: 30_000 })).stdout;
  const newNamespace = async (): Promise<string> => {
    const name = uniqueName('lock');
    await kubectl('create', 'namespace', name);
    return name;
  };
  const connect = async (namespace: string, kubeconfig = cluster.kubeconfig): Promise<ClusterConnection> => {
    const processes = createProcesses({
      environment: environment(kubeconfig),
      workspace: folder,
      redact: (text) => text,
    });
    const connection = await connectCluster({ processes, clock: systemClock, context: undefined, namespace });
    connections.push(connection);
    return connection;
  };
  const take = (
    connection: Connection,
    service: string,
    holder: string,
    more: Partial<LockRequest> = {},
  ): Promise<HeldLock> =>
    takeLock({
      store: createClusterState(connection, service).lock,
      clock: systemClock,
      self: readThisProcess(),
      holder,
      incident: 'INC-1',
      log: { info: () => undefined },
      signal: new AbortController().signal,
      ...more,
    });

  test('two take it at the same moment, 200 times: exactly one acts, the other is told who', async () => {
    const namespace = await newNamespace();
    const takers = [await connect(namespace), await connect(namespace)] as const;
    const round = async (service: string, number: number): Promise<void> => {
      let acting = 0;
      let acted = 0;
      const ended: string[] = [];
      const press = async (connection: ClusterConnection, holder: string): Promise<void> => {
        try {
          const lock = await take(connection, service, holder, { renewMs: 100 });
          acting += 1;
          acted += 1;
          expect([acting, lock.fence]).toEqual([1, number]);
          await lock.prove();
          await eventually(() => ended.length === 1);
          lock.assertInTime();
          acting -= 1;
          await lock.release();
        } catch (error) {
          ended.push(error instanceof RollbackPlanError ? error.code : String(error));
        }
      };
      await Promise.all([press(takers[0], 'run 1'), press(takers[1], 'run 2')]);
      expect([acted, ended]).toEqual([1, ['locked']]);
    };
    const lane = async (service: string): Promise<void> => {
      for (let number = 1; number <= 25; number++) await round(service, number);
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => lane(`service-${index}`)));
    expect(
      await kubectl('-n', namespace, 'get', 'leases', '-o', 'jsonpath={.items[*].spec.leaseTransitions}'),
    ).toBe(Array.from({ length: 8 }, () => '25').join(' '));
  });

  const holdElsewhere = (namespace: string, point: string, services: readonly string[]): ChildProcess => {
    const script = join(packageRoot(), '__tests__', 'state', 'lock-holder.ts');
    const settings = [cluster.kubeconfig, namespace, folder, point, ...services];
    const child = spawn(node, ['--no-warnings', script, ...settings], {
      env: environment(cluster.kubeconfig),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  };
  const linesOf = (child: ChildProcess): string[] => {
    const lines: string[] = [];
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    return lines;
  };

  // Four holders in each process: it is frozen where the first of them says, and where the others happen to be.
  test('20 holders are frozen past their term: each finds it, and starts no further command', async () => {
    const namespace = await newNamespace();
    const taker = await connect(namespace);
    const freeze = async (point: string): Promise<void> => {
      const services = [1, 2, 3, 4].map((number) => `${point}-${number}`);
      const commands = (): readonly number[] =>
        services.map((service) => readFileSync(join(folder, service), 'utf8').split('\n').length - 1);
      const child = holdElsewhere(namespace, point, services);
      const exited = once(child, 'exit');
      const lines = linesOf(child);
      await eventually(() => isStopped(child.pid ?? 0) || child.exitCode !== null, 60_000);
      expect(lines.sort()).toEqual(services.map((service) => JSON.stringify({ service, held: 1 })));
      const before = commands();
      const locks = await Promise.all(services.map((service) => take(taker, service, 'taker')));
      for (const lock of locks) {
        expect([point, lock.because, lock.fence]).toEqual([point, 'term-over', 2]);
        expect(lock.tookOver).toMatchObject({ incident: 'INC-1', fence: 1, pid: child.pid });
      }
      lines.length = 0;
      child.kill('SIGCONT');
      await exited;
      expect([point, ...commands()]).toEqual([point, ...before]);
      expect(lines.sort()).toEqual(
        services.map((service, index) =>
          JSON.stringify({ service, ended: 'lock-lost', aborted: true, started: before[index] }),
        ),
      );
      for (const lock of locks) {
        await lock.prove();
        await lock.release();
      }
    };
    const points = ['before-proof', 'after-read', 'before-start', 'before-renewal', 'after-renewal'];
    await Promise.all(points.map(freeze));
  });

  test('a holder that was killed on this machine is followed at once', async () => {
    const namespace = await newNamespace();
    const connection = await connect(namespace);
    const child = holdElsewhere(namespace, 'never', ['killed']);
    const lines = linesOf(child);
    await eventually(() => lines.length > 0);
    await expect(take(connection, 'killed', 'taker')).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining('holder of killed (incident INC-1, fence 1, renewed '),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await take(connection, 'killed', 'taker');
    expect([lock.because, lock.fence]).toEqual(['process-gone', 2]);
    await lock.release();
  });

  test('take-lock takes the holder that was named and no other', async () => {
    const connection = await connect(await newNamespace());
    const first = await take(connection, 'shop', 'run 1', { renewMs: 50 });
    await expect(take(connection, 'shop', 'run 2', { takeOver: 7 })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining('its fence is 1, held by run 1'),
      hint: expect.stringContaining('override: take-lock:1'),
    });
    await first.prove();
    const second = await take(connection, 'shop', 'run 2', { takeOver: 1 });
    expect([second.fence, second.because]).toEqual([2, 'take-lock']);
    await expect(first.prove()).rejects.toMatchObject({
      code: 'lock-lost',
      message: expect.stringContaining('the lock was taken by run 2 (incident INC-1, fence 2'),
    });
    await first.release();
    await second.prove();
    await second.release();
  });

  test('a person reads it with kubectl, and what others put on it stays', async () => {
    const namespace = await newNamespace();
    const connection = await connect(namespace);
    const lock = await take(connection, 'Shop.API', 'https://forge.example/runs/1', { renewMs: 50 });
    const [name = ''] = (await kubectl('-n', namespace, 'get', 'lease', '-o', 'name')).trim().split('\n');
    expect(name).toMatch(/lease\S*\/rollback-plan-shop-api-[0-9a-f]{10}$/);
    await kubectl('-n', namespace, 'label', name, 'team=shop');
    const read = async (): Promise<unknown> =>
      JSON.parse(await kubectl('-n', namespace, 'get', name, '-o', 'json'));
    const early = await read();
    await sleep(300);
    await lock.prove();
    const late = await read();
    expect(late).toMatchObject({
      metadata: {
        labels: { team: 'shop', 'app.kubernetes.io/managed-by': 'rollback-plan' },
        annotations: { 'rollback-plan.dev/incident': 'INC-1', 'rollback-plan.dev/pid': String(process.pid) },
      },
      spec: {
        holderIdentity: 'https://forge.example/runs/1',
        leaseTransitions: 1,
        leaseDurationSeconds: 30,
      },
    });
    const times = (object: unknown): { acquireTime: string; renewTime: string } => Object(object).spec;
    expect(times(late).acquireTime).toBe(times(early).acquireTime);
    expect(times(late).renewTime > times(early).renewTime).toBe(true);
    await lock.release();
    expect(await read()).toMatchObject({ spec: { holderIdentity: '', leaseTransitions: 1 } });
  });

  test('a lock that is deleted under its holder is lost, and is not made again by a renewal', async () => {
    const namespace = await newNamespace();
    const connection = await connect(namespace);
    const lock = await take(connection, 'shop', 'run 1', { renewMs: 50 });
    await kubectl('-n', namespace, 'delete', 'lease', 'rollback-plan-shop');
    await eventually(() => lock.signal.aborted);
    expect(lock.signal.reason).toMatchObject({ code: 'lock-lost', message: 'the lock was deleted' });
    await lock.release();
    expect(await kubectl('-n', namespace, 'get', 'leases', '-o', 'name')).toBe('');
  });

  test('who may not read the lock does not act; the hint’s own commands mend it', async () => {
    const namespace = await newNamespace();
    const limited = await connect(namespace, await cluster.kubeconfigFor('limited'));
    const error = await take(limited, 'shop', 'run 1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'lock-unreadable',
      message: expect.stringContaining('User "limited" cannot get resource "leases"'),
      hint: expect.stringContaining('override: local-journal'),
    });
    const { journal } = createClusterState(limited, 'shop');
    await expect(journal.read()).rejects.toMatchObject({ code: 'state-unreadable' });

    await kubectl(
      '-n',
      namespace,
      'create',
      'role',
      'look',
      '--verb=get',
      '--resource=leases.coordination.k8s.io,configmaps',
    );
    await kubectl('-n', namespace, 'create', 'rolebinding', 'look', '--role=look', '--user=limited');
    await eventually(async () => (await journal.read().catch(() => undefined)) !== undefined);
    await expect(take(limited, 'shop', 'run 1')).rejects.toMatchObject({
      code: 'state-not-writable',
      message: expect.stringContaining('cannot create resource "leases"'),
    });
    await expect(journal.write('{}', undefined)).rejects.toMatchObject({ code: 'state-not-writable' });

    const hint = error instanceof RollbackPlanError ? error.hint : '';
    const commands = hint.split('\n').filter((line) => line.startsWith('kubectl '));
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      await execute('/bin/sh', ['-c', command], { env: environment(cluster.kubeconfig) });
    }
    await eventually(() =>
      journal.write('{}', undefined).then(
        () => true,
        () => false,
      ),
    );
    const lock = await take(limited, 'shop', 'run 1', { renewMs: 50 });
    await sleep(200);
    await lock.prove();
    await lock.release();
    expect(await journal.write('{"n":2}', (await journal.read()).version)).toMatchObject({ type: 'written' });
  });

  test('a Lease that somebody filled with something else is no lock', async () => {
    const namespace = await newNamespace();
    const connection = await connect(namespace);
    await kubectl('-n', namespace, 'create', 'configmap', 'x');
    const odd = { get: async () => ({ metadata: { resourceVersion: '1' }, spec: { leaseTransitions: -1 } }) };
    await expect(take({ ...connection, ...odd }, 'shop', 'run 1')).rejects.toMatchObject({
      code: 'lock-unreadable',
      hint: expect.stringContaining(`kubectl -n ${namespace} get lease rollback-plan-shop -o yaml`),
    });
  });

  describe('the journal', () => {
    test('is replaced against the version that was read; keys and labels of others stay', async () => {
      const namespace = await newNamespace();
      const one = createClusterState(await connect(namespace), 'shop').journal;
      const other = createClusterState(await connect(namespace), 'shop').journal;
      expect(await one.read()).toEqual({ text: undefined, version: undefined });
      const first = await one.write('page 1', undefined);
      expect(await other.write('page 1 of another', undefined)).toEqual({ type: 'conflict' });
      const seen = await other.read();
      expect(seen).toEqual({ text: 'page 1', version: first.type === 'written' ? first.version : 'none' });
      const second = await one.write('page 2 “ü”\n', seen.version);
      expect(await other.write('page 2 of another', seen.version)).toEqual({ type: 'conflict' });
      if (second.type !== 'written') throw new Error('the second page was not written');

      const name = 'rollback-plan-journal-shop';
      await kubectl('-n', namespace, 'label', 'configmap', name, 'team=shop');
      await kubectl(
        '-n',
        namespace,
        'patch',
        'configmap',
        name,
        '--type=merge',
        '--patch={"data":{"note":"mine"}}',
      );
      expect(await one.write('page 3', second.version)).toEqual({ type: 'conflict' });
      expect(await one.write('page 3', (await one.read()).version)).toMatchObject({ type: 'written' });
      const object: unknown = JSON.parse(
        await kubectl('-n', namespace, 'get', 'configmap', name, '-o', 'json'),
      );
      expect(object).toMatchObject({
        metadata: { labels: { team: 'shop', 'app.kubernetes.io/managed-by': 'rollback-plan' } },
        data: { note: 'mine', incident: 'page 3' },
      });
      const shown = one.whereToRead
        .split(' ')
        .slice(1)
        .map((word) => word.replaceAll("'", ''));
      expect(await kubectl(...shown)).toBe('page 3');

      const { version } = await one.read();
      await kubectl('-n', namespace, 'delete', 'configmap', name);
      expect(await one.write('page 4', version)).toEqual({ type: 'conflict' });
      expect(await one.read()).toEqual({ text: undefined, version: undefined });
    });

    test('that is too long, or in a namespace that is none, says so', async () => {
      const namespace = await newNamespace();
      const { journal } = createClusterState(await connect(namespace), 'shop');
      await expect(journal.write('x'.repeat(900 * 1024 + 1), undefined)).rejects.toMatchObject({
        code: 'state-not-writable',
        message: expect.stringContaining('would have 921601 bytes, and at most 921600 fit'),
      });
      expect(await journal.write('x'.repeat(900 * 1024), undefined)).toMatchObject({ type: 'written' });
      const nowhere = createClusterState(await connect('nowhere'), 'shop').journal;
      await expect(nowhere.write('page', undefined)).rejects.toMatchObject({
        code: 'state-not-writable',
        message: expect.stringContaining('namespaces "nowhere" not found'),
      });
    });
  });

  describe('a write without an answer', () => {
    type Write = ClusterConnection['write'];
    const gone = { status: 0, body: 'socket hang up' };
    const faults: Record<string, (write: Write) => Write> = {
      'landed, the connection broke':
        (write) =>
        async (...what) => {
          await write(...what);
          return gone;
        },
      'landed, a gateway gave up':
        (write) =>
        async (...what) => {
          await write(...what);
          return { status: 504, body: 'gateway timeout' };
        },
      'never arrived': () => async () => gone,
      'lands while it is sent again':
        (write) =>
        async (...what) => {
          void sleep(150).then(() => write(...what));
          return gone;
        },
      'was throttled': () => async () => ({
        status: 429,
        body: JSON.stringify({ kind: 'Status', details: { retryAfterSeconds: 1 } }),
      }),
    };
    /** The first write meets the fault; what comes after reaches the server. */
    const once = (connection: ClusterConnection, fault: (write: Write) => Write): Connection => {
      let writes = 0;
      return {
        namespace: connection.namespace,
        get: connection.get,
        write: (...what) => {
          writes += 1;
          return writes === 1 ? fault(connection.write)(...what) : connection.write(...what);
        },
      };
    };

    test.each(Object.keys(faults))('that %s is answered all the same', async (fault) => {
      const namespace = await newNamespace();
      const connection = await connect(namespace);
      const break_ = faults[fault] ?? ((write: Write) => write);
      // Not measured with a watch: a machine with much to do is slow without being throttled.
      const slept: number[] = [];
      const clock = {
        ...systemClock,
        sleep: (milliseconds: number, signal?: AbortSignal) => {
          slept.push(milliseconds);
          return systemClock.sleep(milliseconds, signal);
        },
      };
      for (const service of ['created', 'replaced']) {
        const plain = createClusterState(connection, service).journal;
        if (service === 'replaced') await plain.write('before', undefined);
        const { version } = await plain.read();
        const written = await createClusterState(once(connection, break_), service, clock).journal.write(
          'page',
          version,
        );
        await sleep(300);
        expect(written).toEqual({ type: 'written', version: (await plain.read()).version });
        expect((await plain.read()).text).toBe('page');
      }
      expect(slept.includes(1_000)).toBe(fault === 'was throttled');
      const lock = await take(once(connection, break_), 'shop', 'run 1');
      await lock.prove();
      expect(lock.fence).toBe(1);
      await lock.release();
    });

    test('whose place another took meanwhile is a conflict', async () => {
      const connection = await connect(await newNamespace());
      const overtaken = once(connection, (write) => async (...what) => {
        await write(...what);
        const other = createClusterState(connection, 'shop').journal;
        await other.write('of another', (await other.read()).version);
        return gone;
      });
      const { journal } = createClusterState(overtaken, 'shop');
      expect(await journal.write('page', undefined)).toEqual({ type: 'conflict' });
      expect((await journal.read()).text).toBe('of another');
    });

    test('of two takers alike in name, process and fence, only one believes to have it', async () => {
      const connection = await connect(await newNamespace());
      const overtaken = once(connection, () => async () => {
        void (await take(connection, 'shop', 'run 1', { renewMs: 50 }));
        return gone;
      });
      await expect(take(overtaken, 'shop', 'run 1')).rejects.toMatchObject({ code: 'locked' });
    });

    test('is given up after ten seconds, with the command to look with', async () => {
      const namespace = await newNamespace();
      const connection = await connect(namespace);
      let passed = 0;
      const clock = {
        now: () => new Date(),
        monotonicMs: () => passed,
        sleep: async (milliseconds: number) => {
          passed += milliseconds;
        },
      };
      const deaf: Connection = { ...connection, write: async () => gone };
      const { journal } = createClusterState(deaf, 'shop', clock);
      await expect(journal.write('page', undefined)).rejects.toMatchObject({
        code: 'state-not-writable',
        message: expect.stringContaining('socket hang up'),
        hint: expect.stringContaining(`kubectl -n ${namespace} get configmaps rollback-plan-journal-shop`),
      });
      expect(passed).toBeGreaterThan(8_000);
      expect(passed).toBeLessThanOrEqual(10_000);
    });
  });
});

type Connection = Pick<ClusterConnection, 'get' | 'write' | 'namespace'>;

function isStopped(pid: number): boolean {
  try {
    return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
