// A process that holds locks and acts under each again and again, and stops itself (SIGSTOP) at a given point of the
// first, as a frozen machine would. Started by lock.e2e.test.ts; tells on standard output what became of each.
// Arguments: kubeconfig, namespace, folder, point, services. Every command leaves a line in a file named as the service.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/adapters/clock.ts';
import { createClusterState } from '../../src/adapters/cluster-state.ts';
import { connectCluster } from '../../src/adapters/kubernetes.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import { readThisProcess } from '../../src/adapters/this-process.ts';
import { toRollbackPlanError } from '../../src/errors.ts';
import type { LockStore } from '../../src/ports/state.ts';
import { takeLock } from '../../src/state/lock.ts';

const [kubeconfig = '', namespace = '', folder = '', point = '', ...services] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const processes = createProcesses({
  environment: { PATH: process.env['PATH'], HOME: process.env['HOME'], KUBECONFIG: kubeconfig },
  workspace: process.cwd(),
  redact: (text) => text,
});
const cluster = await connectCluster({ processes, clock: systemClock, context: undefined, namespace });

async function act(service: string, stopsAt: string): Promise<void> {
  let started = 0;
  let stopped = false;
  const stopAt = (here: string): void => {
    if (stopped || started < 3 || stopsAt !== here) return;
    stopped = true;
    process.kill(process.pid, 'SIGSTOP');
  };
  const { lock: store } = createClusterState(cluster, service);
  const stopping: LockStore = {
    whereToRead: store.whereToRead,
    async read() {
      const found = await store.read();
      stopAt('after-read');
      return found;
    },
    async write(record, expected) {
      stopAt('before-renewal');
      const swap = await store.write(record, expected);
      stopAt('after-renewal');
      return swap;
    },
  };
  const lock = await takeLock({
    store: stopping,
    clock: systemClock,
    self: readThisProcess(),
    holder: `holder of ${service}`,
    incident: 'INC-1',
    log: { info: () => undefined },
    signal: new AbortController().signal,
    // Generous, because a busy machine must not lose the lock before it is frozen.
    termMs: 12_000,
    renewMs: 800,
    giveUpMs: 9_000,
  });
  say({ service, held: lock.fence });
  try {
    for (;;) {
      stopAt('before-proof');
      await lock.prove();
      stopAt('before-start');
      lock.assertInTime();
      started += 1;
      appendFileSync(join(folder, service), 'command\n');
      await sleep(100);
    }
  } catch (error) {
    say({ service, ended: toRollbackPlanError(error).code, aborted: lock.signal.aborted, started });
  }
  await lock.release();
}

await Promise.all(services.map((service, index) => act(service, index === 0 ? point : 'never')));
await cluster.close();
