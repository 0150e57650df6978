// `kubectl port-forward` to places inside the cluster: started when somebody first wants to go there, kept for the run,
// started again when it died, and ended with the run (by the guard of our children, if we die).

import { setMaxListeners } from 'node:events';
import { RollbackPlanError } from '../errors.ts';
import type { Clock, CommandOutcome, ForwardedPlace, KindContext, Processes } from '../ports.ts';
import { unlessAborted } from '../values/time-limit.ts';
import { clusterUnreachable, kubectlMissing } from './kubectl-proxy.ts';

export type PortForwards = {
  readonly forward: KindContext['forward'];
  /** Ends every one of them; returns when they are gone. */
  close(): Promise<void>;
};

export type PortForwardOptions = {
  readonly processes: Processes;
  readonly clock: Clock;
  /** Flags that pin the cluster. */
  readonly kubectlFlags: readonly string[];
  /** Where a place is that names no namespace. */
  readonly namespace: string;
};

type Held = { readonly ready: Promise<number>; readonly ended: Promise<CommandOutcome> };

const startMs = 15_000;
const address = '127.0.0.1';

export function createPortForwards(options: PortForwardOptions): PortForwards {
  const { processes, clock, kubectlFlags } = options;
  const stop = new AbortController();
  // One listener for each that is held, and that is no leak.
  setMaxListeners(0, stop.signal);
  const held = new Map<string, Held>();

  const start = (key: string, to: Required<ForwardedPlace>): Held => {
    // kubectl chooses a free port of this machine: whoever chose it before might find it taken.
    const argv = ['port-forward', ...kubectlFlags, `--namespace=${to.namespace}`, `--address=${address}`];
    const own = new AbortController();
    let announce: (port: number) => void = () => undefined;
    const announced = new Promise<number>((resolve) => {
      announce = resolve;
    });
    const ended = processes.run(
      { argv: ['kubectl', ...argv, to.resource, `:${to.port}`] },
      {
        deadlineMs: 2 ** 31 - 1,
        signal: AbortSignal.any([stop.signal, own.signal]),
        onLine(line) {
          const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) -> \d+$/.exec(line) ?? [];
          if (port !== undefined) announce(Number(port));
        },
      },
    );
    const over = new AbortController();
    const late = clock.sleep(startMs, AbortSignal.any([stop.signal, over.signal])).then(() => undefined);
    const ready = Promise.race([announced, ended, late]).then((first) => {
      over.abort();
      if (typeof first === 'number') return first;
      own.abort();
      throw first === undefined
        ? clusterUnreachable(`kubectl port-forward to ${describe(to)} did not begin within 15 s`, undefined)
        : faultOf(first, to, kubectlFlags);
    });
    const forget = (): void => {
      if (held.get(key) === mine) held.delete(key);
    };
    const mine: Held = { ready, ended };
    held.set(key, mine);
    ready.catch(forget);
    void ended.then(forget);
    return mine;
  };

  return {
    async forward(place, signal) {
      const to = { namespace: options.namespace, ...place };
      if (stop.signal.aborted) throw clusterUnreachable('the run is over, nothing is forwarded', undefined);
      const key = `${to.namespace}/${to.resource}:${to.port}`;
      const { ready } = held.get(key) ?? start(key, to);
      // Whoever gives up leaves the forward to others; it is not theirs alone.
      const port = await unlessAborted(ready, signal);
      if (port === undefined) throw clusterUnreachable('cancelled before a port was forwarded', undefined);
      return { host: address, port };
    },
    async close() {
      stop.abort();
      await Promise.all([...held.values()].map(({ ended }) => ended));
    },
  };
}

function faultOf(
  outcome: CommandOutcome,
  to: Required<ForwardedPlace>,
  kubectlFlags: readonly string[],
): RollbackPlanError {
  if (outcome.ended === 'not-started') return kubectlMissing(outcome);
  const said = outcome.stderr.trim() || outcome.stdout.trim() || `it ended with ${outcome.ended}`;
  const message = `kubectl port-forward to ${describe(to)}: ${said}`;
  const flags = [...kubectlFlags, `--namespace=${to.namespace}`].join(' ');
  if (/forbidden/i.test(said)) {
    return new RollbackPlanError('permission-missing', message, {
      hint: `Give the account \`create\` on pods/portforward and \`get\` on services and pods there; see: kubectl auth can-i create pods/portforward ${flags}`,
    });
  }
  return new RollbackPlanError('cluster-unreachable', message, {
    hint: `See what kubectl says: kubectl port-forward ${flags} ${to.resource} :${to.port}`,
  });
}

function describe({ namespace, resource, port }: Required<ForwardedPlace>): string {
  return `${resource} port ${port} in namespace ${namespace}`;
}
