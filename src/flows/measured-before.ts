// What was measured before the deploy that a rollback takes back, for whoever looks after the rollback: a number is
// compared with it then, too. ADR 0022.

import { messageOf } from '../errors.ts';
import { readLedger } from '../state/ledger.ts';
import type { BeforeDeploy } from '../verify/bind-checks.ts';
import { whyNotBefore } from '../verify/judge-baseline.ts';
import { keepsLedger, type Stage } from './stage.ts';

/**
 * Of the newest baseline, by condition. Empty, and the reason told, where it is not of the time before. `at`: when the
 * rollback was; `from`: digests of what it took back, by component, where they are known.
 */
export async function measuredBefore(
  { at, from }: { readonly at: Date; readonly from: ReadonlyMap<string, string> },
  { run, journal }: Pick<Stage, 'run' | 'journal'>,
): Promise<BeforeDeploy> {
  if (!keepsLedger({ run })) return new Map();
  const why = async (text: string): Promise<BeforeDeploy> => {
    await journal.emit({ type: 'note', level: 'info', text: `no baseline: ${text}` });
    return new Map();
  };
  try {
    const { baseline } = (await readLedger(run.site.context.cluster, run.service)).page;
    if (baseline === undefined) return new Map();
    const not = whyNotBefore(baseline, { at, from });
    if (not !== undefined) return await why(not);
    return new Map(
      Object.entries(baseline.conditions).map(([key, { state, value }]) => [
        key,
        { at: baseline.at, state, value },
      ]),
    );
  } catch (thrown) {
    return await why(messageOf(thrown));
  }
}
