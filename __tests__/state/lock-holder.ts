// A process that holds a lock and acts again and again, and stops itself (SIGSTOP) at a given point, as a frozen machine
// would. Started by lock.e2e.test.ts; tells on standard output what became of it.
// Arguments: kubeconfig, namespace, service, file that every command leaves a line in, point.

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/adapters/clock.ts';
import { createClusterState } from '../../src/adapters/cluster-state.ts';
import { connectCluster } from '../../src/adapters/kubernetes.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import { readThisProcess } from '../../src/adapters/this-process.ts';
import { toRollbackPlanError } from '../../src/errors.ts';
import type { LockStore } from '../../src/ports/state.ts';
import { takeLock } from '../../src/state/lock.ts';

const [kubeconfig = '', namespace = '', service = '', file = '', point = ''] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
let armed = '';
const stopAt = (here: string): void => {
  if (armed !== here) return;
  armed = '';
  process.kill(process.pid, 'SIGSTOP');
};

const processes = createProcesses({
  environment: { PATH: process.env['PATH'], HOME: process.env['HOME'], KUBECONFIG: kubeconfig },
  workspace: process.cwd(),
  redact: (text) => text,
});
const cluster = await connectCluster({ processes, clock: systemClock, context: undefined, namespace });
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
    const written = store.write(record, expected);
    stopAt('during-renewal');
    const swap = await written;
    stopAt('after-renewal');
    return swap;
  },
};

let started = 0;
try {
  const lock = await takeLock({
    store: stopping,
    clock: systemClock,
    self: readThisProcess(),
    holder: `holder of ${service}`,
    incident: 'INC-1',
    log: { info: () => undefined },
    signal: new AbortController().signal,
    termMs: 2_000,
    renewMs: 300,
    giveUpMs: 1_200,
  });
  say({ held: lock.fence });
  try {
    for (;;) {
      if (started === 3) armed = point;
      stopAt('before-proof');
      await lock.prove();
      stopAt('before-start');
      lock.assertInTime();
      started += 1;
      appendFileSync(file, 'command\n');
      await sleep(100);
    }
  } catch (error) {
    say({ ended: toRollbackPlanError(error).code, aborted: lock.signal.aborted, started });
  }
  await lock.release();
} catch (error) {
  say({ ended: toRollbackPlanError(error).message, aborted: false, started });
}
await cluster.close();
