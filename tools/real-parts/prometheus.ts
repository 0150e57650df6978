// A real Prometheus on loopback, which scrapes what a test or the demo names, and forgets everything at its end.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, saysPortTaken } from './free-ports.ts';
import { type Progress, silent } from './progress.ts';
import { provide } from './provide.ts';
import { type SupervisedProcess, type Supervisor, startSupervisor } from './supervisor.ts';
import { waiter } from './waiting.ts';

/** Whose `/metrics` is scraped: `127.0.0.1:8080`. */
export interface ScrapeTarget {
  /** Becomes the label `job`. */
  readonly job: string;
  readonly address: string;
}

export interface PrometheusOptions {
  readonly targets: readonly ScrapeTarget[];
  /** Go duration; default `1s`. Also how often rules are evaluated. */
  readonly scrapeInterval?: string;
  /** A rule file as a JSON value (YAML takes JSON): `{ groups: [...] }`. */
  readonly rules?: object;
  /** URL of an Alertmanager that firing alerts go to. */
  readonly alertmanager?: string;
  readonly progress?: Progress;
}

export interface Prometheus {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Holds the log. */
  readonly dir: string;
  readonly pids: readonly number[];
  /** Ends it and removes its data. Happens by itself when this process dies, however it dies. */
  stop(): Promise<void>;
}

/**
 * Resolves when it answers questions; the first scrape may still be to come.
 * @throws PartsUnavailable if there is none; an Error with the end of its log if it dies
 */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const { progress = silent } = options;
  const { prometheus } = await provide(['prometheus'], { progress });
  for (let attempt = 1; ; attempt++) {
    const supervisor = await startSupervisor('prometheus');
    const processes: SupervisedProcess[] = [];
    try {
      return await start({ supervisor, processes, prometheus, options });
    } catch (error) {
      const lostPort = processes.some((process) => saysPortTaken(process.logTail()));
      await supervisor.stop();
      if (attempt === 3 || !lostPort) throw error;
      progress('prometheus: another process took its port, starting again');
    }
  }
}

async function start(request: {
  readonly supervisor: Supervisor;
  readonly processes: SupervisedProcess[];
  readonly prometheus: string;
  readonly options: PrometheusOptions;
}): Promise<Prometheus> {
  const { supervisor, processes, prometheus, options } = request;
  const { folder } = supervisor;
  const [port = 0] = await freePorts(1);
  const settings = join(folder, 'prometheus.json');
  const rules = join(folder, 'rules.json');
  if (options.rules !== undefined) await writeFile(rules, JSON.stringify(options.rules));
  await writeFile(settings, JSON.stringify(settingsOf(options, rules)));
  const address = `127.0.0.1:${port}`;
  const args = [
    `--config.file=${settings}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
    // It finds its Alertmanager only after some seconds, and what it told nobody it says again a minute later by default.
    '--rules.alert.resend-delay=1s',
  ];
  processes.push(await supervisor.start({ name: 'prometheus', command: prometheus, args }));
  const url = `http://${address}`;
  await waiter('prometheus', processes)('it to be ready', async () => {
    const { ok } = await fetch(`${url}/-/ready`);
    return ok ? true : undefined;
  });
  return {
    url,
    dir: folder,
    get pids() {
      return supervisor.pids;
    },
    stop: () => supervisor.stop(),
  };
}

function settingsOf(
  { targets, scrapeInterval = '1s', rules, alertmanager }: PrometheusOptions,
  file: string,
) {
  return {
    global: { scrape_interval: scrapeInterval, evaluation_interval: scrapeInterval, scrape_timeout: '1s' },
    scrape_configs: targets.map(({ job, address }) => ({
      job_name: job,
      static_configs: [{ targets: [address] }],
    })),
    ...(rules === undefined ? {} : { rule_files: [file] }),
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager).host] }] }] } }),
  };
}
