// One object of the Kubernetes API that is replaced as a whole, by compare-and-swap on its resource version. Every answer
// is about the very object that was sent, also when the first answer was lost.

import { z } from 'zod';
import { type RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Swap } from '../ports/state.ts';
import type { Clock } from '../ports.ts';
import type { JsonObject } from '../values/json.ts';
import type { ApiWrite } from '../values/operation.ts';
import { withTimeLimit } from '../values/time-limit.ts';
import type { Answer } from './kubectl-proxy.ts';
import type { ClusterConnection } from './kubernetes.ts';
import { permissionFault, type StateFaultCode, stateFault } from './state-faults.ts';

/** A renewal of the lock has 10 s: what takes longer is told, and tried anew by whoever asked. */
const patienceMs = 10_000;
/** One exchange; a connection that hangs must not eat all of it. */
const exchangeMs = 4_000;

const written = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().min(1) }) });
const anyObject = z.record(z.string(), z.json());
const statusObject = z.looseObject({
  message: z.string().optional(),
  details: z.looseObject({ retryAfterSeconds: z.number().optional() }).optional(),
});

export type ObjectOptions = {
  readonly cluster: Pick<ClusterConnection, 'get' | 'write' | 'namespace'>;
  readonly clock: Clock;
  /** Path of the collection: `/api/v1/namespaces/shop/configmaps`. */
  readonly collection: string;
  readonly name: string;
  /** For messages: `the lock (Lease rollback-plan-shop in namespace shop)`. */
  readonly title: string;
  readonly unreadable: StateFaultCode;
};

export type SwappedObject = {
  /** The object as it is now; `undefined` when there is none. Throws the error of `unreadable`. */
  read(): Promise<JsonObject | undefined>;
  /**
   * `next` is given the object at version `expected` (`undefined`: there is none, and it is created). `isOurs` tells
   * whether an object that was read back is what was sent. Throws `state-not-writable`; then the write may still land.
   */
  swap(
    next: (base: JsonObject | undefined) => JsonObject,
    expected: string | undefined,
    isOurs: (object: JsonObject) => boolean,
  ): Promise<Swap>;
};

export function createSwappedObject(options: ObjectOptions): SwappedObject {
  const { cluster, clock, collection, name, title } = options;
  const path = `${collection}/${name}`;
  /** What was read or written last, so that a write in good order costs one exchange. */
  let known: JsonObject | undefined;

  const readUntil = async (until: number): Promise<JsonObject | undefined> => {
    for (let attempt = 1; ; attempt++) {
      try {
        known = await withTimeLimit(exchangeMs, [], (signal) => cluster.get(path, signal));
        return known;
      } catch (thrown) {
        const error = toRollbackPlanError(thrown);
        const pause = pauseMs(attempt);
        if (error.code !== 'cluster-unreachable' || clock.monotonicMs() + pause > until) {
          throw readFault(error);
        }
        await clock.sleep(pause);
      }
    }
  };

  const read = (): Promise<JsonObject | undefined> => readUntil(clock.monotonicMs() + patienceMs);

  const readFault = (error: RollbackPlanError): RollbackPlanError => {
    const what = `${title} can't be read`;
    return error.facts['status'] === 403
      ? permissionFault(options.unreadable, what, {
          namespace: cluster.namespace,
          message: error.message,
          cause: error,
        })
      : stateFault(options.unreadable, what, { message: error.message, advice: error.hint, cause: error });
  };

  const swap: SwappedObject['swap'] = async (next, expected, isOurs) => {
    const until = clock.monotonicMs() + patienceMs;
    const atHand = expected === undefined || versionOf(known) === expected;
    const base = expected === undefined ? undefined : atHand ? known : await readUntil(until);
    if (versionOf(base) !== expected) return { type: 'conflict' };
    const body = next(base);
    for (let attempt = 1; ; attempt++) {
      const write: ApiWrite =
        expected === undefined ? { verb: 'create', path: collection, body } : { verb: 'replace', path, body };
      const answer = await withTimeLimit(exchangeMs, [], (signal) => cluster.write(write, { signal }));
      if (answer.status >= 200 && answer.status < 300) {
        const object = parsed(answer.body, anyObject);
        const version = versionOf(object);
        if (version !== undefined) {
          known = object;
          return { type: 'written', version };
        }
      }
      // Whatever else it says: an earlier attempt, or this very one, may have landed. What is there now decides.
      const settled = await settle(expected, isOurs, answer, until);
      if (settled !== undefined) return settled;
      const pause = retryAfterMs(answer) ?? pauseMs(attempt);
      if (clock.monotonicMs() + pause > until) throw writeFault(answer);
      await clock.sleep(pause);
    }
  };

  /** `undefined`: nothing has changed since `expected`, so the same write may be sent again. */
  const settle = async (
    expected: string | undefined,
    isOurs: (object: JsonObject) => boolean,
    answer: Answer,
    until: number,
  ): Promise<Swap | undefined> => {
    let found: JsonObject | undefined;
    try {
      found = await readUntil(until);
    } catch (error) {
      // Who may not read may not act either; and a server that can't be asked leaves it open.
      throw isRefusal(answer.status) ? writeFault(answer) : openFault(answer, error);
    }
    const version = versionOf(found);
    if (found !== undefined && version !== undefined && isOurs(found)) return { type: 'written', version };
    if (version !== expected) return { type: 'conflict' };
    if (isRefusal(answer.status)) throw writeFault(answer);
    return undefined;
  };

  const what = `${title} can't be written`;
  const writeFault = (answer: Answer): RollbackPlanError => {
    const message = messageIn(answer);
    if (answer.status === 403 && message.includes(' cannot ')) {
      return permissionFault('state-not-writable', what, { namespace: cluster.namespace, message });
    }
    return stateFault('state-not-writable', what, {
      message: answer.status === 0 ? message : `the API server answered ${answer.status}: ${message}`,
      advice: isRefusal(answer.status)
        ? 'The message is the server’s own; mend what it names and press again.'
        : `Check that this works from the same machine: kubectl -n ${cluster.namespace} get ${collection.split('/').at(-1)} ${name}`,
    });
  };
  const openFault = (answer: Answer, cause: unknown): RollbackPlanError =>
    stateFault('state-not-writable', what, {
      message: `${messageIn(answer)}; and it can't be read back: ${toRollbackPlanError(cause).message}`,
      advice: `Check that this works from the same machine: kubectl -n ${cluster.namespace} get ${collection.split('/').at(-1)} ${name}`,
      cause,
    });

  return { read, swap };
}

export function versionOf(object: JsonObject | undefined): string | undefined {
  const found = written.safeParse(object);
  return found.success ? found.data.metadata.resourceVersion : undefined;
}

/** What repeating would not mend. A conflict is none: whether somebody wrote is seen by reading. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 409, 429].includes(status);
}

function pauseMs(attempt: number): number {
  return Math.min(2_000, 100 * 2 ** attempt);
}

/** A throttling server says how long, in its Status or in a header. */
function retryAfterMs(answer: Answer): number | undefined {
  const seconds = parsed(answer.body, statusObject)?.details?.retryAfterSeconds;
  return seconds === undefined || seconds <= 0 ? answer.retryAfterMs : seconds * 1_000;
}

function messageIn(answer: Answer): string {
  return parsed(answer.body, statusObject)?.message ?? (answer.body.trim().slice(0, 300) || 'no answer');
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
