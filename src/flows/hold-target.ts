// The lock of a run: taken before anything may change, asked before each command, given back when all is over.

import type { Lock } from '../engine/engine-deps.ts';
import { messageOf, RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { TargetState } from '../ports/state.ts';
import type { Request } from '../request.ts';
import { openIncidentOf } from '../state/incident-page.ts';
import type { Journal } from '../state/journal.ts';
import { type HeldLock, takeLock } from '../state/lock.ts';
import { readPage } from '../state/page-schema.ts';
import type { PlannedRun } from '../target/load-run.ts';
import { unlessAborted } from '../values/time-limit.ts';
import type { Site, World } from '../world.ts';

export type Hold = {
  /**
   * Lock and journal of the service; `undefined` where they can't be, or by override are not, kept in the target. Throws
   * why the cluster that the plan names can't be had.
   */
  state(): TargetState | undefined;
  /**
   * Takes the lock once; who asks again gets the one that is held. `undefined` where there is no state. Throws `locked`,
   * `lock-unreadable`, `state-not-writable`.
   */
  take(): Promise<HeldLock | undefined>;
  /** For the engine; it asks nobody as long as nothing is held. */
  readonly lock: Lock;
  /** Aborts when the run is stopped, and when the lock is lost. */
  readonly signal: AbortSignal;
  /** Never throws. */
  release(): Promise<void>;
};

export function createHold(facts: {
  readonly request: Request;
  readonly run: PlannedRun<Site>;
  readonly world: World;
  readonly journal: Journal;
}): Hold {
  const { request, run, world, journal } = facts;
  const local = request.overrides.includes('local-journal');
  const lost = new AbortController();
  let held: HeldLock | undefined;
  let taking: Promise<HeldLock | undefined> | undefined;

  // Asked for late: a run that ends before it needs the state must not fail for want of a cluster.
  const findState = (): TargetState | undefined => (local ? undefined : run.site.state(run.service));

  const take = async (): Promise<HeldLock | undefined> => {
    const state = findState();
    if (state === undefined) {
      const why = local
        ? 'override local-journal'
        : 'the target has neither a cluster nor a git remote to keep them in';
      const text = `neither lock nor journal is kept in the target (${why}): a second run can act at the same time, and a press after this run has died begins anew`;
      await journal.emit({ type: 'note', level: 'warning', text });
      if (local) await tellOpenPage();
      return undefined;
    }
    const lock = await takeLock({
      store: state.lock,
      clock: world.clock,
      self: world.self,
      holder: holderOf(request, world),
      incident: request.incident,
      takeOver: takeOverIn(request),
      log: world.log,
      signal: world.signal,
    });
    held = lock;
    lock.signal.addEventListener('abort', () => {
      world.log.warning(`${toRollbackPlanError(lock.signal.reason).message}: stopping what runs`);
      lost.abort();
    });
    if (lock.tookOver !== undefined) {
      const { holder, renewedAt } = lock.tookOver;
      const detail = `${reasons[lock.because]}; it last said at ${renewedAt} that it was alive`;
      await journal.emit({ type: 'lock-taken-over', from: holder, fence: lock.fence, detail });
    }
    return lock;
  };

  /** The next press goes on from the page as it is. Whatever keeps us from reading it was overridden by a person. */
  const tellOpenPage = async (): Promise<void> => {
    try {
      const document = run.site.state(run.service)?.journal;
      if (document === undefined) return;
      const open = openIncidentOf(readPage((await document.read()).text, document.whereToRead));
      if (open === undefined) return;
      const text = `incident ${open.id} is open in the target and stays so: this run is not written there, so the next press knows nothing of it and may do again what it did. Read it before you press again: ${document.whereToRead}`;
      world.log.warning(text);
      await journal.emit({ type: 'note', level: 'warning', text });
    } catch (thrown) {
      const why = messageOf(thrown);
      const text = `whether an incident is open in the target can't be known: ${why}. If one is, the next press knows nothing of this run and may do again what it did`;
      await journal.emit({ type: 'note', level: 'warning', text });
    }
  };

  return {
    state: findState,
    signal: AbortSignal.any([world.signal, lost.signal]),
    take() {
      taking ??= take();
      return taking;
    },
    lock: {
      // A store that is silent is asked until the term is over; a run that was stopped has not got that long.
      prove: async () => {
        if (held !== undefined) await unlessAborted(held.prove(), world.signal);
      },
      assertInTime: () => held?.assertInTime(),
      get lost() {
        return held?.signal.aborted === true ? toRollbackPlanError(held.signal.reason) : undefined;
      },
    },
    async release() {
      await taking?.catch(() => undefined);
      await held?.release();
    },
  };
}

const reasons = {
  free: 'it was free',
  'process-gone': 'its process on this machine is gone',
  'term-over': 'it did not renew it for a whole term',
  'take-lock': 'a person said so (override take-lock)',
} as const;

function holderOf({ caller }: Request, { self }: World): string {
  const [host = ''] = self.host.split(' ');
  return caller.run?.url ?? `${caller.actor}@${host} pid ${self.pid}`;
}

/** Fence of the holder that a person says is dead. Throws `input-invalid`. */
export function takeOverIn({ overrides }: Pick<Request, 'overrides'>): number | undefined {
  const given = overrides.find((override) => override.startsWith('take-lock:'))?.slice('take-lock:'.length);
  if (given === undefined) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new RollbackPlanError('input-invalid', `override take-lock:${given} names no fence`, {
    hint: 'The refusal "locked" tells the fence of the holder: override: take-lock:7',
  });
}
