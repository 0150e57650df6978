// Puts what a rollback leaves into quarantine, and counts the rollback where no person pressed: one write, made once, when
// an incident opens (the machine's: just before) and before anything is changed. A drill leaves no trace in the ledger.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import type { Request } from '../request.ts';
import { withLeft } from '../state/ledger-page.ts';
import type { Pin } from '../target/pin.ts';
import { brakeRefusal, brakeUnknown } from './brake.ts';
import { changeLedger } from './change-ledger.ts';
import { keepsLedger, type Stage } from './stage.ts';

/** No person presses: these see that users are not well, and act. */
export function isAutomatic({ mode }: Pick<Request, 'mode'>): boolean {
  return mode === 'verify' || mode === 'alert';
}

/**
 * Throws `brake-on` when another automatic rollback was quicker, and when one can't be counted. What else can't be
 * written is said, and the way back goes on.
 */
export async function quarantineLeft(
  pins: readonly Pick<Pin, 'change' | 'forward'>[],
  stage: Omit<Stage, 'takeBack'>,
): Promise<void> {
  const { request, run, world, journal } = stage;
  if (request.mode === 'drill' || !keepsLedger(stage)) return;
  const at = world.clock.now().toISOString();
  const moving = pins.filter(({ change }) => !change.alreadyThere);
  const leaving = moving.filter(({ change: { from, to } }) => from.digest !== to.digest);
  for (const { change } of leaving.filter(({ forward }) => forward)) {
    const text = `${change.component} ${change.from.label} is not put into quarantine: ${change.to.label} came after it`;
    await journal.emit({ type: 'note', level: 'info', text });
  }
  const left = leaving
    .filter(({ forward }) => !forward)
    .map(({ change: { component, from } }) => ({
      component,
      version: from.id,
      label: from.label,
      digest: from.digest,
      at,
      by: request.caller.actor,
      incident: request.incident,
    }));
  const counted = isAutomatic(request) && moving.length > 0 ? { at, incident: request.incident } : undefined;
  if (left.length === 0 && counted === undefined) return;
  const title = 'put what is left into quarantine';
  const { clock, signal } = world;
  try {
    const { where } = await changeLedger(
      { site: run.site, service: run.service, title, clock, signal },
      (page) => {
        const ours = page.automatic.some(({ incident }) => incident === request.incident);
        const refusal =
          counted === undefined || ours ? undefined : brakeRefusal(page.automatic, stage, run.scenario);
        if (refusal !== undefined) throw refusal;
        return withLeft(page, left, counted);
      },
    );
    if (left.length === 0) return;
    const what = left.map(({ component, label }) => `${component} ${label}`).join(', ');
    const text = `in quarantine until a person lifts it: ${what} (${where})`;
    await journal.emit({ type: 'note', level: 'info', text });
  } catch (thrown) {
    if (thrown instanceof RollbackPlanError && thrown.code === 'brake-on') throw thrown;
    // A brake that does not count would never hold.
    if (counted !== undefined) throw brakeUnknown(thrown, stage, run.scenario);
    const { message, hint } = toRollbackPlanError(thrown);
    const text = `what is left could not be put into quarantine, so nothing keeps it from coming back: ${message}. ${hint}`;
    await journal.emit({ type: 'note', level: 'warning', text });
  }
}
