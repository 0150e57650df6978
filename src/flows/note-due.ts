// Notes in the ledger what a heartbeat will look for: rollbacks to look at again, and drills that passed. What can't be
// noted is said; the verdict stands.

import { messageOf } from '../errors.ts';
import type { LedgerPage } from '../state/ledger.ts';
import { nextDue, withDrill, withRollback } from '../state/rechecks.ts';
import { isGreenVerdict, type Verdict } from '../verify/verdict.ts';
import { changeLedger } from './change-ledger.ts';
import { keepsLedger, type Stage } from './stage.ts';

export type Noting = Pick<Stage, 'request' | 'run' | 'world' | 'journal'>;

/** After a rollback: when its checks are looked at again, and at which digest it left each component. */
export async function noteRechecks(
  verdict: Verdict,
  incident: string,
  pins: readonly { readonly name: string; readonly change: { readonly to: { readonly digest: string } } }[],
  stage: Noting,
): Promise<void> {
  const { rechecksMs } = stage.run.plan.recovery;
  if (verdict.outcome !== 'rolled-back' || !isGreenVerdict(verdict)) return;
  if (stage.request.mode === 'drill' || rechecksMs.length === 0) return;
  const at = stage.world.clock.now().toISOString();
  const components = Object.fromEntries(pins.map(({ name, change }) => [name, change.to.digest]));
  const page = await note('when to look again', stage, (now) =>
    withRollback(now, { incident, at, components }, rechecksMs),
  );
  const next = page === undefined ? undefined : nextDue(page, incident);
  if (next === undefined) return;
  const text = `It is looked at again ${rechecksMs.length === 1 ? 'once' : `${rechecksMs.length} times`}, first at ${next}, if \`mode: heartbeat\` runs by then.`;
  await stage.journal.emit({ type: 'note', level: 'info', text });
}

/** After a drill: that it passed, and when. */
export async function noteDrill(verdict: Verdict, stage: Noting): Promise<Verdict> {
  const { request, world } = stage;
  if (verdict.outcome !== 'verified' || !isGreenVerdict(verdict) || request.dryRun) return verdict;
  const at = world.clock.now().toISOString();
  await note('that the drill passed', stage, (now) => withDrill(now, { at, incident: request.incident }));
  return verdict;
}

/** Gives the page as it is then; `undefined`, and a warning, where it can't be written. */
export async function note(
  what: string,
  stage: Noting & { readonly signal?: AbortSignal },
  decide: (page: LedgerPage) => LedgerPage | undefined,
): Promise<LedgerPage | undefined> {
  const { run, world, journal } = stage;
  try {
    if (!keepsLedger(stage)) throw new Error('a target without a cluster has no ledger');
    const { clock } = world;
    const signal = stage.signal ?? world.signal;
    const title = `note in the ledger ${what}`;
    return (await changeLedger({ site: run.site, service: run.service, title, clock, signal }, decide)).page;
  } catch (thrown) {
    const text = `${what} could not be noted in the ledger, so no heartbeat knows of it: ${messageOf(thrown)}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    world.log.warning(text);
    return undefined;
  }
}
