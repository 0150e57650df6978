// The gate that keeps versions apart which never ran together: says what it found, and gives the refusal if there is one.

import { RollbackPlanError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { quarantinedAs } from '../state/ledger-page.ts';
import type { PinOptions, PinOutcome } from './pin.ts';
import { judgeTogether } from './together.ts';

export async function proveTogether(
  outcomes: readonly PinOutcome[],
  { ledger, unverifiedTarget }: Pick<PinOptions, 'ledger' | 'unverifiedTarget'>,
  emit: Emit,
): Promise<RollbackPlanError | undefined> {
  if (!ledger.readable) {
    if (ledger.ofNoMatter === true) return undefined;
    const text = `nobody compared these versions with snapshots and quarantine: ${ledger.why}`;
    await emit({ type: 'note', level: 'info', text });
    return undefined;
  }
  const judged = judgeTogether({
    ...ledger,
    unverifiedTarget,
    quarantined: (component, digest) => quarantinedAs(ledger.quarantine, { component, digest }) !== undefined,
    moves: outcomes.flatMap((outcome) => {
      if (outcome.type === 'refused') return [];
      const { change, reading } = outcome.pin;
      return [{ change, finishing: reading.unfinished?.to === change.to.id }];
    }),
  });
  if (judged.type === 'fine') return undefined;
  if (judged.type === 'noted') {
    await emit({ type: 'note', level: judged.level, text: judged.text });
    return undefined;
  }
  const { message, hint } = judged;
  await emit({ type: 'gate', name: 'verified together', state: 'refuse', detail: message, hint });
  return new RollbackPlanError('never-together', message, { hint });
}
