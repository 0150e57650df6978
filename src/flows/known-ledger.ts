// What `last-good` may choose from. A ledger that can't be read is a reason, not an error, until somebody needs it.

import { toRollbackPlanError } from '../errors.ts';
import { readLedger } from '../state/ledger.ts';
import type { Destination } from '../target/destination.ts';
import type { PlannedRun } from '../target/load-run.ts';
import type { KnownLedger } from '../target/pin.ts';
import type { Site } from '../world.ts';

export async function knownLedger(
  destination: Destination,
  { site, service }: PlannedRun<Site>,
): Promise<KnownLedger> {
  if (destination.type !== 'last-good') return { readable: true, snapshots: [] };
  try {
    const { snapshots } = await readLedger(site.context.cluster, service);
    return { readable: true, snapshots };
  } catch (thrown) {
    const { message, hint } = toRollbackPlanError(thrown);
    const [advice = ''] = hint.split('\n');
    return { readable: false, why: `the ledger can't be read: ${message}. ${advice}` };
  }
}
