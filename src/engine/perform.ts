// Carries out one operation and says truthfully how it ended. The only place where something is changed in the world.

import type { Clock, Http, Processes } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import type { ApiWrite, HttpRequest, Operation, OperationResult } from '../values/operation.ts';
import { shellQuote } from '../values/shell-quote.ts';
import { withTimeLimit } from '../values/time-limit.ts';

/** The one port that writes to the API server; kinds never see it. */
export interface ClusterWriter {
  write(
    write: ApiWrite,
    limits: { readonly signal: AbortSignal },
  ): Promise<{ readonly status: number; readonly body: string }>;
}

export type Performed = OperationResult & {
  readonly ended: 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'not-started';
  /** One line in the words of the field: `failed with exit code 1`, `timed out after 5 m`. */
  readonly sentence: string;
  /** No end of it was seen, and it may have taken effect all the same: a connection that broke after the request was sent. */
  readonly uncertain?: boolean;
};

export type Perform = (
  operation: Operation,
  limits: {
    readonly deadlineMs: number;
    readonly signal: AbortSignal;
    readonly onLine: (line: string) => void;
  },
) => Promise<Performed>;

export function createPerform(ports: {
  readonly processes: Processes;
  readonly http: Http;
  readonly cluster: ClusterWriter | undefined;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
}): Perform {
  return async (operation, limits) => {
    const { act } = operation;
    switch (act.type) {
      case 'command': {
        const outcome = await ports.processes.run(act.command, {
          deadlineMs: limits.deadlineMs,
          signal: limits.signal,
          onLine: (line) => limits.onLine(line),
        });
        const ended = commandEnding(outcome.ended, outcome.exitCode);
        const sentence = commandSentence(ended, outcome, limits.deadlineMs);
        return { ...outcome, ended, sentence, ...(outcome.unkillable === true ? { uncertain: true } : {}) };
      }
      case 'wait': {
        const started = ports.clock.monotonicMs();
        await ports.clock.sleep(Math.min(act.milliseconds, limits.deadlineMs), limits.signal);
        const durationMs = ports.clock.monotonicMs() - started;
        if (limits.signal.aborted)
          return { ...nothing, durationMs, ended: 'cancelled', sentence: 'was cancelled' };
        const short = act.milliseconds > limits.deadlineMs;
        return {
          ...nothing,
          durationMs,
          ended: short ? 'timed-out' : 'succeeded',
          sentence: short
            ? `was cut short after ${formatDuration(limits.deadlineMs)}`
            : `waited ${formatDuration(act.milliseconds)}`,
        };
      }
      case 'http': {
        const started = ports.clock.monotonicMs();
        const answer = await ports.http.request(act.request, {
          deadlineMs: limits.deadlineMs,
          signal: limits.signal,
          followRedirects: act.followRedirects === true,
        });
        if (!answer.ok) {
          const detail = ports.redact(answer.detail);
          return {
            ...nothing,
            durationMs: ports.clock.monotonicMs() - started,
            ended:
              answer.fault === 'timeout'
                ? 'timed-out'
                : answer.fault === 'cancelled'
                  ? 'cancelled'
                  : 'failed',
            uncertain: sentFaults.has(answer.fault),
            stderr: detail,
            sentence: `got no answer: ${answer.fault}, ${detail}`,
          };
        }
        const { status, body, headers, durationMs, answeredBy } = answer.response;
        const expected = act.expectStatus.includes(status);
        const by =
          answeredBy === undefined ? undefined : { ...answeredBy, url: ports.redact(answeredBy.url) };
        const who = by === undefined ? '' : `was redirected, and ${by.method} ${by.url} `;
        const performed = {
          ...answered({ expected, status, body: ports.redact(body), durationMs, who }),
          ...(by === undefined ? {} : { answeredBy: by }),
        };
        const location = headers['location'];
        if (expected || location === undefined) return performed;
        return { ...performed, sentence: `${performed.sentence}, which points to ${ports.redact(location)}` };
      }
      case 'api': {
        const { cluster } = ports;
        if (cluster === undefined)
          return { ...nothing, ended: 'not-started', sentence: 'the target has no cluster' };
        const started = ports.clock.monotonicMs();
        const { status, body, late } = await withTimeLimit(
          limits.deadlineMs,
          [limits.signal],
          async (signal, isLate) => ({ ...(await cluster.write(act.write, { signal })), late: isLate() }),
        );
        const durationMs = ports.clock.monotonicMs() - started;
        if (status === 0) {
          const stderr = ports.redact(body);
          const ended = limits.signal.aborted ? 'cancelled' : late ? 'timed-out' : 'failed';
          const sentence = `got no answer from the API server: ${stderr}`;
          return { ...nothing, durationMs, ended, uncertain: true, stderr, sentence };
        }
        const expected = status >= 200 && status < 300;
        const end = answered({
          expected,
          status,
          body: ports.redact(body),
          durationMs,
          who: 'the API server ',
        });
        // What stands between may say so of a request that has arrived; and a server out of time may have done it.
        return status >= 500 ? { ...end, uncertain: true } : end;
      }
    }
  };
}

