// `kubectl proxy` on a unix socket in a private folder, started with the first exchange at the latest, and reused by every later one.

import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, RollbackPlanError } from '../errors.ts';
import type { Clock, CommandOutcome, Processes } from '../ports.ts';
import type { Json } from '../values/json.ts';
import { type Haste, unlessAborted, withTimeLimit } from '../values/time-limit.ts';

export type ProxyOptions = { readonly processes: Processes; readonly clock: Clock; readonly haste: Haste };

const startMs = 15_000;
const readMs = 20_000;
/** One exchange, however much is heard meanwhile. */
const wholeMs = 60_000;
const maxBodyBytes = 64 * 1024 * 1024;

/** Status 0: no answer came, and `body` says why; the server may have done what it was asked for. */
export type Answer = {
  readonly status: number;
  readonly body: string;
  /** For how long a server that throttles wants to be left alone. */
  readonly retryAfterMs?: number;
};
export type Exchange = {
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
  readonly contentType?: string | undefined;
};
export type ExchangeLimits = {
  readonly signal?: AbortSignal | undefined;
  /** How long nothing may be heard before it counts as no answer. */
  readonly silenceMs?: number;
};
export type KubectlProxy = {
  /** Starts it now, so that the first exchange finds it there. What went wrong, the first exchange throws. */
  warm(): void;
  /**
   * Throws only when there is no proxy to ask: `tool-missing`, `cluster-unreachable`; and `cancelled` when
   * the run was stopped and nothing answers.
   */
  exchange(exchange: Exchange, limits?: ExchangeLimits): Promise<Answer>;
  /** The end of a text that may be long, or never end. */
  tail(
    path: string,
    keepBytes: number,
    limits: Required<ExchangeLimits>,
  ): Promise<Answer & { readonly whole: boolean }>;
  close(): Promise<void>;
};

