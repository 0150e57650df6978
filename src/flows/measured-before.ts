// What was measured before the deploy that a rollback takes back, for whoever looks after the rollback: a number is
// compared with it then, too. ADR 0022.

import { messageOf } from '../errors.ts';
import { readLedger } from '../state/ledger.ts';
import type { BeforeDeploy } from '../verify/bind-checks.ts';
import { beforeFrom, nothingBefore, whyNotBefore } from '../verify/judge-baseline.ts';
import { keepsLedger, type Stage } from './stage.ts';

/**
 * Of the newest baseline, by condition; the reason, and it is told, where it is not of the time before. `at`: when the
 * rollback was; `from`: digests of what it took back, by component, where they are known; `incidents`: whose it was.
 */
export async function measuredBefore(
  asked: {
    readonly at: Date;
    readonly from: ReadonlyMap<string, string>;
    readonly incidents: readonly string[];
  },
  { run, journal }: Pick<Stage, 'run' | 'journal'>,
): Promise<BeforeDeploy> {
  if (!keepsLedger({ run })) return new Map();
  const tell = async (why: string): Promise<BeforeDeploy> => {
    await journal.emit({ type: 'note', level: 'info', text: `no baseline: ${why}` });
    return nothingBefore(run.plan, `no baseline: ${why}; call \`mode: preflight\` before each deploy`);
  };
  try {
    const { baseline } = (await readLedger(run.site.context.cluster, run.service)).page;
    if (baseline === undefined) return new Map();
    const why = whyNotBefore(baseline, asked);
    return why === undefined ? beforeFrom(baseline, run.plan) : await tell(why);
  } catch (thrown) {
    return await tell(messageOf(thrown));
  }
}