const keptOfBody = 65_536;

/** Faults after which the other side may have acted; the others mean that it was never asked. */
const sentFaults: ReadonlySet<string> = new Set(['timeout', 'reset', 'too-large', 'other']);

const nothing: OperationResult = {
  exitCode: undefined,
  status: undefined,
  stdout: '',
  stderr: '',
  durationMs: 0,
};

/** An HTTP answer as the end of an operation; `who` stands before "answered 200". */
function answered(answer: {
  readonly expected: boolean;
  readonly status: number;
  readonly body: string;
  readonly durationMs: number;
  readonly who: string;
}): Performed {
  const { expected, status, body, durationMs, who } = answer;
  return {
    ...nothing,
    ended: expected ? 'succeeded' : 'failed',
    status,
    stdout: body.slice(0, keptOfBody),
    durationMs,
    sentence: `${who}answered ${status}`,
  };
}

function commandEnding(ended: string, exitCode: number | undefined): Performed['ended'] {
  if (ended === 'exited') return exitCode === 0 ? 'succeeded' : 'failed';
  if (ended === 'timed-out' || ended === 'cancelled' || ended === 'not-started') return ended;
  return 'failed';
}

function commandSentence(
  ended: Performed['ended'],
  outcome: {
    readonly exitCode: number | undefined;
    readonly signal: string | undefined;
    readonly stderr: string;
    readonly unkillable?: true;
  },
  deadlineMs: number,
): string {
  const killed =
    outcome.unkillable === true
      ? 'could not be killed: it may be another user’s (sudo), and still at work'
      : 'was killed with all its children';
  switch (ended) {
    case 'succeeded':
      return 'exited with code 0';
    case 'timed-out':
      return `timed out after ${formatDuration(deadlineMs)} and ${killed}`;
    case 'cancelled':
      return `was cancelled and ${killed}`;
    case 'not-started':
      return `could not be started: ${outcome.stderr.trim()}`;
    case 'failed':
      return outcome.signal === undefined
        ? `failed with exit code ${outcome.exitCode}`
        : `was killed by ${outcome.signal}`;
  }
}

/** What a person reads and may repeat; derived from the operation itself, so that shown and run can't differ. */
export function showOperation(operation: Operation, redact: (text: string) => string): string {
  const { act } = operation;
  switch (act.type) {
    case 'command': {
      // Only settings of the tools themselves are shown; any other value may be a secret nobody declared.
      const env = Object.entries(act.command.env ?? {}).map(
        ([name, value]) => `${name}=${/^(?:GIT|HELM)_/.test(name) ? shellQuote(value) : '***'} `,
      );
      const line = `${env.join('')}${act.command.argv.map(shellQuote).join(' ')}`;
      return redact(line);
    }
    case 'http':
      return redact(showRequest(act.request));
    case 'wait':
      return `sleep ${act.milliseconds / 1000}`;
    case 'api':
      return redact(`${act.write.verb} ${act.write.path}`);
  }
}

/** Names of headers, and of the secrets in them; other values may be secrets that nobody declared. */
function showRequest({ method, url, headers = {}, secretHeaders = {}, body }: HttpRequest): string {
  const plain = Object.keys(headers).map((name) => `${name}: ***`);
  const secret = Object.entries(secretHeaders).map(
    ([name, { secret: from, prefix = '' }]) => `${name}: ${prefix}$${from}`,
  );
  const size = body === undefined ? [] : [`${Buffer.byteLength(body)} bytes`];
  const extras = [...plain, ...secret, ...size].join(', ');
  return extras === '' ? `${method} ${url}` : `${method} ${url} (${extras})`;
}