/** Starts `kubectl proxy` when it is told to, or on the first exchange; every later one reuses it. */
export function createKubectlProxy(options: ProxyOptions, contextFlags: readonly string[]): KubectlProxy {
  const stop = new AbortController();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  // Logs may stall; what is decided on must not wait behind them.
  const tailAgent = new Agent({ keepAlive: true, maxSockets: 8 });
  let folder: string | undefined;
  let ended: Promise<CommandOutcome> | undefined;
  let ready: Promise<string> | undefined;

  const start = async (): Promise<string> => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-api-')); // created 0700
    const socket = join(folder, 's');
    let exited: CommandOutcome | undefined;
    const begun = new Promise<void>((resolve) => {
      ended = options.processes.run(
        { argv: ['kubectl', 'proxy', `--unix-socket=${socket}`, ...contextFlags] },
        // Outlives every step of a run; it is ended by `close`, and by the guard if we die.
        {
          deadlineMs: 2 ** 31 - 1,
          signal: stop.signal,
          onLine: (line) => line.startsWith('Starting to serve') && resolve(),
        },
      );
      void ended.then((outcome) => {
        exited = outcome;
        resolve();
      });
      void options.clock.sleep(startMs, stop.signal).then(resolve);
    });
    await begun;
    if (exited !== undefined) {
      if (exited.ended === 'not-started') throw kubectlMissing(exited);
      throw clusterUnreachable(`kubectl proxy ended before it served: ${exited.stderr.trim()}`, exited);
    }
    return socket;
  };

  const serving = (): Promise<string> => {
    ready ??= start();
    return ready;
  };

  return {
    warm() {
      serving().catch(() => undefined);
    },
    async exchange(exchange, limits = {}) {
      // Many look at a time under one signal, and that is no leak.
      if (limits.signal !== undefined) setMaxListeners(0, limits.signal);
      return await options.haste(async (hurried) => {
        const signals = [hurried, ...(limits.signal === undefined ? [] : [limits.signal])];
        const answer = await withTimeLimit(wholeMs, signals, async (signal) => {
          const socketPath = await unlessAborted(serving(), signal);
          if (socketPath !== undefined)
            return await send({ socketPath, agent, exchange }, { ...limits, signal });
          return lostAnswer(exchange, messageOf(signal.reason));
        });
        if (answer.status === 0 && hurried.aborted) throw notAnswered(answer.body);
        return answer;
      });
    },
    async tail(path, keepBytes, limits) {
      setMaxListeners(0, limits.signal ?? stop.signal);
      const socketPath = await unlessAborted(serving(), limits.signal ?? stop.signal);
      if (socketPath === undefined)
        return { ...lostAnswer({ method: 'GET', path }, 'cancelled'), whole: false };
      return await readTail({ socketPath, agent: tailAgent, path }, keepBytes, limits);
    },
    async close() {
      stop.abort();
      agent.destroy();
      tailAgent.destroy();
      // It may be starting still; its folder is there only then.
      await ready?.catch(() => undefined);
      await ended;
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What came before the signal is an answer, too. */
function readTail(
  { socketPath, agent, path }: { readonly socketPath: string; readonly agent: Agent; readonly path: string },
  keepBytes: number,
  { signal, silenceMs }: Required<ExchangeLimits>,
): Promise<Answer & { readonly whole: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let dropped = false;
    let status = 0;
    const give = (whole: boolean): void => {
      const bytes = Buffer.concat(chunks);
      const body = bytes.subarray(Math.max(0, bytes.length - keepBytes)).toString('utf8');
      resolve({ status, body, whole: whole && !dropped && bytes.length <= keepBytes });
    };
    const fail = (error: Error): void =>
      status === 0 ? resolve({ status, body: `GET ${path}: ${error.message}`, whole: false }) : give(false);
    const request = httpRequest(
      {
        socketPath,
        agent,
        path,
        timeout: silenceMs,
        headers: { host: 'localhost' },
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        status = response.statusCode ?? 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          for (let first = chunks[0]; first && size - first.length >= keepBytes; first = chunks[0]) {
            size -= first.length;
            dropped = true;
            chunks.shift();
          }
        });
        response.on('end', () => give(response.complete));
        response.on('error', fail);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${silenceMs / 1000} s`)));
    request.on('error', fail);
    request.end();
  });
}

function send(
  {
    socketPath,
    agent,
    exchange,
  }: { readonly socketPath: string; readonly agent: Agent; readonly exchange: Exchange },
  { signal, silenceMs = readMs }: ExchangeLimits,
): Promise<Answer> {
  return new Promise((resolve) => {
    const payload = exchange.body === undefined ? undefined : JSON.stringify(exchange.body);
    const lost = (error: Error): void => {
      // An abort says why in its signal alone.
      const why = signal?.aborted === true ? messageOf(signal.reason) : error.message;
      resolve(lostAnswer(exchange, why));
    };
    const request = httpRequest(
      {
        socketPath,
        agent,
        method: exchange.method,
        path: exchange.path,
        timeout: silenceMs,
        headers: {
          host: 'localhost',
          accept: 'application/json',
          ...(payload === undefined
            ? {}
            : {
                'content-type': exchange.contentType ?? 'application/json',
                'content-length': Buffer.byteLength(payload),
              }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBodyBytes) request.destroy(new Error(`answer larger than ${maxBodyBytes} bytes`));
          chunks.push(chunk);
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            ...retryAfter(response.headers['retry-after']),
          }),
        );
        response.on('error', lost);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${silenceMs / 1000} s`)));
    request.on('error', lost);
    request.end(payload);
  });
}

function lostAnswer({ method, path }: Exchange, why: string): Answer {
  return { status: 0, body: `${method} ${path}: ${why}` };
}

function notAnswered(message: string): RollbackPlanError {
  return new RollbackPlanError('cancelled', message, {
    hint: 'Check that this works from the same machine: kubectl get --raw /readyz\nThen press again: it goes on from what the journal says.',
  });
}

/** The API server counts seconds; a date is nothing that it sends. */
function retryAfter(header: string | undefined): Pick<Answer, 'retryAfterMs'> {
  return header !== undefined && /^\d{1,6}$/.test(header) ? { retryAfterMs: Number(header) * 1_000 } : {};
}

export function clusterUnreachable(message: string, cause: unknown): RollbackPlanError {
  return new RollbackPlanError('cluster-unreachable', message, {
    hint: 'Check that this works from the same machine: kubectl get --raw /readyz\nWithout a kubeconfig kubectl tries 127.0.0.1:8080: set KUBECONFIG, or name the context in the plan (targets: … context: …).',
    cause,
  });
}

export function kubectlMissing(outcome: CommandOutcome): RollbackPlanError {
  return new RollbackPlanError('tool-missing', `kubectl could not be started: ${outcome.stderr.trim()}`, {
    hint: 'Install kubectl and put it on the PATH of the job.',
  });
}
