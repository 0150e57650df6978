// A real Alertmanager on loopback, which groups what it is sent and tells one receiver, at once.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, saysPortTaken } from './free-ports.ts';
import { type Progress, silent } from './progress.ts';
import { provide } from './provide.ts';
import { type SupervisedProcess, type Supervisor, startSupervisor } from './supervisor.ts';
import { waiter } from './waiting.ts';

export interface AlertmanagerOptions {
  /** Keys of a `webhook_config`: at least `url`. */
  readonly webhook: Readonly<Record<string, unknown>>;
  /** Labels that are told together; default `['alertname']`. */
  readonly groupBy?: readonly string[];
  readonly progress?: Progress;
}

export interface Alertmanager {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Holds the log. */
  readonly dir: string;
  readonly pids: readonly number[];
  /** Sends alerts as Prometheus does; times are RFC 3339. `endsAt` in the past resolves one. */
  send(alerts: readonly SentAlert[]): Promise<void>;
  /** Silences alerts of that name for an hour. */
  silence(alertname: string): Promise<void>;
  /** Ends it and removes its data. Happens by itself when this process dies, however it dies. */
  stop(): Promise<void>;
}

export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
}

/**
 * Resolves when it answers.
 * @throws PartsUnavailable if there is none; an Error with the end of its log if it dies
 */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const { progress = silent } = options;
  const { alertmanager } = await provide(['alertmanager'], { progress });
  for (let attempt = 1; ; attempt++) {
    const supervisor = await startSupervisor('alertmanager');
    const processes: SupervisedProcess[] = [];
    try {
      return await start({ supervisor, processes, alertmanager, options });
    } catch (error) {
      const lostPort = processes.some((process) => saysPortTaken(process.logTail()));
      await supervisor.stop();
      if (attempt === 3 || !lostPort) throw error;
      progress('alertmanager: another process took its port, starting again');
    }
  }
}

async function start(request: {
  readonly supervisor: Supervisor;
  readonly processes: SupervisedProcess[];
  readonly alertmanager: string;
  readonly options: AlertmanagerOptions;
}): Promise<Alertmanager> {
  const { supervisor, processes, alertmanager, options } = request;
  const { folder } = supervisor;
  const [port = 0] = await freePorts(1);
  const settings = join(folder, 'alertmanager.json');
  const route = {
    receiver: 'webhook',
    group_by: options.groupBy ?? ['alertname'],
    // 0s would be right, and is taken for "not given".
    group_wait: '1ms',
    group_interval: '500ms',
    repeat_interval: '1s',
  };
  const receivers = [{ name: 'webhook', webhook_configs: [options.webhook] }];
  await writeFile(settings, JSON.stringify({ route, receivers }));
  const address = `127.0.0.1:${port}`;
  const args = [
    `--config.file=${settings}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    // Alone: nobody to gossip with.
    '--cluster.listen-address=',
    '--log.level=warn',
  ];
  processes.push(await supervisor.start({ name: 'alertmanager', command: alertmanager, args }));
  const url = `http://${address}`;
  await waiter('alertmanager', processes)('it to be ready', async () => {
    const { ok } = await fetch(`${url}/-/ready`);
    return ok ? true : undefined;
  });
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(`${url}/api/v2/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`alertmanager answered ${response.status} to POST ${path}: ${await response.text()}`);
  };
  return {
    url,
    dir: folder,
    get pids() {
      return supervisor.pids;
    },
    send: (alerts) => post('alerts', alerts),
    silence: (alertname) =>
      post('silences', {
        matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        createdBy: 'test',
        comment: 'known',
      }),
    stop: () => supervisor.stop(),
  };
}
