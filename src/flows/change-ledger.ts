// The one writer of the ledger: read, decide on what is there, replace exactly that, and do it again when somebody else
// was quicker. Whoever decides may be asked several times, also after a write whose answer was lost.

import type { Performed } from '../engine/perform.ts';
import { messageOf, RollbackPlanError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { type LedgerPage, pageWrite, readLedger, whereToRead } from '../state/ledger.ts';
import type { Operation } from '../values/operation.ts';
import type { Site } from '../world.ts';

/** Several runs may write at the same moment; each round one of them gets through. */
const tries = 12;
/** One write; whether one that was not answered has landed, the next round sees. */
const deadlineMs = 5_000;
/** No round begins later: the ledger must not hold up the way back. */
const patienceMs = 20_000;
const pauseMs = 40;
const unavailablePauseMs = 500;

export type LedgerChange = {
  readonly page: LedgerPage;
  /** `false`: the page said so already. */
  readonly written: boolean;
  /** The command that a person reads it with. */
  readonly where: string;
};

/**
 * `decide` gives the new page, or `undefined` when there is nothing to write; what it throws, this throws.
 * Throws `ledger-unreadable`, or `state-not-writable` when the server does not take it.
 */
export async function changeLedger(
  request: {
    readonly site: Pick<Site, 'context' | 'perform'>;
    readonly service: string;
    readonly title: string;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
  decide: (page: LedgerPage) => LedgerPage | undefined,
): Promise<LedgerChange> {
  const { site, service, title, clock, signal } = request;
  const { cluster } = site.context;
  const until = clock.monotonicMs() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    const ledger = await readLedger(cluster, service);
    const where = whereToRead(ledger.namespace);
    const page = decide(ledger.page);
    if (page === undefined) return { page: ledger.page, written: false, where };
    const operation: Operation = {
      id: 'ledger',
      title,
      act: { type: 'api', write: pageWrite(ledger, page) },
      mutates: true,
      retry: 'idempotent',
      deadlineMs,
    };
    const done = await site
      .perform(operation, { deadlineMs, signal, onLine: () => undefined })
      .catch((thrown: unknown) => ({ lost: messageOf(thrown) }));
    if ('ended' in done && done.ended === 'succeeded') return { page, written: true, where };
    const status = 'lost' in done ? undefined : done.status;
    const unavailable = status === undefined || status === 408 || status === 429 || status >= 500;
    const again = unavailable || status === 409 || status === 404;
    // Apart by chance, so that two that met once do not meet every time.
    const pause = (unavailable ? unavailablePauseMs : pauseMs) * attempt * (0.5 + Math.random());
    const late = clock.monotonicMs() + pause > until;
    if (!again || late || attempt === tries || signal.aborted) throw notWritten(done, ledger.namespace);
    await clock.sleep(pause, signal);
  }
}

function notWritten(done: Performed | { readonly lost: string }, namespace: string): RollbackPlanError {
  const status = 'lost' in done ? undefined : done.status;
  const hint =
    status === 403
      ? `Give the account get, create and update on ConfigMaps: kubectl -n ${namespace} create role rollback-plan-ledger --verb=get,create,update --resource=configmaps`
      : `Look at it: ${whereToRead(namespace)}`;
  const message = 'lost' in done ? done.lost : `${done.sentence}: ${said(done.stdout)}`;
  return new RollbackPlanError('state-not-writable', `the ledger could not be written: ${message}`, { hint });
}

/** The server's own words out of a Status object, or the beginning of whatever it said. */
function said(body: string): string {
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return (message ?? body).replaceAll('\\"', '"').slice(0, 300);
}
